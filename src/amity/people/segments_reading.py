"""Reading segments: how many, who, since when, as a file; only people that the reader sees."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, csv_cells, paging
from amity.base.errors import Refused
from amity.people.models import Person
from amity.people.profiles import NAME_FIELDS, told_name
from amity.people.segment_tables import Segment, SegmentMove
from amity.people.segments_fill import FOR_EVERYBODY, FOR_EVERYBODY_NO_MORE, people_among
from amity.people.segments_grammar import Group
from amity.people.segments_sql import LISTED, Query, World
from amity.people.segments_values import Params
from amity.people.segments_views import Count, Members, MemberView, Moves, MoveView, Standing
from amity.people.segments_words import reason_words

EXACT_MS = 700  # whoever is still typing gets an answer within a second
SAMPLED = 5_000
MAX_SAMPLE, MAX_PAGE, EXPORT_BOUND = 100, 200, 100_000
_NEWEST, _BY_ID, _MOVES = "-entered_at", "id", "-move"


def count(tree: Group, around: World, principal: access.Principal | None) -> Count:
    """Exact where that takes less than `EXACT_MS`, else projected from `SAMPLED` people. 1 or 3 statements."""
    begin = time.perf_counter()
    query = Query(around)
    condition = f"{query.where(tree)} AND {seen_by(principal, query.params)}"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(EXACT_MS)])
            cursor.execute(FOR_EVERYBODY)
            cursor.execute(query.sql("count(*)", condition), query.params.values)
            n, exact = cursor.fetchone()[0], True
            cursor.execute(FOR_EVERYBODY_NO_MORE)
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":  # query_canceled
            raise
        n, exact = _projected(tree, around, principal), False
    return Count(n, exact, round((time.perf_counter() - begin) * 1000))


def _projected(tree: Group, around: World, principal: access.Principal | None) -> int:
    """From a part of the people, chosen by where their rows happen to lie."""
    params = Params()
    seen = seen_by(principal, params)
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'people_person'::regclass")
        everybody = float(cursor.fetchone()[0])
        cursor.execute(
            f"SELECT p.id, {LISTED} AND {seen} FROM people_person p"
            f" TABLESAMPLE SYSTEM ({min(100.0, 100.0 * SAMPLED / everybody):.6f})",
            params.values,
        )
        rows = cursor.fetchall()
        ids = [person for person, listed in rows if listed]
        found = len(people_among(cursor, tree, around, ids)) if ids else 0
    return round(found * everybody / max(len(rows), 1))  # by rows, as pages come in more or less by chance


def sample(tree: Group, around: World, n: int, principal: access.Principal | None) -> list[MemberView]:
    """Some people of a definition. 2 queries."""
    query = Query(around)
    condition = f"{query.where(tree)} AND {seen_by(principal, query.params)}"
    with connection.cursor() as cursor:
        cursor.execute(f"{query.sql('p.id', condition)} LIMIT {min(n, MAX_SAMPLE)}", query.params.values)
        ids = [row[0] for row in cursor.fetchall()]
    return _people([(person, None) for person in ids])


def members(
    row: Segment, around: World, principal: access.Principal | None, cursor: str = "", limit: int = 50
) -> Members:
    """A page of members: of a live segment the newest first, else by id. 2 queries."""
    limit = min(limit, MAX_PAGE)
    found = (
        _live_page(row.number, principal, cursor, limit)
        if row.live
        else _page(around.others[row.pk], around, principal, cursor, limit)
    )
    following = ""
    if len(found) > limit:
        person, entered = found[limit - 1]
        order = _NEWEST if row.live else _BY_ID
        following = paging.Cursor(order, entered or "", person).sealed()
    return Members(_people(found[:limit]), following)


def _live_page(
    number: int, principal: access.Principal | None, cursor: str, limit: int
) -> list[tuple[UUID, datetime | None]]:
    params = Params()
    after = paging.unseal(cursor, _NEWEST)
    beyond = "TRUE"
    if after is not None:
        beyond = f"(m.entered_at, m.person_id) < ({params.add(parse_datetime(after.value))}, {params.add(after.id)})"
    seen = seen_by(principal, params)
    with connection.cursor() as database:
        database.execute(
            "SELECT m.person_id, m.entered_at FROM people_segment_member m JOIN people_person p ON p.id = m.person_id"
            f" WHERE m.segment_no = {number} AND {beyond} AND {seen}"
            f" ORDER BY m.entered_at DESC, m.person_id DESC LIMIT {limit + 1}",
            params.values,
        )
        return [(person, entered) for person, entered in database.fetchall()]


def _page(
    tree: Group, around: World, principal: access.Principal | None, cursor: str, limit: int
) -> list[tuple[UUID, datetime | None]]:
    query = Query(around)
    condition = f"{query.where(tree)} AND {seen_by(principal, query.params)}"
    after = paging.unseal(cursor, _BY_ID)
    if after is not None:
        condition += f" AND p.id > {query.params.add(after.id)}"
    with connection.cursor() as database:
        database.execute(f"{query.sql('p.id', condition)} ORDER BY p.id LIMIT {limit + 1}", query.params.values)
        return [(person, None) for (person,) in database.fetchall()]


def entries_of(person_id: UUID) -> list[Standing]:
    """The live segments somebody is in, the newest first. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.name, m.entered_at FROM people_segment_member m JOIN people_segment s"
            " ON s.number = m.segment_no AND s.live AND s.archived_at IS NULL WHERE m.person_id = %s"
            " ORDER BY m.entered_at DESC, s.name",
            [person_id],
        )
        return [Standing(*row) for row in cursor.fetchall()]


def history(row: Segment, principal: access.Principal | None, cursor: str = "", limit: int = 50) -> Moves:
    """Who entered and left, newest first. 2 queries."""
    limit = min(limit, MAX_PAGE)
    rows = SegmentMove.objects.filter(segment_no=row.number)
    after = paging.unseal(cursor, _MOVES)
    if after is not None:
        rows = rows.filter(pk__lt=int(after.value))
    if principal is not None and principal.scope != "all":
        rows = rows.filter(person_id__in=Person.objects.filter(access.rows_of(principal)).values("pk"))
    found = list(rows.order_by("-pk")[: limit + 1])
    following = ""
    if len(found) > limit:
        following = paging.Cursor(_MOVES, found[limit - 1].pk, row.pk).sealed()
    return Moves(_moves(found[:limit], {row.number: row}), following)


def moves_of(person_id: UUID, limit: int = 50) -> list[MoveView]:
    """When somebody entered and left segments, newest first. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.name, m.entered, m.at, m.reason, "
            + ", ".join(f"p.{name}" for name in NAME_FIELDS)
            + " FROM people_segment_move m JOIN people_segment s ON s.number = m.segment_no"
            " JOIN people_person p ON p.id = m.person_id WHERE m.person_id = %s ORDER BY m.id DESC LIMIT %s",
            [person_id, min(limit, MAX_PAGE)],
        )
        return [
            MoveView(segment, name, person_id, told_name(dict(zip(NAME_FIELDS, told, strict=True))), entered, at,
                     reason_words(reason))
            for segment, name, entered, at, reason, *told in cursor.fetchall()
        ]  # fmt: skip


def export(row: Segment, around: World, principal: access.Principal) -> Iterator[bytes]:
    """Members as CSV lines, at most 100,000; raises ``Refused("too_many_rows")`` before the first line."""
    first = members(row, around, principal, limit=MAX_PAGE)
    total = row.members if row.live else count(around.others[row.pk], around, principal).n
    if total > EXPORT_BOUND:
        message = _("An export holds at most {most} rows. Narrow the segment.").format(most=f"{EXPORT_BOUND:,}")
        raise Refused("too_many_rows", message)
    header = [_("Id"), _("Name"), _("E-mail"), _("Entered")]
    return csv_cells.lines(header, _export_rows(row, around, principal, first))


def _export_rows(row: Segment, around: World, principal: access.Principal, page: Members) -> Iterator[tuple[Any, ...]]:
    while True:
        for each in page.rows:
            yield str(each.person_id), each.name, each.email, each.entered_at
        if not page.next:
            return
        page = members(row, around, principal, page.next, MAX_PAGE)


def seen_by(principal: access.Principal | None, params: Params) -> str:
    """`access.rows_of` in SQL over ``p``."""
    if principal is None or principal.scope == "all":
        return "TRUE"
    mine = f"p.owner_id = {params.add(principal.staff_id)}"
    if principal.scope == "team" and principal.team_ids:
        return f"({mine} OR p.team_id = ANY({params.add(list(principal.team_ids))}))"
    return mine


def _people(found: Iterable[tuple[UUID, datetime | None]]) -> list[MemberView]:
    found = list(found)
    rows = Person.objects.filter(pk__in=[person for person, _entered in found]).values("pk", *NAME_FIELDS)
    known = {row["pk"]: row for row in rows}
    return [
        MemberView(person, told_name(known[person]), known[person]["email"], entered)
        for person, entered in found
        if person in known
    ]


def _moves(found: list[SegmentMove], segments: dict[int, Segment]) -> list[MoveView]:
    rows = Person.objects.filter(pk__in={move.person_id for move in found}).values("pk", *NAME_FIELDS)
    names = {row["pk"]: told_name(row) for row in rows}
    made = []
    for move in found:
        segment = segments.get(move.segment_no)
        if segment is not None:
            name, reason = names.get(move.person_id, _("Unnamed person")), reason_words(move.reason)
            made.append(MoveView(segment.pk, segment.name, move.person_id, name, move.entered, move.at, reason))
    return made


def recently(row: Segment, days: int = 7) -> tuple[int, int]:
    """How many entered and left in the last days. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE entered), count(*) FILTER (WHERE NOT entered) FROM people_segment_move"
            " WHERE segment_no = %s AND at > %s",
            [row.number, clock.now() - timedelta(days=days)],
        )
        entered, left = cursor.fetchone()
    return int(entered), int(left)

"""Whole live segments at once: filled, recomputed after a change, compared with what is kept.

The full statement runs beside the daily work and only finds who *may* differ; those are looked at again in small
transactions that nobody else evaluates in (`activity.LOCK`), so that the outcome is right whatever happened meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.base import clock
from amity.base.errors import NotFound
from amity.people import activity, measures, segments_due, segments_world
from amity.people.segment_tables import Measure, Segment
from amity.people.segments_grammar import Group
from amity.people.segments_live import Move, write_moves
from amity.people.segments_sql import Query, World, among
from amity.people.segments_work import WAITING
from amity.people.segments_world import Live

CHUNK = 10_000
# Over everybody hash joins are never far off; where the planner expects few people of a custom field, loops would be.
FOR_EVERYBODY = "SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)"
FOR_EVERYBODY_NO_MORE = (
    "SELECT set_config('enable_nestloop', reset_val, true),"
    " set_config('work_mem', (SELECT reset_val || unit FROM pg_settings WHERE name = 'work_mem'), true)"
    " FROM pg_settings WHERE name = 'enable_nestloop'"
)
_DIFFERENT = """
CREATE TEMP TABLE segment_different AS
WITH here AS MATERIALIZED ({here})
SELECT coalesce(h.id, m.person_id) AS person_id
FROM here h FULL JOIN (SELECT person_id FROM people_segment_member WHERE segment_no = {number}) m ON m.person_id = h.id
WHERE (h.id IS NULL OR m.person_id IS NULL) AND coalesce(h.id, m.person_id) NOT IN ({waiting})"""
_NOBODY = "SELECT NULL::uuid WHERE false"
_MARK = """
UPDATE people_segment_timer
SET bits = set_bit(bits || decode(repeat('00', greatest({n} / 8 + 1 - length(bits), 0)), 'hex'), {n}, {value})"""


def recompute(segment_id: UUID, *, reason: str = "recomputed", tell: bool = False) -> int:
    """Evaluate a live segment for everybody and put its members right; returns how many moved.

    ``tell``: moves go to the log and to webhooks as well. About as long as counting it, and 10 ms per 1,000 who move.
    """
    begin = time.perf_counter()
    row = Segment.objects.filter(pk=segment_id, live=True, archived_at=None).first()
    if row is None:
        raise NotFound("This segment is not there, or not live.")
    with connection.cursor() as cursor:
        # Read between batches: those that began under the old definition have ended, later ones know the new one.
        with activity.quiet(cursor):
            around = segments_world.world()
        tree = around.others[segment_id]
        fill_measures(segments_world.specs(tree, around))
        around = segments_world.world()
        live = Live(row.number, row.pk, row.name, tree, frozenset())
        segments_due.plan_timers(cursor, tree, around)
        different = _note_different(cursor, tree, around, live.number)
        moved = sum(_put_right(part, tree, live, reason, tell) for part in _parts(cursor)) if different else 0
        cursor.execute("DROP TABLE segment_different")
        cursor.execute("SELECT count(*) FROM people_segment_member WHERE segment_no = %s", [live.number])
        members = cursor.fetchone()[0]
    took = round((time.perf_counter() - begin) * 1000)
    Segment.objects.filter(pk=segment_id).update(
        state=Segment.State.READY, members=members, checked_at=clock.now(), took_ms=took
    )
    return moved


def differences(segment_id: UUID, number: int) -> int:
    """For how many people the members that are kept differ from a full evaluation now.

    Those of whom something changed just now, and who will be looked at in a moment, do not count.
    """
    around = segments_world.world()
    with connection.cursor() as cursor:
        found = _note_different(cursor, around.others[segment_id], around, number, WAITING)
        cursor.execute("DROP TABLE segment_different")
    return found


def people_sql(tree: Group, around: World) -> tuple[str, dict[str, Any]]:
    """The statement that selects the ids of everybody in a definition, and its parameters."""
    query = Query(around)
    condition = query.where(tree)
    return query.sql("p.id", condition), query.params.values


def people_among(cursor: Any, tree: Group, around: World, ids: list[UUID]) -> set[UUID]:
    """Those of ``ids`` who are in a definition. 2 queries."""
    query = Query(around, among=True)
    condition = query.where(tree)
    cursor.execute(query.sql("p.id", condition), among(query, ids, activity.members_of(cursor, ids)))
    return {row[0] for row in cursor.fetchall()}


def fill_measures(specs: Iterable[measures.Spec]) -> None:
    """Make measures and count their past. Recording waits meanwhile: some seconds at ten million events."""
    waiting = measures.ensure(specs)
    if not waiting:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [activity.LOCK])
        activity.count_past(cursor, measures.load(), waiting)
        Measure.objects.filter(pk__in=waiting).update(ready=True)
        segments_world.bump()


def _note_different(cursor: Any, tree: Group, around: World, number: int, waiting: str = _NOBODY) -> int:
    sql, params = people_sql(tree, around)
    cursor.execute("DROP TABLE IF EXISTS segment_different")
    with transaction.atomic():
        cursor.execute(FOR_EVERYBODY)
        cursor.execute(_DIFFERENT.format(here=sql, number=number, waiting=waiting), params)
        found = int(cursor.rowcount)
        cursor.execute(FOR_EVERYBODY_NO_MORE)
    return found


def _parts(cursor: Any) -> Iterator[list[UUID]]:
    last = UUID(int=0)
    while True:
        cursor.execute(
            "SELECT person_id FROM segment_different WHERE person_id > %s ORDER BY person_id LIMIT %s", [last, CHUNK]
        )
        part = [row[0] for row in cursor.fetchall()]
        if not part:
            return
        last = part[-1]
        yield part


def _put_right(part: list[UUID], tree: Group, live: Live, reason: str, tell: bool) -> int:
    """Look at people again, alone, and write what is true of them now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [activity.LOCK])
        around = segments_world.world()
        if around.others.get(live.id) != tree:
            return 0  # changed meanwhile: another run follows
        here = people_among(cursor, tree, around, part)
        cursor.execute(
            "SELECT person_id FROM people_segment_member WHERE segment_no = %s AND person_id = ANY(%s)",
            [live.number, part],
        )
        was = {row[0] for row in cursor.fetchall()}
        moves = [Move(person, live, person in here, reason) for person in part if (person in here) != (person in was)]
        write_moves(cursor, moves, tell=tell)
        for value, people in ((1, here), (0, was - here)):
            cursor.execute(
                f"{_MARK.format(n=live.number, value=value)} WHERE bits IS NOT NULL AND person_id = ANY(%s)",
                [sorted(people)],
            )
    return len(moves)

"""Looking through every table for what the person is known by, whoever's row it stands in.

A document that is nobody's row (received bytes, a rejected row, what a job was told) loses the part that is about the
person, or goes. In other people's rows the person's addresses, numbers and full name are replaced by ``[erased]``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amity.people.privacy_map import Column, Place, places, quoted
from amity.people.privacy_needles import WHOLE, Matcher, document, leaves, pruned, redacted
from amity.people.privacy_rows import Whose, theirs

_CHUNK = 2_000
_ENDED = ("succeeded", "failed", "cancelled", "aborted")


@dataclass(frozen=True, slots=True)
class Found:
    """A row in which the person is mentioned. ``where``: how it is reached, in this transaction only."""

    place: Place
    where: tuple[str, str]  # table (a partition's own), ctid
    values: dict[str, Any]  # text, documents, bytes by column


def mentions(cursor: Any, place: Place, matcher: Matcher, who: Whose | None = None) -> Iterator[Found]:
    """Rows of a table in which a needle stands, but for those that are the person's by id. One scan of the table."""
    columns = [column for column in place.columns if column.kind != "bytes" or place.nobodys]
    if not columns:
        return
    fits, values = _prefilter(place, columns, matcher)
    if fits is None:
        return
    chosen = theirs(place, who) if who else None
    if chosen:
        fits, values = f"({fits}) AND {chosen[0]} IS NOT TRUE", [*values, *chosen[1]]
    names = ", ".join(quoted(c.name) if c.kind == "bytes" else f"{quoted(c.name)}::text" for c in columns)
    cursor.execute(
        f"DECLARE sweep NO SCROLL CURSOR FOR SELECT tableoid::regclass::text, ctid::text, {names} "
        f"FROM {quoted(place.table)} WHERE {fits}",
        values,
    )
    try:
        while rows := _fetched(cursor):
            for row in rows:
                texts = dict(zip((column.name for column in columns), row[2:], strict=True))
                read = {column.name: _read(column, texts[column.name]) for column in columns}
                if any(matcher.hit(leaf) for value in read.values() for leaf in leaves(value)):
                    yield Found(place, (row[0], row[1]), read)
    finally:
        cursor.execute("CLOSE sweep")


def _fetched(cursor: Any) -> list[tuple[Any, ...]]:
    cursor.execute(f"FETCH {_CHUNK} FROM sweep")
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _prefilter(place: Place, columns: list[Column], matcher: Matcher) -> tuple[str | None, list[Any]]:
    """What the database can tell: nothing of bytes and of hashes."""
    if place.nobodys and (matcher.marked is not None or any(c.kind == "bytes" for c in columns)):
        return "TRUE", []
    if not matcher.sql:
        return None, []
    tests = " OR ".join(f"{quoted(column.name)}::text ~* %s" for column in columns if column.kind != "bytes")
    return tests or None, [matcher.sql for column in columns if column.kind != "bytes"]


def _read(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind == "bytes":
        return document(bytes(value))
    return json.loads(value) if column.kind == "json" else value


def put_right(cursor: Any, found: Found, matcher: Matcher) -> str:
    """Take the person out of a row: ``deleted``, ``pruned`` or ``redacted``."""
    kinds = {column.name: column for column in found.place.columns}
    if found.place.unnamed:
        return _emptied(cursor, found)
    clean = pruned if found.place.nobodys else redacted
    now = {name: clean(value, matcher) for name, value in found.values.items()}
    table, ctid = found.where
    if found.place.nobodys and any(now[name] is WHOLE for name in _content(found.place)):
        cursor.execute(f"DELETE FROM {table} WHERE ctid = %s::tid", [ctid])
        return "deleted"
    changed = {name: value for name, value in now.items() if value != found.values[name]}
    sets = ", ".join(f"{quoted(name)} = %s" for name in changed)
    if changed:
        values = [_written(kinds[name], value) for name, value in changed.items()]
        cursor.execute(f"UPDATE {table} SET {sets} WHERE ctid = %s::tid", [*values, ctid])
    return "pruned" if found.place.nobodys else "redacted"


def _emptied(cursor: Any, found: Found) -> str:
    """A row that names nobody but an address, and has to stay: its words go."""
    columns = [column for column in found.place.columns if column.name in found.place.personal.fields]
    sets = ", ".join(f"{quoted(column.name)} = %s" for column in columns)
    values = [_written(column, column.spare) for column in columns]
    cursor.execute(f"UPDATE {found.where[0]} SET {sets} WHERE ctid = %s::tid", [*values, found.where[1]])
    return "blanked"


def _content(place: Place) -> list[str]:
    """The columns that are the document."""
    return [column.name for column in place.columns if column.name in place.personal.fields]


def _written(column: Column, value: Any) -> Any:
    if value is WHOLE:
        value = column.spare
    if value is None:
        return None
    if column.kind == "bytes":
        if isinstance(value, bytes | str):
            return value.encode() if isinstance(value, str) else value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return json.dumps(value, ensure_ascii=False) if column.kind == "json" else value


def swept() -> list[Place]:
    """The tables to look through."""
    return [place for place in places() if place.swept and place.table != "access_auditnote"]


# --- tables of others -----------------------------------------------------------------------------


def jobs_about(cursor: Any, matcher: Matcher) -> list[tuple[int, str, Any]]:
    """Jobs of the queue whose arguments name the person: id, state, arguments."""
    cursor.execute("SELECT id, status::text, args::text FROM procrastinate_jobs")
    rows = [(pk, state, json.loads(args)) for pk, state, args in cursor.fetchall()]
    return [row for row in rows if any(matcher.hit(leaf) for leaf in leaves(row[2]))]


def clear_jobs(cursor: Any, matcher: Matcher) -> int:
    """Jobs that ended go, those to come lose the person; how many."""
    found = jobs_about(cursor, matcher)
    for pk, state, args in found:
        left = pruned(args, matcher)
        if state != "doing" and (state in _ENDED or left is WHOLE):
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [pk])
        else:
            now = json.dumps(redacted(args, matcher) if left is WHOLE else left)
            cursor.execute("UPDATE procrastinate_jobs SET args = %s WHERE id = %s", [now, pk])
    return len(found)


def sessions_about(matcher: Matcher) -> list[Any]:
    """Sessions of staff in which something about the person waits to be shown."""
    from django.contrib.sessions.models import Session

    rows = Session.objects.only("session_key", "session_data", "expire_date").iterator(chunk_size=_CHUNK)
    return [row for row in rows if any(matcher.hit(leaf) for leaf in leaves(row.get_decoded()))]


def clear_sessions(matcher: Matcher) -> int:
    """Forget what waits to be shown about the person; who is signed in stays so."""
    found = sessions_about(matcher)
    for row in found:
        row.session_data = type(row).get_session_store_class()().encode(redacted(row.get_decoded(), matcher))
        row.save(update_fields=["session_data"])
    return len(found)


__all__ = [
    "Found",
    "clear_jobs",
    "clear_sessions",
    "jobs_about",
    "mentions",
    "put_right",
    "sessions_about",
    "swept",
]

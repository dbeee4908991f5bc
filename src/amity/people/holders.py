"""Rows of other tables that belong to a person, and how they go along when profiles become one or part again.

A room registers each such table in its apps.py. Where a moved row is at home is kept, so that merges can be taken back
in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from amity.base.ids import new_id
from amity.people.traits_store import text

Words = Callable[[Any, Sequence[UUID]], None]
Moves = Mapping[UUID, tuple[UUID, UUID]]  # member → (the profile it was part of, the one it is part of now)


@dataclass(frozen=True, slots=True)
class Holder:
    """A table with a ``person_id``. ``words(cursor, ids)`` computes the ``search`` column of moved rows anew."""

    name: str
    table: str
    words: Words | None = None


_holders: dict[str, Holder] = {}
_RETURN = """
WITH v AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS v (member, was, now)),
moved AS (
    UPDATE {table} t SET person_id = v.now FROM people_holding h JOIN v ON v.member = h.home_id
    WHERE h.holder = %s AND t.id = h.row_id AND t.person_id = v.was AND v.was <> v.now
    RETURNING t.id, h.id AS holding, h.before, v.now = v.member AS home)
SELECT id, holding, before, home FROM moved
"""
_NOTE = """
INSERT INTO people_holding (id, holder, row_id, home_id, before)
SELECT u.id, %s, u.row_id, u.home, u.before::jsonb FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[])
    AS u (id, row_id, home, before) ON CONFLICT (holder, row_id) DO NOTHING
"""
_TAKE = """
UPDATE {table} t SET person_id = v.now FROM unnest(%s::uuid[], %s::uuid[]) AS v (was, now)
WHERE t.person_id = v.was RETURNING t.id, v.was
"""


def register_holder(holder: Holder) -> None:
    """Have the rows of a table follow merges; called in a room's apps.py."""
    _holders[holder.name] = holder


def move(cursor: Any, moves: Moves, before: Mapping[UUID, str], after: Mapping[UUID, str]) -> None:
    """Bring every row to the profile that its home is part of now. 2–7 queries per registered table.

    ``before``, ``after``: what each profile was called and is called now.
    """
    changed = {member: pair for member, pair in moves.items() if pair[0] != pair[1]}
    if not changed:
        return
    renamed = [pk for pk, name in after.items() if before.get(pk) != name]
    for holder in _holders.values():
        _bring_back(cursor, holder, changed, after)
        _take_along(cursor, holder, {m: now for m, (was, now) in changed.items() if was == m}, before)
        _rename(cursor, holder, renamed)


def _bring_back(cursor: Any, holder: Holder, moves: Moves, names: Mapping[UUID, str]) -> None:
    """Rows that an earlier merge moved follow their home."""
    members = list(moves)
    cursor.execute(
        _RETURN.format(table=holder.table),
        [members, [moves[m][0] for m in members], [moves[m][1] for m in members], holder.name],
    )
    moved = cursor.fetchall()
    at_home = [row for row in moved if row[3]]
    if holder.words and moved:
        holder.words(cursor, [row[0] for row in moved])
        cursor.execute(
            f"UPDATE {holder.table} t SET search = h.before ->> 'search' FROM people_holding h "
            "JOIN unnest(%s::uuid[], %s::text[]) AS v (home, name) "
            "ON v.home = h.home_id AND v.name = h.before ->> 'name' "
            "WHERE h.id = ANY(%s) AND t.id = h.row_id",
            [list(moves), [names[member] for member in moves], [row[1] for row in at_home]],
        )
    cursor.execute("DELETE FROM people_holding WHERE id = ANY(%s)", [[row[1] for row in at_home]])


def _take_along(cursor: Any, holder: Holder, moves: Mapping[UUID, UUID], names: Mapping[UUID, str]) -> None:
    """Rows at home on a profile that is now part of another go to that one."""
    if not moves:
        return
    words: dict[UUID, str] = {}
    if holder.words:
        cursor.execute(f"SELECT id, search FROM {holder.table} WHERE person_id = ANY(%s)", [list(moves)])
        words = dict(cursor.fetchall())
    cursor.execute(_TAKE.format(table=holder.table), [list(moves), list(moves.values())])
    taken = cursor.fetchall()
    if not taken:
        return
    notes = [text({"search": words[pk], "name": names[home]} if pk in words else {}) for pk, home in taken]
    ids, homes = [row[0] for row in taken], [row[1] for row in taken]
    cursor.execute(_NOTE, [holder.name, [new_id() for _ in taken], ids, homes, notes])
    if holder.words:
        holder.words(cursor, ids)


def _rename(cursor: Any, holder: Holder, people: Sequence[UUID]) -> None:
    """Rows of profiles that are called otherwise now are found by the new name, those at home there too."""
    if holder.words is None or not people:
        return
    cursor.execute(f"SELECT id FROM {holder.table} WHERE person_id = ANY(%s)", [list(people)])
    rows = [row[0] for row in cursor.fetchall()]
    if rows:
        holder.words(cursor, rows)

"""Rows of other tables that belong to a person, and how they go along when profiles become one or part again.

A room registers each such table in its apps.py. Where a moved row is at home is kept, so that merges can be taken back
in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
UPDATE {table} t SET person_id = v.now FROM people_holding h
JOIN unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS v (member, was, now) ON v.member = h.home_id
WHERE h.holder = %s AND t.id = h.row_id AND t.person_id = v.was AND v.was <> v.now RETURNING t.id
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
_AS_BEFORE = """
UPDATE {table} t SET search = h.before ->> 'search' FROM people_holding h
JOIN unnest(%s::uuid[], %s::text[]) AS v (home, name) ON v.home = h.home_id AND v.name = h.before ->> 'name'
WHERE h.holder = %s AND t.id = h.row_id AND t.person_id = h.home_id
"""
_AT_HOME = """
DELETE FROM people_holding h USING {table} t, unnest(%s::uuid[], %s::text[], %s::boolean[]) AS v (home, name, alone)
WHERE h.holder = %s AND v.home = h.home_id AND t.id = h.row_id AND t.person_id = h.home_id
  AND (v.alone OR coalesce(h.before ->> 'name', v.name) = v.name)
"""


def register_holder(holder: Holder) -> None:
    """Have the rows of a table follow merges; called in a room's apps.py."""
    _holders[holder.name] = holder


def move(cursor: Any, moves: Moves, before: Mapping[UUID, str], after: Mapping[UUID, str]) -> None:
    """Bring every row to the profile that its home is part of now. 3–9 queries per registered table.

    ``moves``: everybody connected, also those who stay. ``before``, ``after``: what each profile was called and is
    called now.
    """
    changed = {member: pair for member, pair in moves.items() if pair[0] != pair[1]}
    if not changed:
        return
    for holder in _holders.values():
        _bring_back(cursor, holder, changed)
        _take_along(cursor, holder, {m: now for m, (was, now) in changed.items() if was == m}, before)
        _rename(cursor, holder, [pk for pk, name in after.items() if before.get(pk) != name], before)
        _settle(cursor, holder, moves, after)


def _bring_back(cursor: Any, holder: Holder, moves: Moves) -> None:
    """Rows that an earlier merge moved follow their home."""
    members = list(moves)
    cursor.execute(
        _RETURN.format(table=holder.table),
        [members, [moves[m][0] for m in members], [moves[m][1] for m in members], holder.name],
    )
    moved = [row[0] for row in cursor.fetchall()]
    if holder.words and moved:
        holder.words(cursor, moved)


def _take_along(cursor: Any, holder: Holder, moves: Mapping[UUID, UUID], names: Mapping[UUID, str]) -> None:
    """Rows at home on a profile that is now part of another go to that one."""
    if not moves:
        return
    words = _words(cursor, holder, moves)
    cursor.execute(_TAKE.format(table=holder.table), [list(moves), list(moves.values())])
    taken = dict(cursor.fetchall())
    _note(cursor, holder, taken, {pk: {"search": words[pk], "name": names[taken[pk]]} for pk in taken if pk in words})
    if holder.words and taken:
        holder.words(cursor, list(taken))


def _rename(cursor: Any, holder: Holder, people: Sequence[UUID], names: Mapping[UUID, str]) -> None:
    """Rows of profiles that are called otherwise now are found by the new name, those at home there too."""
    if holder.words is None or not people:
        return
    cursor.execute(f"SELECT id, person_id, search FROM {holder.table} WHERE person_id = ANY(%s)", [list(people)])
    rows = cursor.fetchall()
    if rows:
        before = {pk: {"search": search, "name": names.get(person, "")} for pk, person, search in rows}
        _note(cursor, holder, {pk: person for pk, person, _search in rows}, before)
        holder.words(cursor, [row[0] for row in rows])


def _settle(cursor: Any, holder: Holder, moves: Moves, names: Mapping[UUID, str]) -> None:
    """Rows at home on a profile that is called as before have the words they had; what is settled is forgotten."""
    homes = list(moves)
    called = [names.get(member, "") for member in homes]
    size = Counter(now for _was, now in moves.values())
    if holder.words:
        cursor.execute(_AS_BEFORE.format(table=holder.table), [homes, called, holder.name])
    alone = [size[member] == 1 and moves[member][1] == member for member in homes]
    cursor.execute(_AT_HOME.format(table=holder.table), [homes, called, alone, holder.name])


def _words(cursor: Any, holder: Holder, people: Iterable[UUID]) -> dict[UUID, str]:
    """Row → the words it is found by."""
    if holder.words is None:
        return {}
    cursor.execute(f"SELECT id, search FROM {holder.table} WHERE person_id = ANY(%s)", [list(people)])
    return dict(cursor.fetchall())


def _note(
    cursor: Any, holder: Holder, homes: Mapping[UUID, UUID], before: Mapping[UUID, Mapping[str, str]]
) -> None:  # fmt: skip
    """Keep where rows are at home and how they were found there, unless that is kept already."""
    if homes:
        notes = [text(before.get(pk, {})) for pk in homes]
        cursor.execute(_NOTE, [holder.name, [new_id() for _ in homes], list(homes), list(homes.values()), notes])

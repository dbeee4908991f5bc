"""Rows of other tables that belong to a company, and how they go along when companies become one or part again.

A room registers each such table in its apps.py. Where a moved row is at home is kept, so that merges can be taken back
in any order; a row that somebody gave to another company since stays there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from amity.base.ids import new_id
from amity.people.duplicate_models import CompanyHolding

Words = Callable[[Any, Sequence[UUID]], None]
Moves = Mapping[UUID, tuple[UUID, UUID]]  # member → (the company it was part of, the one it is part of now)


@dataclass(frozen=True, slots=True)
class CompanyHolder:
    """A table whose ``column`` names a company. ``words(cursor, ids)`` is told of rows whose company changed."""

    name: str
    table: str
    column: str = "company_id"
    words: Words | None = None


_holders: dict[str, CompanyHolder] = {}
_RETURN = """
UPDATE {table} t SET {column} = v.now
FROM people_companyholding h JOIN unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS v (member, was, now)
    ON v.member = h.home_id
WHERE h.holder = %s AND t.id = h.row_id AND t.{column} = v.was AND v.was <> v.now AND t.id <> v.now RETURNING t.id
"""
_FORGET = "DELETE FROM people_companyholding WHERE holder = %s AND home_id = ANY(%s)"
_TAKE = """
UPDATE {table} t SET {column} = v.now FROM unnest(%s::uuid[], %s::uuid[]) AS v (was, now)
WHERE t.{column} = v.was AND t.id <> ALL(%s) RETURNING t.id, v.was
"""
_NOTE = """
INSERT INTO people_companyholding (id, holder, row_id, home_id)
SELECT u.id, %s, u.row_id, u.home FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS u (id, row_id, home)
ON CONFLICT (holder, row_id) DO UPDATE SET home_id = EXCLUDED.home_id
"""
_RENAMED = "SELECT t.id FROM {table} t WHERE t.{column} = ANY(%s)"


def register_company_holder(holder: CompanyHolder) -> None:
    """Have the rows of a table follow merges of companies; called in a room's apps.py."""
    _holders[holder.name] = holder


def move(cursor: Any, moves: Moves, renamed: Collection[UUID], group: Collection[UUID]) -> None:
    """Bring every row to the company that its home is part of now. 3–6 queries per registered table.

    ``renamed``: companies that are called otherwise now; ``group``: the merged companies, which are no rows of theirs.
    """
    changed = {member: pair for member, pair in moves.items() if pair[0] != pair[1]}
    for holder in _holders.values():
        touched = _moved(cursor, holder, changed, list(group)) if changed else []
        if holder.words and renamed:
            cursor.execute(_RENAMED.format(table=holder.table, column=holder.column), [list(renamed)])
            touched += [row[0] for row in cursor.fetchall()]
        if holder.words and touched:
            holder.words(cursor, sorted(set(touched)))


def stay(ids: Iterable[UUID | str]) -> None:
    """Rows that somebody gave to a company by hand belong there from now on. At most 1 query."""
    chosen = list(ids)
    if chosen:
        CompanyHolding.objects.filter(row_id__in=chosen).delete()


def _moved(cursor: Any, holder: CompanyHolder, moves: Moves, group: list[UUID]) -> list[UUID]:
    members = list(moves)
    names = {"table": holder.table, "column": holder.column}
    ends = [[moves[m][0] for m in members], [moves[m][1] for m in members]]
    cursor.execute(_RETURN.format(**names), [members, *ends, holder.name])
    back = [row[0] for row in cursor.fetchall()]
    cursor.execute(_FORGET, [holder.name, [m for m, (_was, now) in moves.items() if now == m]])
    joining = {m: now for m, (was, now) in moves.items() if was == m}
    cursor.execute(_TAKE.format(**names), [list(joining), list(joining.values()), group])
    taken = cursor.fetchall()
    if taken:
        ids, homes = [row[0] for row in taken], [row[1] for row in taken]
        cursor.execute(_NOTE, [holder.name, [new_id() for _ in taken], ids, homes])
    return back + [row[0] for row in taken]

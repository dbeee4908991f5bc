"""A person's rows by their ids: which rows of a table are theirs, and what erasing does with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from amity.people.privacy_hanging import hanging
from amity.people.privacy_map import Column, Place, places, quoted
from amity.people.privacy_needles import Needle

_EVENTS = "events_event"
_MOST_RELATED = 100_000
_MOST_NAMED = 5_000


@dataclass(frozen=True, slots=True)
class Whose:
    """``ids``: the person's profiles; ``related``: rows that are theirs, such as deals and identifiers."""

    ids: tuple[UUID, ...]
    related: tuple[UUID, ...]

    @property
    def all(self) -> list[UUID]:
        return [*self.ids, *self.related]


def whose(cursor: Any, ids: Iterable[UUID]) -> Whose:
    """The person's ids with those of all rows that are theirs. One query per table with a subject."""
    own = tuple(ids)
    found: dict[UUID, None] = {}
    for place in places():
        if place.has_id and place.subject and place.table != _EVENTS and place.personal.erase in ("delete", "blank"):
            where, values = _direct(place, Whose(own, ()))
            cursor.execute(f"SELECT id FROM {quoted(place.table)} WHERE {where} LIMIT %s", [*values, _MOST_RELATED])
            found |= dict.fromkeys(row[0] for row in cursor.fetchall())
    return Whose(own, tuple(pk for pk in found if pk not in set(own)))


def records(who: Whose) -> list[Needle]:
    """The person's records, for finding documents about them (what can be undone, what a job was told)."""
    return [Needle("record", str(pk)) for pk in who.related[:_MOST_NAMED]]


def theirs(place: Place, who: Whose) -> tuple[str, list[Any]] | None:
    """SQL condition and values for the rows of a table that belong to the person; None: its rows are nobody's.

    A row that names one of the person's records (a note on their deal) is theirs unless it has a subject of its own.
    """
    if place.nobodys or (place.personal.erase in ("none", "keep") and not any(tie.reference for tie in place.ties)):
        return None
    where, values = _direct(place, who)
    if not where:
        return None
    for tie in place.ties:
        if place.goes and tie.record and who.related:
            alone = "" if tie.name == place.subject else f" AND {quoted(place.subject)} IS NULL"
            where += f" OR ({quoted(tie.name)} = ANY(%s){alone})"
            values.append(list(who.related))
    return f"({where})", values


def _direct(place: Place, who: Whose) -> tuple[str, list[Any]]:
    """Rows that name the person themselves."""
    named = [place.subject] if place.subject and place.personal.erase in ("delete", "blank") else []
    for tie in place.ties:
        if tie.reference or (tie.person and place.goes):
            named.append(tie.name)
    named = list(dict.fromkeys(named))
    return " OR ".join(f"{quoted(name)} = ANY(%s)" for name in named), [list(who.ids) for _name in named]


def read(cursor: Any, place: Place, who: Whose, limit: int) -> Iterator[dict[str, Any]]:
    """The person's rows of a table, whole, newest columns and all; at most ``limit``."""
    chosen = theirs(place, who)
    if chosen is None:
        return
    cursor.execute(f"SELECT to_jsonb(t) FROM {quoted(place.table)} t WHERE {chosen[0]} LIMIT %s", [*chosen[1], limit])
    for (row,) in cursor.fetchall():
        yield json.loads(row) if isinstance(row, str) else row


def count(cursor: Any, place: Place, who: Whose) -> int:
    """How many rows of a table are the person's. 1 query."""
    chosen = theirs(place, who)
    if chosen is None:
        return 0
    cursor.execute(f"SELECT count(*) FROM {quoted(place.table)} WHERE {chosen[0]}", chosen[1])
    return int(cursor.fetchone()[0])


def fate(place: Place) -> str:
    """What erasing does with the person's rows of a table: deleted, blanked, untied."""
    held = any(tie.reference and tie.holds for tie in place.ties)
    if place.goes or (place.personal.erase == "none" and held):
        return "deleted"
    return "blanked" if place.personal.erase == "blank" else "untied"


def erase(cursor: Any, place: Place, who: Whose, gone: dict[str, list[Any]]) -> tuple[str, int]:
    """Delete, empty or untie the person's rows of a table: what was done (deleted, blanked, untied) and to how many.

    Keys of deleted rows that others may hang on are added to ``gone`` by table (`privacy_hanging.loosen`).
    """
    chosen = theirs(place, who)
    if chosen is None:
        return "", 0
    where, values = chosen
    name = quoted(place.table)
    if fate(place) == "deleted":
        held = place.has_id and place.table in hanging()
        cursor.execute(f"DELETE FROM {name} WHERE {where}{' RETURNING id' if held else ''}", values)
        count = cursor.rowcount
        if held:
            gone.setdefault(place.table, []).extend(row[0] for row in cursor.fetchall())
        return "deleted", count
    if fate(place) == "blanked":
        cursor.execute(f"UPDATE {name} SET {_emptied(place)} WHERE {where}", [*_spares(place), *values])
        return "blanked", cursor.rowcount
    untied = 0
    for tie in place.ties:
        if tie.reference:
            column = quoted(tie.name)
            cursor.execute(f"UPDATE {name} SET {column} = NULL WHERE {column} = ANY(%s)", [list(who.ids)])
            untied += cursor.rowcount
    return "untied", untied


def _blank_columns(place: Place) -> list[Column]:
    return [column for column in place.columns if column.name in place.personal.fields]


def _emptied(place: Place) -> str:
    parts = [f"{quoted(column.name)} = %s" for column in _blank_columns(place)]
    loose = [tie.name for tie in place.ties if not tie.holds and (tie.reference or tie.name == place.subject)]
    return ", ".join([*parts, *(f"{quoted(name)} = NULL" for name in loose)])


def _spares(place: Place) -> list[Any]:
    return [json.dumps(c.spare) if c.kind == "json" and c.spare is not None else c.spare for c in _blank_columns(place)]


def raw_of_events(cursor: Any, ids: Sequence[UUID], *, delete: bool) -> list[tuple[str, str]]:
    """The received bytes of the person's facts, by source and message id: found, or deleted too."""
    same = "r.source_id = e.source_id AND r.message_id = e.message_id AND e.person_id = ANY(%s)"
    if delete:
        query = f"DELETE FROM events_raw r USING events_event e WHERE {same} RETURNING r.message_id, ''"
    else:
        query = f"SELECT r.message_id, convert_from(r.body, 'UTF8') FROM events_raw r, events_event e WHERE {same}"
    cursor.execute(query, [list(ids)])
    return [(str(row[0]), str(row[1])) for row in cursor.fetchall()]

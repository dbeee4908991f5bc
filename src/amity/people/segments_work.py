"""The consumer "segments": live segments follow what the pipeline changed, beside it and a moment later.

The pipeline notes whom it changed, and what of them, in the transaction of the change (`note`). Segments are worked out
from what is true when they are looked at, so neither the order of notes nor looking twice makes a difference: the
members and moves of a note commit together with its removal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from amity.events import api as events
from amity.people import literals, segments_live

PEOPLE = 500  # in one note; a note that cannot be worked out concerns no more
BATCH = 20  # notes
_ERASING = "hashtext('people.erasing')"
_NOTE = "INSERT INTO people_segment_work (people, names) VALUES "
_LIVE = "SELECT EXISTS (SELECT FROM people_segment WHERE live AND archived_at IS NULL)"
_DONE = """
DELETE FROM people_segment_work
WHERE (xid, id) >= (%s::text::xid8, %s) AND (xid, id) <= (%s::text::xid8, %s)"""
_FORGET = "DELETE FROM people_segment_work WHERE at < now() - interval '7 days'"
# SQL: people whose change was noted, and not looked at, as of the statement.
WAITING = "SELECT unnest(people) FROM people_segment_work WHERE at > now() - interval '1 hour'"


class Told(msgspec.Struct):
    """What changed: sets of names, and for each person of the note which of the sets."""

    sets: list[list[str]]
    of: list[int]


class Note(NamedTuple):
    """A row of ``people_segment_work``."""

    people: list[UUID]
    told: Told
    at: datetime
    position: tuple[int, int]


_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Told).decode


def note(cursor: Any, changed: Mapping[UUID, set[str]]) -> None:
    """Have the live segments of these people looked at soon: person → names as `segments_live.touched` takes them.

    In the transaction of the change. 2 queries; nothing is noted while no segment is live.
    """
    if not changed:
        return
    cursor.execute(_LIVE)
    if not cursor.fetchone()[0]:
        return
    waiting = iter(changed.items())
    notes: list[str] = []
    while some := list(islice(waiting, PEOPLE)):
        places: dict[frozenset[str], int] = {}
        of = [places.setdefault(frozenset(names), len(places)) for _person, names in some]
        told = Told([sorted(names) for names in places], of)
        notes += literals.uuids(person for person, _names in some), _encode(told).decode()
    cursor.execute(_NOTE + ", ".join(["(%s::uuid[], %s)"] * (len(notes) // 2)), notes)


def look(notes: Sequence[Note], cursor: Any) -> None:
    """Bring the segments of everybody in these notes up to date; see `segments_live.touched`."""
    cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_ERASING})")
    changed: dict[UUID, set[str]] = {}
    for each in notes:
        for person, place in zip(each.people, each.told.of, strict=True):
            changed.setdefault(person, set()).update(each.told.sets[place])
    segments_live.touched(cursor, changed)
    first, last = notes[0].position, notes[-1].position
    cursor.execute(_DONE, [str(first[0]), first[1], str(last[0]), last[1]])


def wait_for_erasing(cursor: Any) -> None:
    """Wait until nobody is looked at, and let nobody be until the transaction ends: somebody is erased in it."""
    cursor.execute(f"SELECT pg_advisory_xact_lock({_ERASING})")


def forget(cursor: Any) -> None:
    """Let go of notes that could not be worked out; the nightly check has put their people right long since."""
    cursor.execute(_FORGET)


def register() -> None:
    """Called when Django starts."""
    events.register_consumer(events.Consumer("segments", look, BATCH, of="table", table=TABLE))


def _noted(row: tuple[Any, ...]) -> Note:
    xid, number, people, names, at = row
    return Note(people, _decode(names), at, (xid, number))


TABLE: events.Table[Note] = events.Table(
    "people_segment_work", "id", "people, names, at", "at", _noted, lambda row: row.position, lambda row: row.at
)

"""Live segments: only people that something happened to are looked at, and of the segments only those that care.

All conditions of a batch of people are worked out together in columns (`segments_facts`); what came of it before is one
row of bits per person. Rows of people are locked before anything is read, so that two changes at a time cannot both
overlook each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from amity.base import clock
from amity.base.ids import new_ids, stable_id
from amity.base.live import tell as tell_pages
from amity.events import api as events
from amity.people import activity, literals, segments_world
from amity.people.measures import ANY
from amity.people.segments_columns import Ints
from amity.people.segments_facts import NEVER, Bools, Facts, events_key
from amity.people.segments_grammar import Leaf
from amity.people.segments_values import micros
from amity.people.segments_world import EVERYTHING, TIME, Live, Plan

MAX_PEOPLE = 5_000
_ALWAYS = EVERYTHING | {TIME}
ENTERED, LEFT = "segment.entered", "segment.left"
_SOURCE = stable_id("amity")
_MEET = "INSERT INTO people_segment_timer (person_id) SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING"
_LOCK = """
SELECT uuid_send(person_id), bits, (extract(epoch FROM due_at) * 1000000)::bigint FROM people_segment_timer
WHERE person_id = ANY(%s::uuid[]) ORDER BY person_id FOR UPDATE"""
_GONE = "DELETE FROM people_segment_timer WHERE person_id = ANY(%s::uuid[])"
_KEEP = """
UPDATE people_segment_timer t SET bits = v.bits, due_at = 'epoch'::timestamptz + v.us * interval '1 microsecond'
FROM unnest(%s::uuid[], %s::bytea[], %s::bigint[]) v(id, bits, us) WHERE t.person_id = v.id"""
_ENTER = """
INSERT INTO people_segment_member (person_id, segment_no, entered_at)
SELECT p, s, %s FROM unnest(%s::uuid[], %s::int[]) v(p, s) ON CONFLICT DO NOTHING"""
_LEAVE = """
DELETE FROM people_segment_member m USING unnest(%s::uuid[], %s::int[]) v(p, s)
WHERE m.person_id = v.p AND m.segment_no = v.s"""
_MOVE = """
INSERT INTO people_segment_move (segment_no, person_id, entered, at, reason)
SELECT s, p, e, %s, r FROM unnest(%s::int[], %s::uuid[], %s::bool[], %s::text[]) v(s, p, e, r)"""
_TALLY = """
UPDATE people_segment g SET members = g.members + v.n FROM unnest(%s::int[], %s::bigint[]) v(no, n)
WHERE g.number = v.no"""


class Move(NamedTuple):
    """Somebody enters or leaves."""

    person_id: UUID
    segment: Live
    entered: bool
    reason: str


def touched(cursor: Any, changed: Mapping[UUID, set[str]]) -> int:
    """Re-evaluate the live segments that depend on what changed, for these people; returns the number of moves.

    ``changed``: person → names such as ``event:Order Completed``, ``trait:plan``, ``field:city``; `EVERYTHING` names
    stand for all. To be called in the transaction of the change, after it. 8 queries and those of moves.
    """
    if not changed:
        return 0
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [activity.LOCK])
    plan = segments_world.plan(cursor)
    if not plan.live:
        return 0
    moved, waiting = 0, dict(changed)
    while waiting:
        ids = sorted(waiting, key=_int)
        survivors: dict[UUID, set[str]] = {}
        for begin in range(0, len(ids), MAX_PEOPLE):
            part = ids[begin : begin + MAX_PEOPLE]
            n, merged = _evaluate(cursor, plan, part, [waiting[person] for person in part])
            moved += n
            for person, survivor in merged.items():
                survivors.setdefault(survivor, set()).update(waiting[person])
        waiting = {person: names for person, names in survivors.items() if person not in waiting}
    return moved


_int, _first = attrgetter("int"), itemgetter(0)


def follow(changed: Mapping[UUID, set[str]]) -> int:
    """`touched` on Django's connection, for changes by hand; in the transaction of the change."""
    with connection.cursor() as cursor:
        return touched(cursor, changed)


def fire_due(cursor: Any, limit: int = MAX_PEOPLE) -> int:
    """Re-evaluate people for whom time alone may have changed something; how many were due. In a transaction.

    Rows that another process works on are left to it (SKIP LOCKED).
    """
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [activity.LOCK])
    cursor.execute(
        "SELECT person_id FROM people_segment_timer WHERE due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED",
        [clock.now(), limit],
    )
    due = [row[0] for row in cursor.fetchall()]
    if due:
        plan = segments_world.plan(cursor)
        _evaluate(cursor, plan, sorted(due, key=_int), [{TIME}] * len(due))
    return len(due)


def _evaluate(cursor: Any, plan: Plan, ids: list[UUID], names: Sequence[set[str]]) -> tuple[int, dict[UUID, UUID]]:
    """How many moved; those who were merged (and left everything), with the profile that survives."""
    bits, due, fresh = _before(cursor, plan, ids)
    masks = _masks(plan, names, fresh)
    chosen = [live for live in plan.live if masks[live.number].any()]
    facts = Facts(cursor, plan.world, ids)
    facts.read({leaf for live in chosen for leaf in live.leaves})
    _note_relevance(chosen, masks, facts)
    moves: list[Move] = []
    changed = fresh.copy()
    for live in chosen:
        mask = masks[live.number]
        holds = facts.truth(live.tree, mask) & facts.listed
        moved = mask & (holds != bits[live.number])
        if not moved.any():
            continue
        bits[live.number] ^= moved
        changed |= moved
        for at in np.flatnonzero(moved).tolist():
            moves.append(Move(ids[at], live, bool(holds[at]), _reason(live, names[at], bool(fresh[at]))))
    fired = np.fromiter((TIME in each for each in names), bool, len(ids))
    wanted = _next_due(chosen, masks, facts)
    if not facts.there.all():
        cursor.execute(_GONE, [literals.uuids(ids[at] for at in np.flatnonzero(~facts.there).tolist())])
    _keep(cursor, ids, bits, changed & facts.there, _due(due, wanted, fired | fresh, facts.listed))
    write_moves(cursor, moves)
    return len(moves), facts.merged


def _before(cursor: Any, plan: Plan, ids: list[UUID]) -> tuple[np.ndarray[Any, Any], Ints, Bools]:
    """Lock the people; who is in what by now (segment × person), when they are due, who was never evaluated."""
    rows = _locked(cursor, ids)
    kept = [None if row[0] is None else bytes(row[0]) for row in rows]
    width = max([live.number for live in plan.live], default=0) // 8 + 1
    width = max([width, *(len(each) for each in kept if each is not None)])
    packed = np.frombuffer(b"".join((each or b"").ljust(width, b"\0") for each in kept), np.uint8)
    across = np.ascontiguousarray(packed.reshape(len(rows), width).T)
    bits = np.unpackbits(across, axis=0, bitorder="little").view(bool)
    due = np.fromiter((NEVER if row[1] is None else row[1] for row in rows), np.int64, len(rows))
    fresh = np.fromiter((each is None for each in kept), bool, len(rows))
    if fresh.any():
        places = {ids[at]: at for at in np.flatnonzero(fresh).tolist()}
        cursor.execute(
            "SELECT person_id, segment_no FROM people_segment_member WHERE person_id = ANY(%s)",
            [literals.uuids(places)],
        )
        for person, number in cursor.fetchall():
            if number < width * 8:
                bits[number, places[person]] = True
    return bits, due, fresh


def _locked(cursor: Any, ids: list[UUID]) -> list[tuple[Any, int | None]]:
    """Bits and due times of people in their order, locked; people who have no row yet get one. 1–3 queries."""
    cursor.execute(_LOCK, [literals.uuids(ids)])
    found = cursor.fetchall()
    if len(found) < len(ids):
        known = {bytes(row[0]) for row in found}
        fresh = [person for person in ids if person.bytes not in known]
        cursor.execute(_MEET, [literals.uuids(fresh)])
        if cursor.rowcount == len(fresh):
            found = sorted([*found, *((person.bytes, None, None) for person in fresh)], key=_first)
        else:  # somebody else has met some of them just now
            cursor.execute(_LOCK, [literals.uuids(ids)])
            found = cursor.fetchall()
    return [(bits, due) for _person, bits, due in found]


def _masks(plan: Plan, names: Sequence[set[str]], fresh: Bools) -> dict[int, Bools]:
    """For each segment the people whose change concerns it."""
    by_name: dict[str, list[int]] = {}
    for at, each in enumerate(names):
        for name in each:
            by_name.setdefault(name, []).append(at)
    events_at = sorted({at for name, found in by_name.items() if name.startswith("event:") for at in found})
    if events_at:
        by_name[f"event:{ANY}"] = events_at
    everything = fresh.copy()
    for name in EVERYTHING & by_name.keys():
        everything[by_name[name]] = True
    shared: dict[frozenset[str], Bools] = {}
    masks = {}
    for live in plan.live:
        key = live.names.intersection(by_name)
        if live.timed and TIME in by_name:
            key = key | {TIME}
        mask = shared.get(key)
        if mask is None:
            mask = everything.copy()
            for name in key:
                mask[by_name[name]] = True
            shared[key] = mask
        masks[live.number] = mask
    return masks


def _note_relevance(chosen: Iterable[Live], masks: Mapping[int, Bools], facts: Facts) -> None:
    """For whom the events themselves have to be read, by condition."""
    for live in chosen:
        mask = masks[live.number]
        for leaf in live.reading:
            key = events_key(leaf)
            known = facts.relevance.get(key)
            facts.relevance[key] = mask.copy() if known is None else known | mask


def _next_due(chosen: Iterable[Live], masks: Mapping[int, Bools], facts: Facts) -> Ints:
    wanted = np.full(len(facts.ids), NEVER)
    seen: dict[Leaf, Ints] = {}
    for live in chosen:
        mask = masks[live.number]
        for leaf in live.moving:
            if leaf not in seen:
                seen[leaf] = facts.due(leaf, mask)
            np.minimum(wanted, seen[leaf], out=wanted, where=mask)
    return wanted


def _due(was: Ints, wanted: Ints, replace: Bools, listed: Bools) -> tuple[Ints, Ints]:
    """When people were due, and are now: the earlier of both; replaced where all timed conditions were looked at."""
    due = np.where(replace, wanted, np.minimum(was, wanted))
    return was, np.where(listed, due, NEVER)


def _keep(cursor: Any, ids: list[UUID], bits: np.ndarray[Any, Any], changed: Bools, due: tuple[Ints, Ints]) -> None:
    """Write back who is in what, and when they are due, for those of whom any of it changed."""
    was_due, new_due = due
    places = np.flatnonzero(changed | (was_due != new_due))
    if len(places):
        packed = np.packbits(bits[:, places], axis=0, bitorder="little").T
        told = [row.tobytes().rstrip(b"\0") for row in packed]
        cursor.execute(
            _KEEP,
            [literals.uuids(ids[at] for at in places), literals.blobs(told),
             literals.numbers(None if us == NEVER else us for us in new_due[places].tolist())],
        )  # fmt: skip


def _reason(live: Live, names: set[str], fresh: bool) -> str:
    found = sorted((names & live.names) | (names & _ALWAYS))
    if not found and f"event:{ANY}" in live.names:
        found = sorted(name for name in names if name.startswith("event:"))
    return "\n".join(found)[:300] or ("person:new" if fresh else "recomputed")


def write_moves(cursor: Any, moves: Sequence[Move], *, tell: bool = True) -> None:
    """Members, history, counts and (``tell``) facts in the log and webhooks. 6 queries, a COPY, 2 for webhooks."""
    if not moves:
        return
    now = clock.now()
    people, numbers = [m.person_id for m in moves], [m.segment.number for m in moves]
    entered, left = ([at for at, m in enumerate(moves) if m.entered is way] for way in (True, False))
    if entered:
        cursor.execute(_ENTER, [now, *_pairs(people, numbers, entered)])
    if left:
        cursor.execute(_LEAVE, _pairs(people, numbers, left))
    cursor.execute(
        _MOVE,
        [now, literals.numbers(numbers), literals.uuids(people), literals.numbers(m.entered for m in moves),
         literals.texts(m.reason for m in moves)],
    )  # fmt: skip
    counts: dict[int, int] = {}
    for move in moves:
        counts[move.segment.number] = counts.get(move.segment.number, 0) + (1 if move.entered else -1)
    moved = sorted(counts)
    cursor.execute(_TALLY, [literals.numbers(moved), literals.numbers(counts[number] for number in moved)])
    tell_pages("segment", {m.segment.id for m in moves}, cursor)
    tell_pages("person", set(people), cursor)
    if tell:
        _tell(cursor, moves, now)


def _pairs(people: Sequence[UUID], numbers: Sequence[int], places: Sequence[int]) -> list[str]:
    return [literals.uuids(people[at] for at in places), literals.numbers(numbers[at] for at in places)]


def _tell(cursor: Any, moves: Sequence[Move], now: datetime) -> None:
    told: dict[int, tuple[str, dict[str, str]]] = {}
    for live in {move.segment.number: move.segment for move in moves}.values():
        told[live.number] = f"{live.id}:", {"segment_id": str(live.id), "segment": live.name}
    at = micros(now)
    ends = {True: f":{at}:entered", False: f":{at}:left"}
    events.append_facts(
        cursor,
        (
            events.Landed(_fact(move, *told[move.segment.number], ends[move.entered], now), move.person_id, None, pk,
                          "amity")
            for move, pk in zip(moves, new_ids(len(moves)), strict=True)
        ),
    )  # fmt: skip
    for topic, entered in ((ENTERED, True), (LEFT, False)):
        if any(m.entered is entered for m in moves):
            events.publish_many(topic, ((m.person_id, _payload(m)) for m in moves if m.entered is entered))


def _payload(move: Move) -> dict[str, Any]:
    return {"id": str(move.person_id), "segment_id": str(move.segment.id), "segment": move.segment.name}


def _fact(move: Move, begin: str, properties: dict[str, str], end: str, now: datetime) -> events.Fact:
    return events.Fact(
        source_id=_SOURCE, kind="segment", name=ENTERED if move.entered else LEFT, user_id="", anonymous_id="",
        previous_id="", group_id="", message_id=f"{begin}{move.person_id}{end}", traits={}, properties=properties,
        context={}, occurred_at=now, received_at=now, position=(0, 0),
    )  # fmt: skip

"""Profiles that are one, worked out anew from the merges that hold: who survives, what it shows, what goes along.

Everything here is a function of the set of merges, so taking one back leaves exactly what the others make.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from amity.base.errors import Refused
from amity.people import golden_policy, holders
from amity.people.golden import Policy
from amity.people.holders import Moves
from amity.people.profiles import told_name
from amity.people.traits import TOGETHER, State, golden, put_name
from amity.people.traits_store import encode, json, load, refresh, text, write

LOCK = "SELECT pg_advisory_xact_lock(hashtext('people.identity'))"
BY_ITSELF = ("device", "contact")  # policies that never say who survives
MOST = 5_000
_ORDER = {"record": 0, "login": 1, "visitor": 2}
_EDGES = (
    "SELECT id, loser_id, winner_id, policy, created_at FROM people_merge WHERE revoked_at IS NULL AND NOT plain AND "
    "(loser_id = ANY(%s) OR winner_id = ANY(%s))"
)
_FOLLOW = (
    "UPDATE people_person w SET merged_into_id = v.now FROM people_merge e JOIN unnest(%s::uuid[], %s::uuid[]) "
    "AS v (member, now) ON v.member = e.winner_id WHERE e.plain AND e.revoked_at IS NULL AND w.id = e.loser_id"
)
_STORE_OWN = (
    'INSERT INTO people_own (id, person_id, "values") SELECT u.id, u.person, u.v::jsonb '
    "FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS u (id, person, v) "
    'ON CONFLICT (person_id) DO UPDATE SET "values" = EXCLUDED."values"'
)
Follower = Callable[[Any, Moves], None]
_followers: list[Follower] = []


class Edge(msgspec.Struct):
    """A merge that holds."""

    id: UUID
    loser: UUID
    winner: UUID
    policy: str
    created_at: datetime


def register_follower(follower: Follower) -> None:
    """Have ``follower(cursor, {member: (profile before, profile now)})`` called when profiles become one or part."""
    _followers.append(follower)


def lock(cursor: Any) -> None:
    """Wait until nobody else changes who is who; held until the transaction ends."""
    cursor.execute(LOCK)


def bump(cursor: Any) -> None:
    """Tell pipelines that what they remember of identifiers may be stale."""
    cursor.execute("SELECT nextval('people_identity_version')")


def regroup(cursor: Any, seeds: Iterable[UUID], silent: Iterable[UUID] = ()) -> Moves:
    """Bring profiles connected with ``seeds`` in line with the merges that hold; which member went where.

    ``seeds`` must hold both ends of every merge that was made or revoked; ``silent`` rows were members whose values
    did not count so far. About 10 queries, whatever the number.
    """
    edges, nodes = connected(cursor, set(seeds))
    states = load(cursor, nodes)
    owns = load_owns(cursor, states)
    names = {pk: told_name(state.values) for pk, state in states.items()}
    before = {pk: state.merged_into or pk for pk, state in states.items()}
    after = _survivors(states, edges)
    absorb(states, owns, before | {pk: pk for pk in silent})
    shown = _show(cursor, states, owns, before, after, golden_policy.current(cursor))
    moves = {pk: (before[pk], after[pk]) for pk in states}
    _follow(cursor, moves)
    holders.move(cursor, moves, names, names | shown)
    bump(cursor)
    for follower in _followers:
        follower(cursor, moves)
    return moves


def load_owns(cursor: Any, states: Iterable[UUID]) -> dict[UUID, State]:
    """What survivors say by themselves. 1 query."""
    cursor.execute('SELECT person_id, "values" FROM people_own WHERE person_id = ANY(%s)', [list(states)])
    return {row[0]: own_of(row[1]) for row in cursor.fetchall()}


def store_owns(cursor: Any, owns: Iterable[State]) -> None:
    """Keep what survivors say by themselves. At most 2 queries."""
    rows = list(owns)
    blank = [row for row in rows if not row.search]
    refresh(cursor, blank, {row.id: {"email"} for row in blank})
    if rows:
        cursor.execute(
            _STORE_OWN, [[row.id for row in rows], [row.id for row in rows], [encode(row).decode() for row in rows]]
        )


def together(survivor: State, owns: Mapping[UUID, State], policy: Policy | None = None) -> State:
    """What ``survivor`` shows for all its members; ``owns`` holds each member's own state, the survivor's included."""
    own = owns[survivor.id]
    shown = State(
        survivor.id, dict(own.values), dict(own.origins), own.origin_id, own.observed, own.grade, own.anonymous,
        own.search, survivor.merged_into,
    )  # fmt: skip
    for key, (state, value) in golden(owns.values(), policy).items():
        if state.id == survivor.id:
            continue
        _take(shown, key, value)
        name = key.lstrip(":")
        shown.origins[name] = state.origins.get(name) or [
            str(state.origin_id) if state.origin_id else "manual",
            state.observed,
        ]
        for companion in TOGETHER.get(key, ()):
            shown.values[companion] = state.values[companion]
    put_name(shown)
    return shown


def _take(shown: State, key: str, value: Any) -> None:
    if value is None and key[0] == ":":
        shown.values.pop(key, None)
    else:
        shown.values[key] = value


def connected(cursor: Any, seeds: set[UUID]) -> tuple[list[Edge], set[UUID]]:
    edges: dict[UUID, Edge] = {}
    nodes, fresh = set(seeds), set(seeds)
    while fresh:
        wanted = list(fresh)
        cursor.execute(_EDGES, [wanted, wanted])
        found = [Edge(*row) for row in cursor.fetchall()]
        edges |= {edge.id: edge for edge in found}
        fresh = {end for edge in found for end in (edge.loser, edge.winner)} - nodes
        nodes |= fresh
        if len(nodes) > MOST:
            raise Refused("merge_too_big", f"More than {MOST:,} profiles would become one.")
    return list(edges.values()), nodes


def _survivors(states: Mapping[UUID, State], edges: list[Edge]) -> dict[UUID, UUID]:
    """Each member with who survives: the winner that was named last, else the record, else the user id."""
    parent = {pk: pk for pk in states}
    for edge in edges:
        parent[find(parent, edge.loser)] = find(parent, edge.winner)
    named: dict[UUID, tuple[datetime, UUID, UUID]] = {}
    for edge in edges:
        if edge.policy not in BY_ITSELF:
            root, rank = find(parent, edge.winner), (edge.created_at, edge.id, edge.winner)
            named[root] = max(named.get(root, rank), rank)
    groups: dict[UUID, list[UUID]] = defaultdict(list)
    for pk in states:
        groups[find(parent, pk)].append(pk)
    found: dict[UUID, UUID] = {}
    for root, members in groups.items():
        first = min(members, key=lambda pk: (_ORDER[states[pk].grade], pk))
        found |= dict.fromkeys(members, named[root][2] if root in named else first)
    return found


def find(parent: dict[UUID, UUID], node: UUID) -> UUID:
    """The root of ``node``, with the path to it shortened."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def absorb(states: Mapping[UUID, State], owns: dict[UUID, State], before: Mapping[UUID, UUID]) -> None:
    """What was typed into or imported onto a survivor since is its own."""
    for pk, own in owns.items():
        members = {m: owns.get(m, states[m]) for m in states if before[m] == pk}
        expected = together(states[pk], members, golden_policy.of_version(own.policy))
        for key in states[pk].values.keys() | expected.values.keys():
            now, name = states[pk].values.get(key), key.lstrip(":")
            if now != expected.values.get(key):
                _take(own, key, now)
                own.origins.pop(name, None)
                if name in states[pk].origins:
                    own.origins[name] = states[pk].origins[name]
                own.search = ""


def _show(
    cursor: Any,
    states: dict[UUID, State],
    owns: dict[UUID, State],
    before: Mapping[UUID, UUID],
    after: Mapping[UUID, UUID],
    policy: Policy | None,
) -> dict[UUID, str]:
    """Write what every row shows now, survivors all together, the others themselves; what the written are called."""
    members: dict[UUID, dict[UUID, State]] = defaultdict(dict)
    for pk, state in states.items():
        members[after[pk]][pk] = owns.get(pk, state)
    keep, drop, rows, changed = [], [], [], {}
    for pk, state in states.items():
        own = members[after[pk]][pk]
        own.merged_into = None if after[pk] == pk else after[pk]
        survives = after[pk] == pk and len(members[pk]) > 1
        shown = together(own, members[pk], policy) if survives else own
        if survives:
            shown.search, own.policy = state.search, policy.version if policy else 0
            keep.append(own)
        elif pk in owns:
            drop.append(pk)
        names = {
            key for key in shown.values.keys() | state.values.keys() if shown.values.get(key) != state.values.get(key)
        }
        if names or shown.origins != state.origins:
            rows.append(shown)
            changed[pk] = names or {"origins"}
        if not survives and names and own.search:
            changed[pk] = {"origins"}  # the words are known: as they were
    store_owns(cursor, keep)
    cursor.execute("DELETE FROM people_own WHERE person_id = ANY(%s)", [drop])
    write(cursor, rows, changed, age=False)
    moved = [pk for pk in states if before[pk] != after[pk]]
    cursor.execute(
        "UPDATE people_person p SET merged_into_id = v.now FROM unnest(%s::uuid[], %s::uuid[]) AS v (id, now) "
        "WHERE p.id = v.id",
        [moved, [None if after[pk] == pk else after[pk] for pk in moved]],
    )
    return {row.id: told_name(row.values) for row in rows}


def _follow(cursor: Any, moves: Moves) -> None:
    """Visitors without values of their own go where their user id went."""
    moved = [(pk, now) for pk, (was, now) in moves.items() if was != now]
    if moved:
        cursor.execute(_FOLLOW, [[pk for pk, _now in moved], [now for _pk, now in moved]])


def own_of(value: Any) -> State:
    """A row's own say as it is stored."""
    state = msgspec.convert(json(value), State)
    for name in ("company_id", "owner_id", "team_id"):
        state.values[name] = UUID(state.values[name]) if state.values[name] else None
    for name in ("lead_created_at", "lead_decided_at"):
        state.values[name] = datetime.fromisoformat(state.values[name]) if state.values[name] else None
    return state


__all__ = ["Edge", "Moves", "bump", "lock", "refresh", "register_follower", "regroup", "text"]

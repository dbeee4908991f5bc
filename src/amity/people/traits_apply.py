"""What a batch of events says of people, written: every row its own values, every profile the best of its members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from amity.people.golden import Policy
from amity.people.identity_devices import HEAVY
from amity.people.merge_groups import absorb, connected, load_owns, store_owns, together
from amity.people.traits import Change, Mark, State, apply, said, shown_name
from amity.people.traits_store import json, load, note, write

Said = dict[UUID, dict[str, Mark]]  # row → what is said of it
Spoken = tuple[UUID, dict[str, Mark]]  # row, what one event says of it
_SPEAKING = """
UPDATE people_merge m SET plain = false WHERE m.loser_id = ANY(%s) AND m.plain AND m.revoked_at IS NULL
AND (SELECT count(*) FROM (SELECT FROM people_merge o WHERE o.winner_id = m.winner_id AND NOT o.plain
    AND o.revoked_at IS NULL LIMIT %s) few) < %s
RETURNING m.loser_id, m.winner_id
"""
_FORGET = (
    "DELETE FROM people_identifier WHERE person_id = ANY(%s) AND kind IN ('email', 'phone') "
    "RETURNING person_id, kind, value"
)
_TOLD = (
    "SELECT person_id, data, occurred_at, message_id, source_id, kind, company_id FROM events_event "
    "WHERE person_id = ANY(%s) AND kind IN ('identify', 'group')"
)


def speak_up(cursor: Any, states: Mapping[UUID, State]) -> dict[UUID, UUID]:
    """Visitors that say something of themselves count in their user's profile from now on; each with its user."""
    visitors = [pk for pk, state in states.items() if state.grade == "visitor" and state.merged_into]
    if not visitors:
        return {}
    cursor.execute(_SPEAKING, [visitors, HEAVY, HEAVY])
    return dict(cursor.fetchall())


def write_said(
    cursor: Any, said_of: Said, policy: Policy | None = None
) -> tuple[dict[UUID, set[str]], dict[UUID, UUID]]:
    """Let values count; names that changed by surviving profile, and visitors that spoke up with their users.

    What those visitors say is in their own rows only, until the caller regroups them.

    1–2 queries to read and 1–3 to write, whatever the number; a few more where profiles have members.
    """
    states = load(cursor, said_of)
    spoke = speak_up(cursor, states)
    grouped = {pk for pk, state in states.items() if state.merged_into} - spoke.keys()
    owns = load_owns(cursor, states)
    grouped |= owns.keys()
    names: dict[UUID, set[str]] = {}
    told: list[tuple[UUID, Change]] = []
    rows: list[State] = []
    nameless = {pk for pk, state in states.items() if state.anonymous}
    for pk, state in states.items():
        if pk in grouped:
            continue
        changes, touched = apply(state, said_of[pk], policy)
        told += [(pk, change) for change in changes]
        if touched:
            rows.append(state)
            names[pk] = _keys(state, changes)
    write(cursor, rows, names)
    if grouped:
        more, seen = _write_groups(cursor, grouped, said_of, spoke, policy)
        names |= more
        told += seen
    note(cursor, told)
    words = {pk: _words(keys) for pk, keys in names.items() if keys}
    for pk in nameless:
        if not states[pk].anonymous:
            words.setdefault(pk, set()).add("field:anonymous")
    return words, spoke


def reread(
    cursor: Any, visitors: Iterable[UUID], policy: Policy | None = None
) -> tuple[list[Spoken], list[tuple[UUID, str, str]]]:
    """Empty visitors whose events changed hands; what each of their events says, and the contacts that they had.

    About 8 queries.
    """
    ids = sorted(set(visitors))
    if not ids:
        return [], []
    _edges, nodes = connected(cursor, set(ids))
    states = load(cursor, nodes)
    owns = load_owns(cursor, states)
    survivor = {pk: state.merged_into or pk for pk, state in states.items()}
    absorb(states, owns, survivor)
    for state in (owns.get(pk, states[pk]) for pk in ids):
        emptied = {
            name: "" if isinstance(value, str) else None for name, value in state.values.items() if name[0] != ":"
        }
        state.values, state.origins, state.search = emptied | {"lead_status": "none"}, {}, ""
    rows = [states[pk] for pk in ids if pk not in owns]
    for pk, own in owns.items():
        own.policy = policy.version if policy else 0
        shown = together(own, {m: owns.get(m, states[m]) for m in states if survivor[m] == pk}, policy)
        shown.merged_into = None
        rows.append(shown)
    store_owns(cursor, owns.values())
    write(cursor, rows, {row.id: {"email"} for row in rows})
    cursor.execute(_FORGET, [ids])
    had = [tuple(row) for row in cursor.fetchall()]
    cursor.execute(_TOLD, [ids])
    found: list[Spoken] = []
    for pk, data, at, message_id, source, kind, company in cursor.fetchall():
        if kind == "identify":
            found.append((pk, said(json(data), at, message_id, source or UUID(int=0))))
        elif company:
            found.append((pk, {"company_id": Mark(at.astimezone(UTC).isoformat(), message_id, str(source), company)}))
    return found, had


def _write_groups(
    cursor: Any, homes: set[UUID], said_of: Said, silent: Iterable[UUID], policy: Policy | None
) -> tuple[dict[UUID, set[str]], list[tuple[UUID, Change]]]:
    """The same for rows that are part of profiles with members; ``silent`` rows do not count in those yet."""
    _edges, nodes = connected(cursor, homes)
    states = load(cursor, nodes)
    owns = load_owns(cursor, states)
    survivor = {pk: state.merged_into or pk for pk, state in states.items()} | {pk: pk for pk in silent}
    absorb(states, owns, survivor)
    rows: list[State] = []
    names: dict[UUID, set[str]] = {}
    for pk in homes:
        changes, touched = apply(owns.get(pk, states[pk]), said_of[pk], policy)
        if pk in owns and _keys(owns[pk], changes):
            owns[pk].search = ""  # to be worked out again
        if touched and pk not in owns:
            rows.append(states[pk])
            names[pk] = _keys(states[pk], changes)
    told: list[tuple[UUID, Change]] = []
    shown_names: dict[UUID, set[str]] = {}
    for pk in {survivor[home] for home in homes} & owns.keys():
        members = {m: owns.get(m, states[m]) for m in states if survivor[m] == pk}
        owns[pk].policy = policy.version if policy else 0
        shown = together(owns[pk], members, policy)
        shown.merged_into, shown.search = None, states[pk].search
        keys = shown.values.keys() | states[pk].values.keys()
        shown_names[pk] = {k for k in keys if shown.values.get(k) != states[pk].values.get(k)}
        told += [(pk, _change(k, states[pk], shown)) for k in shown_names[pk]]
        if shown_names[pk] or shown.origins != states[pk].origins:
            rows.append(shown)
    store_owns(cursor, owns.values())
    write(cursor, rows, names | shown_names)
    return shown_names, told


def _change(key: str, before: State, after: State) -> Change:
    name = key.lstrip(":")
    source = (after.origins.get(name) or [None])[0]
    known = source if source and source != "manual" else str(UUID(int=0))
    return Change(name, before.values.get(key), after.values.get(key), known, False)


def _keys(state: State, changes: Sequence[Change]) -> set[str]:
    """Columns and ``:names`` that are different now; the name to show also where only the age of its parts is."""
    names = {change.name for change in changes if not change.held}
    if shown_name(state) != state.values["display_name"]:
        names.add("display_name")
    return {name if name in state.values else f":{name}" for name in names}


def _words(keys: Iterable[str]) -> set[str]:
    """Names as segments know them: ``field:city``, ``trait:plan``."""
    return {f"trait:{key[1:]}" if key[0] == ":" else f"field:{key}" for key in keys}

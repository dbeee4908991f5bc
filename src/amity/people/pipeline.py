"""The consumer "profiles": a micro-batch of events becomes profiles, traits, timelines, sums and segments, at once.

Everything happens in the consumer's transaction, in a fixed number of statements. Nothing depends on the order in
which events arrive or on where a batch ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

from amity.base import live
from amity.base.ids import new_ids
from amity.events import api as events
from amity.people import (
    activity,
    consent_events,
    golden_policy,
    identity,
    segments_live,
    segments_work,
    traits_apply,
    traits_companies,
)
from amity.people.golden import Policy
from amity.people.identity import Memory, Resolved
from amity.people.identity_beside import Beside
from amity.people.identity_contacts import Contact, relink
from amity.people.identity_junk import links
from amity.people.identity_rows import Claim
from amity.people.merge_groups import Moves, lock, register_follower, regroup
from amity.people.traits import Mark, later, said

BATCH = 10_000  # what a transaction costs by itself is a twentieth of it; nobody waits a second for its lock
_memory = threading.local()
_packer = ThreadPoolExecutor(1, "packer")
_CHECK = (
    "SELECT last_value, CASE WHEN %s = '' THEN 'committed' ELSE pg_xact_status(%s::text::xid8) END, "
    "pg_current_xact_id()::text, current_database() FROM people_identity_version"
)
_MERGED = {"person:merged"}


def handle(facts: Sequence[events.Fact], cursor: Any) -> None:
    """Take in a micro-batch; safe to be given events that were taken before."""
    memory = memory_of_thread()
    try:
        lock(cursor)
        _check(cursor, memory)
        found = beside_thread().look_up(memory, facts)
        fresh = events.unseen(cursor, facts)
        if found is not None:
            found.result().put(memory)
        if fresh:
            _take_in(cursor, memory, fresh)
    except BaseException:
        memory.forget()  # what was made in this transaction is gone
        raise
    memory.trim()


def memory_of_thread() -> Memory:
    """What this thread remembers of identifiers."""
    if not hasattr(_memory, "known"):
        _memory.known = Memory()
    return _memory.known  # type: ignore[no-any-return]


def beside_thread() -> Beside:
    """What works beside this thread."""
    if not hasattr(_memory, "beside"):
        _memory.beside = Beside()
    return _memory.beside  # type: ignore[no-any-return]


def _check(cursor: Any, memory: Memory) -> None:
    """Forget everything when somebody else changed who is who, or when the last batch was not committed after all."""
    last = memory.mark
    xid = last[2] if last else ""
    cursor.execute(_CHECK, [xid, xid or "0"])
    version, status, mine, database = cursor.fetchone()
    stale = not last or last[0] != version or last[3] != database or (status != "committed" and mine != xid)
    if stale:
        memory.forget()
    memory.mark = (version, status, mine, database)


def _take_in(cursor: Any, memory: Memory, facts: list[events.Fact]) -> None:
    resolved = identity.resolve(cursor, memory, facts)
    companies = traits_companies.resolve(cursor, facts)
    landing = Landing(facts, resolved.homes, companies)
    changed: dict[UUID, set[str]] = {}
    recount = set(resolved.moved.profiles)
    _join(cursor, memory, resolved, changed)
    policy = golden_policy.current(cursor)
    told, claims = _said(facts, resolved.homes, companies, policy)
    reread, had = traits_apply.reread(cursor, resolved.moved.visitors, policy)
    contacts = identity.disclaim(memory, had)
    for home, marks in reread:
        later(told.setdefault(home, {}), marks, policy)
        claims += _claims(home, marks)
    traits_companies.write_said(cursor, facts, companies, policy)
    traits_companies.belong_again(cursor, resolved.moved.visitors)
    traits_companies.belong(cursor, facts, resolved.homes, companies)
    if told:
        names, spoke = traits_apply.write_said(cursor, told, policy)
        for pk, words in names.items():
            changed.setdefault(pk, set()).update(words)
        if spoke:
            _regrouped(memory, changed, regroup(cursor, {*spoke, *spoke.values()}, spoke))
    contacts |= identity.claim(cursor, memory, claims) | _contacts_of(cursor, resolved)
    if contacts or resolved.moved.visitors:
        _regrouped(memory, changed, relink(cursor, contacts, resolved.moved.visitors))
    consent_events.hear(cursor, facts, resolved.homes)
    _version(cursor, memory)
    _land(cursor, memory, landing, changed, recount)


class Landing:
    """Events on their way into the log: packed and counted by another thread while this one talks to the server."""

    def __init__(self, facts: Sequence[events.Fact], homes: Sequence[UUID | None], companies: dict[str, UUID]) -> None:
        self.homes = {home for home in homes if home}
        self.names = {activity.name_of(fact) for fact, home in zip(facts, homes, strict=True) if home}
        self._packed = _packer.submit(_packed, facts, homes, companies)

    def land(self, cursor: Any, recording: activity.Recording) -> None:
        """Put the rows into the log; while the server takes them in, ``recording`` counts them."""
        rows, chunks = self._packed.result()
        counting = _packer.submit(recording.count, rows)
        events.append_packed(cursor, chunks)
        counting.result()


def _packed(
    facts: Sequence[events.Fact], homes: Sequence[UUID | None], companies: dict[str, UUID]
) -> tuple[list[events.Landed], list[bytes]]:
    rows = [
        events.Landed(fact, home, traits_companies.company_of(companies, fact) if companies else None, pk)
        for fact, home, pk in zip(facts, homes, new_ids(len(facts)), strict=True)
    ]
    return rows, events.packed(rows)


def _land(
    cursor: Any,
    memory: Memory,
    landing: Landing,
    changed: dict[UUID, set[str]],
    recount: set[UUID],
) -> None:
    """Events into the log, sums and segments; open pages are told."""
    profiles = identity.survivors(cursor, memory, {*landing.homes, *changed, *recount})
    if recount:
        activity.rebuild(cursor, {profiles[pk] for pk in recount})
    recording = activity.Recording(cursor, profiles, landing.names)
    landing.land(cursor, recording)
    touched = recording.write()
    for pk, names in changed.items():
        touched.setdefault(profiles.get(pk, pk), set()).update(names)
    for pk in recount:
        touched.setdefault(profiles[pk], set()).update(_MERGED)
    segments_work.note(cursor, touched)
    live.tell("person", touched, cursor)


def _said(
    facts: Sequence[events.Fact],
    homes: Sequence[UUID | None],
    companies: dict[str, UUID],
    policy: Policy | None,
) -> tuple[traits_apply.Said, list[Claim]]:
    """Values and contacts that identify calls give; the company that a group call puts somebody into."""
    told: traits_apply.Said = {}
    claims: list[Claim] = []
    for fact, home in zip(facts, homes, strict=True):
        if home is None:
            continue
        if fact.kind == "identify" and fact.traits:
            marks = fact.worked if fact.worked is not None else _marks(fact)
            claims += _claims(home, marks)
        elif fact.kind == "group" and (company := traits_companies.company_of(companies, fact)):
            iso = fact.occurred_at.isoformat()
            marks = {"company_id": Mark(iso, fact.message_id, str(fact.source_id), company)}
        else:
            continue
        known = told.get(home)
        if known is None:
            told[home] = dict(marks)
        else:
            later(known, marks, policy)
    return told, claims


def _marks(fact: events.Fact) -> dict[str, Mark]:
    return said(fact.traits, fact.occurred_at, fact.message_id, fact.source_id)


def prepare(facts: Sequence[events.Fact]) -> None:
    """Read ids and traits of events that are handled next, in the thread that reads ahead."""
    identity.prepare(facts)
    for fact in facts:
        if fact.kind == "identify" and fact.traits:
            fact.worked = _marks(fact)


def _claims(home: UUID, marks: dict[str, Mark]) -> list[Claim]:
    found = []
    for kind in ("email", "phone"):
        mark = marks.get(kind)
        if mark is not None and mark.value and links(kind, mark.value):
            found.append(
                Claim(home, kind, mark.value, UUID(mark.source), datetime.fromisoformat(mark.iso), mark.verified)
            )
    return found


def _join(cursor: Any, memory: Memory, resolved: Resolved, changed: dict[UUID, set[str]]) -> None:
    """Sums of visitors that somebody signed in on are added to that profile's."""
    if resolved.moved.joined:
        into = identity.survivors(cursor, memory, resolved.moved.joined.values())
        joined = {visitor: into[login] for visitor, login in resolved.moved.joined.items()}
        activity.absorb(cursor, joined)
        for survivor in joined.values():
            changed.setdefault(survivor, set()).update(_MERGED)
    for pk in resolved.moved.regrouped:
        changed.setdefault(pk, set()).update(_MERGED)


def _contacts_of(cursor: Any, resolved: Resolved) -> set[Contact]:
    """Contacts of visitors whose device says from now on whose they are, or no longer does."""
    people = resolved.owned | resolved.moved.given | resolved.moved.profiles | resolved.moved.visitors
    if not people:
        return set()
    cursor.execute(
        "SELECT i.kind, i.value FROM people_identifier i JOIN people_slot s ON s.person_id = i.person_id "
        "WHERE i.person_id = ANY(%s) AND i.kind IN ('email', 'phone')",
        [list(people)],
    )
    return {(kind, value) for kind, value in cursor.fetchall() if links(kind, value)}


def _regrouped(memory: Memory, changed: dict[UUID, set[str]], moves: Moves) -> None:
    for pk, (was, now) in moves.items():
        memory.merged[pk] = now
        if was != now:
            changed.setdefault(now, set()).update(_MERGED)
            changed.setdefault(was, set()).update(_MERGED)
    if moves:
        memory.merged.clear()  # plain visitors moved along


def _version(cursor: Any, memory: Memory) -> None:
    """What this batch itself changed is no news to it."""
    cursor.execute("SELECT last_value FROM people_identity_version")
    memory.mark = (cursor.fetchone()[0], *memory.mark[1:])


def count_again(cursor: Any, moves: Moves) -> None:
    """Follower of merges: sums of profiles that became one are added, of those that parted counted again."""
    parted: set[UUID] = set()
    whole: dict[UUID, set[UUID]] = {}
    for was, now in moves.values():
        whole.setdefault(was, set()).add(now)
    joined: dict[UUID, UUID] = {}
    for was, nows in whole.items():
        if nows == {was}:
            continue
        if len(nows) == 1 and was not in nows:
            joined[was] = next(iter(nows))
        else:
            parted |= nows | {was}
    activity.absorb(cursor, joined)
    activity.rebuild(cursor, parted)


def register() -> None:
    """Called when Django starts."""
    events.register_consumer(events.Consumer("profiles", handle, BATCH, prepare=prepare))
    register_follower(count_again)


def touch(cursor: Any, people: Iterable[UUID]) -> None:
    """Segments and open pages hear of profiles that became one or part by hand."""
    names = {pk: set(_MERGED) for pk in people}
    segments_live.touched(cursor, names)
    live.tell("person", names, cursor)

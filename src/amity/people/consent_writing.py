"""Adding words to the consent ledger, and telling everybody whom it concerns. No permissions here; see `consent`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from amity.base import clock, live
from amity.base.ids import new_id, stable_id
from amity.events import api as events
from amity.people import segments_live
from amity.people.consent_reading import members, words_of
from amity.people.consent_rules import BY_MAILBOX, GIVEN, PENDING, UNKNOWN, WITHDRAWN, Standing, State, address_key
from amity.people.members import survivors

GIVEN_TOPIC, WITHDRAWN_TOPIC = "consent.given", "consent.withdrawn"
_TOPICS = {GIVEN: GIVEN_TOPIC, WITHDRAWN: WITHDRAWN_TOPIC}
_SOURCE = stable_id("amity")
LEAST = timedelta(microseconds=1)
_INSERT = """
INSERT INTO people_consent (id, person_id, address_kind, address, address_key, purpose, channel, state, text_version,
    how, evidence, origin_id, actor_id, reverts, at, created_at)
SELECT u.id, u.person, u.kind, u.address, u.key, u.purpose, u.channel, u.state, u.version, u.how, u.evidence::jsonb,
    u.origin, u.actor, u.reverts, u.at, %s
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[],
    %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[])
    AS u (id, person, kind, address, key, purpose, channel, state, version, how, evidence, origin, actor, reverts, at)
"""


@dataclass(frozen=True, slots=True)
class Word:
    """One row to be: somebody (or only an address) gives, withdraws or takes back a word."""

    person_id: UUID | None
    purpose: str
    channel: str
    state: State
    at: datetime
    how: str
    address_kind: str = ""
    address: str = ""
    text_version: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    origin_id: UUID | None = None
    actor_id: UUID | None = None
    reverts: UUID | None = None
    key: str = ""  # hash of the address, where the address itself is gone
    id: UUID = field(default_factory=new_id)


def said_to_profile(cursor: Any, word: Word) -> list[Word]:
    """``word`` for the profile and each member that has a say there, so that all of it follows. 2 queries.

    A yes after a no of any member needs this, and a no stays when they are parted. The time is not before what was
    said last. What changes nothing is left out.
    """
    assert word.person_id is not None
    rows = members([word.person_id], cursor).get(word.person_id, {word.person_id})
    top = survivors([word.person_id], cursor)[word.person_id]
    words = words_of(rows, cursor)
    key = word.purpose, word.channel
    said = {row: known[key] for row, known in words.items() if key in known}
    whom = [top, *sorted(row for row, last in said.items() if row != top and last.state != UNKNOWN)]
    now = max([word.at, *(last.at + LEAST for last in said.values())])
    return [
        replace(word, id=new_id(), person_id=row, at=now)
        for row in whom
        if row not in said or not _says_the_same(said[row], word)
    ]


def _says_the_same(last: Standing, word: Word) -> bool:
    """A waiting yes adds nothing to a yes; a yes about another address does, and what a mailbox's reader says."""
    if word.how in BY_MAILBOX:
        return False
    if word.state == PENDING and last.state == GIVEN:
        return last.address in ("", word.address)
    return last.state == word.state and word.address in ("", last.address) and last.how != "undo"


def insert(cursor: Any, words: Sequence[Word]) -> None:
    """Add rows to the ledger and tell segments, open pages, the log and webhooks; about 10 queries, for any number.

    The caller holds their locks (`consent_locks`).
    """
    if not words:
        return
    keys = [_key(word) for word in words]
    evidence = [msgspec.json.encode(dict(word.evidence)).decode() for word in words]
    columns: list[list[Any]] = [
        [word.id for word in words], [word.person_id for word in words], [word.address_kind for word in words],
        [word.address for word in words], keys, [word.purpose for word in words], [word.channel for word in words],
        [word.state for word in words], [word.text_version for word in words], [word.how for word in words], evidence,
        [word.origin_id for word in words], [word.actor_id for word in words], [word.reverts for word in words],
        [word.at for word in words],
    ]  # fmt: skip
    cursor.execute(_INSERT, [clock.now(), *columns])
    _tell(cursor, words)


def _tell(cursor: Any, words: Sequence[Word]) -> None:
    people = {word.person_id for word in words if word.person_id}
    tops = survivors(people, cursor)
    names: dict[UUID, set[str]] = {}
    for word in words:
        if word.person_id:
            names.setdefault(tops[word.person_id], set()).add(f"consent:{word.purpose}")
    told = [word for word in words if word.state in _TOPICS]
    events.append_facts(cursor, [_fact(word) for word in told])
    for state, topic in _TOPICS.items():
        about = [(tops.get(w.person_id or UUID(int=0)), _payload(w)) for w in told if w.state == state]
        if about:
            events.publish_many(topic, about)
    segments_live.touched(cursor, names)
    live.tell("person", names, cursor)


def _payload(word: Word) -> dict[str, Any]:
    return {
        "id": str(word.person_id) if word.person_id else None,
        "purpose": word.purpose,
        "channel": word.channel,
        "how": word.how,
    }


def _fact(word: Word) -> events.Landed:
    topic = _TOPICS[word.state]
    fact = events.Fact(
        source_id=_SOURCE, kind="consent", name=topic, message_id=f"consent:{word.id}", user_id="", anonymous_id="",
        previous_id="", group_id="", traits={}, context={}, occurred_at=word.at, received_at=clock.now(),
        properties={"purpose": word.purpose, "channel": word.channel, "how": word.how}, position=(0, 0),
    )  # fmt: skip
    return events.Landed(fact, word.person_id, source="amity", summary=f"{word.purpose} · {word.channel}")


def people_of(words: Iterable[Word]) -> set[UUID]:
    """Whose words these are."""
    return {word.person_id for word in words if word.person_id}


def keys_of(words: Iterable[Word]) -> set[str]:
    """What addresses they are about."""
    return {key for word in words if (key := _key(word))}


def _key(word: Word) -> str:
    return word.key or address_key(word.address_kind, word.address)

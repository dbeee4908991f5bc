"""Consent that sites, apps and servers report: in ``identify`` calls and in consent managers' own events.

``traits.consent``: ``{purpose: true | false | {channel: true | false}}``. Consent managers: Segment's
``context.consent.categoryPreferences`` and RudderStack's ``context.consentManagement``; their categories are purposes
of that key. Words are ordered by their own time, whenever they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from amity.events import api as events
from amity.people import consent_locks
from amity.people.consent import ask, own_address
from amity.people.consent_purposes import PurposeView, purposes
from amity.people.consent_reading import words_of
from amity.people.consent_rules import GIVEN, PENDING, UNKNOWN, WITHDRAWN, Standing, State
from amity.people.consent_writing import Word, insert, keys_of
from amity.people.models import Person

UPDATED = "Segment Consent Preference Updated"
AGAIN = timedelta(hours=1)  # the same no is written down once an hour
_YES = frozenset((True, 1, "true", "yes", "given", "granted", "subscribed", "opted_in"))
_NO = frozenset((False, 0, "false", "no", "withdrawn", "denied", "unsubscribed", "opted_out"))


def hear(cursor: Any, facts: Sequence[events.Fact], homes: Sequence[UUID | None]) -> int:
    """Write what a micro-batch says about consent, in its transaction; the number of words. 0 queries when nothing."""
    told = [
        (fact, home, said)
        for fact, home in zip(facts, homes, strict=True)
        if home is not None and (said := said_in(fact))
    ]
    if not told:
        return 0
    known = {each.key: each for each in purposes() if not each.owed}
    people = {home for _fact, home, _said in told}
    rows = {row.pk: row for row in Person.objects.filter(pk__in=people).only("id", "email", "phone", "country")}
    drafts = [
        word
        for fact, home, said in sorted(told, key=lambda each: each[0].occurred_at)
        if home in rows
        for word in _words(fact, rows[home], said, known)
    ]
    consent_locks.lock(cursor, people, keys_of(drafts))
    words = _news(drafts, {pk: dict(said) for pk, said in words_of(people, cursor).items()})
    insert(cursor, words)
    ask(words)
    return len(words)


def said_in(fact: events.Fact) -> dict[str, Any]:
    """What one event says: purpose → yes, no, or that by channel; empty for most."""
    if fact.kind != "identify" and fact.name != UPDATED:
        return {}
    found: dict[str, Any] = {}
    managed = fact.context.get("consentManagement")
    if isinstance(managed, Mapping):
        for key, answer in (("allowedConsentIds", True), ("deniedConsentIds", False)):
            found |= {name: answer for name in _list(managed.get(key)) if isinstance(name, str)}
    context = fact.context.get("consent")
    categories = context.get("categoryPreferences") if isinstance(context, Mapping) else None
    for told in (categories, fact.traits.get("consent")):
        if isinstance(told, Mapping):
            found |= {str(name): answer for name, answer in told.items()}
    return {name.strip().lower(): answer for name, answer in found.items()}


def _list(told: Any) -> Iterable[Any]:
    return told if isinstance(told, list) else ()


def _words(fact: events.Fact, person: Any, said: Mapping[str, Any], known: Mapping[str, PurposeView]) -> Iterator[Word]:
    for name, answer in said.items():
        about = known.get(name)
        if about is None:
            continue
        for channel in about.channels:
            state = _state(answer.get(channel) if isinstance(answer, Mapping) else answer)
            kind, address = own_address(person, channel)
            if state == GIVEN and about.double_opt_in and channel == "email":
                state = PENDING if address else None
            if state:
                yield Word(
                    person.pk, about.key, channel, state, min(fact.occurred_at, fact.received_at), "event", kind,
                    address, about.version or None, {"message_id": fact.message_id[:200]}, fact.source_id,
                )  # fmt: skip


def _state(answer: Any) -> State | None:
    told = answer.strip().lower() if isinstance(answer, str) else answer
    try:
        return GIVEN if told in _YES else WITHDRAWN if told in _NO else None
    except TypeError:
        return None


def _news(drafts: Iterable[Word], said: dict[UUID, dict[tuple[str, str], Standing]]) -> list[Word]:
    """Those words that say something else than what holds at their time, as far as it is known."""
    found = []
    for word in drafts:
        assert word.person_id is not None
        mine = said.setdefault(word.person_id, {})
        last = mine.get((word.purpose, word.channel))
        if last is None or _is_news(last, word):
            found.append(word)
            if last is None or word.at >= last.at:
                mine[word.purpose, word.channel] = Standing(
                    word.id, word.person_id, word.purpose, word.channel, word.state, word.at, word.how
                )
    return found


def _is_news(last: Standing, word: Word) -> bool:
    if last.how == "complaint" and word.state != WITHDRAWN:
        return False
    if word.state == WITHDRAWN:
        return last.state != WITHDRAWN or word.at - last.at >= AGAIN
    if word.at <= last.at:
        return False  # late news of a yes never outlives what was said after it
    return last.state in (WITHDRAWN, UNKNOWN) or (last.state == PENDING and word.state == GIVEN)

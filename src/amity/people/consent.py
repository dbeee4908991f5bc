"""Consent: who may be written to, for what, over which channel; who said so, when, how, to which words.

The ledger only grows (`consent_tables.Consent`); what holds is worked out from it (`consent_rules`). What is said to a
merged profile is said by all of it; what a member said before stays its own when they are parted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.people import consent_locks
from amity.people.consent_purposes import PurposeView, purpose
from amity.people.consent_reading import members
from amity.people.consent_reading import state as state_of
from amity.people.consent_rules import GIVEN, KINDS, PENDING, STATES, UNKNOWN, WITHDRAWN, State
from amity.people.consent_tables import Consent
from amity.people.consent_writing import LEAST, Word, insert, keys_of, people_of, said_to_profile
from amity.people.identity_junk import plain_email, plain_phone
from amity.people.models import Person
from amity.people.profiles import get_person

KIND = "people.consent"
MOST_SHOWN = 200
Asker = Callable[[UUID, UUID, str, str], None]  # (pending word, person, address, purpose)
_askers: list[Asker] = []


@dataclass(frozen=True, slots=True)
class Said:
    """How somebody came to say something. ``confirmed``: the address is known to be theirs, no link is needed."""

    how: str = "staff"
    evidence: Mapping[str, Any] | None = None
    address: str = ""  # e-mail or phone it is about; empty: the person's own
    text_version: int | None = None  # empty: the latest
    origin_id: UUID | None = None
    at: datetime | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class WordView:
    """A row of the ledger as the history shows it."""

    id: UUID
    person_id: UUID | None
    purpose: str
    channel: str
    state: str
    state_label: str
    text_version: int | None
    how: str
    address: str
    evidence: Mapping[str, Any]
    origin_id: UUID | None
    actor_id: UUID | None
    at: datetime
    created_at: datetime


_NOTHING_MORE = Said()


def on_pending(asker: Asker) -> None:
    """Have ``asker`` called, in the transaction, when an address waits to be confirmed (it sends the mail)."""
    _askers[:] = [asker]


def register() -> None:
    """Called when Django starts."""
    undo.register(KIND, undo.Handler(do_change, put_back))


def give(
    principal: access.Principal, person_id: UUID, purpose_key: str, channel: str, said: Said = _NOTHING_MORE
) -> State:
    """A person agrees. E-mail of a purpose with double opt-in waits until the link is followed. Audited.

    Returns what holds now for their whole profile. Raises `Refused`, `NotFound`.
    """
    return _say(principal, person_id, purpose_key, channel, GIVEN, said)


def withdraw(
    principal: access.Principal, person_id: UUID, purpose_key: str, channel: str, said: Said = _NOTHING_MORE
) -> State:
    """A person takes consent back: from the commit on nothing is handed over to them any more. Audited."""
    return _say(principal, person_id, purpose_key, channel, WITHDRAWN, said)


def change(principal: access.Principal, person_id: UUID, changes: Sequence[tuple[str, str, State, Said]]) -> UUID:
    """Several edits by staff as one step that can be undone; returns the undo group."""
    args = {
        "ids": [str(person_id)],
        "changes": [
            [key, channel, state, dict(said.evidence or {}), said.confirmed] for key, channel, state, said in changes
        ],
    }
    return undo.perform(principal, KIND, args)


def do_change(principal: access.Principal, args: dict[str, Any]) -> list[str]:
    """`undo` handler: say ``args["changes"]`` to each of ``args["ids"]``; returns the rows added."""
    access.require(principal, "people.bulk" if len(args["ids"]) > 1 else "people.edit")
    visible = Person.objects.filter(access.rows_of(principal), pk__in=args["ids"]).order_by("pk")
    added: list[str] = []
    told = [(purpose(each[0]), each) for each in args["changes"]]
    for person in visible.only("id", "email", "phone", "country"):
        for about, (_key, channel, state, evidence, confirmed) in told:
            said = Said(evidence=evidence, confirmed=confirmed)
            words = _write(principal, _word(principal, person, about, channel, state, said))
            added += [str(word.id) for word in words]
    access.record(principal, "consent", "person", args["ids"][0], {"people": len(args["ids"]), "rows": len(added)})
    return added


def put_back(principal: access.Principal, args: dict[str, Any], before: list[str]) -> None:
    """`undo` handler: further rows that say again what held before, where nobody said more since."""
    rows = list(Consent.objects.filter(pk__in=before, person__isnull=False))
    with transaction.atomic(), connection.cursor() as cursor:
        people = {row.person_id for row in rows if row.person_id}
        consent_locks.lock(cursor, people, {row.address_key for row in rows})
        words = [word for row in rows if (word := _reversal(row, principal))]
        insert(cursor, words)
    access.record(principal, "consent_undone", "person", args["ids"][0], {"rows": len(words)})


def _reversal(row: Consent, principal: access.Principal) -> Word | None:
    same = Consent.objects.filter(person=row.person, purpose=row.purpose, channel=row.channel)
    newest = same.order_by("-at", "-created_at", "-id")[:2]
    if not newest or newest[0].pk != row.pk:
        return None
    was = newest[1] if len(newest) > 1 else None
    state: State = was.state if was else UNKNOWN  # type: ignore[assignment]
    return Word(
        row.person_id, row.purpose, row.channel, state, max(clock.now(), row.at + LEAST), "undo",
        row.address_kind, row.address, was.text_version if was else None, {"undone": str(row.pk)}, None,
        principal.staff_id, row.pk,
    )  # fmt: skip


def history(principal: access.Principal, person_id: UUID) -> list[WordView]:
    """Every word of a profile and its members, newest first (at most 200). 3 queries."""
    get_person(principal, person_id)
    return _newest(members([person_id]).get(person_id, {person_id}))


def history_of(survivor_id: UUID) -> list[WordView]:
    """The same of a profile that stands for itself and that the caller has been shown. 1 query."""
    rows = Person.objects.filter(Q(pk=survivor_id) | Q(merged_into_id=survivor_id))
    return _newest(rows.values("pk"))


def _newest(rows: Any) -> list[WordView]:
    words = Consent.objects.filter(person_id__in=rows).order_by("-at", "-created_at", "-id")[:MOST_SHOWN]
    return [_view(word) for word in words]


def say(principal: access.Principal, word: Word) -> list[Word]:
    """Write one word of a person whom it was asked of, without looking at who sees whom: pages behind a signed link."""
    with transaction.atomic():
        words = _write(principal, word)
        access.record(principal, f"consent_{word.state}", "person", str(word.person_id or ""), _detail(word))
    return words


def say_of_address(word: Word) -> None:
    """Write a word that is only about an address, whoever holds it."""
    with transaction.atomic(), connection.cursor() as cursor:
        consent_locks.lock(cursor, [], keys_of([word]))
        insert(cursor, [word])


def own_address(person: Any, channel: str, told: str = "") -> tuple[str, str]:
    """(kind, address) of a person for a channel, as identifiers are compared; empty where there is none."""
    kind = KINDS.get(channel, "")
    own = {"email": person.email, "phone": person.phone}.get(kind, "")
    found = plain_address(kind, told or own, person.country)
    return (kind, found) if found else ("", "")


def plain_address(kind: str, address: str, country: str = "") -> str:
    """An address as it is compared, empty where it is none."""
    if kind == "email":
        return plain_email(address)
    return plain_phone(address, country) if kind == "phone" else ""


def _say(
    principal: access.Principal, person_id: UUID, purpose_key: str, channel: str, state: State, said: Said
) -> State:
    access.require(principal, "people.edit")
    get_person(principal, person_id)
    person = Person.objects.only("id", "email", "phone", "country").get(pk=person_id)
    word = _word(principal, person, purpose(purpose_key), channel, state, said)
    say(principal, word)
    return state_of([person_id], purpose_key, channel)[person_id]


def _word(principal: access.Principal, person: Any, about: PurposeView, channel: str, state: State, said: Said) -> Word:
    if channel not in about.channels:
        message = _("“{purpose}” does not use this channel. Choose one of: {ops}.")
        raise Refused("bad_channel", message.format(purpose=about.name, ops=", ".join(about.channels)))
    if state not in STATES:
        raise Refused("bad_state", _("Choose one of: {ops}.").format(ops=", ".join(STATES)))
    kind, address = own_address(person, channel, said.address)
    if said.address and not address:
        raise Refused("bad_address", _("“{value}” is no address for this channel.").format(value=said.address[:100]))
    if state == GIVEN and about.double_opt_in and channel == "email" and not said.confirmed:
        if not address:
            raise Refused("no_address", _("There is no e-mail address to confirm. Add one first."))
        state = PENDING
    version = said.text_version if said.text_version is not None else about.version or None
    return Word(
        person.pk, about.key, channel, state, min(said.at or clock.now(), clock.now()), said.how, kind, address,
        None if state == UNKNOWN else version, dict(said.evidence or {}), said.origin_id, principal.staff_id,
    )  # fmt: skip


def ask(words: Sequence[Word]) -> None:
    """Have the addresses of waiting words asked for confirmation, in this transaction."""
    for word in words:
        if word.state == PENDING and word.address and word.person_id:
            for asker in _askers:
                asker(word.id, word.person_id, word.address, word.purpose)


def _write(principal: access.Principal, word: Word) -> list[Word]:
    """Lock, see what was said meanwhile, write; the rows that were added, the profile's own first."""
    assert word.person_id is not None
    with transaction.atomic(), connection.cursor() as cursor:
        rows = members([word.person_id], cursor).get(word.person_id, {word.person_id})
        consent_locks.lock(cursor, rows, keys_of([word]))
        words = said_to_profile(cursor, replace(word, at=clock.now() if word.state == WITHDRAWN else word.at))
        insert(cursor, words)
        ask(words[:1])
    return words


def _detail(word: Word) -> dict[str, Any]:
    return {"purpose": word.purpose, "channel": word.channel, "how": word.how}


def _view(row: Consent) -> WordView:
    return WordView(
        row.pk, row.person_id, row.purpose, row.channel, row.state, str(row.get_state_display()), row.text_version,
        row.how, row.address, row.evidence, row.origin_id, row.actor_id, row.at, row.created_at,
    )  # fmt: skip


__all__ = ["KIND", "Said", "WordView", "change", "give", "history", "on_pending", "people_of", "withdraw"]

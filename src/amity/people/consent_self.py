"""What people do for themselves behind a signed link: see and change preferences, unsubscribe, confirm an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.people import consent
from amity.people.consent_purposes import PurposeView, purposes
from amity.people.consent_reading import states_of, withdrawn_addresses
from amity.people.consent_rules import (
    CHANNEL_LABELS,
    GIVEN,
    KINDS,
    PENDING,
    UNKNOWN,
    WITHDRAWN,
    State,
    address_key,
    masked,
)
from amity.people.consent_tables import Consent
from amity.people.consent_tokens import Bearer
from amity.people.consent_writing import Word
from amity.people.models import Identifier, Person

_SYSTEM = access.SYSTEM


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that the holder of an address may switch on or off."""

    purpose: PurposeView
    channel: str
    on: bool
    waiting: bool

    @property
    def channel_label(self) -> str:
        return str(CHANNEL_LABELS[self.channel])


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the page shows: the address masked and the choices; nothing else about the person."""

    masked: str
    choices: tuple[Choice, ...]


def preferences(bearer: Bearer) -> Preferences:
    """What the holder of a link may choose. 6 queries."""
    kind, address = _address(bearer)
    said = states_of([bearer.person_id]).get(bearer.person_id, {})
    blocked = withdrawn_addresses([bearer.address_key])
    found = []
    for each in purposes():
        for channel in each.channels:
            if each.owed or (kind and KINDS.get(channel) != kind):
                continue
            state = WITHDRAWN if (bearer.address_key, each.key, channel) in blocked else said.get((each.key, channel))
            on = state == GIVEN or (each.opt_out and state in (None, UNKNOWN))
            found.append(Choice(each, channel, on, state == PENDING))
    return Preferences(masked(address) if address else "•••", tuple(found))


def choose(bearer: Bearer, wanted: Mapping[tuple[str, str], bool], language: str) -> int:
    """Write what changed against what is held now; how many choices changed. Who holds the link reads the mailbox."""
    changed = 0
    with transaction.atomic():
        for choice in preferences(bearer).choices:
            on = wanted.get((choice.purpose.key, choice.channel), choice.on)
            if on != choice.on or (choice.waiting and not on):
                _write(bearer, choice.purpose, choice.channel, GIVEN if on else WITHDRAWN, "page", language)
                changed += 1
    return changed


def unsubscribe(bearer: Bearer, purpose_key: str, language: str = "") -> None:
    """One click: this purpose is withdrawn for the address's channels, whatever was held."""
    with transaction.atomic():
        kind, _address_text = _address(bearer)
        for each in purposes(archived=True):
            if each.key == purpose_key and not each.owed:
                for channel in each.channels:
                    if not kind or KINDS.get(channel) == kind:
                        _write(bearer, each, channel, WITHDRAWN, "one_click", language)


def confirm(word_id: UUID, language: str) -> tuple[str, str]:
    """The link of a double opt-in was followed: a waiting word becomes a yes. Returns (purpose key, masked address).

    Raises ``Refused("confirm_gone")`` when it was withdrawn meanwhile. Following it twice is no fault.
    """
    word = _waiting(word_id)
    if word.person_id is None:
        raise _gone()
    with transaction.atomic():
        later = Consent.objects.filter(
            person_id=word.person_id, purpose=word.purpose, channel=word.channel, created_at__gt=word.created_at
        )
        last = later.order_by("-at", "-created_at").first()
        if last is not None and last.state == WITHDRAWN:
            raise _gone()
        if last is None or last.state != GIVEN:
            said = Word(
                word.person_id, word.purpose, word.channel, GIVEN, clock.now(), "link", word.address_kind,
                word.address, word.text_version, {"confirms": str(word.pk), "language": language},
            )  # fmt: skip
            consent.say(_SYSTEM, said)
    return word.purpose, masked(word.address)


def waiting(word_id: UUID) -> tuple[str, str]:
    """(purpose key, masked address) of a word that waits to be confirmed."""
    word = _waiting(word_id)
    return word.purpose, masked(word.address)


def _waiting(word_id: UUID) -> Consent:
    word = Consent.objects.filter(pk=word_id, state=PENDING).first()
    if word is None or not word.address:
        raise _gone()
    return word


def _gone() -> Refused:
    return Refused("confirm_gone", _("There is nothing to confirm here any more. Sign up once more if you like."), 410)


def _write(bearer: Bearer, about: PurposeView, channel: str, state: State, how: str, language: str) -> None:
    kind, address = _address(bearer)
    evidence: dict[str, Any] = {"language": language} if language else {}
    known = Person.objects.filter(pk=bearer.person_id).exists()
    word = Word(
        bearer.person_id if known else None, about.key, channel, state, clock.now(), how, kind, address,
        about.version or None, evidence, key=bearer.address_key,
    )  # fmt: skip
    if known:
        consent.say(_SYSTEM, word)
    else:
        consent.say_of_address(word)


def _address(bearer: Bearer) -> tuple[str, str]:
    """(kind, address) behind the hash: among the profile's identifiers, its own row, what was said before."""
    row = Person.objects.filter(pk=bearer.person_id).values_list("email", "phone", "merged_into").first()
    candidates = [("email", row[0].lower()), ("phone", row[1])] if row else []
    whose = [bearer.person_id, *([row[2]] if row and row[2] else [])]
    candidates += Identifier.objects.filter(person_id__in=whose).values_list("kind", "value")
    for kind, value in candidates:
        if address_key(kind, value) == bearer.address_key:
            return kind, value
    said = Consent.objects.filter(address_key=bearer.address_key).exclude(address="")
    return said.values_list("address_kind", "address").first() or ("", "")

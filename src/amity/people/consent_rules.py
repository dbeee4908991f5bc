"""What words about consent amount to. Pure.

The last word of a profile row holds (by its time; of two at the same time the stricter). Of the members of a merged
profile the strictest word wins: withdrawn before waiting before given; who said nothing does not count.

An address is withdrawn, whoever holds it, once somebody said so about it and neither the same profile row took that
back nor somebody who reads the mailbox (a link in a mail, the preference page) gave it later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

State = Literal["given", "pending", "withdrawn", "unknown"]
GIVEN: State = "given"
PENDING: State = "pending"
WITHDRAWN: State = "withdrawn"
UNKNOWN: State = "unknown"
STATES: tuple[State, ...] = (GIVEN, PENDING, WITHDRAWN, UNKNOWN)
CHANNELS = ("email", "sms", "phone", "post", "chat")
CHANNEL_LABELS: Mapping[str, str | Promise] = {
    "email": _("E-mail"),
    "sms": _("SMS"),
    "phone": _("Phone"),
    "post": _("Post"),
    "chat": _("Chat"),
}
KINDS = {"email": "email", "sms": "phone", "phone": "phone"}  # channel → the kind of address it reaches
BY_MAILBOX = ("link", "page")  # ways that only who reads the mailbox has
RANK = "CASE c.state WHEN 'withdrawn' THEN 3 WHEN 'pending' THEN 2 WHEN 'unknown' THEN 1 ELSE 0 END"
_SAME_TIME = {WITHDRAWN: 3, PENDING: 2, UNKNOWN: 1, GIVEN: 0}
_MEMBERS = {WITHDRAWN: 3, PENDING: 2, GIVEN: 1, UNKNOWN: 0}


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word of one profile row about a purpose and channel."""

    id: UUID
    person_id: UUID | None
    purpose: str
    channel: str
    state: State
    at: datetime
    how: str = ""
    text_version: int | None = None
    address: str = ""

    @property
    def order(self) -> tuple[datetime, int, UUID]:
        return self.at, _SAME_TIME[self.state], self.id


def last(words: Iterable[Standing]) -> Standing | None:
    """The word that holds among those of one profile row."""
    return max(words, key=lambda word: word.order, default=None)


def strictest(states: Iterable[State]) -> State:
    """What a merged profile's members amount to together."""
    return max(states, key=_MEMBERS.__getitem__, default=UNKNOWN)


_DIGEST = hashlib.blake2b(digest_size=16, person=b"amity.consent")


def address_key(kind: str, address: str) -> str:
    """What an address is found by after erasure took it away; empty for none."""
    if not kind or not address:
        return ""
    digest = _DIGEST.copy()  # half the time of a new one
    digest.update(f"{kind}:{address}".encode())
    return digest.hexdigest()


def masked(address: str) -> str:
    """An address as its holder recognises it and nobody else reads it: ``a•••@e•••.com``, ``+48•••89``."""
    local, at, domain = address.rpartition("@")
    if not at:
        return f"{address[:3]}•••{address[-2:]}" if len(address) > 6 else "•••"
    host, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{top}" if dot else f"{local[:1]}•••@{domain[:1]}•••"

"""Who a customer is: proved by a code sent to an address that we had before they named it.

A code is six digits, good for ten minutes and three tries, for one conversation and one visitor, once. Whoever asks
hears the same, whether or not somebody has the address. An address counts where its owner proved it, or where staff or
an import gave it to a recorded person (`people.trusted`); where it is that of two people, it proves nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from amity.access import api as access
from amity.assistant import versions
from amity.assistant.models import Proof
from amity.base import clock, jobs, sealing
from amity.base.errors import TooMany
from amity.channels import api as channels
from amity.desk import api as desk
from amity.people import api as people

TASK = "assistant.send_code"
TRIES, MINUTES, HOLDS = 3, 10, timedelta(minutes=30)
PER_ADDRESS, PER_SESSION, WINDOW = 3, 5, 15 * 60
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proven:
    """Who it is: the profile, and those of its rows that the address belongs to; nothing else is theirs to see."""

    person_id: UUID
    members: frozenset[UUID]
    email: str


@dataclass(frozen=True, slots=True)
class Checked:
    """``state``: ok, wrong, over; ``left``: tries."""

    state: str
    left: int = 0


def ask(view: desk.ConversationView, email: str, language: str) -> bool:
    """Have a code sent to an address, if somebody's; False when too many were asked for. About 5 queries.

    What is done and how long it takes is the same for every address: a job looks whose it is.
    """
    address = people.normal_email(email) or email
    key = _digest("email", address)
    try:
        access.spend("assistant.code.session", f"{view.account_id}:{view.address}", PER_SESSION, WINDOW)
        access.spend("assistant.code.address", key, PER_ADDRESS, WINDOW)
    except TooMany:
        return False
    now = clock.now()
    Proof.objects.filter(conversation_id=view.id, ended_at=None).update(ended_at=now)
    row = Proof.objects.create(
        conversation_id=view.id, person_id=view.person_id, account_id=view.account_id, address=view.address,
        email_key=key, expires_at=now + timedelta(minutes=MINUTES),
    )  # fmt: skip
    jobs.named(TASK).defer(proof_id=str(row.pk), sealed=sealing.seal(address), language=language)
    return True


def send(proof_id: UUID, address: str, language: str) -> bool:
    """The job: make the code and send it through the gate, where the address is one person's. Safe to run twice."""
    members = sorted(people.trusted("email", address))
    owner = _owner(members)
    with transaction.atomic():
        row = Proof.objects.select_for_update().filter(pk=proof_id, ended_at=None, code_hash="").first()
        if row is None or owner is None or row.expires_at < clock.now():
            return False
        code = f"{secrets.randbelow(1_000_000):06d}"
        row.code_hash, row.members = _digest(str(row.pk), code), [str(each) for each in members]
        row.save(update_fields=["code_hash", "members"])
        script = versions.live()
        words = script.text("mail_code", language).format(code=code, minutes=MINUTES)
        message = channels.Message(
            key=f"proof:{row.pk}", channel="email", purpose=people.consent.ACCOUNT, address=address,
            subject=channels.literal(script.text("mail_code_subject", language)), body=channels.literal(words),
            template="bot_code", language=language,
        )  # fmt: skip
        return channels.propose(access.SYSTEM, message).state == "queued"


def check(view: desk.ConversationView, code: str) -> Checked:
    """Try a code for the newest proof of this conversation and visitor; the third wrong one ends it. 2 queries."""
    rows = Proof.objects.select_for_update().filter(conversation_id=view.id, ended_at=None, verified_at=None)
    row = rows.filter(account_id=view.account_id, address=view.address).order_by("-created_at").first()
    if row is None or row.tries >= TRIES:
        return Checked("over")
    now = clock.now()
    row.tries += 1
    right = bool(row.code_hash) and hmac.compare_digest(row.code_hash, _digest(str(row.pk), code))
    if right and row.expires_at >= now:
        row.verified_at, row.until = now, now + HOLDS
    elif row.tries >= TRIES:
        row.ended_at = now
    row.save(update_fields=["tries", "verified_at", "until", "ended_at"])
    if row.verified_at:
        return Checked("ok")
    return Checked("over" if row.ended_at else "wrong", TRIES - row.tries)


def proven(view: desk.ConversationView) -> Proven | None:
    """Who this conversation's visitor has proved to be, if that still holds at this moment. At most 5 queries.

    Asked anew before every tool: an address that was taken from a profile since, or a profile that went, proves
    nothing.
    """
    rows = Proof.objects.filter(conversation_id=view.id, ended_at=None, until__gt=clock.now())
    row = rows.filter(account_id=view.account_id, address=view.address).order_by("-created_at").first()
    if row is None or not row.members:
        return None
    email = _address_of(row)
    still = people.trusted("email", email) & {UUID(each) for each in row.members} if email else set()
    owner = _owner(sorted(still))
    return Proven(owner, frozenset(still), email) if owner else None


def forget_old() -> int:
    """Delete proofs of yesterday. 1 query."""
    return Proof.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _address_of(row: Proof) -> str:
    """The address that was proved, found again among those of its owner."""
    known = people.identifiers_of([UUID(each) for each in row.members])
    emails = (each.value for each in known if each.kind == "email")
    return next((each for each in emails if hmac.compare_digest(_digest("email", each), row.email_key)), "")


def _owner(members: Sequence[UUID]) -> UUID | None:
    """The one profile that these rows are part of; None for nobody, or for several."""
    tops = set(people.survivors(members).values()) if members else set()
    return next(iter(tops)) if len(tops) == 1 else None


def _digest(salt: str, value: str) -> str:
    key = f"assistant:{settings.SECRET_KEY}".encode()
    return hmac.new(key, f"{salt}:{value}".encode(), hashlib.sha256).hexdigest()

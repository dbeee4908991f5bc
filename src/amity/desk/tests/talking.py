"""Customers who write, in tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import clock
from amity.channels import api as channels
from amity.channels.models import Account
from amity.people import api as people


@dataclass(frozen=True)
class Heard:
    conversation_id: UUID


def mailbox() -> Account:
    found, _new = Account.objects.get_or_create(
        public_key="desk", defaults={"kind": "email", "name": "Support", "address": "help@shop.example"}
    )
    return found


def customer(name: str = "Olga", **more: Any) -> UUID:
    return people.create_person(access.SYSTEM, {"given_name": name, "email": f"{name.lower()}@example.com", **more})


def heard(
    ref: str = "1@x", *, answers: str = "", text: str = "Where is my order?", subject: str = "Order", html: str = "",
    automatic: str = "", person_id: UUID | None = None, address: str = "olga@example.com",
) -> Heard:  # fmt: skip
    """A mail that came in."""
    taken = channels.receive(
        channels.Incoming(
            mailbox().pk, ref, "email", address, text, clock.now(), name="Olga", subject=subject, message_ref=ref,
            references=[answers] if answers else [], automatic=automatic, html=html, person_id=person_id,
        )
    )  # fmt: skip
    assert taken.conversation_id is not None
    return Heard(taken.conversation_id)

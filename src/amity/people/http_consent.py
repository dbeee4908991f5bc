"""Public API of consent: how a person stands, what they said, and writing down what they say."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.people import consent, consent_purposes, profiles
from amity.people.consent_reading import states_of
from amity.people.consent_rules import CHANNELS

router = Router(tags=["consent"])
Channel = Literal["email", "sms", "phone", "post", "chat"]
StateName = Literal["given", "pending", "withdrawn", "unknown"]


class PurposeOut(Schema):
    """What people are written to for. ``version`` counts its texts; ``words`` is the latest, by language."""

    key: str
    names: dict[str, str]
    basis: Literal["consent", "contract", "legal", "interest"]
    channels: list[Channel]
    double_opt_in: bool
    version: int
    words: dict[str, str]


class ConsentStandingOut(Schema):
    """How a person stands for one purpose and channel: the strictest word of everybody merged into them."""

    purpose: str
    channel: Channel
    state: StateName


class ConsentWordOut(Schema):
    """An entry of the ledger."""

    id: UUID
    purpose: str
    channel: Channel
    state: StateName
    text_version: int | None
    how: str
    address: str
    evidence: dict[str, Any]
    origin_id: UUID | None
    actor_id: UUID | None
    at: datetime
    created_at: datetime


class ConsentOut(Schema):
    """Standing and history, newest first."""

    standing: list[ConsentStandingOut]
    history: list[ConsentWordOut]


class ConsentIn(Schema, extra="forbid"):
    """What somebody says. ``confirmed``: the address is theirs for certain, so no link is sent to it."""

    purpose: str
    channel: Channel
    state: Literal["given", "withdrawn"]
    address: str = ""
    text_version: int | None = None
    evidence: dict[str, str | int | float | bool | None] = {}
    confirmed: bool = False


@router.get("/consent/purposes", response=rest.document(list[PurposeOut]), operation_id="listPurposes")
def list_purposes(request: access.StaffRequest) -> Any:
    """All purposes in use."""
    access.require(request.principal, "people.view")
    return consent_purposes.purposes()


@router.get("/people/{person_id}/consent", response=rest.document(ConsentOut), operation_id="getConsent")
def get_consent(request: access.StaffRequest, person_id: UUID) -> Any:
    """How a person stands, and everything that was said."""
    return _told(request.principal, person_id)


@router.post("/people/{person_id}/consent", response=rest.document(ConsentOut), operation_id="sayConsent")
def say_consent(request: access.StaffRequest, person_id: UUID, body: ConsentIn) -> Any:
    """Write down that somebody agrees or withdraws. An e-mail address that needs it is sent a link first."""
    said = consent.Said("api", body.evidence, body.address, body.text_version, confirmed=body.confirmed)
    say = consent.give if body.state == "given" else consent.withdraw
    say(request.principal, person_id, body.purpose, body.channel, said)
    return _told(request.principal, person_id)


def _told(principal: access.Principal, person_id: UUID) -> dict[str, Any]:
    profiles.get_person(principal, person_id)
    known = states_of([person_id]).get(person_id, {})
    standing = [
        {"purpose": purpose, "channel": channel, "state": state}
        for (purpose, channel), state in sorted(known.items())
        if channel in CHANNELS
    ]
    return {"standing": standing, "history": consent.history(principal, person_id)}

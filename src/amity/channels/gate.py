"""May this message go out, now? Consent, suppression, caps, quiet hours: asked here and nowhere else.

Asked when a message is proposed, and again at the moment of handing it over, with the consent of that person and
address locked: a withdrawal that was committed is seen, and one that is being made waits until the hand-over is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound
from amity.channels import adapters_window
from amity.channels.addressing import consent_channel
from amity.channels.carriers import carried
from amity.channels.models import Outgoing
from amity.channels.rules import Rule, quiet_until, rules, zone_of
from amity.channels.suppression import why_suppressed
from amity.people import api as people

OLDEST = timedelta(days=7)  # a message that was held for longer no longer fits
_COUNTED = (Outgoing.State.HANDING, Outgoing.State.SENT, Outgoing.State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``go``, ``hold`` until ``until``, or ``refuse``, with the reason's code (`refusals.REASONS`)."""

    answer: Literal["go", "hold", "refuse"]
    reason: str = ""
    until: datetime | None = None


GO = Verdict("go")


def decide(cursor: Any, row: Outgoing) -> Verdict:
    """The verdict on one message; locks the consent of its person and address until the transaction ends.

    About 8 queries.
    """
    members: set[UUID] = set()
    if row.person_id:
        members = people.consent.members([row.person_id], cursor).get(row.person_id, set())
    people.consent.lock(cursor, members, [row.address_key])
    if row.person_id:
        members |= people.consent.members([row.person_id], cursor).get(row.person_id, set())
    try:
        purpose = people.consent.purpose(row.purpose)
    except NotFound:
        return Verdict("refuse", "no_purpose")
    reason = _unfit(row, purpose, members) or _unwanted(cursor, row, purpose, members)
    if reason:
        return Verdict("refuse", reason)
    return GO if purpose.owed else _when(row, members)


def _unfit(row: Outgoing, purpose: people.consent.PurposeView, members: set[UUID]) -> str:
    """What is wrong with the message itself, or with whom it is to."""
    faults = (
        ("no_purpose", purpose.archived_at is not None),
        ("bad_channel", consent_channel(row.channel) not in purpose.channels),
        ("no_engine", row.channel not in carried()),
        ("no_address", not row.address),
        ("no_consent", row.person_id is None and not purpose.owed),
    )
    found = next((reason for reason, holds in faults if holds), "")
    if not found and row.person_id:
        found = people.consent.barred(row.person_id, members)
    found = found or why_suppressed(row.address_key, owed=purpose.owed)
    return found or ("" if adapters_window.fits(row) else "window")


def person_of(row: Outgoing) -> people.PersonView | None:
    """Whom a message is to, whoever may see them."""
    try:
        return people.get_person(access.SYSTEM, row.person_id) if row.person_id else None
    except NotFound:
        return None


def _unwanted(cursor: Any, row: Outgoing, purpose: people.consent.PurposeView, members: set[UUID]) -> str:
    """What the person said, the strictest word of all members; what was said about the address, whoever holds it."""
    if purpose.owed:
        return ""
    key = row.purpose, consent_channel(row.channel)
    state = people.consent.together(members, people.consent.words_of(members, cursor)).get(key, "unknown")
    if state == "withdrawn":
        return "withdrawn"
    if (row.address_key, *key) in people.consent.withdrawn_addresses([row.address_key], cursor):
        return "address_withdrawn"
    if state == "pending":
        return "not_confirmed"
    return "" if state == "given" or purpose.opt_out else "no_consent"


def _when(row: Outgoing, members: set[UUID]) -> Verdict:
    """Quiet hours and caps hold a message back; one that waited too long is let go."""
    now = clock.now()
    if row.created_at < now - OLDEST:
        return Verdict("refuse", "too_late")
    rule = rules()[consent_channel(row.channel)]
    if until := quiet_until(rule, zone_of(person_of(row)), now):
        return Verdict("hold", "quiet_hours", until)
    return _within_cap(row, rule, members, now) if rule.most is not None else GO


def _within_cap(row: Outgoing, rule: Rule, members: set[UUID], now: datetime) -> Verdict:
    """Whether the whole profile has had fewer than the cap; else when the next one fits."""
    most, window = rule.most or 0, timedelta(days=rule.days)
    owed = [each.key for each in people.consent.purposes(archived=True) if each.owed]
    sent = Outgoing.objects.filter(
        person_id__in=members, channel=row.channel, state__in=_COUNTED, handed_at__gt=now - window
    ).exclude(Q(purpose__in=owed) | Q(pk=row.pk))
    times = [at for at in sent.order_by("-handed_at").values_list("handed_at", flat=True)[:most] if at is not None]
    if len(times) < most:
        return GO
    if not times or times[-1] + window > row.created_at + OLDEST:
        return Verdict("refuse", "cap")
    return Verdict("hold", "cap", times[-1] + window)

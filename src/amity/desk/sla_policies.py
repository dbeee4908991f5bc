"""Which promise holds for a conversation: the first policy in order whose conditions hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from amity.desk import hours as business
from amity.desk.hours import BusinessHours
from amity.desk.models import Conversation, Queue, RoutingSettings, SlaPolicy
from amity.desk.sla import Policy
from amity.intelligence import api as intelligence

CUSTOMERS = {"": _("Anybody"), "known": _("Who bought already"), "valuable": _("Valuable customers")}
VALUABLE = 100_000  # minor units of the house's currency in the next twelve months, unless settings say otherwise
_LEVELS = {"": 0, "known": 1, "valuable": 2}


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy with its conditions, in order."""

    policy: Policy
    queues: frozenset[str]
    channels: frozenset[str]
    urgency: int
    customer: str
    hours: BusinessHours | None

    def holds(self, queue: str, channel: str, urgency: int, level: int) -> bool:
        """Whether it is the policy of such a conversation; ``level``: 0 unknown, 1 customer, 2 valuable."""
        return (
            (not self.queues or queue in self.queues)
            and (not self.channels or channel in self.channels)
            and urgency >= self.urgency
            and level >= _LEVELS.get(self.customer, 0)
        )


@dataclass(frozen=True)
class Book:
    """Every policy, and the hours of every queue: read once, asked for many conversations."""

    rows: Sequence[PolicyRow]

    @cached_property
    def hours(self) -> Mapping[str, BusinessHours]:
        """Of queues that have some. 1 query, once."""
        queues = Queue.objects.filter(hours__isnull=False).select_related("hours")
        return {str(row.pk): hours_of(row.hours) for row in queues}

    @cached_property
    def valuable(self) -> int:
        """From what a customer is expected to bring, in minor units, they are valuable. 1 query, once."""
        return RoutingSettings.objects.values_list("weights__valuable_from", flat=True).first() or VALUABLE

    def of(self, queue: str, channel: str, urgency: int, level: int) -> tuple[Policy | None, BusinessHours]:
        """The policy, and the hours that it counts in: its own, else the queue's, else every hour."""
        held = next((row for row in self.rows if row.holds(queue, channel, urgency, level)), None)
        hours = held.hours if held else None
        return held.policy if held else None, hours or self.hours.get(queue, business.ALWAYS)

    @property
    def asks_customer(self) -> bool:
        return any(row.customer for row in self.rows)


def book() -> Book:
    """All policies as they are now. 1 query, 2 more where what they say of hours and customers is asked for."""
    rows = SlaPolicy.objects.filter(archived_at=None).select_related("hours").order_by("position", "id")
    return Book([_row(row) for row in rows])


def levels(person_ids: Iterable[UUID | None], valuable: int) -> dict[UUID, int]:
    """How much customers are worth: 1 for who bought, 2 for who is expected to bring ``valuable``. 1 query."""
    wanted = list({each for each in person_ids if each})
    if not wanted:
        return {}
    found = intelligence.customers_for(wanted)
    return {pk: 2 if view.revenue_minor >= valuable else 1 for pk, view in found.items()}


def policy_for(conversation: Conversation, known: Book) -> tuple[Policy | None, BusinessHours]:
    """The policy of one conversation as it stands. 1 query where a policy asks for the customer."""
    person = conversation.person_id
    level = levels([person], known.valuable).get(person, 0) if known.asks_customer and person else 0
    return known.of(str(conversation.queue_id or ""), conversation.channel, conversation.urgency, level)


def hours_of(row: Any) -> BusinessHours:
    """The hours of a `WorkingHours` row."""
    return business.read({"zone": row.zone, "week": row.week, "days": row.days})


def _row(row: SlaPolicy) -> PolicyRow:
    policy = Policy(
        str(row.pk), row.name, row.first_reply, row.next_reply, row.resolution, row.pause_pending, row.pause_snoozed
    )
    hours = hours_of(row.hours) if row.hours else None
    return PolicyRow(policy, frozenset(row.queues), frozenset(row.channels), row.urgency, row.customer, hours)

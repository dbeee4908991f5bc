"""What a salesperson can do about a person or deal, as kinds of action; and what forbids them here.

Calls, meetings, offers and steps become tasks with what was drafted; mails stay drafts for the send gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.base import clock
from amity.journeys import api as journeys
from amity.sales import todo
from amity.sales.models import Deal, DealStatus, Order

JUST_BOUGHT = timedelta(days=14)
BOTH = frozenset({"deal", "person"})
WORDS: Mapping[str, str | Promise] = {"just_bought": _("They bought only just now")}


def register() -> None:
    """Tell `journeys` what can be done here."""
    kinds = (
        ("call", _("Call"), "phone", BOTH, ("call",), "phone"),
        ("meeting", _("Meeting"), "calendar-event", BOTH, ("meeting",), ""),
        ("offer", _("Offer"), "file-text", frozenset({"deal"}), ("quote sent", "offer sent"), ""),
        ("task", _("Task"), "checkbox", BOTH, ("task done",), ""),
        ("wait", _("Wait"), "clock", BOTH, (), ""),
    )
    for key, label, icon, subjects, touches, needs in kinds:
        journeys.register(journeys.ActionKind(key, label, icon, subjects, "tasks.edit", plan, unplan, touches, needs))
    sent = ("mail sent", "email sent")
    journeys.register(
        journeys.ActionKind(
            "mail", _("Mail"), "mail", BOTH, "people.edit", nothing_yet, discard, sent, "email", drafts=True
        )
    )
    journeys.register_blocker(just_bought, WORDS)


def plan(principal: access.Principal, order: journeys.Order) -> dict[str, Any]:
    """A task of the principal's with what was drafted."""
    kind, subject = ("deal", order.deal_id) if order.deal_id else ("person", order.person_id)
    due_on = order.due_on.isoformat() if order.due_on else ""
    args = {"kind": kind, "ids": [str(subject)], "subject": order.subject, "due_on": due_on}
    return {"tasks": todo.add_many(principal, args)}


def unplan(principal: access.Principal, result: dict[str, Any]) -> None:
    """Take the task away again, unless done meanwhile."""
    todo.remove_many(principal, {}, result["tasks"])


def nothing_yet(principal: access.Principal, order: journeys.Order) -> dict[str, Any]:
    """A mail is kept with the action until somebody sends it."""
    return {}


def discard(principal: access.Principal, result: dict[str, Any]) -> None:
    """The draft goes with its action."""


def just_bought(situations: Sequence[journeys.Situation]) -> dict[UUID, dict[str, str]]:
    """No offer to who won a deal or ordered in the last two weeks. 2 queries."""
    since = clock.now() - JUST_BOUGHT
    about = [each.person_id for each in situations if each.person_id] or [UUID(int=0)]
    won = Deal.objects.filter(person_id__in=about, status=DealStatus.WON, closed_at__gte=since)
    ordered = Order.objects.filter(person_id__in=about, ordered_at__gte=since)
    buyers = {*won.values_list("person_id", flat=True), *ordered.values_list("person_id", flat=True)}
    return {each.id: {"offer": "just_bought"} for each in situations if each.person_id in buyers}

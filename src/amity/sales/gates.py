"""Gentle gates: what a stage asks for when a deal comes in. It can be skipped with a reason, which stays as a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import undo
from amity.base.errors import Refused
from amity.sales import deals, todo
from amity.sales.models import Deal, DealContact, DealStatus, StageGap, Task
from amity.sales.pipelines import Step

GAP_KIND = "deals.gap"
CUSTOM = "custom:"
ASKED = {
    "person": gettext_lazy("Person"),
    "company": gettext_lazy("Company"),
    "value": gettext_lazy("Value"),
    "expected_close_on": gettext_lazy("Expected to close"),
    "product": gettext_lazy("Product"),
    "owner": gettext_lazy("Owner"),
    "task": gettext_lazy("Next task"),
    "decider": gettext_lazy("Decision maker"),
    "lost_reason": gettext_lazy("Reason lost"),
}
_COLUMNS = {
    "person": "person_id", "company": "company_id", "value": "value_minor", "product": "product_id",
    "owner": "owner_id", "expected_close_on": "expected_close_on", "lost_reason": "lost_reason",
}  # fmt: skip
_USUAL_REASONS = (
    gettext_lazy("Too expensive"), gettext_lazy("Went to a competitor"), gettext_lazy("No budget"),
    gettext_lazy("Bad timing"), gettext_lazy("Stopped answering"), gettext_lazy("Does not fit their need"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """What the stage of a deal asks for and the deal lacks, and why it went on without it, if somebody said so."""

    missing: tuple[str, ...]
    reason: str
    actor_id: UUID | None
    at: datetime | None

    @property
    def labels(self) -> list[str]:
        return [label(key) for key in self.missing]


@dataclass(frozen=True, slots=True)
class Given:
    """What was filled in at a gate: column values, custom fields, a task, and the reason why the rest is left out."""

    values: Mapping[str, Any]
    custom: Mapping[str, Any]
    task: str = ""
    task_due: date | None = None
    reason: str = ""


def label(key: str) -> str:
    """What a thing that is asked for is called."""
    return key.removeprefix(CUSTOM) if key.startswith(CUSTOM) else str(ASKED.get(key, key))


def asks(step: Step) -> tuple[str, ...]:
    """Everything that a stage asks for; a lost deal is always asked why."""
    reason = () if step.status != DealStatus.LOST or "lost_reason" in step.gate else ("lost_reason",)
    return (*step.gate, *reason)


def missing(deal: deals.DealView, step: Step) -> tuple[str, ...]:
    """What ``step`` asks for and ``deal`` lacks. At most 2 queries, none where nothing is asked."""
    return tuple(key for key in asks(step) if not _has(deal, key))


def gap_of(deal: deals.DealView, step: Step) -> Gap | None:
    """What the deal lacks in ``step``, where it stands; None when nothing. No query, at most 3 where it asks."""
    lacks = missing(deal, step)
    if not lacks:
        return None
    told = StageGap.objects.filter(deal_id=deal.id, stage_id=step.id).order_by("-created_at", "-id").first()
    return Gap(lacks, told.reason if told else "", told.actor_id if told else None, told.created_at if told else None)


def lost_reasons(limit: int = 8) -> list[str]:
    """Reasons to choose from: the usual ones, then those that were given most among the last 1,000 lost. 1 query."""
    told = Deal.objects.filter(status=DealStatus.LOST).exclude(lost_reason="").order_by("-updated_at")
    counts: dict[str, int] = {}
    for reason in told.values_list("lost_reason", flat=True)[:1_000]:
        counts[reason] = counts.get(reason, 0) + 1
    usual = [str(each) for each in _USUAL_REASONS]
    often = sorted(counts, key=lambda each: -counts[each])
    own = [each for each in often if each not in usual and counts[each] > 1 and len(each) <= 60]
    return [*own[: limit - 3], *usual][:limit] if own else usual


def move(principal: access.Principal, deal_id: UUID, step: Step, given: Given | None = None) -> UUID | None:
    """Put a deal into a stage with what was filled in on the way; returns the undo group, None when it stands there.

    What is still missing is kept as a gap with its reason. Raises ``Refused("gate_reason")`` when there is neither.
    """
    given = given or Given({}, {})
    before = deals.get_deal(principal, deal_id)
    if before.stage_id == step.id and not (given.values or given.custom or given.task or given.reason):
        return None
    with transaction.atomic():
        group = deals.change_deal(principal, deal_id, {**given.values, "stage_id": str(step.id)}, given.custom)
        if given.task.strip():
            due = given.task_due.isoformat() if given.task_due else ""
            args = {"kind": "deal", "ids": [str(deal_id)], "subject": given.task, "due_on": due}
            group = undo.perform(principal, todo.TASK_ADD, args, group)
        lacks = missing(deals.get_deal(principal, deal_id), step)
        if lacks and not given.reason.strip():
            raise Refused("gate_reason", _("Fill in what is missing, or say why it is left out."))
        if lacks:
            gap = {"deal": str(deal_id), "stage": str(step.id), "missing": lacks, "reason": given.reason.strip()[:300]}
            group = undo.perform(principal, GAP_KIND, gap, group)
    return group


def note_gap(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: keep what was left out and why."""
    access.require(principal, "deals.edit")
    gap = StageGap.objects.create(
        deal_id=args["deal"],
        stage_id=args["stage"],
        missing=list(args["missing"]),
        reason=args["reason"],
        actor_id=principal.staff_id,
    )
    access.record(principal, "skip", "deal", args["deal"], {"fields": list(args["missing"])})
    return {"gap": str(gap.pk)}


def forget_gap(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: take the gap back."""
    StageGap.objects.filter(pk=before["gap"]).delete()
    access.record(principal, "undo", "deal", args["deal"], {"fields": list(args["missing"])})


def cleaned(keys: Sequence[str]) -> list[str]:
    """What a stage may ask for, without what is unknown."""
    known = [key for key in keys if key in ASKED or (key.startswith(CUSTOM) and len(key) > len(CUSTOM))]
    return list(dict.fromkeys(key[:120] for key in known))[:20]


def _has(deal: deals.DealView, key: str) -> bool:
    if key == "task":
        return Task.objects.filter(deal_id=deal.id, done_at=None).exists()
    if key == "decider":
        return DealContact.objects.filter(deal_id=deal.id, role="decider").exists()
    if key.startswith(CUSTOM):
        return deal.custom.get(key.removeprefix(CUSTOM)) not in (None, "", [])
    return getattr(deal, _COLUMNS[key]) not in (None, "")

"""Complaints as pages and the API read them: who sees which, where each stands, and until when it must be answered.

A complaint is seen by whoever sees its conversation. Every step is a line of its own log and of the conversation's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound
from amity.desk import checklist, conversations
from amity.desk.models import Complaint, ComplaintPaper, ComplaintStep

SEE, WORK, DECIDE = conversations.SEE, conversations.WORK, "complaints.decide"
MOST = 200
STATES: dict[str, Promise] = {
    "received": lazy("Received"),
    "acknowledged": lazy("Confirmed"),
    "investigating": lazy("Being looked into"),
    "waiting": lazy("Waiting for the customer"),
    "decided": lazy("Decided"),
    "answered": lazy("Answered"),
    "closed": pgettext_lazy("state", "Closed"),
    "reopened": lazy("Opened again"),
    "withdrawn": lazy("Taken back"),
}
DECISIONS: dict[str, Promise] = {
    "upheld": lazy("Upheld"), "partly": lazy("Partly upheld"), "rejected": lazy("Rejected"),
}  # fmt: skip
ENDED = ("closed", "withdrawn")
ANSWERED = ("answered", *ENDED)  # the clock of the law does not run


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """A complaint; times in UTC. ``rule``: its clock (`statutory.Rule` with names by language)."""

    id: UUID
    number: int
    conversation_id: UUID
    person_id: UUID | None
    kind: str
    words: str
    wanted: str
    country: str
    state: str
    decision: str
    decision_words: str
    rule: Mapping[str, Any]
    received_at: datetime
    acknowledge_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    held_at: datetime | None
    breached_at: datetime | None
    decided_at: datetime | None
    decided_by_id: UUID | None
    answered_at: datetime | None
    closed_at: datetime | None

    @property
    def name(self) -> str:
        return _("Complaint {number}").format(number=self.number)

    @property
    def kind_label(self) -> str:
        return str(checklist.KINDS.get(self.kind, self.kind))

    @property
    def state_label(self) -> str:
        return str(STATES[self.state])

    @property
    def decision_label(self) -> str:
        return str(DECISIONS.get(self.decision, ""))

    @property
    def open(self) -> bool:
        return self.state not in ENDED

    @property
    def running(self) -> bool:
        """Whether an answer is still owed."""
        return self.state not in ANSWERED

    @property
    def overdue(self) -> bool:
        return self.running and self.due_at is not None and self.due_at < clock.now()

    @property
    def soon(self) -> bool:
        """The time to warn has come."""
        return self.running and not self.overdue and self.warn_at is not None and self.warn_at < clock.now()

    @property
    def accepted_by_silence(self) -> bool:
        """The time passed without an answer, and the law takes that for a yes."""
        return bool(self.breached_at and self.rule.get("silence_accepts"))

    @property
    def rule_name(self) -> str:
        """What its clock is called, in the reader's language."""
        names = self.rule.get("names", {})
        return str(names.get((get_language() or "en")[:2]) or names.get("en", ""))


@dataclass(frozen=True, slots=True)
class StepView:
    """A line of a complaint's log."""

    step: str
    was: str
    now: str
    by: str
    staff_id: UUID | None
    data: Mapping[str, Any]
    at: datetime

    @property
    def label(self) -> str:
        return str(STEP_WORDS.get(self.step, self.step))


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper of a complaint: missing, here or waived."""

    id: UUID
    name: str
    state: str
    file_id: UUID | None
    asked_at: datetime | None

    @property
    def label(self) -> str:
        return checklist.label(self.name)


STEP_WORDS: dict[str, Promise] = {
    "open": lazy("Complaint written down"), "acknowledge": lazy("Receipt confirmed"),
    "investigate": lazy("Being looked into"), "ask": lazy("Customer asked"), "heard": lazy("Customer answered"),
    "hold": lazy("Holding reply sent"), "decide": lazy("Decided"), "answer": lazy("Answered"),
    "close": pgettext_lazy("state", "Closed"), "reopen": lazy("Opened again"),
    "withdraw": lazy("Taken back by the customer"),
    "paper": lazy("Papers changed"), "warned": lazy("The deadline is near"), "breached": lazy("The deadline passed"),
    "undo": lazy("Undone"), "unsent": lazy("The answer was taken back"), "refund": lazy("Refund"),
}  # fmt: skip
FIELDS = tuple(ComplaintView.__dataclass_fields__)
_STEP, _PAPER = tuple(StepView.__dataclass_fields__), tuple(PaperView.__dataclass_fields__)


def rows_of(principal: access.Principal) -> QuerySet[Complaint]:
    """Every complaint that ``principal`` sees."""
    return Complaint.objects.filter(conversations.sight(principal, "conversation__"))


def get(principal: access.Principal, complaint_id: UUID) -> ComplaintView:
    """One complaint; raises `Forbidden`, `NotFound`. 1 query."""
    access.require(principal, SEE)
    row = rows_of(principal).filter(pk=complaint_id).values(*FIELDS).first()
    if row is None:
        raise gone()
    return ComplaintView(**row)


def listed(principal: access.Principal, which: str = "open") -> list[ComplaintView]:
    """At most 200 complaints, the most urgent first. ``which``: open, all, late or a state. 1 query."""
    access.require(principal, SEE)
    rows = rows_of(principal)
    if which == "open":
        rows = rows.exclude(state__in=ENDED)
    elif which == "late":
        rows = rows.exclude(state__in=ANSWERED).filter(due_at__lt=clock.now())
    elif which in STATES:
        rows = rows.filter(state=which)
    order = (F("due_at").asc(nulls_last=True), "id") if which in ("open", "late") else ("-received_at", "-id")
    return [ComplaintView(**row) for row in rows.order_by(*order).values(*FIELDS)[:MOST]]


def of_conversation(principal: access.Principal, conversation_id: UUID) -> list[ComplaintView]:
    """Complaints of a conversation that the reader was shown, newest first. 1 query."""
    access.require(principal, SEE)
    rows = rows_of(principal).filter(conversation_id=conversation_id).order_by("-id")
    return [ComplaintView(**row) for row in rows.values(*FIELDS)[:20]]


def log_of(complaint_id: UUID) -> list[StepView]:
    """The log of a complaint that the reader was shown, oldest first. 1 query."""
    rows = ComplaintStep.objects.filter(complaint_id=complaint_id).order_by("at", "id")
    return [StepView(**row) for row in rows.values(*_STEP)[:500]]


def papers_of(complaint_id: UUID) -> list[PaperView]:
    """Papers of a complaint that the reader was shown. 1 query."""
    rows = ComplaintPaper.objects.filter(complaint_id=complaint_id).order_by("position", "id")
    return [PaperView(**row) for row in rows.values(*_PAPER)]


def complaining(person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people (every profile by itself) whose complaint is open. 1 query."""
    rows = Complaint.objects.filter(person_id__in=list(person_ids)).exclude(state__in=ENDED)
    return set(rows.values_list("person_id", flat=True))


def locked(principal: access.Principal, complaint_id: Any) -> Complaint:
    """The row to be changed, locked after its conversation; raises `Forbidden`, `NotFound`. 3 queries."""
    access.require(principal, WORK)
    known = rows_of(principal).filter(pk=complaint_id).values_list("conversation_id", flat=True).first()
    if known is None:
        raise gone()
    conversations.locked(principal, [known])
    return Complaint.objects.select_for_update(of=("self",)).select_related("conversation").get(pk=complaint_id)


def gone() -> NotFound:
    return NotFound(_("This complaint is not here, or not among those that you see."))


def missing(papers: Sequence[PaperView]) -> list[PaperView]:
    """Papers that are still to come. Pure."""
    return [each for each in papers if each.state == checklist.MISSING]

"""Tables of complaints: where each stands, its own log, its papers; the clocks of law; refunds and their limits."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


def _conversation(**more: Any) -> Any:
    return models.ForeignKey("desk.Conversation", related_name="+", **more)


def _person(**more: Any) -> Any:
    return models.ForeignKey("people.Person", null=True, related_name="+", db_constraint=False, **more)


def _staff() -> Any:
    return models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")


class StatutoryRule(Record):
    """How long the law leaves for an answer; the first in order whose conditions hold is the one. See `statutory`."""

    personal = personal.nothing(_("a rule of law"))
    key = models.CharField(max_length=40, unique=True)
    position = models.IntegerField(default=0)
    names = models.JSONField(default=dict)  # {language: name}
    countries = models.JSONField(default=list)  # ISO 3166, empty: any
    kinds = models.JSONField(default=list)  # `checklist.KINDS`, empty: any
    days = models.IntegerField()
    unit = models.CharField(max_length=8, default="calendar")  # or business
    extended_days = models.IntegerField(null=True)  # with one holding reply in time
    acknowledge_days = models.IntegerField(null=True)  # of the same unit
    rolls = models.BooleanField(default=True)  # a last day that nobody works on moves to the next working day
    silence_accepts = models.BooleanField(default=False)
    warn_days = models.IntegerField(default=3)
    archived_at = models.DateTimeField(null=True)


class Complaint(Record):
    """What a customer complains of. ``rule``: the clock as it was told when it began (`statutory.Rule`)."""

    personal = personal.deleted("person_id", ("words", "wanted", "decision_words"))
    number = models.BigIntegerField(unique=True, editable=False)
    conversation = _conversation(on_delete=models.CASCADE)
    person = _person(on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    wanted = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    state = models.CharField(max_length=13, default="received")
    decision = models.CharField(max_length=8, blank=True)  # upheld, partly, rejected
    decision_words = models.TextField(blank=True)
    rule = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=clock.now)
    acknowledge_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)  # the holding reply
    breached_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = _staff()
    answered_at = models.DateTimeField(null=True)
    answer_id = models.UUIDField(null=True)  # the message
    closed_at = models.DateTimeField(null=True)
    staff = _staff()  # who wrote it down

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "due_at", "id"], name="complaint_state"),
            models.Index(fields=["person", "state"], name="complaint_person"),
            models.Index(fields=["conversation", "id"], name="complaint_conversation"),
        ]


class ComplaintStep(Record):
    """One line of a complaint's log, append-only."""

    personal = personal.deleted("person_id", ("data",))
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="log")
    person = _person(on_delete=models.CASCADE)
    step = models.CharField(max_length=20)
    was = models.CharField(max_length=13, blank=True)
    now = models.CharField(max_length=13, blank=True)
    by = models.CharField(max_length=8)
    staff_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["complaint", "at", "id"], name="complaintstep_of")]


class ComplaintPaper(Record):
    """Something that a complaint needs: open, here (``file_id`` or ticked by hand), or not needed after all."""

    personal = personal.deleted("person_id", ("name",))
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="papers")
    person = _person(on_delete=models.CASCADE)
    name = models.CharField(max_length=80)  # key of `checklist.PAPERS`, or own words
    position = models.IntegerField(default=0)
    state = models.CharField(max_length=8, default="missing")  # missing, here, waived
    file_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["complaint", "name"], name="complaintpaper_name")
        ]


class Refund(Record):
    """Money to be given back: proposed by one person, approved by another."""

    personal = personal.blanked("person_id", ("reason", "why", "paid_ref"), _("accounting records, kept by law"))
    complaint = models.ForeignKey(Complaint, null=True, on_delete=models.SET_NULL, related_name="refunds")
    conversation = _conversation(null=True, on_delete=models.SET_NULL)
    person = _person(on_delete=models.SET_NULL)
    order_id = models.UUIDField(null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=8, default="proposed")  # approved, refused, paid, taken
    proposed_by = _staff()
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = _staff()
    decided_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)  # of a refusal
    paid_at = models.DateTimeField(null=True)
    paid_ref = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "proposed_at"], name="refund_state"),
            models.Index(fields=["order_id"], name="refund_order"),
            models.Index(fields=["person"], name="refund_person"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_amount"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("proposed_by")),
                name="refund_four_eyes",
            ),
        ]


class RefundLimit(Record):
    """Up to what a role may approve in a currency; a role without any row has no limit."""

    personal = personal.nothing(_("amounts by role"))
    role = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["role", "currency"], name="refundlimit_role")
        ]

"""Tables of room `journeys`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Effects(Record):
    """What each kind of action was seen to change, learned from the company's own history. Never edited."""

    personal = personal.nothing(_("sums over many records"))
    subject_kind = models.CharField(max_length=10)  # person, deal
    number = models.IntegerField()
    table = models.JSONField()  # see `effects.Table`
    hash = models.CharField(max_length=64)
    until = models.DateTimeField()  # nothing later was looked at
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["subject_kind", "number"], name="effects_number"),
        ]


class Decision(Record):
    """A ledger row: what was known of a person or deal, what could be done, what was proposed, what people said to it.

    About a person when ``deal_id`` is empty, else about a deal with them. Inputs and candidates are never edited.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    personal = personal.deleted("person_id", ("inputs", "note"))
    person = models.ForeignKey("people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    deal_id = models.UUIDField(null=True)  # the rooms below `sales` do not know deals
    effects = models.ForeignKey(Effects, null=True, on_delete=models.PROTECT, related_name="+")
    rules = models.IntegerField()  # version of `decide.choose`
    inputs = models.JSONField()
    candidates = models.JSONField()
    chosen = models.CharField(max_length=20, blank=True)  # empty: quiet
    situation = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(max_length=20, blank=True)  # of a refusal, key of `proposals.REASONS`
    note = models.TextField(blank=True)
    sleeps_until = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["deal_id", "-id"], name="decision_deal", condition=models.Q(deal_id__isnull=False)),
            models.Index(fields=["person", "-id"], name="decision_person"),
            models.Index(fields=["chosen", "situation"], name="decision_taught", condition=~models.Q(state="proposed")),
        ]


class Action(Record):
    """What was done because a proposal was accepted. At most one stands per decision."""

    class State(models.TextChoices):
        DONE = "done", _("Done")
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        UNDONE = "undone", _("Undone")

    personal = personal.deleted("person_id", ("details", "result"))
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="actions")
    person = models.ForeignKey("people.Person", null=True, on_delete=models.CASCADE, related_name="+")
    deal_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=20)
    details = models.JSONField(default=dict)  # subject, text, due_on
    result = models.JSONField(default=dict)  # what `ActionKind.undo` needs
    state = models.CharField(max_length=8, choices=State.choices, default=State.DONE)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["decision"], name="action_once", condition=~models.Q(state="undone")),
        ]

"""Tables of a model's life: the rules people set, the daily look for drift, and the monthly proof."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class TargetPolicy(Record):
    """What people decided for one target: who puts new versions to work, and whether groups may be compared."""

    class Promotion(models.TextChoices):
        AUTOMATIC = "automatic", _("By itself")
        APPROVAL = "approval", _("After approval")

    personal = personal.nothing(_("settings"))
    target = models.CharField(max_length=60, unique=True)
    promotion = models.CharField(max_length=10, choices=Promotion.choices, default=Promotion.AUTOMATIC)
    fairness = models.BooleanField(default=False)  # comparing groups of people is lawful here
    changed_at = models.DateTimeField(default=clock.now)


class DriftCheck(Record):
    """One day's comparison of what is scored and decided now with what the live version learned from."""

    personal = personal.nothing(_("sums over many records"))
    model = models.ForeignKey("intelligence.ModelVersion", on_delete=models.PROTECT, related_name="checks")
    target = models.CharField(max_length=60)
    day = models.DateField()
    raised = models.BooleanField(default=False)
    alarms = models.JSONField(default=list)  # [{code, column, size, p, rows}]
    figures = models.JSONField(default=dict)
    checked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["target", "day", "model"], name="driftcheck_daily"),
        ]


class Proof(Record):
    """How right the scores of one month were: what was said before the outcome beside what happened. Never edited."""

    personal = personal.nothing(_("sums over many records"))
    model = models.ForeignKey("intelligence.ModelVersion", on_delete=models.PROTECT, related_name="proofs")
    target = models.CharField(max_length=60)
    month = models.DateField()  # its first day
    rows = models.IntegerField()
    figures = models.JSONField(default=dict)  # said, won, auc, log_loss, base_log_loss, ece
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["target", "month", "model"], name="proof_monthly"),
        ]

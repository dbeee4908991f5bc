"""Tables of room `intelligence`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.intelligence.behaviour_models import BehaviourPin, BehaviourWeights, LeadScore, LeadScoreMove, ReachPattern
from amity.intelligence.customer_models import CustomerModel, CustomerValue
from amity.intelligence.language.models import LanguageModel
from amity.intelligence.life_models import DriftCheck, Proof, TargetPolicy


class ModelVersion(Record):
    """One trained model: what it learned from, how right it was, and the artefact to replay it."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("Candidate")
        SHADOW = "shadow", _("In shadow")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    personal = personal.nothing(_("sums over many records; artefacts hold no single record"))
    target = models.CharField(max_length=60)  # key of the label source, e.g. lead, deal
    number = models.IntegerField()
    rung = models.CharField(max_length=20)  # base_rate, rules, linear, ebm, lightgbm
    signal = models.BooleanField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    rows = models.IntegerField()
    positives = models.IntegerField()
    data_from = models.DateTimeField(null=True)
    data_until = models.DateTimeField(null=True)
    card = models.JSONField(default=dict)  # metrics, baselines, reliability, rungs tried, held-out columns
    artefact = models.JSONField(default=dict)
    artefact_hash = models.CharField(max_length=64)
    window = models.JSONField(default=dict)  # distributions of what it learned from, to tell drift by
    why = models.JSONField(default=dict)  # {code, …}: how it came to its state
    lived_at = models.DateTimeField(null=True)  # when it was last put to work
    trained_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["target", "number"], name="modelversion_number"),
            models.UniqueConstraint(fields=["target"], name="modelversion_live", condition=models.Q(state="live")),
        ]


class ColumnDecision(Record):
    """A person's word on a column that looks filled in after the outcome."""

    personal = personal.nothing(_("names of columns"))
    target = models.CharField(max_length=60)
    column = models.CharField(max_length=200)
    use = models.BooleanField()
    basis = models.CharField(max_length=300, blank=True)  # on what lawful ground a sensitive column is learned from
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["target", "column"], name="columndecision_once"),
        ]


class Score(Record):
    """A ledger row: what a model believed about a subject at a time, and why. Never edited."""

    personal = personal.deleted("subject_id", ("features", "reasons"))
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="scores")
    target = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=10)  # person, deal
    subject_id = models.UUIDField()
    value = models.FloatField()  # 0–1
    low = models.FloatField()
    high = models.FloatField()
    gain_minor = models.BigIntegerField(null=True)  # expected gain: value × what is at stake
    reasons = models.JSONField(default=list)
    features = models.JSONField(default=dict)  # for replay
    shadow = models.BooleanField(default=False, db_default=False)  # said beside the live version, shown to nobody
    current = models.BooleanField(default=True)  # the latest of its subject and target
    scored_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["subject_id", "target"], name="score_current", condition=models.Q(current=True)
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["subject_id", "target", "-scored_at"], name="score_subject"),
            models.Index(
                fields=["target", "-gain_minor", "-value"], name="score_rank", condition=models.Q(current=True)
            ),
        ]


__all__ = [
    "BehaviourPin",
    "BehaviourWeights",
    "ColumnDecision",
    "CustomerModel",
    "CustomerValue",
    "DriftCheck",
    "LanguageModel",
    "LeadScore",
    "LeadScoreMove",
    "ModelVersion",
    "Proof",
    "ReachPattern",
    "Score",
    "TargetPolicy",
]

"""Tables of data quality: the correction log and its rules, daily numbers, signals about values, what weeks changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class CorrectionRule(Record):
    """ "Always repair this kind for this source". A changed rule is a new row with the next version."""

    personal = personal.nothing(_("a kind of problem and the name of a source"))
    kind = models.CharField(max_length=60)
    source = models.CharField(max_length=120, blank=True)  # empty: every source
    version = models.IntegerField()
    detector_version = models.IntegerField()
    min_confidence = models.FloatField()
    active = models.BooleanField(default=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    retired_by = models.UUIDField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_correction_rule"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "source", "version"], name="correctionrule_version"),
            models.UniqueConstraint(
                fields=["kind", "source"], name="correctionrule_active", condition=models.Q(active=True)
            ),
        ]


class Correction(Record):
    """A repair that was proposed, maybe done, maybe taken back.

    ``before`` and ``after``: ``{field: value}``, custom fields as ``traits.<name>``; ``field``: the one it is about.
    ``undo``: what takes an applied repair back, values and identifiers as they were.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        APPLIED = "applied", _("Applied")
        REFUSED = "refused", _("Refused")
        REVERSED = "reversed", _("Taken back")
        VOID = "void", _("No longer fits")  # the value changed since, or the problem went away by itself

    personal = personal.deleted("target_id", ("before", "after", "reason", "undo"))
    kind = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=20)  # person, company, or what another room registers
    target_id = models.UUIDField()
    field = models.CharField(max_length=240)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)  # empty: a problem without a repair, to be looked at
    reason = models.JSONField(default=list)  # [code, {words}]
    confidence = models.FloatField()
    source = models.CharField(max_length=120, blank=True)
    detector_version = models.IntegerField(default=1)
    fingerprint = models.CharField(max_length=32)  # of kind, target, field, before and after
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    rule = models.ForeignKey(CorrectionRule, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    rule_version = models.IntegerField(null=True)
    batch_id = models.UUIDField(null=True)  # decided together, reversed together
    undo = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reversed_by = models.UUIDField(null=True)
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_correction"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["fingerprint"], name="correction_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["target_id", "-id"], name="correction_target"),
            models.Index(fields=["state", "kind", "id"], name="correction_state"),
            models.Index(
                fields=["-decided_at", "-id"], name="correction_log", condition=models.Q(decided_at__isnull=False)
            ),
            models.Index(fields=["rule"], name="correction_rule", condition=models.Q(rule__isnull=False)),
            models.Index(fields=["batch_id"], name="correction_batch", condition=models.Q(batch_id__isnull=False)),
        ]


class QualityDay(Record):
    """The three numbers of one day: for people or companies, of all rows (``source`` empty) or of one source."""

    personal = personal.nothing(_("counts per day and source"))
    day = models.DateField()
    noun = models.CharField(max_length=20)
    source = models.CharField(max_length=120, blank=True)
    total = models.BigIntegerField()
    incomplete = models.BigIntegerField()
    duplicate = models.BigIntegerField()
    stale = models.BigIntegerField()
    gaps = models.JSONField(default=dict)  # {field: rows without it}
    measured_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_quality_day"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["noun", "source", "day"], name="qualityday_once"),
        ]


class QualityNote(Record):
    """What the quality jobs remember between runs, by name: how far a scan got, what it counted."""

    personal = personal.nothing(_("times and counts of jobs"))
    name = models.CharField(max_length=60, unique=True)
    value = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_quality_note"


class Decay(Record):
    """How fast values of one field stop being true in this base, learned from what was replaced."""

    personal = personal.nothing(_("statistics of a field"))
    noun = models.CharField(max_length=20)
    field = models.CharField(max_length=60)
    half_life_days = models.FloatField(null=True)  # null: too little is known
    changes = models.BigIntegerField()
    spells = models.BigIntegerField()  # values watched, those still held included
    days = models.FloatField()  # for how long all of them together
    curve = models.JSONField(default=list)  # Kaplan–Meier: [[days, share that still holds], …]
    learned_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_decay"
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["noun", "field"], name="decay_field")]


class ValueMark(Record):
    """Something that speaks for or against one value: a bounced mail, a dead phone, somebody confirmed it."""

    personal = personal.deleted("person_id", ("value", "evidence"))
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    field = models.CharField(max_length=60)
    value = models.CharField(max_length=300)
    signal = models.CharField(max_length=20)  # bounced, dead_phone, left_company, confirmed
    evidence = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_value_mark"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "field", "signal", "value"], name="valuemark_once"),
        ]


class QualityWeek(Record):
    """What changed in a week on the records of one member of staff (nobody: records without an owner)."""

    personal = personal.nothing(_("counts; the lines are read from the history when shown"))
    week = models.DateField()  # its Monday
    staff_id = models.UUIDField(null=True)
    counts = models.JSONField(default=dict)
    written_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True)  # until then home says that it is there

    class Meta:
        db_table = "people_quality_week"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["week", "staff_id"], name="qualityweek_once", nulls_distinct=False),
        ]


__all__ = ["Correction", "CorrectionRule", "Decay", "QualityDay", "QualityNote", "QualityWeek", "ValueMark"]

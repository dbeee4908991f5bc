"""Tables of activity, computed values and segments. The hot ones are made by SQL in their migration."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record

_Declared: Any = type(Record)
_FOLLOWS = _("rebuilt from events; goes with the person")


class Measure(models.Model, metaclass=_Declared):
    """What is counted per person: events of a name, maybe only some of them, maybe the sum of a property."""

    personal = personal.nothing(_("what is counted, not whose"))
    id = models.AutoField(primary_key=True)
    key = models.CharField(max_length=64, unique=True)  # hash of what follows
    event = models.CharField(max_length=200)
    filters = models.JSONField(default=list)
    property = models.CharField(max_length=200, blank=True)  # summed
    half_life_days = models.FloatField(null=True)  # decayed sum (count, without a property)
    tally = models.CharField(max_length=200, blank=True)  # values of this property are counted one by one
    ready = models.BooleanField(default=True)  # False while past events are being counted
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_measure"
        indexes: ClassVar[list[Any]] = [models.Index(fields=["event"], name="measure_event")]


class Activity(models.Model, metaclass=_Declared):
    """What a person did, summed up: one row per person and measure. Times are microseconds since 1970."""

    personal = personal.deleted("person_id", ("top",), _FOLLOWS)
    pk = models.CompositePrimaryKey("person_id", "measure_id")
    person_id = models.UUIDField()
    measure_id = models.IntegerField()
    n = models.BigIntegerField()
    total = models.DecimalField(max_digits=60, decimal_places=6)
    decayed = models.FloatField()  # as of last_us
    first_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    top = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "people_activity"
        managed = False


class Tally(models.Model, metaclass=_Declared):
    """How often a person's events had a value; the most frequent one is a computed value."""

    personal = personal.deleted("person_id", ("value",), _FOLLOWS)
    pk = models.CompositePrimaryKey("person_id", "measure_id", "value")
    person_id = models.UUIDField()
    measure_id = models.IntegerField()
    value = models.CharField(max_length=200)
    n = models.BigIntegerField()

    class Meta:
        db_table = "people_tally"
        managed = False


class Computed(Record):
    """A value that Amity works out from events, defined once."""

    personal = personal.nothing(_("definitions"))
    name = models.CharField(max_length=120, unique=True)
    label = models.CharField(max_length=200)
    definition = models.JSONField()
    measure = models.ForeignKey(Measure, null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_computed"


class Segment(Record):
    """A group of people described by a definition; a live one follows every change."""

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        FILLING = "filling", _("Being filled")
        FAILED = "failed", _("Failed")

    personal = personal.nothing(_("descriptions of groups"))
    number = models.IntegerField(unique=True)  # place of the segment in people's bits
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    definition = models.JSONField()
    live = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    members = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    differences = models.BigIntegerField(default=0)  # found by the last full check
    took_ms = models.IntegerField(null=True)  # of the last full recomputation
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "people_segment"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(archived_at__isnull=True), name="segment_name_once"
            )
        ]


class SegmentMember(models.Model, metaclass=_Declared):
    """Who is in a live segment, and since when."""

    personal = personal.deleted("person_id", (), _("membership is worked out from the person's data"))
    pk = models.CompositePrimaryKey("person_id", "segment_no")
    person_id = models.UUIDField()
    segment_no = models.IntegerField()
    entered_at = models.DateTimeField()

    class Meta:
        db_table = "people_segment_member"
        managed = False


class SegmentMove(models.Model, metaclass=_Declared):
    """Somebody entered or left a segment, and what made them."""

    personal = personal.deleted("person_id", ("reason",), _("history of a person"))
    id = models.BigAutoField(primary_key=True)
    segment_no = models.IntegerField()
    person_id = models.UUIDField()
    entered = models.BooleanField()
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta:
        db_table = "people_segment_move"
        managed = False


class SegmentTimer(models.Model, metaclass=_Declared):
    """Per person: the live segments they are in (as bits), and when time alone may change that."""

    personal = personal.deleted("person_id", (), _("worked out from the person's data"))
    person_id = models.UUIDField(primary_key=True)
    bits = models.BinaryField(null=True)  # null: never worked out
    due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_segment_timer"
        managed = False


class SegmentWork(models.Model, metaclass=_Declared):
    """People that the pipeline changed and that live segments have yet to look at: gone a moment later."""

    personal = personal.nothing(_("ids on their way; whom an erasure removes is passed over"))
    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    people = ArrayField(models.UUIDField())
    names = models.TextField()  # what changed, see `segments_work.Told`

    class Meta:
        db_table = "people_segment_work"
        managed = False


class SegmentVersion(models.Model, metaclass=_Declared):
    """One row: grows with every change of a definition, so that processes know when to read them again."""

    personal = personal.nothing(_("a counter"))
    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=1)

    class Meta:
        db_table = "people_segment_version"

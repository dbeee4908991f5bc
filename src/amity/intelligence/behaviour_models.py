"""Tables of the lead score (Behavior and Match) and of when people are best reached."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class BehaviourWeights(Record):
    """One version of the lead score's parts. Never edited: a change is a new version, so scores can be replayed."""

    personal = personal.nothing(_("sums over many records; artefacts hold no single record"))
    number = models.IntegerField(unique=True)
    spec = models.JSONField()  # see behaviour_parts.Spec
    why = models.CharField(max_length=20)  # learned, pinned, undone
    rows = models.IntegerField(default=0)
    converted = models.IntegerField(default=0)
    made_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class BehaviourPin(Record):
    """A weight that a person holds in place, whatever is learned."""

    personal = personal.nothing(_("names of columns"))
    part = models.CharField(max_length=300, unique=True)
    points = models.FloatField()
    pinned_by = models.UUIDField(null=True)
    pinned_at = models.DateTimeField(default=clock.now)


class LeadScore(Record):
    """The lead score of a person as of ``as_of``; at any later time it follows from ``sums`` in closed form."""

    personal = personal.deleted("person_id", ("sums", "known"))
    id = None  # type: ignore[assignment]
    person_id = models.UUIDField(primary_key=True)
    version = models.IntegerField()
    behaviour = models.FloatField()  # 0–100
    match = models.FloatField(null=True)  # 0–100; null: nothing is known that tells
    quadrant = models.CharField(max_length=10)  # see behaviour_parts.QUADRANTS
    sums = models.JSONField(default=dict)  # event → how often lately, faded to as_of
    known = models.JSONField(default=dict)  # column → value, as the match was read
    as_of = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when fading alone moves it to another quadrant

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["quadrant", "-behaviour", "person_id"], name="leadscore_rank"),
            models.Index(fields=["due_at"], name="leadscore_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["as_of"], name="leadscore_age", condition=models.Q(behaviour__gt=0)),
        ]


class LeadScoreMove(Record):
    """A ledger row: somebody went to another quadrant, with all it takes to work the score out again."""

    personal = personal.deleted("person_id", ("sums", "known"))
    person_id = models.UUIDField()
    version = models.IntegerField()
    behaviour = models.FloatField()
    match = models.FloatField(null=True)
    quadrant = models.CharField(max_length=10)
    before = models.CharField(max_length=10, blank=True)
    sums = models.JSONField(default=dict)
    known = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["person_id", "-at"], name="leadscoremove_person")]


class ReachPattern(Record):
    """When and how people of this company are active and answer: sums over everybody, made anew every night."""

    personal = personal.nothing(_("sums over many records; artefacts hold no single record"))
    spec = models.JSONField()  # see reach.Pattern
    people = models.IntegerField()
    made_at = models.DateTimeField(default=clock.now)

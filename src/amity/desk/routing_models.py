"""Tables of routing: rules in order, what weighs how much, and what simulations found."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class RoutingRule(Record):
    """When ``when`` holds, ``then``: a queue, a skill that is needed, how urgent it is."""

    personal = personal.nothing(_("a rule about conversations"))
    name = models.CharField(max_length=120)
    position = models.IntegerField(default=0)
    enabled = models.BooleanField(default=True)
    when = models.JSONField(default=dict)  # `routing_rules.CONDITIONS` → list of values
    then = models.JSONField(default=dict)  # queue (id), skill, urgency
    archived_at = models.DateTimeField(null=True)


class RoutingSettings(Record):
    """What weighs how much in choosing who answers; one row."""

    personal = personal.nothing(_("numbers that routing is steered by"))
    weights = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)


class RoutingRun(Record):
    """One simulation: what was asked, and what came out."""

    personal = personal.nothing(_("sums over many conversations"))
    asked = models.JSONField(default=dict)
    found = models.JSONField(default=dict)  # empty while it runs
    job_id = models.UUIDField(null=True)
    staff_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["-at"], name="routingrun_newest")]

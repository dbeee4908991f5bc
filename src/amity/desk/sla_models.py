"""Tables of promises: working hours, policies, and how long customers waited before."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class WorkingHours(Record):
    """When somebody works; ``week`` and ``days`` as `hours.BusinessHours.plain` writes them."""

    personal = personal.nothing(_("names working hours"))
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, default="UTC")
    week = models.JSONField(default=list)
    days = models.JSONField(default=dict)
    archived_at = models.DateTimeField(null=True)


class SlaPolicy(Record):
    """What is promised to whom; the first in order whose conditions hold is the one. Targets in working minutes."""

    personal = personal.nothing(_("names a promise"))
    name = models.CharField(max_length=120)
    position = models.IntegerField(default=0)
    queues = models.JSONField(default=list)  # ids; empty: any
    channels = models.JSONField(default=list)
    urgency = models.IntegerField(default=0)  # this or higher
    customer = models.CharField(max_length=10, blank=True)  # "", known, valuable
    hours = models.ForeignKey(WorkingHours, null=True, on_delete=models.SET_NULL, related_name="+")
    first_reply = models.IntegerField(null=True)
    next_reply = models.IntegerField(null=True)
    resolution = models.IntegerField(null=True)
    pause_pending = models.BooleanField(default=True)
    pause_snoozed = models.BooleanField(default=True)
    archived_at = models.DateTimeField(null=True)


class WaitHistory(Record):
    """How long replies took in a queue lately, what the chance of a broken promise is told from. Remade daily."""

    personal = personal.nothing(_("how long somebody waited, without who"))
    queue_id = models.UUIDField(null=True)
    rows = models.JSONField(default=list)  # [wait in working seconds, waiting then, hour of the week, 1: answered]
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["queue_id"], name="waithistory_queue", nulls_distinct=False)
        ]

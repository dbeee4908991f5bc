"""Table of who answers: what they can, how much at once, when, and whether they are there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Agent(Record):
    """A staff member to whom conversations are given."""

    class Status(models.TextChoices):
        AVAILABLE = "available", _("Available")
        AWAY = "away", _("Away")
        OFFLINE = "offline", _("Offline")

    personal = personal.deleted("staff_id", ("status", "skills", "languages"))
    staff = models.OneToOneField("access.Staff", on_delete=models.CASCADE, related_name="+")
    queues = models.JSONField(default=list)  # ids; empty: those of the team, and those of no team
    skills = models.JSONField(default=dict)  # name → 1 to 3
    languages = models.JSONField(default=list)  # BCP 47; empty: any
    capacity = models.JSONField(default=dict)  # channel → how many at once; "all" in all
    hours = models.ForeignKey("desk.WorkingHours", null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OFFLINE)  # as they said
    status_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True)  # last sign of life
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["status", "seen_at"], name="agent_there")]

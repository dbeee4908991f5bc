"""Tables of the golden record: what decides which value holds, and the values that somebody pinned or verified."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class GoldenPolicy(Record):
    """What decides between values, as one version; the highest holds. Rows are never changed.

    ``rules``: ``{field: trusted | latest | first}``; ``trust``: ``{source: 0–100}``, a source being ``manual``, the id
    of a website or server, or ``system:<name>`` for all imports of a system.
    """

    personal = personal.nothing(_("settings"))
    version = models.IntegerField(unique=True)
    rules = models.JSONField(default=dict)
    trust = models.JSONField(default=dict)
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_golden_policy"


class GoldenMark(Record):
    """Somebody pinned or verified a value of a profile; ``ended_at``: and it no longer holds."""

    class Kind(models.TextChoices):
        PIN = "pin", _("Pinned")
        CHECKED = "checked", _("Verified")

    personal = personal.deleted("profile_id", ("value",))
    profile_kind = models.CharField(max_length=8)  # person, company
    profile_id = models.UUIDField()  # the row that says the value: maybe a member of the profile
    name = models.CharField(max_length=120)
    value = models.JSONField(null=True)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_golden_mark"
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["profile_id", "name"], name="goldenmark_profile"),
        ]


__all__ = ["GoldenMark", "GoldenPolicy"]

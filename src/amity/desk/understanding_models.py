"""Tables of understanding: the company's own intents and the examples that were typed for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Intent(Record):
    """Something that customers ask for, by the company's own name. Merged ones go on as another."""

    personal = personal.nothing(_("names of what customers ask for"))
    name = models.CharField(max_length=80, unique=True)
    aliases = models.JSONField(default=list)  # former names: models and logs that know them stay right
    description = models.TextField(blank=True)
    urgency = models.IntegerField(null=True)  # 0–3, where a conversation about it starts
    outside = models.BooleanField(default=False)  # "none of these": messages that no intent fits
    merged_into = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["outside"], name="intent_outside", condition=models.Q(outside=True))
        ]


class Example(Record):
    """A message that was typed for an intent. What staff corrected is not here: it is read from the log."""

    personal = personal.nothing(_("examples made up by staff"))
    intent = models.ForeignKey(Intent, on_delete=models.CASCADE, related_name="examples")
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["intent", "-created_at", "-id"], name="example_intent")]

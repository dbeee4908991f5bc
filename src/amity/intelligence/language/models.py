"""The table of trained models of language: one row per version, with its figures and its artefact."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class LanguageModel(Record):
    """One version of what reads messages. ``artefact`` is packed by `store`: numbers and JSON, no code."""

    personal = personal.nothing(_("weights over many messages; addresses and numbers are taken out before learning"))
    key = models.CharField(max_length=40)  # what it tells: desk.intent, desk.tone, desk.urgency
    number = models.IntegerField()
    live = models.BooleanField(default=False)
    rows = models.IntegerField()
    classes = models.JSONField(default=list)
    figures = models.JSONField(default=dict)  # of messages held out, the plain baseline's beside it
    seed = models.IntegerField()
    artefact = models.BinaryField()
    artefact_hash = models.CharField(max_length=64)  # SHA-256 of the artefact before it was compressed
    trained_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    lived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["key", "number"], name="languagemodel_number"),
            models.UniqueConstraint(fields=["key"], name="languagemodel_live", condition=models.Q(live=True)),
        ]

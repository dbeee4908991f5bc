"""Table of notes and call notes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Note(Record):
    """What a staff member wrote down about a person, company or deal; a call note says how the call went, too.

    A note on a deal stands with the deal's person and company as well. ``history``: what it said before, newest first.
    """

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        CALL = "call", _("Call note")

    class Direction(models.TextChoices):
        OUT = "out", _("We called")
        IN = "in", _("They called")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Spoke with them")
        NO_ANSWER = "no_answer", _("No answer")
        MESSAGE = "message", _("Left a message")
        LATER = "later", _("Call again later")
        WRONG = "wrong", _("Wrong number")

    personal = personal.blanked(
        "person_id", ("body", "promised", "history"), _("that there was a talk, without what was said")
    )
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.NOTE)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )  # fmt: skip
    company = models.ForeignKey(
        "people.Company", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )  # fmt: skip
    deal = models.ForeignKey("sales.Deal", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    body = models.TextField(blank=True)
    promised = models.TextField(blank=True)
    direction = models.CharField(max_length=3, choices=Direction.choices, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    minutes = models.IntegerField(null=True)
    happened_at = models.DateTimeField(default=clock.now)
    history = models.JSONField(default=list)
    fact_id = models.UUIDField(null=True)  # its line in the log of facts
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["person", "-happened_at"], name="note_person"),
            models.Index(fields=["company", "-happened_at"], name="note_company"),
            models.Index(fields=["deal", "-happened_at"], name="note_deal"),
            models.Index(fields=["fact_id"], name="note_fact", condition=models.Q(fact_id__isnull=False)),
            models.Index(fields=["deleted_at"], name="note_deleted", condition=models.Q(deleted_at__isnull=False)),
        ]

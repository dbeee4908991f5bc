"""The table of what staff did with proactive cards: used, or put aside for this person."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from amity.base import clock, personal
from amity.base.models import Record


class CardWord(Record):
    """One card of one person, and what was done with it."""

    personal = personal.deleted("person_id", ("kind",))
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=40)
    word = models.CharField(max_length=10)  # dismissed, used
    staff_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [  # profiles that become one may both have a word on a kind
            models.Index(fields=["person", "kind"], name="cardword_person"),
            models.Index(fields=["kind", "word"], name="cardword_kind"),
        ]

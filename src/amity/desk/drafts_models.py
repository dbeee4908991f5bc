"""The table of replies that were proposed, and what became of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Draft(Record):
    """A reply proposed for one message of a customer, with the passages that it quotes."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SENT = "sent", _("Sent as it was")
        EDITED = "edited", _("Sent with changes")
        DISMISSED = "dismissed", _("Dismissed")

    personal = personal.deleted("person_id", ("text",))
    conversation = models.ForeignKey("desk.Conversation", on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField("desk.Message", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    text = models.TextField()
    citations = models.JSONField(default=list)  # [{passage, article, title, quote}]
    language = models.CharField(max_length=8)
    sure = models.FloatField()
    phrased = models.BooleanField(default=False)  # worded by a language model and checked; else composed of quotes
    why_plain = models.CharField(max_length=30, blank=True)  # why a wording was not used
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    staff_id = models.UUIDField(null=True)
    made_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["conversation", "-made_at", "-id"], name="draft_of")]

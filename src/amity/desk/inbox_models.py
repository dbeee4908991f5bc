"""Tables of the inbox: links, hand-overs to sales, mentions, what was read, macros."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Link(Record):
    """A conversation is about a record of another room: its kind and id; that room's names come from `linking`."""

    personal = personal.nothing(_("which record a conversation is about"))
    conversation = models.ForeignKey("desk.Conversation", on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=10)  # deal, order, task
    record_id = models.UUIDField()
    staff_id = models.UUIDField(null=True)  # who linked it
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "kind", "record_id"], name="conversation_link_once")
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["kind", "record_id"], name="conversation_link_record")]


class Handing(Record):
    """A conversation handed over to a colleague for a promise; past its deadline it comes back."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        KEPT = "kept", _("Kept")
        RETURNED = "returned", _("Came back")
        UNDONE = "undone", _("Undone")

    personal = personal.deleted("person_id", ("summary", "promise"))
    conversation = models.ForeignKey("desk.Conversation", on_delete=models.CASCADE, related_name="handings")
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    to_staff = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    from_staff = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    by_staff_id = models.UUIDField(null=True)
    summary = models.TextField()
    promise = models.TextField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation"], name="handing_open", condition=models.Q(state="open"))
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["due_at"], name="handing_due", condition=models.Q(state="open")),
            models.Index(fields=["person", "-at"], name="handing_person"),
        ]


class Mention(Record):
    """A colleague was named in a note, and whether they have seen it."""

    personal = personal.nothing(_("which colleague was named in a note"))
    conversation = models.ForeignKey("desk.Conversation", on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey("desk.Message", on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey("access.Staff", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["message", "staff"], name="mention_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["staff", "-at"], name="mention_of")]


class Reading(Record):
    """How far a colleague has read a conversation: the highest ``seq`` that was on their screen."""

    personal = personal.nothing(_("how far a colleague has read"))
    conversation = models.ForeignKey("desk.Conversation", on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey("access.Staff", on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["staff", "conversation"], name="reading_once")
        ]


class Macro(Record):
    """A text to answer with, per language, and what is done along with it."""

    personal = personal.nothing(_("texts to answer with"))
    name = models.CharField(max_length=120)
    team = models.ForeignKey("access.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    texts = models.JSONField(default=dict)  # language → text with placeholders
    actions = models.JSONField(default=dict)  # state, queue (id), urgency, snooze_hours: those that it has
    created_by = models.UUIDField(null=True)
    updated_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["name", "id"], name="macro_name")]

"""Tables of mail: which letters of ours belong to which conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from amity.base import clock, personal
from amity.base.models import Record


class MailRef(Record):
    """A letter of ours in a conversation. Its Message-ID is kept for ever, so that answers to it find home."""

    personal = personal.deleted("person_id", ("address", "quoted"))
    outgoing_id = models.UUIDField(unique=True)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    conversation_id = models.UUIDField()
    account_id = models.UUIDField(null=True)
    message_ref = models.CharField(max_length=500, unique=True)  # its Message-ID without brackets
    address = models.CharField(max_length=254)  # whom it is to
    author = models.CharField(max_length=8)  # staff, bot, system
    number = models.BigIntegerField(default=0)  # what people call the conversation
    answers = models.JSONField(default=list)  # ids that it answers, the newest first
    quoted = models.JSONField(default=dict)  # {"by", "at", "text"} of what it answers; emptied once sent
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["conversation_id", "-at"], name="mailref_conversation"),
            models.Index(fields=["address", "-at"], name="mailref_address", condition=~models.Q(author="staff")),
        ]

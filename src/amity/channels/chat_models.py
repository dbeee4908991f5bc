"""Table of web chat: who writes through the widget of a site."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from amity.base import clock, personal
from amity.base.models import Record
from amity.channels.receiving_models import Account


class ChatSession(Record):
    """A browser that chats. What it holds is a token, of which only the digest is kept.

    ``address`` is what its conversations are found by: one browser's own, or that of a user whom the site's server
    vouched for, shared by all browsers of that user. ``email`` is only what the visitor said: it proves nothing, joins
    no profiles and opens nothing.
    """

    personal = personal.deleted("person_id", ("address", "anonymous_id", "user_id", "email", "name", "page"))
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    token_hash = models.CharField(max_length=64, unique=True)
    address = models.CharField(max_length=254)
    anonymous_id = models.CharField(max_length=254)
    user_id = models.CharField(max_length=200, blank=True)  # proved by the signature of the site's server
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, blank=True)
    page = models.CharField(max_length=500, blank=True)  # where the chat was opened
    read_to = models.CharField(max_length=60, blank=True)  # "<conversation>:<seq>" that the visitor has read
    created_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["account", "address"], name="chat_session_address"),
            models.Index(fields=["seen_at"], name="chat_session_seen"),
        ]

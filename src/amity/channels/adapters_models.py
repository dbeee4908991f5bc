"""Tables of messengers and gateways: payloads that could not be read, kept as they came."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.channels.receiving_models import Account


class Unread(Record):
    """A payload, or a part of one, that its provider signed and that could not be read. Removed after 30 days."""

    personal = personal.deleted("", ("body",), _("events as they were sent; removed after 30 days"))
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)  # SHA-256 of the body: the same one again is the same row
    body = models.BinaryField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "digest"], name="unread_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["at"], name="unread_at")]

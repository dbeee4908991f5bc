"""Tables of the log. Their SQL (partitions, xid8 columns) is written by hand in migration 0005."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class RawEvent(Record):
    """An event exactly as it was received; partitions by month of receipt, dropped once consumed and old enough.

    Not in this model: ``xid``, the writing transaction, which the readers' cursor rule needs.
    """

    personal = personal.deleted("", ("body", "shared"), _("dropped by the month once consumed (raw_retention_days)"))
    id = models.BigIntegerField(primary_key=True)  # type: ignore[assignment]
    source_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    message_id = models.CharField(max_length=200)
    lane = models.SmallIntegerField()
    received_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    body = models.BinaryField()
    shared = models.BinaryField(null=True)

    class Meta:
        db_table = "events_raw"


class SeenKey(Record):
    """Key of an event that was taken once (`schemas.seen_key`). For ever, without a time window."""

    personal = personal.nothing(_("digests of message ids"))
    id = None  # type: ignore[assignment]
    key = models.UUIDField(primary_key=True)

    class Meta:
        db_table = "events_seen"


class LogCursor(Record):
    """How far a consumer has come; moved in the transaction that holds the consumer's effects.

    Not in this model: ``xid``, which stands before ``id`` in the cursor.
    """

    personal = personal.nothing(_("positions in the log"))
    name = models.CharField(max_length=200, primary_key=True)
    id = models.BigIntegerField(default=0)  # type: ignore[assignment]
    at = models.DateTimeField(null=True)  # when the last row consumed was received
    handled = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)  # in a row
    error = models.CharField(max_length=300, blank=True)
    moved_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "events_cursor"
        indexes: ClassVar[list[Any]] = []

"""Tables of the intake: sources with their write keys, what was refused, and how much came in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Source(Record):
    """A site, app, server or other door that events come from.

    The write key only lets events in. It stands in the source code of every web page that uses it, so it is no secret.
    ``previous_key`` goes on working until ``previous_until``, so that a key can be rotated without losing events.
    """

    class Kind(models.TextChoices):
        JAVASCRIPT = "javascript", _("Web site")
        SERVER = "server", _("Server")
        MOBILE = "mobile", _("Mobile app")
        WEBHOOK = "webhook", _("Inbound webhook")
        CONNECTOR = "connector", _("Connector")

    personal = personal.nothing(_("names, keys and limits of machines"))
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.JAVASCRIPT)
    write_key = models.CharField(max_length=64, unique=True)
    previous_key = models.CharField(max_length=64, blank=True, default="")
    previous_until = models.DateTimeField(null=True)
    events_per_second = models.IntegerField(default=0)  # 0: as the installation's setting says
    max_event_bytes = models.IntegerField(default=0)
    max_batch_bytes = models.IntegerField(default=0)
    retention_days = models.IntegerField(null=True)  # null: for ever
    enabled = models.BooleanField(default=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class Quarantine(Record):
    """An event that could not be taken, with the reason, kept so that it can be replayed."""

    personal = personal.deleted("", ("body", "shared"), _("events as they were sent; removed after 30 days"))
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="rejects")
    kind = models.CharField(max_length=20, blank=True)
    message_id = models.CharField(max_length=100, blank=True)
    body = models.BinaryField()
    shared = models.BinaryField(null=True)
    sent_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=40)
    sentence = models.CharField(max_length=300)
    received_at = models.DateTimeField(default=clock.now)
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["source", "-received_at", "-id"], name="quarantine_newest"),
        ]


class SourceVolume(Record):
    """What came in from a source within one minute; counted by the intake, added up every few seconds."""

    personal = personal.nothing(_("counts"))
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="volumes")
    minute = models.DateTimeField()
    taken = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)  # bytes of bodies

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["source", "minute"], name="source_volume_once"),
        ]

"""Tables of room `events`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.events.door_models import (
    Connector,
    ConnectorFile,
    ConnectorRun,
    Destination,
    Hook,
    HookPayload,
    SourceMapping,
)
from amity.events.log_models import LogCursor, RawEvent, SeenKey
from amity.events.source_models import Quarantine, Source, SourceVolume

__all__ = [
    "Connector",
    "ConnectorFile",
    "ConnectorRun",
    "Destination",
    "Event",
    "Hook",
    "HookPayload",
    "LogCursor",
    "Quarantine",
    "RawEvent",
    "SeenKey",
    "Source",
    "SourceMapping",
    "SourceVolume",
    "WebhookDelivery",
    "WebhookEndpoint",
]


class Event(Record):
    """A fact with time and source. Subjects are opaque ids: this room does not know what a person is.

    Partitions by month of ``occurred_at``; the key in the database is (id, occurred_at). Not in this model: ``xid`` and
    ``seq``, the position of the row for those who follow the log of facts.
    """

    personal = personal.deleted(
        "person_id",
        ("data", "summary", "anonymous_id", "user_id", "context"),
        _("a fact about a person goes with the person"),
    )
    kind = models.CharField(max_length=40)  # mail, call, meeting, page, order, note, …
    name = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    source = models.CharField(max_length=120)
    message_id = models.CharField(max_length=200)
    person_id = models.UUIDField(null=True)
    company_id = models.UUIDField(null=True)
    deal_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    origin_id = models.UUIDField(null=True, editable=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    source_id = models.UUIDField(null=True)  # of `Source`; null for what did not come through a source
    anonymous_id = models.TextField(null=True)
    user_id = models.TextField(null=True)
    context = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["person_id", "-occurred_at", "-id"],
                name="event_person",
                condition=models.Q(person_id__isnull=False),
            ),
            models.Index(
                fields=["company_id", "-occurred_at", "-id"],
                name="event_company",
                condition=models.Q(company_id__isnull=False),
            ),
            models.Index(
                fields=["deal_id", "-occurred_at", "-id"], name="event_deal", condition=models.Q(deal_id__isnull=False)
            ),
            # What a profile said of itself: a few among thousands of its events.
            models.Index(
                fields=["person_id", "-occurred_at"], name="event_identify", condition=models.Q(kind="identify")
            ),
            models.Index(fields=["company_id", "-occurred_at"], name="event_group", condition=models.Q(kind="group")),
        ]


class WebhookEndpoint(Record):
    """Where facts are handed on to. The secret signs each delivery and is shown once."""

    personal = personal.nothing(_("addresses of machines"))
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=400)  # sealed
    topics = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    failures = models.IntegerField(default=0)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class WebhookDelivery(Record):
    """One fact on its way to one endpoint; kept for replay."""

    personal = personal.deleted("subject_id", ("payload",), _("copies of facts about a person"))
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    topic = models.CharField(max_length=220)
    subject_id = models.UUIDField(null=True)
    payload = models.JSONField()
    state = models.CharField(max_length=10, default="waiting")  # waiting, delivered, failed
    attempts = models.IntegerField(default=0)
    last_status = models.IntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    next_attempt_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["endpoint", "-created_at", "-id"], name="delivery_newest"),
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=models.Q(state="waiting")),
        ]

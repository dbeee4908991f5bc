"""Tables of the other doors: inbound webhooks, pull connectors, destinations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.events.source_models import Source


class SourceMapping(Record):
    """How payloads of a source become events. ``draft`` is being written; ``live`` is what works now."""

    personal = personal.nothing(_("names of fields; constants that staff typed"))
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="mapping")
    draft = models.JSONField(default=dict)
    live = models.JSONField(null=True)
    live_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=clock.now)


class Hook(Record):
    """The secret address of an inbound webhook and how its sender signs."""

    personal = personal.nothing(_("an address and a key of a machine"))
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="hook")
    token_hash = models.CharField(max_length=64, unique=True)
    token = models.CharField(max_length=400)  # sealed, so that the address can be shown again
    signature_header = models.CharField(max_length=100, blank=True)  # empty: not checked
    signature_secret = models.CharField(max_length=600, blank=True)  # sealed
    refused = models.BigIntegerField(default=0)  # payloads with a wrong signature
    created_at = models.DateTimeField(default=clock.now)


class HookPayload(Record):
    """One payload as it came: the sample of the mapping editor, and what can be replayed."""

    class State(models.TextChoices):
        KEPT = "kept", _("Kept")  # came before the mapping went live
        MAPPED = "mapped", _("Taken")
        IGNORED = "ignored", _("No rule applies")
        FAILED = "failed", _("Failed")

    personal = personal.deleted("", ("body", "headers", "query"), _("payloads as they came; forgotten after 30 days"))
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="payloads")
    content_type = models.CharField(max_length=120, blank=True)
    headers = models.JSONField(default=dict)
    query = models.JSONField(default=dict)
    body = models.BinaryField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.KEPT)
    events = models.IntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=clock.now)
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["source", "-received_at", "-id"], name="hookpayload_newest"),
            models.Index(fields=["received_at"], name="hookpayload_age"),
        ]


class Connector(Record):
    """A place that rows are fetched from on a schedule. ``position`` says how far; it moves with the rows."""

    class Kind(models.TextChoices):
        POSTGRES = "postgres", _("PostgreSQL")
        MYSQL = "mysql", _("MySQL or MariaDB")
        REST = "rest", _("REST endpoint")
        FOLDER = "folder", _("Folder of files")

    personal = personal.nothing(_("addresses, positions and counts"))
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="connector")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    settings = models.JSONField(default=dict)
    secret = models.CharField(max_length=2_000, blank=True)  # sealed
    every_minutes = models.IntegerField(default=15)
    cron = models.CharField(max_length=100, blank=True)  # wins over every_minutes
    active = models.BooleanField(default=False)
    position = models.JSONField(default=dict)
    run_no = models.IntegerField(default=0)
    next_run_at = models.DateTimeField(null=True)
    busy_since = models.DateTimeField(null=True)
    ok_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["next_run_at"], name="connector_due", condition=models.Q(active=True)),
        ]


class ConnectorRun(Record):
    """One run of a connector: batches until there was nothing new."""

    personal = personal.nothing(_("counts and times"))
    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="runs")
    number = models.IntegerField()
    state = models.CharField(max_length=8, default="running")  # running, done, failed, stopped
    batches = models.IntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["connector", "number"], name="connector_run_once"),
        ]


class ConnectorFile(Record):
    """A file of a folder that was read, or is being read."""

    personal = personal.nothing(_("names of files and counts"))
    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=500)
    size = models.BigIntegerField()
    modified_ns = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    sentence = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["connector", "name"], name="connector_file_once"),
        ]


class Destination(Record):
    """Where events are handed on to. ``xid`` and ``seq`` are the last event that arrived there."""

    class Kind(models.TextChoices):
        FILES = "files", _("Files (NDJSON)")
        KAFKA = "kafka", _("Kafka")
        WEBHOOKS = "webhooks", _("Webhooks")  # one row for all: deliveries are made for each endpoint

    personal = personal.nothing(_("addresses, positions and counts"))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)
    secret = models.CharField(max_length=2_000, blank=True)  # sealed
    events = models.JSONField(default=list)  # patterns of names; empty: all
    active = models.BooleanField(default=True)
    xid = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["kind"], name="destination_webhooks_once", condition=models.Q(kind="webhooks")
            ),
        ]

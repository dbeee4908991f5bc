"""Tables of room `channels`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.channels.adapters_models import Unread
from amity.channels.chat_models import ChatSession
from amity.channels.mail_models import MailRef
from amity.channels.receiving_models import Account, Attachment, Received

__all__ = [
    "Account",
    "Attachment",
    "ChatSession",
    "MailRef",
    "Outgoing",
    "Received",
    "SendRule",
    "Suppression",
    "Unread",
]


class Outgoing(Record):
    """A message on its way out, and what became of it. ``key`` makes proposing it twice one message."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        HELD = "held", _("Held back")
        HANDING = "handing", _("Being handed over")
        SENT = "sent", _("Sent")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Not known")

    class Progress(models.TextChoices):
        """What the provider said after it took a message."""

        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")

    personal = personal.deleted("person_id", ("address", "subject", "body", "html", "values", "files"))
    key = models.CharField(max_length=200, unique=True)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    staff = models.ForeignKey("access.Staff", null=True, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=60)
    template = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=8, blank=True)
    address = models.CharField(max_length=254, blank=True)
    address_key = models.CharField(max_length=32, blank=True)
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    values = models.JSONField(default=dict)
    files = models.JSONField(
        default=list, db_default=[]
    )  # [{name, type, content in base64}]; without content once sent
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=60, blank=True)  # why it is held, refused, failed
    detail = models.TextField(blank=True)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)  # not tried before
    handed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=300, blank=True)
    engine = models.CharField(max_length=20, blank=True)
    account_id = models.UUIDField(null=True)  # the account that the conversation came in at
    conversation_id = models.UUIDField(null=True)  # of room `desk`, which is above
    progress = models.CharField(max_length=10, choices=Progress.choices, blank=True, db_default="")
    progress_at = models.DateTimeField(null=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["due_at", "id"], name="outgoing_due", condition=models.Q(state__in=("queued", "held"))
            ),
            models.Index(fields=["handed_at"], name="outgoing_handing", condition=models.Q(state="handing")),
            models.Index(fields=["-created_at", "-id"], name="outgoing_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="outgoing_state"),
            models.Index(fields=["person", "-handed_at"], name="outgoing_person"),
            models.Index(fields=["provider_id"], name="outgoing_provider", condition=~models.Q(provider_id="")),
        ]


class Suppression(Record):
    """An address that gets nothing more: it is dead, its holder complained, or somebody said so."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("The address does not exist")
        COMPLAINT = "complaint", _("Reported as spam")
        MANUAL = "manual", _("Blocked by hand")

    personal = personal.blanked(
        "", ("address", "note"), _("an address that must get nothing more; only its hash stays")
    )
    address_kind = models.CharField(max_length=10)
    address = models.CharField(max_length=254, blank=True)
    address_key = models.CharField(max_length=32)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.TextField(blank=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["address_key", "reason"], name="suppression_once", condition=models.Q(lifted_at=None)
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["-created_at", "-id"], name="suppression_newest")]


class SendRule(Record):
    """How often and when people are written to over a channel, apart from what they are owed."""

    personal = personal.nothing(_("numbers and hours"))
    channel = models.CharField(max_length=20, unique=True)
    most = models.IntegerField(null=True)  # messages per person within ``days``; none: no cap
    days = models.IntegerField(default=7)
    quiet_from = models.TimeField(null=True)  # in the person's own time zone
    quiet_to = models.TimeField(null=True)
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

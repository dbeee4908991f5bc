"""Tables of what comes in: the accounts that messages arrive at, each message as it came, and files."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Account(Record):
    """A place where customers reach us: a mailbox, a chat on a site, a bot, a number, an address for webhooks."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        CHAT = "chat", _("Web chat")
        TELEGRAM = "telegram", "Telegram"
        WHATSAPP = "whatsapp", "WhatsApp"
        SMS = "sms", _("Text messages")
        WEBHOOK = "webhook", _("Webhook")
        PHONE = "phone", _("Phone notes")

    personal = personal.nothing(_("settings of a channel; its secrets are sealed"))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=254, blank=True)  # our own: mail address, number, bot name
    settings = models.JSONField(default=dict)
    secret = models.TextField(blank=True)  # JSON, sealed (`base.sealing`)
    public_key = models.CharField(max_length=60, unique=True)  # names it in the addresses of webhooks and of the widget
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=20, blank=True)  # "" never tried, ok, failing
    detail = models.TextField(blank=True)  # what the last failure said
    checked_at = models.DateTimeField(null=True)
    mark = models.JSONField(default=dict)  # where reading goes on (IMAP: uid validity and uid; Telegram: offset)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["kind", "name"], name="account_kind")]


class Received(Record):
    """A message as it came in. ``provider_id`` is the sender's own id of it: the same one twice is one message."""

    personal = personal.deleted(
        "person_id", ("address", "name", "subject", "text", "quoted", "signature", "html", "to", "headers")
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    provider_id = models.CharField(max_length=500)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    channel = models.CharField(max_length=10)  # of consent: email, chat, telegram, whatsapp, sms, webhook, phone
    address = models.CharField(max_length=254, blank=True)  # the sender's
    name = models.CharField(max_length=300, blank=True)
    to = models.JSONField(default=list)  # every address it went to (To, Cc, Delivered-To)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)  # what is new in it, without quotes and signature
    quoted = models.TextField(blank=True)
    signature = models.TextField(blank=True)
    html = models.TextField(blank=True)  # sanitised; remote images are blocked
    message_ref = models.CharField(max_length=500, blank=True)  # own Message-ID without brackets
    references = models.JSONField(default=list)  # In-Reply-To first, then References
    marks = models.JSONField(default=list)  # conversation ids that our signed addresses and hidden markers named
    automatic = models.CharField(max_length=30, blank=True)  # why it was not written by a person: `receiving.AUTOMATIC`
    authentic = models.JSONField(default=dict)  # {"dkim": "pass", "spf": …, "dmarc": …}
    headers = models.JSONField(default=dict)
    raw = models.CharField(max_length=120, blank=True)  # key in `blobs`
    conversation_id = models.UUIDField(null=True)  # of room `desk`, which is above
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="received_once")
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["message_ref"], name="received_ref", condition=~models.Q(message_ref="")),
            models.Index(fields=["-received_at", "-id"], name="received_newest"),
            models.Index(fields=["conversation_id", "-received_at"], name="received_conversation"),
            models.Index(fields=["provider_id"], name="received_provider"),
            models.Index(fields=["account", "address", "-occurred_at"], name="received_from"),
            models.Index(fields=["raw"], name="received_raw", condition=~models.Q(raw="")),
        ]


class Attachment(Record):
    """A file of a message; its content lies in `blobs`, encrypted."""

    personal = personal.deleted("person_id", ("name",))
    received = models.ForeignKey(Received, null=True, on_delete=models.CASCADE, related_name="files")
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    conversation_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)  # of room `desk`
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=120)  # as its content says, not as its sender did
    size = models.BigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    blob = models.CharField(max_length=120, blank=True)  # empty: not kept
    refused = models.CharField(max_length=30, blank=True)  # why it cannot be opened: type, size, empty, disguised
    inline_id = models.CharField(max_length=255, blank=True)  # Content-ID without brackets
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["message_id"], name="attachment_message"),
            models.Index(fields=["blob"], name="attachment_blob", condition=~models.Q(blob="")),
        ]

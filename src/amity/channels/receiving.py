"""Taking messages in: each once, whole, and handed to the room above in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from amity.base import clock
from amity.channels import mail_threads
from amity.channels.masking import masked, masked_source
from amity.channels.receiving_models import Account, Received

AUTOMATIC = {
    "auto_submitted": _("It says that a machine wrote it."),
    "list": _("It came through a mailing list or a bulk mailing."),
    "bounce": _("It reports that a message could not be delivered."),
    "ours": _("Amity wrote it."),
    "no_reply": _("Its sender takes no replies."),
    "keyword": _("It is a word that stops or allows messages."),
    "reaction": _("It only reacts to another message."),
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as an adapter read it; see `Received` for what each field holds. ``files``: ids of attachments."""

    account_id: UUID
    provider_id: str
    channel: str
    address: str
    text: str
    occurred_at: datetime
    name: str = ""
    to: Sequence[str] = ()
    subject: str = ""
    quoted: str = ""
    signature: str = ""
    html: str = ""
    message_ref: str = ""
    references: Sequence[str] = ()
    marks: Sequence[UUID] = ()
    automatic: str = ""
    authentic: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str = ""
    files: Sequence[UUID] = ()
    person_id: UUID | None = None  # known already, e.g. a signed-in visitor
    account_kind: str = ""  # likewise, of an account that is known to be there


@dataclass(frozen=True, slots=True)
class ReceivedView:
    """A message that came in."""

    id: UUID
    account_id: UUID
    account_kind: str
    channel: str
    person_id: UUID | None
    address: str
    name: str
    to: tuple[str, ...]
    subject: str
    text: str
    quoted: str
    signature: str
    html: str
    message_ref: str
    references: tuple[str, ...]
    marks: tuple[UUID, ...]
    automatic: str
    authentic: Mapping[str, str]
    headers: Mapping[str, str]
    occurred_at: datetime
    received_at: datetime
    files: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: its id, whether it is new, and the conversation it belongs to."""

    id: UUID
    new: bool
    conversation_id: UUID | None


Receiver = Callable[[ReceivedView], UUID | None]
Hears = Callable[[ReceivedView], None]
_receivers: list[Receiver] = []
_hearers: dict[str, Hears] = {}


def register_receiver(receiver: Receiver) -> None:
    """Have every new message handed to ``receiver`` in its transaction; it returns the conversation's id."""
    _receivers[:] = [receiver]


def hear(name: str, hears: Hears) -> None:
    """Have ``hears(message)`` called for each new message, in its transaction, in order of name."""
    _hearers[name] = hears


def receive(message: Incoming) -> Taken:
    """Take a message in, once. It is kept, and where it belongs decided, or neither. Card numbers are masked."""
    kind = message.account_kind or Account.objects.values_list("kind", flat=True).get(pk=message.account_id)
    before = known(message)
    if before is not None:
        return before
    try:
        with transaction.atomic():
            row = _row(message)
            row.save(force_insert=True)
            if message.files:
                row.files.model.objects.filter(pk__in=message.files).update(received=row)
            view = view_of(row, kind, message.files)
            for receiver in _receivers:
                row.conversation_id = receiver(view)
            if row.conversation_id:
                Received.objects.filter(pk=row.pk).update(conversation_id=row.conversation_id)
            for _name, hears in sorted(_hearers.items()):
                hears(view)
    except IntegrityError:
        before = known(message)
        if before is None:
            raise
        return before
    return Taken(row.pk, True, row.conversation_id)


def view_of(row: Received, account_kind: str, files: Sequence[UUID] = ()) -> ReceivedView:
    """A row as other rooms see it."""
    return ReceivedView(
        row.pk, row.account_id, account_kind, row.channel, row.person_id, row.address, row.name, tuple(row.to),
        row.subject, row.text, row.quoted, row.signature, row.html, row.message_ref, tuple(row.references),
        tuple(UUID(str(each)) for each in row.marks), row.automatic, row.authentic, row.headers, row.occurred_at,
        row.received_at, tuple(files),
    )  # fmt: skip


def known(message: Incoming) -> Taken | None:
    """What became of a message that was taken in before, None for a new one. 1 query."""
    rows = Received.objects.filter(account_id=message.account_id, provider_id=message.provider_id[:500])
    found = rows.values_list("pk", "conversation_id").first()
    return Taken(found[0], False, found[1]) if found else None


def _row(message: Incoming) -> Received:
    told: dict[str, Any] = {
        name: getattr(message, name)
        for name in ("account_id", "channel", "message_ref", "automatic", "raw", "person_id", "occurred_at")
    }
    texts = {name: masked(getattr(message, name)) for name in ("subject", "text", "quoted", "signature")}
    texts["html"] = masked_source(message.html)
    return Received(
        provider_id=message.provider_id[:500], address=message.address[:254], name=message.name[:300],
        to=list(message.to), references=list(message.references), marks=[str(each) for each in message.marks],
        authentic=dict(message.authentic), headers=_headers(message.headers), received_at=clock.now(), **told, **texts,
    )  # fmt: skip


def _headers(told: Mapping[str, str]) -> dict[str, str]:
    """Headers as they are kept: the subject and addresses are written by strangers too."""
    return {name: masked(value) for name, value in told.items()}


def conversations_of_refs(refs: Sequence[str]) -> dict[str, UUID]:
    """Message-ID → conversation, of those that came in and of those that we wrote. 2 queries."""
    rows = Received.objects.filter(message_ref__in=[ref for ref in refs if ref], conversation_id__isnull=False)
    told = rows.order_by("-received_at").values_list("message_ref", "conversation_id")
    came = {ref: home for ref, home in told if home}
    return came | mail_threads.conversations(refs)


def twin_of(received_id: UUID) -> UUID | None:
    """The conversation in which the same mail is already, that came to another mailbox of ours too. 2 queries."""
    own = Received.objects.filter(pk=received_id).values_list("provider_id", "account_id", "channel").first()
    if own is None or own[2] != "email":
        return None
    rows = Received.objects.filter(provider_id=own[0], channel="email", conversation_id__isnull=False)
    return rows.exclude(account_id=own[1]).values_list("conversation_id", flat=True).first()

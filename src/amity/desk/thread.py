"""Opening conversations and adding to them. Every message of every channel, bot and person passes through `append`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from amity.base import clock, live
from amity.base.searching import search_text
from amity.desk import happenings
from amity.desk.models import Conversation, Message, Queue, State

KIND = "conversation"
_LINE = 200
WORDS = 600  # characters of the newest messages that a conversation is found by


@dataclass(frozen=True, slots=True)
class Said:
    """Something to be added. ``key``: the same one twice is one message. ``direction``: in, out, note."""

    key: str
    direction: str
    author: str  # customer, staff, bot, system
    text: str
    channel: str
    staff_id: UUID | None = None
    author_name: str = ""
    html: str = ""
    quoted: str = ""
    automatic: str = ""
    received_id: UUID | None = None
    outgoing_id: UUID | None = None
    files: Sequence[UUID] = ()
    mentions: Sequence[UUID] = ()
    citations: Sequence[dict[str, Any]] = ()
    at: datetime | None = None


Hears = Callable[[Conversation, Message], None]
_listeners: dict[str, Hears] = {}


def listen(name: str, hears: Hears) -> None:
    """Have ``hears(conversation, message)`` called for each new message, in its transaction, in order of name."""
    _listeners[name] = hears


def open_conversation(
    person_id: UUID | None, channel: str, subject: str, account_id: UUID | None = None, address: str = "",
    queue_id: UUID | None = None, at: datetime | None = None, by: str = "customer", staff_id: UUID | None = None,
) -> Conversation:  # fmt: skip
    """A new conversation, in the caller's transaction. 3 queries."""
    now = at or clock.now()
    conversation = Conversation.objects.create(
        number=_next_number(), person_id=person_id, channel=channel, subject=subject[:900], account_id=account_id,
        address=address[:254], queue_id=queue_id or _queue_of(account_id), started_at=now, last_at=now,
        mark=secrets.token_hex(8), search=search_text([subject, address]),
    )  # fmt: skip
    happenings.note(conversation, "opened", by, staff_id, {"channel": channel}, at=now)
    return conversation


def append(conversation_id: UUID, said: Said) -> Message:
    """Add a message once and bring the conversation up to date; open pages are told. About 6 queries.

    A customer's message opens what was solved, snoozed or waiting; an automatic one changes nothing but the thread.
    """
    with transaction.atomic():
        conversation = locked(conversation_id)
        return Message.objects.filter(key=said.key).first() or add(conversation, said)


def locked(conversation_id: UUID) -> Conversation:
    """The conversation, locked; what it became part of, where it was merged since it was looked for. 1 query."""
    row = Conversation.objects.select_for_update().get(pk=conversation_id)
    return locked(row.merged_into_id) if row.merged_into_id else row


def add(conversation: Conversation, said: Said) -> Message:
    """`append` for who has locked the conversation in this transaction and knows that the key is new. 4 queries."""
    conversation.last_seq += 1
    message = Message.objects.create(
        conversation=conversation, seq=conversation.last_seq, key=said.key, person_id=conversation.person_id,
        direction=said.direction, author=said.author, author_name=said.author_name[:300], staff_id=said.staff_id,
        channel=said.channel, text=said.text, quoted=said.quoted, html=said.html, automatic=said.automatic,
        received_id=said.received_id, outgoing_id=said.outgoing_id, files=[str(each) for each in said.files],
        mentions=[str(each) for each in said.mentions], citations=list(said.citations), at=said.at or clock.now(),
    )  # fmt: skip
    _bring_up(conversation, message)
    for _name, hears in sorted(_listeners.items()):
        hears(conversation, message)
    live.tell(KIND, [conversation.pk], soon=message.direction == "in" and not message.automatic)
    return message


def line_of(text: str) -> str:
    """A text as one line of at most 200 characters. Pure."""
    return " ".join(text.split())[:_LINE]


def found_by(conversation: Conversation, newest: str) -> str:
    """What a conversation is searched by: what it is called, its address and its newest words. Pure."""
    return search_text([conversation.subject, conversation.opening, conversation.address, newest[:WORDS]])


def opening_of(said: QuerySet[Message]) -> str:
    """The first words of the customer among these messages, else of staff; those of the bot begin nothing. 2 queries.

    They are the title of a conversation that has no subject, and stay it whatever is said later.
    """
    worded = said.filter(automatic="", withdrawn_at=None).exclude(direction="note").exclude(text="")
    for author in ("customer", "staff"):
        text = worded.filter(author=author).order_by("at", "seq").values_list("text", flat=True).first()
        if text:
            return line_of(text)
    return ""


def _bring_up(conversation: Conversation, message: Message) -> None:
    """What a message changes about its conversation, with its line in the log."""
    happenings.note(
        conversation, "note" if message.direction == "note" else f"message_{message.direction}", message.author,
        message.staff_id, {"message": str(message.pk), "channel": message.channel, "automatic": message.automatic},
        at=message.at,
    )  # fmt: skip
    if message.direction != "note":
        conversation.last_at = max(conversation.last_at, message.at)
        conversation.opening, conversation.snippet = _opening(conversation, message), line_of(message.text)
        conversation.search = found_by(conversation, message.text)
    if message.automatic:
        pass
    elif message.direction == "in":
        _customer_wrote(conversation, message)
    elif message.direction == "out" and message.author in ("staff", "bot"):
        _answered(conversation, message)
    conversation.save()


def _opening(conversation: Conversation, message: Message) -> str:
    """`opening_of` after one more message, without asking for the others."""
    if message.automatic or message.author not in ("customer", "staff"):
        return conversation.opening
    first = message.author == "customer" and conversation.customer_at is None
    return (line_of(message.text) if first or not conversation.opening else "") or conversation.opening


def _customer_wrote(conversation: Conversation, message: Message) -> None:
    conversation.channel, conversation.customer_at = message.channel, message.at
    conversation.waiting_since = conversation.waiting_since or message.at
    if conversation.state in (State.SOLVED, State.PENDING, State.SNOOZED):
        kind = "reopened" if conversation.state == State.SOLVED else "state"
        data = {"from": conversation.state, "to": "open"}
        happenings.note(conversation, kind, "customer", None, data, at=message.at)
        conversation.reopened += conversation.state == State.SOLVED
        conversation.state, conversation.snoozed_until, conversation.solved_at = State.OPEN, None, None


def _answered(conversation: Conversation, message: Message) -> None:
    conversation.waiting_since = None
    if message.author == "staff" and conversation.first_reply_at is None:
        conversation.first_reply_at = message.at


def _queue_of(account_id: UUID | None) -> UUID | None:
    if account_id is None:
        return None
    rows = Queue.objects.filter(archived_at=None, accounts__contains=[str(account_id)])
    return rows.order_by("position", "id").values_list("pk", flat=True).first()


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('desk_conversation_number')")
        return int(cursor.fetchone()[0])

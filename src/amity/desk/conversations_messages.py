"""What was said in a conversation, with what became of each answer; and how far somebody has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from amity.access import api as access
from amity.base import clock
from amity.base.ids import new_id
from amity.channels import api as channels
from amity.desk import conversations
from amity.desk.models import Happening, Message, Reading

PAGE = 100


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message; ``delivery`` of answers only. ``html`` is sanitised where it came in."""

    id: UUID
    conversation_id: UUID
    seq: int
    direction: str
    author: str
    author_name: str
    staff_id: UUID | None
    channel: str
    text: str
    quoted: str
    html: str
    automatic: str
    received_id: UUID | None
    outgoing_id: UUID | None
    files: Sequence[str]
    mentions: Sequence[str]
    citations: Sequence[Mapping[str, Any]]
    withdrawn_at: datetime | None
    at: datetime
    delivery: channels.Delivery | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the log as the thread shows it between messages."""

    id: UUID
    kind: str
    at: datetime
    by: str
    staff_id: UUID | None
    data: Mapping[str, Any]


FIELDS = tuple(each for each in MessageView.__dataclass_fields__ if each != "delivery")
FACT_FIELDS = tuple(Fact.__dataclass_fields__)
SILENT = ("message_in", "message_out", "note", "draft", "card", "understood", "due", "sla", "paused", "resumed")


def messages(
    principal: access.Principal, conversation_id: UUID, before: int = 0, limit: int = PAGE
) -> list[MessageView]:
    """The newest ``limit`` messages (those with a lower ``seq`` than ``before``), oldest first. 3 queries."""
    conversations.get(principal, conversation_id)
    return shown(conversation_id, before, limit)


def shown(conversation_id: UUID, before: int = 0, limit: int = PAGE) -> list[MessageView]:
    """`messages` for who has been shown the conversation. 2 queries."""
    rows = Message.objects.filter(conversation_id=conversation_id)
    rows = rows.filter(seq__lt=before) if before else rows
    return viewed(rows.order_by("-seq").values(*FIELDS)[:limit])


def viewed(
    rows: Iterable[dict[str, Any]], known: Mapping[UUID, channels.Delivery] | None = None
) -> list[MessageView]:  # fmt: skip
    """Rows of `FIELDS` in the order of time. 1 query beside theirs, none where all their answers are ``known``."""
    found, known = sorted(rows, key=lambda row: (row["at"], row["seq"])), known or {}
    known = {**known, **channels.deliveries({row["outgoing_id"] for row in found} - known.keys())}
    return [MessageView(**row, delivery=known.get(row["outgoing_id"])) for row in found]


def view_of(message: Message) -> MessageView:
    """A message in hand. 1 query where it is an answer."""
    known = channels.deliveries([message.outgoing_id]) if message.outgoing_id else {}
    values = {name: getattr(message, name) for name in FIELDS}
    return MessageView(**values, delivery=known.get(message.outgoing_id) if message.outgoing_id else None)


def facts(conversation_id: UUID, since: datetime | None = None, limit: int = 200) -> list[Fact]:
    """Lines of the log that are worth showing, oldest first. 1 query."""
    rows = Happening.objects.filter(conversation_id=conversation_id).exclude(kind__in=SILENT)
    rows = rows.filter(at__gte=since) if since else rows
    return [Fact(**row) for row in reversed(rows.order_by("-at", "-id").values(*FACT_FIELDS)[:limit])]


_READ = """
WITH had AS (INSERT INTO desk_reading (id, conversation_id, staff_id, seq) VALUES (%s, %s, %s, %s)
    ON CONFLICT (staff_id, conversation_id) DO UPDATE SET seq = greatest(desk_reading.seq, excluded.seq))
UPDATE desk_mention SET seen_at = %s WHERE conversation_id = %s AND staff_id = %s AND seen_at IS NULL
"""


def read_up_to(principal: access.Principal, conversation_id: UUID, seq: int) -> None:
    """The reader has everything up to ``seq`` on the screen; mentions in it are seen. 1 query."""
    if principal.staff_id is None:
        return
    whose = [conversation_id, principal.staff_id]
    with connection.cursor() as cursor:
        cursor.execute(_READ, [new_id(), *whose, seq, clock.now(), *whose])


def read_of(principal: access.Principal, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Conversation → how far the reader has read it. 1 query."""
    rows = Reading.objects.filter(staff_id=access.own_id(principal), conversation_id__in=list(ids))
    return dict(rows.values_list("conversation_id", "seq"))

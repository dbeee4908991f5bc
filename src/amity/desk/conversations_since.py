"""What is new in a conversation since a page was made of it, so that an open page fetches only that.

A page keeps a mark of what it shows. While only messages and plain lines of the log were added after what it shows,
the news are these alone; after anything else (`PLAIN`), and where an answer fared otherwise, it is made anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.expressions import RawSQL

from amity.access import api as access
from amity.channels import api as channels
from amity.desk import conversations
from amity.desk.conversations import ConversationView
from amity.desk.conversations_messages import FACT_FIELDS, FIELDS, PAGE, SILENT, Fact, MessageView, viewed
from amity.desk.models import Happening, Message

PLAIN = frozenset((
    "state", "snoozed", "reopened", "assigned", "queue", "urgency", "subject", "intent", "breached", "tone", "csat",
    "suggested", "judged", "complaint", "refund",
))  # fmt: skip
_HEAD = ("channel", "address", "subject", "person_id", "state", "due_at", "breached_at", "breach_chance")
_SHUT = ("solved", "spam", "snoozed")
_LOG = """(SELECT count(*) FROM desk_happening h WHERE h.conversation_id = desk_conversation.id
AND NOT h.kind = ANY(%s))"""
_SENT = """ARRAY(SELECT m.seq || ' ' || m.outgoing_id FROM desk_message m
WHERE m.conversation_id = desk_conversation.id AND m.outgoing_id IS NOT NULL AND m.seq > %s)"""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page shows: the newest message, lines of the log, how answers fared, head, actions, newest time (µs)."""

    seq: int
    log: int
    sent: int
    head: int
    actions: int
    at: int

    def __str__(self) -> str:
        return "-".join(map(str, astuple(self)))


@dataclass(frozen=True, slots=True)
class News:
    """Messages and lines that were added, whether head and actions changed, and the mark of the page with them."""

    messages: Sequence[MessageView]
    facts: Sequence[Fact]
    head: bool
    actions: bool
    mark: Mark


def read(text: str) -> Mark | None:
    """A mark as a page tells it; None for what is none. Pure."""
    parts = text[:120].split("-")
    good = len(parts) == len(Mark.__dataclass_fields__) and all(each.isascii() and each.isdigit() for each in parts)
    return Mark(*map(int, parts)) if good else None


def mark_of(view: ConversationView, log: int, messages: Sequence[MessageView], facts: Iterable[Fact]) -> Mark:
    """The mark of a page that shows all this; ``log`` as `lines` counted before. Pure."""
    seq = max((each.seq for each in messages), default=0)
    states = {each.seq: each.delivery.state for each in messages if each.delivery}
    times = [*(each.at for each in messages), *(each.at for each in facts)]
    return _mark(view, log, seq, states, times)


def lines(conversation_id: UUID) -> int:
    """How many lines of the log there are that pages show. 1 query."""
    return Happening.objects.filter(conversation_id=conversation_id).exclude(kind__in=SILENT).count()


def news(
    principal: access.Principal, conversation_id: UUID, mark: Mark
) -> tuple[ConversationView, News | None]:  # fmt: skip
    """The conversation, and what is new since; None: make it anew. 1 to 4 queries; raises as `conversations.get`."""
    log, sent = RawSQL(_LOG, [list(SILENT)]), RawSQL(_SENT, [mark.seq - PAGE])  # noqa: S611 - constant texts
    view, told = conversations.looked(principal, conversation_id, counted=log, went=sent)
    ids = {int(seq): UUID(pk) for seq, _space, pk in (each.partition(" ") for each in told["went"])}
    known = channels.deliveries(ids.values())
    states = {seq: known[pk].state for seq, pk in ids.items() if pk in known and seq <= mark.seq}
    more = told["counted"] - mark.log
    if view.merged_into_id or more < 0 or more > PAGE or _digest_of(states, mark.seq) != mark.sent:
        return view, None
    messages, facts = _messages(view, mark, known), _facts(view, more)
    times = [*(each.at for each in messages), *(each.at for each in facts)]
    whole = len(messages) > PAGE or any(each.kind not in PLAIN for each in facts)
    if whole or any(_micros(at) < mark.at for at in times):
        return view, None
    seq = max([mark.seq, *(each.seq for each in messages)])
    states |= {each.seq: each.delivery.state for each in messages if each.delivery}
    now = _mark(view, told["counted"], seq, states, times, mark.at)
    return view, News(messages, facts, now.head != mark.head, now.actions != mark.actions, now)


def _messages(view: ConversationView, mark: Mark, known: Mapping[UUID, channels.Delivery]) -> list[MessageView]:
    if view.last_seq <= mark.seq:
        return []
    rows = Message.objects.filter(conversation_id=view.id, seq__gt=mark.seq).order_by("seq")
    return viewed(rows.values(*FIELDS)[: PAGE + 1], known)


def _facts(view: ConversationView, more: int) -> list[Fact]:
    """The lines that were written last: ids grow."""
    if not more:
        return []
    rows = Happening.objects.filter(conversation_id=view.id).exclude(kind__in=SILENT).order_by("-id")
    return sorted((Fact(**row) for row in rows.values(*FACT_FIELDS)[:more]), key=lambda each: (each.at, each.id))


def _mark(
    view: ConversationView, log: int, seq: int, states: Mapping[int, str], times: Iterable[datetime], at: int = 0
) -> Mark:  # fmt: skip
    head = _digest([getattr(view, name) for name in _HEAD] + [view.title])
    actions = _digest([view.subject, view.assignee_id, view.queue_id, view.urgency, view.state in _SHUT])
    return Mark(seq, log, _digest_of(states, seq), head, actions, max([at, *map(_micros, times)]))


def _digest_of(states: Mapping[int, str], seq: int) -> int:
    """How the answers among the newest messages fared, in a number."""
    return _digest(sorted((each, state) for each, state in states.items() if seq - PAGE < each <= seq))


def _digest(values: Any) -> int:
    return zlib.crc32(repr(values).encode())


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)

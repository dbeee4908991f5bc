"""To which conversation a message belongs: the evidence in its order, the first that holds decides."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from amity.base import clock
from amity.channels import api as channels
from amity.desk.models import Conversation, Message, State

SAME_TALK = timedelta(hours=24)  # a chat or messenger without threads goes on within this time
_THREADLESS = ("chat", "telegram", "whatsapp", "sms", "webhook")


def conversation_of(received: channels.ReceivedView) -> UUID | None:
    """The conversation a message goes on with, or None for a new one. At most 3 queries."""
    if received.channel in _THREADLESS:
        return _going_on(received)
    return _marked(received) or _answering(received)


def _marked(received: channels.ReceivedView) -> UUID | None:
    """A signed address or hidden marker names it."""
    rows = Conversation.objects.filter(pk__in=received.marks)
    return _home(rows.first())


def _answering(received: channels.ReceivedView) -> UUID | None:
    """It answers a message that we know."""
    refs = [ref for ref in received.references if ref]
    found = channels.conversations_of_refs(refs)
    hit = next((found[ref] for ref in refs if ref in found), None)
    return _home(Conversation.objects.filter(pk=hit).first()) if hit else None


def _going_on(received: channels.ReceivedView) -> UUID | None:
    """On channels without threads: the newest talk with that address, unless it was over long ago."""
    rows = Conversation.objects.filter(
        account_id=received.account_id, address=received.address, merged_into=None
    ).exclude(state=State.SPAM)
    newest = rows.order_by("-last_at", "-id").first()
    if newest is None or (newest.state == State.SOLVED and newest.last_at < clock.now() - SAME_TALK):
        return None
    return newest.pk


def _home(row: Conversation | None) -> UUID | None:
    """The conversation that a merged one is part of now."""
    seen = 0
    while row is not None and row.merged_into_id and seen < 50:
        row, seen = row.merged_into, seen + 1
    return row.pk if row is not None else None


def ids_of_messages(outgoing_ids: list[UUID]) -> dict[UUID, UUID]:
    """Outgoing message → conversation. 1 query."""
    rows = Message.objects.filter(outgoing_id__in=outgoing_ids).values_list("outgoing_id", "conversation_id")
    return {each: conversation for each, conversation in rows if each}

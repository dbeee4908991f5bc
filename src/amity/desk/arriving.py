"""What a message that came in becomes: part of a conversation, or the first of a new one."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from amity.base import live
from amity.channels import api as channels
from amity.desk import happenings, thread
from amity.desk.finding import conversation_of, is_stranger, suggest
from amity.desk.models import Conversation, State


def arrive(received: channels.ReceivedView) -> UUID:
    """`channels` receiver: put a message where it belongs; returns the conversation's id.

    The same mail to two of our mailboxes is one message. What a machine wrote and belongs nowhere is kept as solved.
    """
    twin = channels.twin_of(received.id) if received.channel == "email" else None
    if twin is not None:
        return twin
    home = conversation_of(received)
    if home is None:
        twin, home = _since(received)
        if twin is not None:
            return twin
    stranger = home is not None and is_stranger(received, home)
    with live.together():
        row = thread.locked(home) if home else _opened(received)
        message = thread.add(
            row,
            thread.Said(
                key=f"received:{received.id}", direction="in", author="customer", text=received.text,
                channel=received.channel, author_name=received.name, html=received.html, quoted=received.quoted,
                automatic=received.automatic, received_id=received.id, files=received.files, at=received.received_at,
            ),
        )  # fmt: skip
    if stranger:
        happenings.note(row, "stranger", data={"message": str(message.pk)}, at=received.received_at)
    if home is None and received.channel == "email":
        suggest(received, row.pk)
    return row.pk


def _since(received: channels.ReceivedView) -> tuple[UUID | None, UUID | None]:
    """(twin, conversation) that came in at the same moment: two first messages at once are one talk. 2 queries."""
    mail = received.channel == "email"
    about = received.message_ref if mail else f"{received.account_id}:{received.address}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"desk.arrive:{about}"])
    return (channels.twin_of(received.id), None) if mail else (None, conversation_of(received))


def _opened(received: channels.ReceivedView) -> Conversation:
    """A new conversation; one that begins with what a machine wrote waits for nobody."""
    row = thread.open_conversation(
        received.person_id, received.channel, received.subject, received.account_id, received.address,
        at=received.received_at,
    )  # fmt: skip
    if received.automatic:
        row.state, row.solved_at = State.SOLVED, received.received_at
        row.save(update_fields=["state", "solved_at"])
        happenings.note(
            row, "state", data={"from": "open", "to": "solved", "why": received.automatic}, at=row.started_at
        )
    return row

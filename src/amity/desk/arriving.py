"""What a message that came in becomes: part of a conversation, or the first of a new one."""

from __future__ import annotations

from uuid import UUID

from amity.channels import api as channels
from amity.desk import thread
from amity.desk.finding import conversation_of


def arrive(received: channels.ReceivedView) -> UUID:
    """`channels` receiver: put a message where it belongs; returns the conversation's id."""
    conversation_id = conversation_of(received)
    if conversation_id is None:
        conversation_id = thread.open_conversation(
            received.person_id, received.channel, received.subject, received.account_id, received.address,
            at=received.received_at,
        ).pk  # fmt: skip
    thread.append(
        conversation_id,
        thread.Said(
            key=f"received:{received.id}", direction="in", author="customer", text=received.text,
            channel=received.channel, author_name=received.name, html=received.html, quoted=received.quoted,
            automatic=received.automatic, received_id=received.id, files=received.files, at=received.received_at,
        ),
    )  # fmt: skip
    return conversation_id

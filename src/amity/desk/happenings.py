"""The log of conversations: facts with their times, never changed. Clocks and reports are computed from it alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from amity.base import clock
from amity.desk.models import Conversation, Happening

KINDS = (
    "opened", "message_in", "message_out", "note", "state", "snoozed", "queue", "assigned", "urgency", "subject",
    "understood", "intent", "handed_over", "taken_over", "merged", "unmerged", "split", "linked", "unlinked",
    "sla", "paused", "resumed", "due", "breached", "reopened", "csat", "promise", "person", "withdrawn", "complaint",
    "refund", "draft", "card", "tone", "returned", "kept", "suggested", "stranger", "judged",
    "changed",
)  # fmt: skip


def note(
    conversation: Conversation, kind: str, by: str = "system", staff_id: UUID | None = None,
    data: dict[str, Any] | None = None, at: datetime | None = None,
) -> Happening:  # fmt: skip
    """Write one fact down, in the caller's transaction. ``by``: customer, staff, bot, system. 1 query."""
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of happening: {kind}")
    return Happening.objects.create(
        conversation=conversation, person_id=conversation.person_id, kind=kind, at=at or clock.now(), by=by,
        staff_id=staff_id, data=data or {},
    )  # fmt: skip

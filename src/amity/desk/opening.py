"""When people of a conversation's queue are there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from amity.base import clock
from amity.desk.hours import BusinessHours
from amity.desk.models import Conversation
from amity.desk.sla_policies import hours_of


def people_back_at(conversation_id: UUID) -> datetime | None:
    """When somebody is there again; None while they are, or where no working hours are set. 1 query."""
    row = Conversation.objects.select_related("queue__hours").filter(pk=conversation_id).first()
    hours = row.queue.hours if row and row.queue else None
    now = clock.now()
    if hours is None or hours_of(hours).works(now):
        return None
    return hours_of(hours).add(now, 1)


def hours_at(conversation_id: UUID) -> BusinessHours | None:
    """Working hours of a conversation's queue, None where none are set. 1 query."""
    row = Conversation.objects.select_related("queue__hours").filter(pk=conversation_id).first()
    hours = row.queue.hours if row and row.queue else None
    return hours_of(hours) if hours else None

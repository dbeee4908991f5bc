"""The job that drafts a reply: safe to run twice."""

from __future__ import annotations

from uuid import UUID

from amity.base import jobs
from amity.desk import drafts


@jobs.app.task(name=drafts.TASK, retry=jobs.RETRY)
def draft(conversation_id: str) -> None:
    """Propose a reply to the customer's newest message."""
    drafts.draft(UUID(conversation_id))

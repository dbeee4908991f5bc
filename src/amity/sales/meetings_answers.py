"""Answers to our invitations that come by mail are read when they arrive."""

from __future__ import annotations

from uuid import UUID

from amity.base import jobs
from amity.base.errors import Refused
from amity.channels import api as channels
from amity.sales import meetings_mail

TASK = "sales.calendar_answer"
MAX_BYTES = 1_000_000


def register() -> None:
    """Called when Django starts."""
    channels.hear("meetings", heard)


def heard(message: channels.ReceivedView) -> None:
    """`channels` hearer: each calendar file of a mail is read by a job, unless its sender is known to be forged."""
    if message.channel != "email" or not message.files or message.authentic.get("dmarc") == "fail":
        return
    for file in channels.file_views(message.files).values():
        if file.type == "text/calendar" and not file.refused and file.size <= MAX_BYTES:
            jobs.named(TASK).defer(file_id=str(file.id), sender=message.address)


def read(file_id: str, sender: str) -> int:
    """How many answers in a file were new; a file that is gone since says nothing."""
    try:
        content = channels.file_content(UUID(file_id))
    except Refused:
        return 0
    return meetings_mail.take_answer(content, sender)

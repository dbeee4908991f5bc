"""Job entry points of the room; each is safe to run twice."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="sales.calendars", queueing_lock="sales.calendars")
def calendars(timestamp: int) -> None:
    """Every five minutes: bring calendars in step. ``timestamp``: when it was due (seconds)."""
    from amity.sales.calendars import sync_all

    close_old_connections()
    sync_all()


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="sales.reminders", queueing_lock="sales.reminders")
def reminders(timestamp: int) -> None:
    """Every minute: remind of tasks; every note deleted longer ago than undo reaches is forgotten."""
    from amity.sales import notes, reminding

    close_old_connections()
    reminding.remind()
    notes.clear_old()


@jobs.app.task(name="sales.calendar_answer", retry=jobs.RETRY)
def calendar_answer(file_id: str, sender: str) -> None:
    """Read an answer to an invitation that came by mail."""
    from amity.sales import meetings_answers

    close_old_connections()
    meetings_answers.read(file_id, sender)

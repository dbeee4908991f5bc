"""Tasks that come again."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from django.utils import timezone

from amity.base import clock
from amity.sales.models import Task

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def next_of(task: Task) -> Task | None:
    """The task that follows a repeated one when it is done, its times moved on; None where nothing repeats."""
    if not task.repeat:
        return None
    was = task.due_on or clock.today()
    try:
        due = moved(was, task.repeat)
        while due <= clock.today():
            due = moved(due, task.repeat)
        after = {name: _later(getattr(task, name), due - was) for name in ("due_at", "remind_at")}
    except (ValueError, OverflowError):  # beyond the year 9999
        return None
    copied = {name: getattr(task, name) for name in ("subject", "person_id", "company_id", "deal_id", "owner_id")}
    return Task(**copied, due_on=due, repeat=task.repeat, **after)


def _later(at: datetime | None, shift: timedelta) -> datetime | None:
    """The same time of day by the clock on the wall, also where summer time begins or ends between."""
    return timezone.make_aware(timezone.make_naive(at) + shift) if at else None


def moved(day: date, repeat: str) -> date:
    """The day after ``day`` in a repetition; the 31st is the last day of a shorter month."""
    if repeat in _MONTHS:
        months = day.year * 12 + day.month - 1 + _MONTHS[repeat]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return day + timedelta(days=7 if repeat == "week" else 1)

"""What forms of the inbox ask for, read and done: one change of one or many conversations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.desk import conversations_changes as changes

MORNING = 9  # o'clock
SNOOZES = {
    "1": gettext_lazy("In an hour"), "4": gettext_lazy("In four hours"), "tomorrow": gettext_lazy("Tomorrow morning"),
    "week": gettext_lazy("In a week"),
}  # fmt: skip


def changed(principal: access.Principal, ids: list[UUID], what: str, value: str) -> UUID:
    """Do what a form asks for; returns the undo group. Raises `Refused` for what cannot be read."""
    if what not in _DOING:
        raise Refused("no_action", _("Choose what to do with the rows."), 400)
    return _DOING[what](principal, ids, value)


_DOING: dict[str, Callable[[access.Principal, list[UUID], str], UUID]] = {
    "assignee": lambda who, ids, to: changes.assign(who, ids, who.staff_id if to == "me" else read_id(to)),
    "queue": lambda who, ids, to: changes.move(who, ids, read_id(to)),
    "state": changes.set_state,
    "urgency": lambda who, ids, to: changes.set_urgency(who, ids, int(to) if to.isdecimal() else -1),
    "snooze": lambda who, ids, to: changes.snooze(who, ids, until(to)),
    "intent": changes.set_intent,
    "subject": lambda who, ids, to: changes.set_subject(who, ids[0], to),
    "person": lambda who, ids, to: changes.set_person(who, ids[0], read_id(to) or UUID(int=0)),
}


def until(value: str) -> datetime:
    """When a choice of `SNOOZES`, or a typed day and time, is."""
    now = clock.now()
    if value in ("1", "4"):
        return now + timedelta(hours=int(value))
    if value in ("tomorrow", "week"):
        local = now.astimezone(timezone.get_current_timezone()) + timedelta(days=1 if value == "tomorrow" else 7)
        return local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return moment(value)


def moment(typed: str) -> datetime:
    """A typed day and time in the reader's time zone; raises `Refused`."""
    try:
        found = parse_datetime(typed)
    except ValueError:
        found = None
    if found is None:
        raise Refused("bad_day", _("This is not a day."))
    zone = timezone.get_current_timezone()
    return found if found.tzinfo else found.replace(tzinfo=zone if isinstance(zone, ZoneInfo) else clock.now().tzinfo)

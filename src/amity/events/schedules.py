"""When a connector runs next: every so many minutes, or as a cron line says in the installation's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter
from django.conf import settings
from django.utils.translation import gettext as _

from amity.base.errors import Refused

LEAST, MOST = 1, 31 * 24 * 60  # minutes
LONGEST_PAUSE = timedelta(hours=1)


def check(every_minutes: int, cron: str) -> None:
    """Raises ``Refused("bad_schedule")``."""
    if cron and (len(cron.split()) != 5 or not croniter.is_valid(cron)):
        raise Refused("bad_schedule", _("“{cron}” is no cron line. Example: 15 6 * * 1-5").format(cron=cron[:60]))
    if not cron and not LEAST <= every_minutes <= MOST:
        raise Refused("bad_schedule", _("A connector runs every 1 to {most} minutes.").format(most=MOST))


def following(every_minutes: int, cron: str, now: datetime) -> datetime:
    """The first time after ``now``."""
    if not cron:
        return now + timedelta(minutes=every_minutes)
    try:
        found: datetime = croniter(cron, now.astimezone(ZoneInfo(settings.TIME_ZONE))).get_next(datetime)
    except CroniterError:  # a date that never comes, such as 31 February
        return now + timedelta(days=365)
    return found.astimezone(UTC)


def after_failure(every_minutes: int, cron: str, failures: int, now: datetime) -> datetime:
    """A failed run is tried again sooner than the schedule says, with growing pauses of up to an hour."""
    pause = min(timedelta(minutes=2 ** min(failures, 10)), LONGEST_PAUSE)
    return min(now + pause, following(every_minutes, cron, now))

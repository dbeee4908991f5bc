"""Contacts per hour, channel and queue in the next seven days, with an 80 % interval: who must be there when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from amity.access import api as access
from amity.base import clock
from amity.events import api as events
from amity.intelligence import api as intelligence
from amity.sales.models import ContactsForecast

Array = NDArray[np.float64]
DAY, WEEK = 24, 168  # hours
LOOKED_AT = 84  # days
LEAST_DAYS, LEAST = 42, 200  # days since the first contact, and contacts, below which nothing is said
_ENDS = 14  # past midnights that a week was forecast from, to pick the method and the interval


@dataclass(frozen=True, slots=True)
class Hour:
    """Contacts expected in one hour of the day, with P10 to P90."""

    hour: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Day:
    """One day: all its hours, their sum, and the busiest one."""

    day: date
    hours: list[Hour]

    @property
    def total(self) -> float:
        return sum(hour.value for hour in self.hours)

    @property
    def busiest(self) -> Hour:
        return max(self.hours, key=lambda hour: hour.value)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel, or one queue (``queue:`` and its id): seven days from the kept forecast.

    None while ``contacts`` in ``known_days`` are too few.
    """

    channel: str
    known_days: int
    contacts: int
    made_at: datetime
    days: list[Day]


def keep() -> int:
    """Forecast every channel that anything came in by, and keep it; returns how many are forecast. By night.

    Some seconds a channel, most of it looking at past weeks; not inside a transaction.
    """
    zone = ZoneInfo(settings.CONFIG.time_zone)
    midnight = clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=LOOKED_AT)
    counted = events.contacts_by_hour(since, midnight, zone.key)
    made = [_row(channel, hours, midnight) for channel, hours in sorted(counted.items())]
    for row in made:
        ContactsForecast.objects.update_or_create(
            channel=row.channel,
            defaults={n: getattr(row, n) for n in ("starts_on", "known_days", "contacts", "hours", "made_at")},
        )
    ContactsForecast.objects.exclude(channel__in=list(counted)).delete()
    return sum(bool(row.hours) for row in made)


def kept(principal: access.Principal) -> list[Channel]:
    """What was forecast last, from today on, busiest channel first. 1 query. Raises ``Forbidden``.

    Only who sees everybody's records sees how much comes in: the counts are of the whole house.
    """
    access.require(principal, "deals.view")
    if principal.scope != "all":
        return []
    return [_channel(row) for row in ContactsForecast.objects.order_by("-contacts", "channel")]


def _row(channel: str, counted: Mapping[datetime, int], midnight: datetime) -> ContactsForecast:
    series = _series(counted, midnight)
    row = ContactsForecast(
        channel=channel, starts_on=midnight.date(), known_days=len(series) // DAY, contacts=int(series.sum()),
        made_at=clock.now(),
    )  # fmt: skip
    if row.known_days >= LEAST_DAYS and row.contacts >= LEAST:
        row.hours = _ahead(series)
    return row


def _series(counted: Mapping[datetime, int], midnight: datetime) -> Array:
    """Contacts per hour from the first day that had one until midnight, (24 * days,)."""
    first = min(counted).replace(hour=0)
    last = midnight.replace(tzinfo=None)
    found = np.zeros((last - first).days * DAY)
    for hour, n in counted.items():
        found[int((hour - first).total_seconds() // 3_600)] = n
    return found


def _ahead(series: Array) -> list[list[float]]:
    """The next 168 hours as (value, low, high)."""
    past = [series[: len(series) - DAY * back] for back in range(_ENDS)]
    made = intelligence.learn_forecast(past, WEEK, WEEK).forecast(series)
    return [[round(float(x), 2) for x in hour] for hour in zip(made.value, made.low, made.high, strict=True)]


def _channel(row: ContactsForecast) -> Channel:
    days = []
    for number in range(len(row.hours) // DAY):
        hours = [Hour(i, *row.hours[number * DAY + i]) for i in range(DAY)]
        days.append(Day(row.starts_on + timedelta(days=number), hours))
    return Channel(row.channel, row.known_days, row.contacts, row.made_at, days)


__all__ = ["LEAST", "LEAST_DAYS", "Channel", "Day", "Hour", "keep", "kept"]

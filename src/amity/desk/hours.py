"""Business hours: several intervals a day, days that differ, time zones with their changes of clock, past midnight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

DAY = 1_440  # minutes
LOOK = 400  # days ahead that working time is looked for in
MAX_INTERVALS = 12  # a day
Interval = tuple[int, int]  # minutes from local midnight; the end may be of the next day, up to 2,880
Span = tuple[float, float]  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When somebody works. ``week``: intervals of Monday to Sunday; ``days``: dates that differ (holidays: none).

    An interval belongs to the day that it begins on: a holiday takes the night shift that begins on it, and leaves the
    one that began on the evening before. Times of the clock that a change of clock skips are the moment of the change;
    those that come twice are the first.
    """

    zone: str = "UTC"
    week: tuple[tuple[Interval, ...], ...] = (((0, DAY),),) * 7
    days: tuple[tuple[date, tuple[Interval, ...]], ...] = ()

    def between(self, start: datetime, end: datetime) -> float:
        """Working seconds from ``start`` to ``end``; 0 when ``end`` is not later."""
        since, until = start.timestamp(), end.timestamp()
        if until <= since:
            return 0.0
        found, month = 0.0, _month_of(since)
        while True:
            starts, ends, before, bounds = _month(self, month)
            found += _worked(starts, ends, before, min(until, bounds[1])) - _worked(
                starts, ends, before, max(since, bounds[0])
            )
            if until <= bounds[1]:
                return found
            month += 1

    def add(self, start: datetime, seconds: float) -> datetime | None:
        """The moment by which ``seconds`` were worked after ``start``; None where 400 days do not hold them.

        Nothing to work: ``start`` itself.
        """
        if seconds <= 0:
            return start
        at, left = start.timestamp(), seconds
        for month in range(_month_of(at), _month_of(at + LOOK * 86_400) + 1):
            starts, ends, before, bounds = _month(self, month)
            done = _worked(starts, ends, before, max(at, bounds[0]))
            if starts and done + left <= before[-1]:
                return _reached(starts, before, done + left)
            left -= (before[-1] if before else 0.0) - done
        return None

    def works(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in working time."""
        at = moment.timestamp()
        starts, ends, _before, _bounds = _month(self, _month_of(at))
        place = bisect_right(starts, at) - 1
        return place >= 0 and at < ends[place]

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it; `read` reads it back."""
        return {
            "zone": self.zone,
            "week": [[list(each) for each in day] for day in self.week],
            "days": {day.isoformat(): [list(each) for each in intervals] for day, intervals in self.days},
        }


ALWAYS = BusinessHours()


def read(told: Mapping[str, Any]) -> BusinessHours:
    """`BusinessHours.plain` read back; raises `ValueError` for what is no hours."""
    week = tuple(_intervals(day) for day in told.get("week", ()))
    if len(week) != 7:
        raise ValueError("A week has seven days.")
    days = tuple(sorted((date.fromisoformat(day), _intervals(each)) for day, each in told.get("days", {}).items()))
    ZoneInfo(told.get("zone", "UTC"))
    return BusinessHours(told.get("zone", "UTC"), week, days)


def read_day(text: str) -> tuple[Interval, ...]:
    """ "09:00-12:30, 13:30-18:00" as intervals; an end that is not later than its start is of the next day.

    Empty text: closed. Raises `ValueError`.
    """
    return _intervals(_interval(each) for each in text.replace(";", ",").split(",") if each.strip())


def day_text(intervals: Iterable[Interval]) -> str:
    """Intervals as `read_day` reads them."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in intervals)


def _intervals(found: Iterable[Any]) -> tuple[Interval, ...]:
    rows = tuple(sorted((int(start), int(end)) for start, end in found))
    if len(rows) > MAX_INTERVALS or any(not 0 <= start < DAY or not start < end <= start + DAY for start, end in rows):
        raise ValueError("An interval begins within its day and is at most a day long.")
    if any(second[0] < first[1] for first, second in pairwise(rows)):
        raise ValueError("Intervals of a day must not overlap.")
    return rows


def _interval(text: str) -> Interval:
    start, end = (_minutes(each) for each in text.replace("\u2013", "-").split("-"))
    return start, end if end > start else end + DAY


def _minutes(text: str) -> int:
    hour, minute = (int(each) for each in text.strip().split(":"))
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= DAY):
        raise ValueError(text)
    return hour * 60 + minute


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY else minutes - DAY
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _month_of(seconds: float) -> int:
    """Number of the UTC month: twelve a year."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.year * 12 + moment.month - 1


def _first(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _worked(starts: list[float], ends: list[float], before: list[float], at: float) -> float:
    """Working seconds from the start of the month until ``at``."""
    place = bisect_right(starts, at) - 1
    return before[place] + min(at, ends[place]) - starts[place] if place >= 0 else 0.0


def _reached(starts: list[float], before: list[float], worked: float) -> datetime:
    """The moment when ``worked`` seconds of the month were done."""
    place = min(bisect_right(before, worked), len(starts)) - 1
    while before[place] >= worked and place > 0:  # an end of working time, not the next start
        place -= 1
    return datetime.fromtimestamp(starts[place] + worked - before[place], UTC)


@lru_cache(maxsize=512)
def _month(hours: BusinessHours, month: int) -> tuple[list[float], list[float], list[float], Span]:
    """Spans of one UTC month: starts, ends, seconds worked before each (and in all), and the month's bounds."""
    bounds = _first(month).timestamp(), _first(month + 1).timestamp()
    day, last = _first(month).date() - timedelta(days=3), _first(month + 1).date() + timedelta(days=1)
    found: list[Span] = []
    other = dict(hours.days)
    while day <= last:
        for interval in other.get(day, hours.week[day.weekday()]):
            start, end = (_moment(day, minutes, hours.zone) for minutes in interval)
            found.append((max(start, bounds[0]), min(end, bounds[1])))
        day += timedelta(days=1)
    spans = _joined(sorted(span for span in found if span[0] < span[1]))
    before = [0.0]
    for start, end in spans:
        before.append(before[-1] + end - start)
    return [span[0] for span in spans], [span[1] for span in spans], before, bounds


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _moment(day: date, minutes: int, zone: str) -> float:
    """A time of the local clock as seconds since the epoch; a skipped one is the moment of the change."""
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    where = ZoneInfo(zone)
    early, late = local.replace(tzinfo=where), local.replace(tzinfo=where, fold=1)
    skipped = early.utcoffset() < late.utcoffset()  # type: ignore[operator]
    if not skipped:
        return early.timestamp()
    low, high = late.timestamp(), early.timestamp()  # the change lies between the two readings
    offset = datetime.fromtimestamp(low, where).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if datetime.fromtimestamp(middle, where).utcoffset() == offset else (low, middle)
    return high


__all__ = ["ALWAYS", "BusinessHours", "day_text", "read", "read_day"]

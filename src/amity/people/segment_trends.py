"""How segments grew and shrank: moves per day, for lists and charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from amity.base import clock

DAYS = 30
WEEK = 7
_MOVES = """
SELECT s.id, (m.at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE m.entered), count(*) FILTER (WHERE NOT m.entered)
FROM people_segment s JOIN people_segment_move m ON m.segment_no = s.number
WHERE s.id = ANY(%s) AND m.at >= %s GROUP BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of a segment; ``size`` at its end."""

    day: date
    entered: int
    left: int
    size: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The last 30 days, oldest first, today included."""

    days: tuple[Day, ...]

    @property
    def sizes(self) -> list[int]:
        return [each.size for each in self.days]

    @property
    def entered(self) -> int:
        """In the last seven days, today included."""
        return sum(each.entered for each in self.days[-WEEK:])

    @property
    def left(self) -> int:
        return sum(each.left for each in self.days[-WEEK:])

    @property
    def moved(self) -> bool:
        return any(each.entered or each.left for each in self.days)


def trends(sizes: Mapping[UUID, int]) -> dict[UUID, Trend]:
    """Trends of segments of which the size now is given. 1 query, always."""
    today = clock.now().date()
    first = today - timedelta(days=DAYS - 1)
    moves: dict[UUID, dict[date, tuple[int, int]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, [list(sizes), first])
        for segment_id, day, entered, left in cursor.fetchall():
            moves[segment_id][day] = (entered, left)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    return {segment_id: _trend(size, moves[segment_id], days) for segment_id, size in sizes.items()}


def _trend(size: int, moves: Mapping[date, tuple[int, int]], days: Iterable[date]) -> Trend:
    found: list[Day] = []
    for day in sorted(days, reverse=True):
        entered, left = moves.get(day, (0, 0))
        found.append(Day(day, entered, left, max(size, 0)))
        size -= entered - left
    return Trend(tuple(reversed(found)))


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the chart: people who entered (upwards) or left (downwards) on a day."""

    x: float
    y: float
    height: float
    came: bool
    day: date
    n: int


WIDTH, HEIGHT, _GAP = 600, 96, 4


def bars(trend: Trend) -> tuple[list[Bar], float]:
    """The chart of a trend and where its axis lies; heights are relative to the busiest day."""
    most_in = max((each.entered for each in trend.days), default=0)
    most_out = max((each.left for each in trend.days), default=0)
    scale = (HEIGHT - 2 * _GAP) / max(most_in + most_out, 1)
    axis = round(_GAP + most_in * scale, 2)
    step = WIDTH / max(len(trend.days), 1)
    found = []
    for at, each in enumerate(trend.days):
        for n, came in ((each.entered, True), (each.left, False)):
            if n:
                height = round(max(n * scale, 1.5), 2)
                y = round(axis - height, 2) if came else axis + 1
                found.append(Bar(round(at * step + 2, 2), y, height, came, each.day, n))
    return found, axis

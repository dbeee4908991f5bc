"""Draws that the standard library lacks, and the rhythm of a year and a day."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from random import Random

# How busy a month is, January first: fairs in spring and autumn, holidays in August and December.
SEASON = (0.85, 0.95, 1.2, 1.2, 1.15, 0.95, 0.8, 0.6, 1.2, 1.3, 1.15, 0.65)


def poisson(rng: Random, mean: float, most: int = 60) -> int:
    """A Poisson draw (Knuth 1969, multiplication of uniforms), never above ``most``."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit and count < most:
        product *= rng.random()
        count += 1
    return count


def lognormal(rng: Random, median: float, sigma: float) -> float:
    """A positive draw with this median."""
    return median * math.exp(rng.gauss(0, sigma))


def happens(rng: Random, log_odds: float) -> bool:
    """True with the probability that ``log_odds`` stands for."""
    return rng.random() < 1 / (1 + math.exp(-log_odds))


def day(rng: Random, today: date, days: int) -> date:
    """A day of the last ``days``, by the season, slightly more often a recent one."""
    for _ in range(200):
        ago = rng.randrange(1, days + 1)
        when = today - timedelta(days=ago)
        weekend = 0.25 if when.weekday() >= 5 else 1.0
        if rng.random() * 1.3 < SEASON[when.month - 1] * weekend * (1 - 0.3 * ago / days):
            return when
    return today - timedelta(days=days // 2)


def at_work(rng: Random, when: date) -> datetime:
    """A moment of ``when``, mostly between 8 and 18 o'clock, UTC, to the second."""
    hour = min(21.9, max(6.0, rng.gauss(12.5, 2.8)))
    return datetime.combine(when, time(), UTC) + timedelta(seconds=int(hour * 3600) + rng.randrange(60))


def between(rng: Random, start: datetime, end: datetime) -> datetime:
    """A working moment of a day from ``start`` to ``end``, never outside of the two."""
    span = max(0, (end - start).days)
    moment = at_work(rng, start.date() + timedelta(days=rng.randrange(span + 1)))
    return min(max(moment, start), end)

"""Public holidays that deadlines of law step over: Poland, Germany (those of every state), Russia. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_FIXED = {
    "PL": ((1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 26)),
    "DE": ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)),
    "RU": (*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)),
}
_FROM_EASTER = {"PL": (0, 1, 49, 60), "DE": (-2, 1, 39, 50)}
_CHRISTMAS_EVE_SINCE = 2025  # in Poland


@lru_cache(maxsize=128)
def holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays of a country in a year; none where they are not known."""
    fixed = [date(year, month, day) for month, day in _FIXED.get(country, ())]
    if country == "PL" and year < _CHRISTMAS_EVE_SINCE:
        fixed.remove(date(year, 12, 24))
    moving = [easter(year) + timedelta(days=days) for days in _FROM_EASTER.get(country, ())]
    return frozenset(fixed + moving)


def easter(year: int) -> date:
    """Easter Sunday of the western churches (Meeus/Jones/Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)

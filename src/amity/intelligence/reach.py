"""The best time and channel to reach somebody: from their own hours and answers, shrunk to what is usual here.

Hours: what a person did, in their own time zone, over seven days and six spans of day. The company's shares are the
mean of a Dirichlet whose strength is learned from how much people differ (Minka 2000); a person's counts are added to
it. Channels: answers per attempt, a beta-binomial shrunk to the company's rate the same way. Told only where it is
known well enough: see `LEAST`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from amity.base import clock
from amity.intelligence import reach_channels as channels
from amity.intelligence.behaviour_models import ReachPattern
from amity.people import api as people

Array = NDArray[np.float64]
SPANS = ((0, 7), (7, 9), (9, 11), (11, 13), (13, 15), (15, 17), (17, 20), (20, 24))
CELLS = 7 * len(SPANS)
DAYS = 365
LEAST = 5  # of a person's own times, or what is told would be about everybody
LEAST_COMPANY = 50
LEAST_ATTEMPTS = 3
_STRENGTH = (5.0, 500.0)
_CALLABLE = [n for n, (begin, end) in enumerate(SPANS) if begin >= 7 and end <= 20]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is usual here. ``cells`` (56,) shares of day × span; ``channels``: name → (answered, attempts)."""

    cells: tuple[float, ...]
    strength: float
    channels: dict[str, tuple[int, int]]
    channel_strength: float
    people: int


@dataclass(frozen=True, slots=True)
class Best:
    """When and how to reach somebody.

    ``first_day``–``last_day`` 0 Monday, hours in ``zone``; ``share`` of their activity within (0–1, 80 % interval
    ``low``–``high``) beside ``usual``, the company's share; ``n`` of their own times. ``channel`` empty: not known.
    """

    first_day: int
    last_day: int
    begins: int
    ends: int
    share: float
    low: float
    high: float
    usual: float
    n: int
    zone: str
    channel: str
    answered: int
    attempts: int
    channel_share: float
    as_of: datetime


def remake(now: datetime | None = None) -> ReachPattern | None:
    """Learn the company's pattern anew; None while there is too little. 3 queries, some seconds."""
    now = now or clock.now()
    seen = people.fading.sample(now - timedelta(days=DAYS))
    by_person: dict[UUID, list[people.fading.Did]] = {}
    for each in seen:
        by_person.setdefault(each.person_id, []).append(each)
    counts = np.array([_cells(_theirs(rows), _home()) for rows in by_person.values()]).reshape(-1, CELLS)
    if counts.sum() < LEAST_COMPANY:
        return None
    usual = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * CELLS)
    tried = [channels.answers(rows) for rows in by_person.values()]
    totals: dict[str, tuple[int, int]] = {}
    for told in tried:
        for name, (answered, attempts) in told.items():
            known = totals.get(name, (0, 0))
            totals[name] = (known[0] + answered, known[1] + attempts)
    pattern = Pattern(tuple(map(float, usual)), strength(counts, usual), totals, 8.0, len(by_person))
    ReachPattern.objects.exclude(made_at__gte=now - timedelta(days=60)).delete()
    return ReachPattern.objects.create(spec=asdict(pattern), people=len(by_person), made_at=now)


def strength(counts: Array, usual: Array) -> float:
    """How strongly people follow the usual shares: the most likely concentration of a Dirichlet-multinomial.

    ``counts`` (n, cells) of people, ``usual`` (cells,). Minka 2000, fixed point for the precision alone.
    """
    from scipy.special import digamma  # its library takes long to import

    own = counts[counts.sum(axis=1) >= 2]
    if not len(own):
        return _STRENGTH[1]
    kappa = 20.0
    totals = own.sum(axis=1)
    for _step in range(100):
        shape = kappa * usual
        up = (usual * (digamma(own + shape) - digamma(shape))).sum()
        down = (digamma(totals + kappa) - digamma(kappa)).sum()
        following = float(np.clip(kappa * up / max(down, 1e-12), *_STRENGTH))
        if abs(following - kappa) < 1e-4 * kappa:
            return following
        kappa = following
    return kappa


def pattern() -> tuple[Pattern, datetime] | None:
    """The latest pattern and its age. 1 query."""
    row = ReachPattern.objects.order_by("-made_at").first()
    if row is None:
        return None
    told = row.spec
    totals = {name: (int(a), int(n)) for name, (a, n) in told["channels"].items()}
    cells = tuple(map(float, told["cells"]))
    return Pattern(cells, told["strength"], totals, told["channel_strength"], told["people"]), row.made_at


def best(members: Sequence[UUID], columns: Mapping[str, Any], now: datetime | None = None) -> Best | None:
    """When and how to reach the person whose profiles these are; None where the data are too short. 2 queries.

    ``columns``: what the profile says (the time zone, the country).
    """
    found = pattern()
    if found is None:
        return None
    now = now or clock.now()
    rows = people.fading.did(members, now - timedelta(days=DAYS))
    zone = zone_of(columns)
    return judge(found[0], rows, zone, now)


def judge(usual: Pattern, rows: Sequence[people.fading.Did], zone: ZoneInfo, now: datetime) -> Best | None:
    """The best window and channel by what somebody did, given what is usual."""
    theirs = _theirs(rows)
    counts = _cells(theirs, zone)
    n = int(counts.sum())
    if n < LEAST:
        return None
    company = np.array(usual.cells)
    shape = usual.strength * company + counts
    first, last, begin, end = window(shape / shape.sum())
    inside = _inside(first, last, begin, end)
    from scipy.stats import beta  # its library takes long to import

    a, b = float(shape[inside].sum()), float(shape.sum() - shape[inside].sum())
    low, high = (float(each) for each in beta.interval(0.8, a, b))
    channel, (answered, attempts), share = _channel(usual, channels.answers(rows))
    return Best(
        first, last, SPANS[begin][0], SPANS[end][1], a / (a + b), low, high, float(company[inside].sum()), n, zone.key,
        channel, answered, attempts, share, now,
    )  # fmt: skip


def window(shares: Array) -> tuple[int, int, int, int]:
    """First and last day, first and last span: the window densest in activity, of 1–3 days and 2–4 hours, by day.

    ``shares`` (56,). Density favours short windows and share long ones: their geometric mean decides.
    """
    table = shares.reshape(7, len(SPANS))
    best_worth, found = -1.0, (0, 0, 2, 2)
    for first in range(7):
        for last in range(first, min(first + 3, 7)):
            for begin in _CALLABLE:
                for end in (e for e in (begin, begin + 1) if e in _CALLABLE):
                    share = float(table[first : last + 1, begin : end + 1].sum())
                    hours = (SPANS[end][1] - SPANS[begin][0]) * (last - first + 1)
                    worth = share / hours**0.5
                    if worth > best_worth + 1e-12:
                        best_worth, found = worth, (first, last, begin, end)
    return found


def zone_of(columns: Mapping[str, Any]) -> ZoneInfo:
    """The person's time zone: as their profile says, else that of a country with one zone, else the company's."""
    for name in ("timezone", "time_zone", "tz"):
        if (zone := _zone(columns.get(name))) is not None:
            return zone
    return _zone(channels.ZONES.get(str(columns.get("country") or ""))) or _home()


def _zone(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (KeyError, ValueError, OSError):
        return None


def _home() -> ZoneInfo:
    return _zone(settings.TIME_ZONE) or ZoneInfo("UTC")


def _theirs(rows: Iterable[people.fading.Did]) -> list[datetime]:
    return [row.at for row in rows if channels.is_theirs(row.name)]


def _cells(times: Iterable[datetime], zone: ZoneInfo) -> Array:
    """How many of these moments lie in each cell (56,). The same cell of one day counts once: one visit, many pages."""
    local = [each.astimezone(zone) for each in times]
    seen = {(each.date(), _span(each.hour)) for each in local}
    counted = Counter(day.weekday() * len(SPANS) + span for day, span in seen)
    return np.array([counted[cell] for cell in range(CELLS)], dtype=np.float64)


def _span(hour: int) -> int:
    return next(n for n, (_begin, end) in enumerate(SPANS) if hour < end)


def _inside(first: int, last: int, begin: int, end: int) -> NDArray[np.int64]:
    width = len(SPANS)
    return np.array([day * width + span for day in range(first, last + 1) for span in range(begin, end + 1)])


def _channel(usual: Pattern, tried: Mapping[str, tuple[int, int]]) -> tuple[str, tuple[int, int], float]:
    """The channel most likely to be answered, if anything of theirs or enough of everybody's speaks for it."""
    told: list[tuple[float, str, tuple[int, int]]] = []
    for name, (answered, attempts) in usual.channels.items():
        own = tried.get(name, (0, 0))
        if own[1] < LEAST_ATTEMPTS:
            continue
        rate = (answered + 0.5) / (attempts + 1)
        shared = (own[0] + usual.channel_strength * rate) / (own[1] + usual.channel_strength)
        told.append((shared, name, own))
    share, name, own = max(told, default=(0.0, "", (0, 0)))
    return name, own, share


__all__ = ["Best", "Pattern", "best", "judge", "pattern", "remake", "strength", "window", "zone_of"]

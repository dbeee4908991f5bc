"""What a lead score is made of: named parts whose points add up, on two axes of 0–100.

*Behavior*: per event name a weight and a half-life. Done ``x`` times lately (each time fading by half every half-life),
a part gives ``weight × (1 − 2^−x)``: half of it after one, three quarters after two. *Match*: per value of a profile
column a weight around 50, the average lead. Everything here is a pure function, so a stored score can be replayed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
HOT, NURTURE, ACTIVE, COLD = QUADRANTS = ("hot", "nurture", "active", "cold")
MIDDLE = 50.0
GRADES = (70.0, 50.0, 30.0)
MATCH_SCALE = 2.0  # log-odds that make 50 points
SEPARATOR = "="
_FAINT = 1e-9
_AHEAD_DAYS = (0.5, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)


@dataclass(frozen=True, slots=True)
class Part:
    """One part. ``key``: an event's name, or ``column=value``. Weights in log-odds; ``share``: of leads with the value.

    ``learned``: what the data say (the weight unless somebody pinned it) with its standard deviation ``sd``;
    ``converted``: how many who became customers rest behind it; ``trend``: (month, learned by its beginning).
    """

    key: str
    weight: float
    prior: float
    sd: float
    half: float = 0.0
    share: float = 0.0
    converted: int = 0
    learned: float = 0.0
    pinned: bool = False
    trend: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """One version: its parts, and how many log-odds make 100 points of behaviour."""

    number: int
    behaviour: tuple[Part, ...]
    match: tuple[Part, ...]
    scale: float
    rows: int = 0
    converted: int = 0
    columns: tuple[str, ...] = field(default=())

    def stored(self) -> dict[str, Any]:
        """Plain JSON values, without the number."""
        found = asdict(self)
        del found["number"]
        return found

    @classmethod
    def of(cls, number: int, told: Mapping[str, Any]) -> Spec:
        """Back from JSON."""
        behaviour, match = (tuple(_part(each) for each in told[axis]) for axis in ("behaviour", "match"))
        return cls(
            number, behaviour, match, float(told["scale"]), told["rows"], told["converted"], tuple(told["columns"])
        )

    @property
    def halves(self) -> dict[str, float]:
        """Event → half-life in days."""
        return {part.key: part.half for part in self.behaviour}

    def points(self, part: Part) -> float:
        """The most that a part can give or take, in points of its axis."""
        return part.weight * self.unit(part)

    def unit(self, part: Part) -> float:
        """Points of one log-odds on the part's axis."""
        return 100 / self.scale if part.half else MIDDLE / MATCH_SCALE


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of n people: totals (n,) and points part by part; ``match`` is NaN where nothing known tells."""

    behaviour: Array
    behaviour_parts: Array  # (n, number of parts)
    match: Array
    match_parts: Array

    def quadrants(self) -> list[str]:
        """Where each stands."""
        return [quadrant(b, None if np.isnan(m) else m) for b, m in zip(self.behaviour, self.match, strict=True)]


def quadrant(behaviour: float, match: float | None) -> str:
    """Both halves: hot; only like customers: nurture; only active: active; else cold. An unknown match is no half."""
    like = match is not None and match >= MIDDLE
    if behaviour >= MIDDLE:
        return HOT if like else ACTIVE
    return NURTURE if like else COLD


def grade(behaviour: float, match: float | None) -> str:
    """The letter of the match (A best; – unknown) and the figure of the behaviour (1 best): "A1"."""
    letter = "–" if match is None else "ABCD"[_step(match)]
    return f"{letter}{_step(behaviour) + 1}"


def _step(points: float) -> int:
    return next((at for at, least in enumerate(GRADES) if points >= least), len(GRADES))


def sums_array(spec: Spec, sums: Sequence[Mapping[str, float]]) -> Array:
    """Sums by event as (n, number of behaviour parts)."""
    keys = [part.key for part in spec.behaviour]
    return np.array([[each.get(key, 0.0) for key in keys] for each in sums], dtype=np.float64).reshape(
        len(sums), len(keys)
    )


def faded(spec: Spec, sums: Array, days: float) -> Array:
    """The same sums, so many days later."""
    halves = np.array([part.half for part in spec.behaviour], dtype=np.float64)
    return np.asarray(sums * 2.0 ** (-days / halves)) if len(halves) else sums


def known_array(spec: Spec, known: Sequence[Mapping[str, str]]) -> Array:
    """Known values as (n, number of match parts): 1 where the person has the part's value, NaN column unknown."""
    places = [part.key.partition(SEPARATOR)[::2] for part in spec.match]
    rows = [[float(each[c] == v) if c in each else np.nan for c, v in places] for each in known]
    return np.array(rows, dtype=np.float64).reshape(len(known), len(places))


def score(spec: Spec, sums: Array, known: Array) -> Scored:
    """Points of n people, part by part; the totals are kept within 0–100."""
    gains = np.array([spec.points(part) for part in spec.behaviour], dtype=np.float64)
    behaviour = (1 - 2.0 ** -np.maximum(sums, 0)) * gains
    weights = np.array([spec.points(part) for part in spec.match], dtype=np.float64)
    shares = np.array([part.share for part in spec.match], dtype=np.float64)
    match = np.nan_to_num((known - shares) * weights, nan=0.0)
    told = (~np.isnan(known)).any(axis=1) if known.shape[1] else np.zeros(len(known), bool)
    total = np.where(told, np.clip(MIDDLE + match.sum(axis=1), 0, 100), np.nan)
    return Scored(np.clip(behaviour.sum(axis=1), 0, 100), behaviour, total, match)


def due_days(spec: Spec, sums: Array, match: Array) -> list[float | None]:
    """After how many days fading alone puts each into another quadrant, at most (None: it never does)."""
    now = np.clip(((1 - 2.0**-sums) * _gains(spec)).sum(axis=1), 0, 100)
    found: list[float | None] = [None] * len(sums)
    for days in reversed(_AHEAD_DAYS):
        later = np.clip(((1 - 2.0 ** -faded(spec, sums, days)) * _gains(spec)).sum(axis=1), 0, 100)
        for at in np.flatnonzero((later >= MIDDLE) != (now >= MIDDLE)).tolist():
            found[at] = days
    return found


def pinned(spec: Spec, pins: Mapping[str, float]) -> Spec:
    """The spec with the parts of ``pins`` (key → points) held there, and all others as learned."""

    def held(part: Part) -> Part:
        if part.key in pins:
            return replace(part, weight=pins[part.key] / spec.unit(part), pinned=True)
        return replace(part, weight=part.learned, pinned=False)

    return replace(spec, behaviour=tuple(map(held, spec.behaviour)), match=tuple(map(held, spec.match)))


def now_sums(raw: Mapping[str, tuple[float, int]], halves: Mapping[str, float], moment: datetime) -> dict[str, float]:
    """Sums as kept (value, µs of its last event) brought to ``moment``; events of the future count in full."""
    us = moment.timestamp() * 1e6
    brought = {
        event: value * 2.0 ** (-max(us - at, 0.0) / (halves[event] * 86_400e6)) for event, (value, at) in raw.items()
    }
    return {event: value for event, value in brought.items() if value > _FAINT}


def _gains(spec: Spec) -> Array:
    return np.array([spec.points(part) for part in spec.behaviour], dtype=np.float64)


def _part(told: Mapping[str, Any]) -> Part:
    return Part(**{**told, "trend": tuple((str(month), float(weight)) for month, weight in told["trend"])})

"""How likely a promised reply comes too late, from how long replies took in the same queue before. Pure.

The chance that a wait that lasts already ends after its target is S(target) / S(elapsed), S the Kaplan-Meier estimate
(1958) of waits in working seconds; waits without an answer are censored. It is taken among waits of like urgency
(the same target), then of like load (how many waited), then of like time of day, each drawn toward the one before by
``PRIOR`` waits. Below ``LEAST`` comparable waits nothing is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAST, PRIOR = 30, 20.0
BLOCK = 4  # hours of a block of the day
_LOADS = (0.33, 0.67)


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait for a reply: working seconds it took and was promised, how many waited, local hour, answered or not."""

    seconds: float
    target: float
    load: int
    hour: int
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Survival:
    """Kaplan-Meier: ``left[i]`` is the share that waits longer than ``at[i]``; ``waits`` sorted."""

    at: Sequence[float]
    left: Sequence[float]
    waits: Sequence[float]

    def beyond(self, seconds: float) -> float:
        place = bisect_right(self.at, seconds)
        return self.left[place - 1] if place else 1.0

    def at_risk(self, seconds: float) -> int:
        return len(self.waits) - bisect_right(self.waits, seconds)


@dataclass(frozen=True, slots=True)
class Chance:
    """A chance of breach (0 to 1), the queue's base rate for such a promise, and the waits that it is told from."""

    chance: float
    base: float
    waits: int


@dataclass(frozen=True, slots=True)
class Risk:
    """What a queue's history says; see `learn`."""

    loads: Sequence[float]
    cells: dict[tuple[float, ...], Survival]

    def chance(self, elapsed: float, target: float, load: int, hour: int) -> Chance | None:
        """None: too little is known. ``elapsed``, ``target``: working seconds."""
        whole = self.cells.get((target,))
        if whole is None or len(whole.waits) < LEAST:
            return None
        if elapsed >= target:
            return Chance(1.0, whole.beyond(target), len(whole.waits))
        if whole.at_risk(elapsed) == 0:
            return None  # nobody waited as long: nothing to compare with
        found = _smoothed(whole, elapsed, target, whole.beyond(target), PRIOR / 4)
        level = bisect_right(self.loads, load)
        for key in ((target, level), (target, level, hour // BLOCK)):
            cell = self.cells.get(key)
            if cell is not None:
                found = _smoothed(cell, elapsed, target, found, PRIOR)
        return Chance(min(max(found, 0.0), 1.0), whole.beyond(target), whole.at_risk(elapsed))


def learn(waits: Iterable[Wait]) -> Risk:
    """The risk of one queue from its waits. Cost: sorting, about 10 ms per 10,000."""
    rows = list(waits)
    loads = sorted(row.load for row in rows)
    bounds = [loads[int(len(loads) * share)] for share in _LOADS] if loads else []
    groups: dict[tuple[float, ...], list[Wait]] = defaultdict(list)
    for row in rows:
        level = bisect_right(bounds, row.load)
        for key in ((row.target,), (row.target, level), (row.target, level, row.hour // BLOCK)):
            groups[key].append(row)
    return Risk(bounds, {key: _survival(group) for key, group in groups.items()})


def _smoothed(cell: Survival, elapsed: float, target: float, before: float, prior: float) -> float:
    n = cell.at_risk(elapsed)
    left = cell.beyond(elapsed)
    own = cell.beyond(target) / left if left > 0 else before
    return (n * own + prior * before) / (n + prior)


def _survival(rows: Sequence[Wait]) -> Survival:
    ordered = sorted(rows, key=lambda row: row.seconds)
    at, left, share = [], [], 1.0
    for place, row in enumerate(ordered):
        if row.answered:
            share *= 1 - 1 / (len(ordered) - place)
            at.append(row.seconds)
            left.append(share)
    return Survival(at, left, [row.seconds for row in ordered])


__all__ = ["BLOCK", "LEAST", "Chance", "Risk", "Wait", "learn"]

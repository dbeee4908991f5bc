"""What a simulation shows: broken promises, waits, handling, how evenly work is spread; with intervals over runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, quantiles, stdev

from amity.desk.simulator import Served

# Student's t for 95 %, by degrees of freedom
_T = (0.0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
FIGURES = ("breaches", "urgent_breaches", "wait_median", "wait_p90", "handle", "continuity", "evenness")


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over runs with its 95 % interval."""

    value: float
    low: float
    high: float


def figures(served: Sequence[Served]) -> dict[str, float]:
    """Of one run: shares 0 to 1, times in seconds (waits in working time), evenness by Jain's index 0 to 1."""
    promised = [each for each in served if each.late is not None]
    urgent = [each for each in promised if each.contact.urgency >= 2]
    waits = [each.waited for each in served]
    cuts = quantiles(waits, n=10) if len(waits) > 1 else [0.0] * 9
    return {
        "breaches": mean(bool(each.late) for each in promised) if promised else 0.0,
        "urgent_breaches": mean(bool(each.late) for each in urgent) if urgent else 0.0,
        "wait_median": cuts[4],
        "wait_p90": cuts[8],
        "handle": mean(each.ended - each.began for each in served) if served else 0.0,
        "continuity": mean(each.continued for each in served) if served else 0.0,
        "evenness": _evenness(served),
    }


def over_runs(runs: Sequence[Mapping[str, float]]) -> dict[str, Figure]:
    """Means of several runs with 95 % intervals (Student's t)."""
    return {name: interval([run[name] for run in runs]) for name in FIGURES}


def interval(values: Sequence[float]) -> Figure:
    """Mean and its 95 % interval."""
    middle = mean(values)
    if len(values) < 2:
        return Figure(middle, middle, middle)
    half = _T[min(len(values) - 1, len(_T) - 1)] * stdev(values) / sqrt(len(values))
    return Figure(middle, middle - half, middle + half)


def _evenness(served: Sequence[Served]) -> float:
    busy: dict[str, float] = defaultdict(float)
    for each in served:
        busy[each.worker] += each.ended - each.began
    rows = list(busy.values())
    return sum(rows) ** 2 / (len(rows) * sum(row * row for row in rows)) if rows else 1.0


__all__ = ["FIGURES", "Figure", "figures", "interval", "over_runs"]

"""Ways of giving out side by side on made-up traffic, over several seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from amity.desk import simulator, simulator_figures, simulator_traffic, sla_risk
from amity.desk.hours import BusinessHours
from amity.desk.simulator import Effects, Served
from amity.desk.sla_risk import Wait

SAME_FOR_ALL = Effects((1.0,) * 4, 1.0, 1.0, 0.25)
_SPLIT_DAYS = 20
_BINS = 10


def ways(weights: Mapping[str, float] | None = None, hold: float | None = None) -> dict[str, simulator.Way]:
    """The ways that are compared; fresh ones, because round robin remembers whose turn it is."""
    told = {} if weights is None else {"weights": weights}
    kept = {} if hold is None else {"hold": hold}
    return {
        "amity": simulator.ours(**told, **kept),  # type: ignore[arg-type]
        "round_robin": simulator.round_robin(),
        "least_loaded": simulator.least_loaded(),
    }


def simulate_ways(seeds: Sequence[int], same_for_all: bool = False, days: int = 30) -> dict[str, Any]:
    """Figures of each way with 95 % intervals over ``seeds``, differences to ours seed by seed, the chance of breach.

    About 15 s a seed.
    """
    effects = SAME_FOR_ALL if same_for_all else Effects()
    runs: dict[str, list[dict[str, float]]] = {}
    contacts, told = 0, []
    for seed in seeds:
        traffic = simulator_traffic.made(seed, days)
        contacts += len(traffic.contacts)
        for name, way in ways().items():
            served = simulator.simulate(traffic.contacts, traffic.workers, way, traffic.hours, effects)
            runs.setdefault(name, []).append(simulator_figures.figures(served))
            if name == "amity":
                told += held_out(served, traffic.hours)
    return {
        "contacts": round(contacts / len(seeds)),
        "ways": {name: _plain(simulator_figures.over_runs(rows)) for name, rows in runs.items()},
        "less": {name: _less(runs["amity"], rows) for name, rows in runs.items() if name != "amity"},
        "risk": risk_figures(told),
    }


def held_out(served: Sequence[Served], hours: BusinessHours) -> list[tuple[float, float, bool]]:
    """(chance, base rate, came too late) at half of the promised time, of waits after those that were learned from."""
    if not served:
        return []
    split = served[0].contact.at + _SPLIT_DAYS * 86_400
    risk = sla_risk.learn(_wait(each) for each in served if each.ended < split and each.contact.target)
    told = []
    for each in served:
        target = each.contact.target
        if each.contact.at < split or target is None or each.replied <= target / 2:
            continue
        found = risk.chance(target / 2, target, each.ahead, _hour(each))
        if found is not None:
            told.append((found.chance, found.base, bool(each.late)))
    return told


def risk_figures(told: Sequence[tuple[float, float, bool]]) -> dict[str, float]:
    """Brier score beside that of the rate among those who waited as long, and the expected calibration error."""
    n = max(len(told), 1)
    rate = sum(late for _c, _b, late in told) / n
    error = 0.0
    for place in range(_BINS):
        rows = [each for each in told if min(int(each[0] * _BINS), _BINS - 1) == place]
        if rows:
            error += abs(sum(each[0] for each in rows) - sum(each[2] for each in rows)) / n
    return {
        "waits": len(told),
        "rate": rate,
        "brier": sum((chance - late) ** 2 for chance, _b, late in told) / n,
        "base": sum((rate - late) ** 2 for _c, _b, late in told) / n,
        "ece": error,
    }


def _wait(each: Served) -> Wait:
    return Wait(each.replied, each.contact.target or 0.0, each.ahead, _hour(each), True)


def _hour(each: Served) -> int:
    return int(each.contact.at // 3600 % 24)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in told.items()}


def _less(ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    pairs = list(zip(ours, theirs, strict=True))
    names = simulator_figures.FIGURES
    return _plain({n: simulator_figures.interval([mine[n] - other[n] for mine, other in pairs]) for n in names})

"""From purchases to what is expected of each customer: counts and money with intervals, risks, the point in the life
cycle, and reasons that add up. Pure; days are days since any fixed one, money is in one currency's minor units.

Intervals come from draws of the customer's own rate, departure and spend given the history (the posteriors of BG/NBD
and Gamma-Gamma), with the same random numbers for everybody: the same history gives the same interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtrik

from amity.intelligence.value import Purchases, Value

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEK = 7.0
YEAR = 365.0
HORIZONS = (30, 90, 180, 365)
LONGEST_WAIT = 730.0  # days; a purchase expected later is not announced
LOW, HIGH = 0.1, 0.9
_DRAWS = 200
_CHUNK = 10_000
STAGES = ("new", "growing", "regular", "slipping", "lost", "back")


@dataclass(frozen=True, slots=True)
class Histories:
    """Purchases by customer: ``customer`` (n,) numbers from 0 in order, ``day`` rising within each, ``minor`` paid.

    At most one row per customer and day.
    """

    customer: Ints
    day: Array
    minor: Array

    @property
    def count(self) -> int:
        return int(self.customer[-1]) + 1 if len(self.customer) else 0

    def until(self, day: float) -> Histories:
        """What was known at the end of a day; customers without a purchase by then are numbered out."""
        rows = self.day <= day
        numbers = np.unique(self.customer[rows], return_inverse=True)[1].astype(np.int64)
        return Histories(numbers, self.day[rows], self.minor[rows])

    def seen(self, now: float) -> Purchases:
        """What the models need, in weeks."""
        first = np.searchsorted(self.customer, np.arange(self.count))
        size = np.bincount(self.customer, minlength=self.count).astype(np.float64)
        born, latest = self.day[first], self.day[np.append(first[1:], len(self.day)) - 1]
        paid = np.bincount(self.customer, weights=self.minor, minlength=self.count) - self.minor[first]
        spend = np.maximum(paid, 0.0) / np.maximum(size - 1, 1)
        return Purchases(size - 1, (latest - born) / WEEK, np.maximum(now - born, 0.0) / WEEK, spend)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual among a company's customers: repeats per week and weeks between two purchases."""

    rate: float
    gap: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected, (n,) each; money and counts over a year, waits in days (NaN: not announced)."""

    purchases: Array
    purchases_low: Array
    purchases_high: Array
    revenue: Array
    revenue_low: Array
    revenue_high: Array
    alive: Array
    wait: Array
    wait_low: Array
    wait_high: Array
    stage: list[str]


def usual(past: Histories, now: float) -> Usual:
    """Rates and gaps over all customers; a year where nobody came back."""
    seen = past.seen(now)
    total = float(seen.age.sum())
    gaps = np.diff(past.day)[np.diff(past.customer) == 0] / WEEK
    return Usual(float(seen.repeats.sum()) / total if total else 0.0, float(np.median(gaps)) if len(gaps) else 52.0)


def outlook(model: Value, past: Histories, now: float, common: Usual) -> Outlook:
    """Everything about every customer. About 0.1 ms a customer."""
    seen, year = past.seen(now), YEAR / WEEK
    purchases = model.purchases(seen, year)
    revenue = purchases * model.spend.expected(seen)
    counts_low, counts_high, money_low, money_high = bounds(model, seen, year)
    waits = [_wait(model, seen, share) for share in (0.5, LOW, HIGH)]
    alive = model.counts.alive(seen)
    return Outlook(
        purchases, np.minimum(counts_low, purchases), np.maximum(counts_high, purchases),
        revenue, np.minimum(money_low, revenue), np.maximum(money_high, revenue),
        alive, waits[0], waits[1], waits[2], stages(past, now, common, model.chance(seen, year)),
    )  # fmt: skip


def bounds(model: Value, seen: Purchases, weeks: float) -> Array:
    """(4, n): low and high purchases, low and high revenue within ``weeks``."""
    parts = [np.zeros((4, 0))]
    for start in range(0, len(seen.age), _CHUNK):
        rows = np.zeros(len(seen.age), dtype=bool)
        rows[start : start + _CHUNK] = True
        parts.append(_bounds(model, seen.take(rows), weeks))
    return np.concatenate(parts, axis=1)


def risk(model: Value, seen: Purchases, days: float) -> Array:
    """Chance of no purchase at all within ``days``."""
    return np.clip(1 - model.chance(seen, days / WEEK), 1e-6, 1 - 1e-6)


def stages(past: Histories, now: float, common: Usual, returns: Array) -> list[str]:
    """Where each customer stands; ``returns``: chance of another purchase within a year.

    A customer's own gap is drawn to everybody's by two gaps. Silence beyond twice of it is slipping; lost is who hardly
    returns (15 %), or is silent beyond six gaps and rather does not (40 %).
    """
    seen = past.seen(now)
    own = (seen.last + 2 * common.gap) / (seen.repeats + 2)
    silent = seen.age - seen.last
    ends = np.cumsum(np.bincount(past.customer, minlength=past.count)) - 1
    latest, before = _last_gaps(past, ends)
    found = []
    for i, repeats in enumerate(seen.repeats.tolist()):
        if returns[i] < 0.15 or (returns[i] < 0.4 and silent[i] > 6 * own[i]):
            found.append("lost")
        elif silent[i] > 2 * own[i]:
            found.append("slipping")
        elif repeats >= 2 and latest[i] > 3 * max(before[i], common.gap / 2):
            found.append("back")
        elif repeats == 0 or seen.age[i] <= common.gap:
            found.append("new")
        else:
            found.append("growing" if repeats >= 3 and latest[i] < 0.6 * before[i] else "regular")
    return found


def money_reasons(model: Value, seen: Purchases, common: Usual) -> list[tuple[str, Array]]:
    """What moves the expected revenue of a year away from that of customers known for as long; adds up to it.

    Shares of each cause by Shapley's rule (1953) over rhythm, silence and spend.
    """

    def worth(causes: Purchases) -> Array:
        return model.revenue(causes, YEAR / WEEK)

    return _reasons(worth, seen, common, ("rhythm", "silence", "spend"), model)


def risk_reasons(model: Value, seen: Purchases, common: Usual, days: float) -> list[tuple[str, Array]]:
    """The same for the log-odds of no purchase within ``days``."""

    def odds(causes: Purchases) -> Array:
        chance = risk(model, causes, days)
        return np.asarray(np.log(chance / (1 - chance)), dtype=np.float64)

    return _reasons(odds, seen, common, ("rhythm", "silence"), model)


def _reasons(worth: Any, seen: Purchases, common: Usual, causes: tuple[str, ...], model: Value) -> list[Any]:
    usual_repeats = common.rate * seen.age
    everybody = Purchases(
        usual_repeats, seen.age * usual_repeats / (usual_repeats + 1), seen.age,
        np.full(len(seen.age), model.spend.v * model.spend.p / max(model.spend.q - 1, 1e-6)),
    )  # fmt: skip
    found = {
        picked: worth(_mixed(seen, everybody, [causes[i] for i in range(len(causes)) if picked >> i & 1]))
        for picked in range(1 << len(causes))
    }
    told = [("base", found[0])]
    for i, cause in enumerate(causes):
        effect = np.zeros(len(seen.age))
        for picked in range(1 << len(causes)):
            if not picked >> i & 1:
                size = bin(picked).count("1")
                weight = factorial(size) * factorial(len(causes) - size - 1) / factorial(len(causes))
                effect += weight * (found[picked | 1 << i] - found[picked])
        told.append((cause, effect))
    return told


def _mixed(seen: Purchases, everybody: Purchases, own: list[str]) -> Purchases:
    repeats = seen.repeats if "rhythm" in own else everybody.repeats
    last = seen.last if "silence" in own else everybody.last
    return Purchases(repeats, last, seen.age, seen.spend if "spend" in own else everybody.spend)


def _last_gaps(past: Histories, ends: Ints) -> tuple[Array, Array]:
    """The latest gap of each customer in weeks, and the mean of those before (0 where there are none)."""
    gaps = np.append(0.0, np.diff(past.day) / WEEK)
    fresh = np.append(True, np.diff(past.customer) > 0)
    gaps[fresh] = 0.0
    size = np.bincount(past.customer, minlength=past.count) - 1
    latest = gaps[ends]
    total = np.bincount(past.customer, weights=gaps, minlength=past.count)
    return latest, (total - latest) / np.maximum(size - 1, 1)


def _wait(model: Value, seen: Purchases, share: float) -> Array:
    """Days until the next purchase has come in ``share`` of the cases in which one comes, NaN beyond two years."""
    with np.errstate(over="ignore"):
        weeks = (model.counts.alpha + seen.age) * ((1 - share) ** (-1 / (model.counts.r + seen.repeats)) - 1)
        days = weeks * WEEK / np.maximum(model.change(seen, 0.0), 1e-6)
    return np.where(days <= LONGEST_WAIT, days, np.nan)


def _bounds(model: Value, seen: Purchases, horizon: float) -> Array:
    """(4, n): low and high purchases, low and high revenue."""
    rng = np.random.default_rng(11)
    normal, uniform = rng.standard_normal((6, _DRAWS)), rng.random((7, _DRAWS))
    counts, x = model.counts, seen.repeats[:, None]
    rate = _gamma(counts.r + x, normal[0], uniform[0]) / (counts.alpha + seen.age[:, None])
    rate = rate * model.change(seen, horizon)[:, None]
    goes, stays = _gamma(counts.a + 0 * x, normal[1], uniform[1]), _gamma(counts.b + x, normal[2], uniform[2])
    leaves = np.clip(goes / np.maximum(goes + stays, 1e-300), 1e-12, 1 - 1e-12)
    bought = _poisson(rate * horizon, uniform[3])
    bought = np.minimum(bought, np.ceil(np.log(uniform[4]) / np.log1p(-leaves)))
    bought = np.where(uniform[5] < counts.alive(seen)[:, None], bought, 0.0)
    spend = model.spend
    scale = _gamma(spend.q + spend.p * x, normal[3], uniform[6]) / (spend.v + x * seen.spend[:, None])
    money = np.where(bought > 0, _gamma(spend.p * np.maximum(bought, 1), normal[4], uniform[0]) / scale, 0.0)
    return np.concatenate([np.quantile(bought, (LOW, HIGH), axis=1), np.quantile(money, (LOW, HIGH), axis=1)])


def _gamma(shape: Array, normal: Array, uniform: Array) -> Array:
    """Gamma draws from normal ones (Wilson, Hilferty 1931), below shape 1 by way of shape + 1."""
    small = shape < 1
    grown = np.where(small, shape + 1, shape)
    drawn = grown * np.maximum(1 - 1 / (9 * grown) + normal / (3 * np.sqrt(grown)), 1e-3) ** 3
    return np.asarray(np.where(small, drawn * uniform ** (1 / shape), drawn), dtype=np.float64)


def _poisson(mean: Array, uniform: Array) -> Array:
    share = np.broadcast_to(uniform, mean.shape)
    some = share > np.exp(-mean)
    found = np.zeros(mean.shape)
    found[some] = np.ceil(pdtrik(share[some], mean[some]) - 1e-9)
    return np.nan_to_num(found)


__all__ = [
    "HORIZONS", "STAGES", "Histories", "Outlook", "Usual", "bounds", "money_reasons", "outlook", "risk", "risk_reasons",
    "stages", "usual",
]  # fmt: skip

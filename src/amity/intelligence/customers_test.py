"""Whether a model of purchases may speak: fitted on the earlier part of a history, tested on the last part of it.

Beside it stands the naive rule (everybody goes on at the rate so far; who came back before comes again with their
share). A model keeps silent unless its errors (purchases, revenue, whether one buys) are lower on average in both
halves of the customers, none of them worse by more than 3 %. Pure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.intelligence import customers_life as life
from amity.intelligence import value
from amity.intelligence.customers_life import Histories
from amity.intelligence.metrics import auc, log_loss, sigmoid

Array = NDArray[np.float64]

LEAST_CUSTOMERS = 50
LEAST_RETURNED = 30
LEAST_DAYS = 60.0
SLACK = 1.03  # how far one of the model's errors may exceed the naive rule's
BINS = 8
Z90 = 1.645


@dataclass(frozen=True, slots=True)
class Figure:
    """Errors of the model beside the naive rule's on the last part."""

    name: str
    own: float
    naive: float


@dataclass(frozen=True, slots=True)
class Risk:
    """How told chances of no purchase are mended (log-odds times ``slope`` plus ``shift``).

    Learned from one half of the customers; ``bins``: [told, happened, n] of the other half.
    """

    shift: float
    slope: float
    bins: list[list[float]]

    def mended(self, told: Array) -> Array:
        """The chances after mending."""
        return np.asarray(sigmoid(self.shift + self.slope * _logit(told)), dtype=np.float64)

    def half_width(self, told: Array) -> Array:
        """How far off a told chance may be: the larger of its bin's bias and what its size leaves open (90 %)."""
        centres, happened, size = np.array(self.bins).T
        open_ = Z90 * np.sqrt(np.maximum(happened * (1 - happened), 0.01) / size)
        nearest = np.abs(told[:, None] - centres).argmin(axis=1)
        return np.asarray(np.maximum(np.abs(happened - centres), open_)[nearest], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Tested:
    """``verdict``: signal, no_signal, short (too little history). ``risks``: by days."""

    verdict: str
    customers: int
    returned: int
    days: float
    figures: list[Figure] = field(default_factory=list)
    covered: float | None = None  # share of customers whose revenue lay in the 80 % interval
    risks: dict[str, Risk] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def tested(past: Histories, now: float) -> Tested:
    """Learn until a third of the history (a year at most) before ``now``, and compare with what came. Seconds."""
    days = min(life.YEAR, (now - float(past.day.min())) / 3) if past.count else 0.0
    early = past.until(now - days)
    returned = int((early.seen(now - days).repeats > 0).sum()) if early.count else 0
    if early.count < LEAST_CUSTOMERS or returned < LEAST_RETURNED or days < LEAST_DAYS / 2:
        return Tested("short", early.count, returned, days)
    return _tested(past, early, now - days, days, returned)


def _tested(past: Histories, early: Histories, cut: float, days: float, returned: int) -> Tested:
    weeks = days / life.WEEK
    model = value.fit(early.customer, early.day / life.WEEK, early.minor, cut / life.WEEK, weeks)
    seen = early.seen(cut)
    counts, money, first = _came(past, early.count, cut, days)
    rate = seen.repeats / np.maximum(seen.age, 1.0) * weeks
    everybody = float(early.minor.mean())
    naive_money = rate * np.where(seen.repeats > 0, seen.spend, everybody)
    own, own_money = model.purchases(seen, weeks), model.revenue(seen, weeks)

    def figures_of(part: NDArray[np.bool_]) -> list[Figure]:
        return [
            Figure("purchases", _rmse(own[part], counts[part]), _rmse(rate[part], counts[part])),
            Figure("revenue", _rmse(own_money[part], money[part]), _rmse(naive_money[part], money[part])),
            *_next_figures(model, seen.take(part), first[part], min(90.0, days)),
        ]

    half = np.random.default_rng(7).random(early.count) < 0.5
    figures = figures_of(np.ones(early.count, dtype=bool))
    ahead = all(_gained(figures_of(part)) > 0 for part in (half, ~half))
    signal = ahead and all(each.own <= SLACK * each.naive for each in figures if each.name != "next_auc")
    low, high = life.bounds(model, seen, weeks)[2:]
    covered = float(np.mean((money >= np.minimum(low, own_money)) & (money <= np.maximum(high, own_money))))
    risks = {str(h): _risk(life.risk(model, seen, h), first > h) for h in life.HORIZONS if h <= days}
    return Tested(
        "signal" if signal else "no_signal", early.count, returned, days, figures, covered, risks if signal else {}
    )


def _gained(figures: list[Figure]) -> float:
    """Mean logarithm of how much smaller the model's errors are."""
    return float(
        np.mean([np.log((each.naive + 1e-9) / (each.own + 1e-9)) for each in figures if each.name != "next_auc"])
    )


def _came(past: Histories, count: int, cut: float, days: float) -> tuple[Array, Array, Array]:
    """Purchases, money and the wait until the first purchase (infinite: none) of the earlier customers from then on."""
    known = np.unique(past.customer[past.day <= cut])
    late = (past.day > cut) & (past.day <= cut + days) & np.isin(past.customer, known)
    index = np.searchsorted(known, past.customer[late])
    first = np.full(count, np.inf)
    np.minimum.at(first, index, past.day[late] - cut)
    counts = np.bincount(index, minlength=count).astype(np.float64)
    return counts, np.bincount(index, weights=past.minor[late], minlength=count).astype(np.float64), first


def _next_figures(model: value.Value, seen: value.Purchases, first: Array, days: float) -> list[Figure]:
    """Log loss and AUC of "buys within ``days``" beside two groups: came back before, and bought once."""
    came = (first <= days).astype(np.float64)
    if not 0 < came.sum() < len(came):
        return []
    own, back = 1 - life.risk(model, seen, days), seen.repeats > 0
    shares = [came[group].mean() if group.any() else came.mean() for group in (back, ~back)]
    naive = np.clip(np.where(back, shares[0], shares[1]), 1e-3, 1 - 1e-3)
    return [
        Figure("next_log_loss", log_loss(came, own), log_loss(came, naive)),
        Figure("next_auc", auc(came, own), auc(came, naive)),
    ]


def _risk(told: Array, happened: NDArray[np.bool_]) -> Risk:
    half = np.random.default_rng(9).random(len(told)) < 0.5
    shift, slope = _line(_logit(told[half]), happened[half].astype(np.float64))
    mended = np.asarray(sigmoid(shift + slope * _logit(told[~half])), dtype=np.float64)
    return Risk(shift, slope, _bins(mended, happened[~half]))


def _line(told: Array, came: Array) -> tuple[float, float]:
    """Logistic regression on one log-odds, held at "change nothing" by two customers' worth."""
    design, weights, plain = np.column_stack([np.ones(len(told)), told]), np.array([0.0, 1.0]), np.array([0.0, 1.0])
    for _ in range(50):
        chance = sigmoid(design @ weights)
        precision = (design * (chance * (1 - chance))[:, None]).T @ design + 2 * np.eye(2)
        step = np.linalg.solve(precision, design.T @ (came - chance) - 2 * (weights - plain))
        weights = weights + np.clip(step, -1, 1)
        if float(np.abs(step).max()) < 1e-9:
            break
    return float(weights[0]), float(max(weights[1], 0.0))


def _logit(chance: Array) -> Array:
    return np.asarray(np.log(chance / (1 - chance)), dtype=np.float64)


def _bins(told: Array, happened: NDArray[np.bool_]) -> list[list[float]]:
    parts = np.array_split(np.argsort(told, kind="stable"), BINS)
    return [[float(told[p].mean()), float(happened[p].mean()), float(len(p))] for p in parts if len(p)]


def _rmse(guess: Array, real: Array) -> float:
    return float(np.sqrt(np.mean((guess - real) ** 2)))


__all__ = ["Figure", "Risk", "Tested", "tested"]

"""When a deal ends, and how: won and lost as competing risks in discrete time (days).

Each past deal is cut into spells in which nothing that the model looks at changes: its age, its place in the pipeline,
how its expected day lies, the month of the quarter. Spells alike are counted together, and one multinomial logistic
regression (scikit-learn; Tutz, Schmid, "Modeling Discrete Time-to-Event Data", 2016, ch. 8) learns the chance per day
of won, lost and still open. Penalised weights and a few invented deals, won more often the further along they are, keep
a young company near the average. The chance by a date is the Aalen-Johansen sum of those daily chances. Its doubt comes
from the Laplace approximation of the posterior. Who wins is known better by the scoring model: its log-odds against the
average move the share of wins among the endings, not how soon deals end.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_DECIDED, LEAST_OF_A_KIND = 20, 5
WIDEST = 0.25  # an interval that reaches further than this to a side says too little
BANDS, CLOSINGS_PER_BAND = 12, 15
SOON, NO_DAY = 14.0, np.inf
MOST = 20_000  # deals learned from, the newest
_PRIOR_ENDINGS, _PRIOR_LEVELS = 8.0, (-0.5, 0.0, 0.5)
_PRIOR_WIN, _PRIOR_PACE = 2.0, 1.0  # log-odds of winning and log pace per whole pipeline
_DRAWS, _Z = 200, (0.05, 0.95)
_MONTH, _YEAR = 30.436875, 365.2425
OPEN, WON, LOST = 0, 1, 2
AFTER_PLACE = 7  # from the end, the column of the place: three states of the expected day and three months follow
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Deals:
    """Deals as numbers, (n,) each; days since 1970-01-01, fractions allowed.

    ``closed`` is NaN while open, ``won`` 1, 0 or NaN; ``stage`` 0 (first) to 1 (last open one), NaN where unknown;
    ``due`` the expected day, infinite where none; ``lift`` log-odds of winning against the average.
    ``moves`` (m, 3) are rows of deal number, day, stage from then on; before the first one, and where nothing is
    known, the stage of a closed deal counts as unknown.
    """

    opened: Array
    closed: Array
    won: Array
    stage: Array
    due: Array
    lift: Array
    moves: Array = field(default_factory=lambda: np.empty((0, 3)))
    placed: bool = False  # the lifts know the stage: it does not count twice for who wins, only for when

    def take(self, which: NDArray[Any]) -> Deals:
        """Some of the deals, by mask or numbers; moves follow."""
        kept = np.flatnonzero(which) if which.dtype == bool else which
        place = np.full(len(self.opened), -1)
        place[kept] = np.arange(len(kept))
        moves = self.moves.copy()
        moves[:, 0] = place[moves[:, 0].astype(int)] if len(moves) else moves[:, 0]
        opened, closed, won, stage, due, lift = (
            column[kept] for column in (self.opened, self.closed, self.won, self.stage, self.due, self.lift)
        )
        return Deals(opened, closed, won, stage, due, lift, moves[moves[:, 0] >= 0], self.placed)


@dataclass(frozen=True, slots=True)
class Survival:
    """What was learned: weights (3, k) of open, won and lost; ``spread`` a root of their posterior covariance."""

    edges: Array
    weights: Array
    spread: Array
    middle: float  # typical place in the pipeline of an open deal
    half_life: float  # days after which today's stage says half as much
    decided: int
    wins: int
    moved: int = 0  # moves through the pipeline that it learned from

    @property
    def base(self) -> float:
        """Share of wins among the decided, with Jeffreys' half on either side."""
        return (self.wins + 0.5) / (self.decided + 1)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("edges", "weights", "spread")}
        return arrays | {n: getattr(self, n) for n in ("middle", "half_life", "decided", "wins", "moved")}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Survival:
        values: dict[str, Any] = {n: np.array(v) if isinstance(v, list) else v for n, v in stored.items()}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances by each of the asked days, (n, days): won, lost; what is missing to 1 is still open."""

    won: Array
    lost: Array


@dataclass(frozen=True, slots=True)
class Outlook:
    """One deal by one day, 0–1, with a 90 % interval around winning. ``sure`` False: the interval says too little."""

    won: float
    low: float
    high: float
    lost: float

    @property
    def open(self) -> float:
        return max(0.0, 1 - self.won - self.lost)

    @property
    def sure(self) -> bool:
        return self.high - self.low <= 2 * WIDEST


def learn(deals: Deals, now: float) -> Survival | None:
    """The daily chances from deals as known at ``now``; None where too few are decided. 0.5 s for 20,000 deals."""
    usable = (deals.opened < now) & ~(deals.closed < deals.opened)
    kept = np.flatnonzero(usable)
    deals = deals.take(kept[np.argsort(deals.opened[kept], kind="stable")][-MOST:])
    ended = ~np.isnan(deals.won) & (deals.closed <= now)
    wins = int(np.sum(deals.won[ended] == 1))
    if ended.sum() < LEAST_DECIDED or min(wins, ended.sum() - wins) < LEAST_OF_A_KIND:
        return None
    ages = np.maximum(deals.closed[ended] - deals.opened[ended], 0.5)
    edges = _edges(ages)
    still = np.isnan(deals.closed) | (deals.closed > now)
    known = deals.stage[still & ~np.isnan(deals.stage)]
    found = Survival(
        edges, np.empty(0), np.empty(0), float(known.mean()) if len(known) else 0.5,
        max(float(np.median(ages)), 7.0), int(ended.sum()), wins, len(deals.moves),
    )  # fmt: skip
    return _fitted(found, *_cells(found, deals, now))


def chances(model: Survival, deals: Deals, now: float, days: Array, weights: Array | None = None) -> Chances:
    """Won and lost by each of ``days`` (rising, all after ``now``) for open deals, or such as open later.

    ``weights`` (n, 3, k) instead of the model's own. About 0.1 s for 10,000 deals.
    """
    grid = _grid(now, days)
    alive, won, lost = np.ones(len(deals.opened)), np.zeros(len(deals.opened)), np.zeros(len(deals.opened))
    at = np.searchsorted(grid[1:], days)
    sums_won, sums_lost = np.empty((len(won), len(days))), np.empty((len(won), len(days)))
    for step, (start, end) in enumerate(pairwise(grid)):
        a, b = hazards(model, deals, now, (start + end) / 2, weights)
        both = a + b
        there = np.clip(end - np.maximum(deals.opened, start), 0.0, None)  # days open in this step
        ending = alive * (1 - (1 - both) ** there)
        won += ending * a / both
        lost += ending * b / both
        alive -= ending
        for j in np.flatnonzero(at == step):
            sums_won[:, j], sums_lost[:, j] = won, lost
    return Chances(sums_won, sums_lost)


def outlook(model: Survival, deal: Deals, now: float, day: float, lift_error: float = 0.0) -> Outlook:
    """One open deal by ``day``; ``lift_error`` is the standard error of its ``lift``. About 50 ms."""
    rng = np.random.default_rng(0)
    days = np.array([day])
    point = chances(model, deal, now, days)
    many = deal.take(np.zeros(_DRAWS, dtype=np.int64))
    moved = replace(many, lift=many.lift + lift_error * rng.standard_normal(_DRAWS))
    noise = rng.standard_normal((_DRAWS, model.spread.shape[1])) @ model.spread.T
    draws = chances(model, moved, now, days, model.weights + noise.reshape(_DRAWS, *model.weights.shape)).won[:, 0]
    value = float(point.won[0, 0])
    low, high = (float(end) for end in np.quantile(draws, _Z))
    return Outlook(value, min(low, value), max(high, value), float(point.lost[0, 0]))


def hazards(model: Survival, deals: Deals, now: float, day: float, weights: Array | None = None) -> tuple[Array, Array]:
    """Chances of being won and of being lost on ``day`` for deals open until then, (n,) each."""
    faded = 0.5 ** (max(day - now, 0.0) / model.half_life)
    place = np.nan_to_num(deals.stage - model.middle) * faded
    age = np.maximum(day - deals.opened, 0.0)
    used = model.weights if weights is None else weights
    if used.ndim == 2:
        logits = _looked_up(model, used, age, place, deals.due - day, month_of_quarter(day))
    else:
        columns = _columns(model, age, place, deals.due - day, np.full(len(age), month_of_quarter(day)))
        logits = np.einsum("nk,nrk->nr", columns, used)
    odds = np.exp(logits - logits[:, [OPEN]])
    total = odds.sum(axis=1)
    ending = np.clip((odds[:, WON] + odds[:, LOST]) / total, 1e-7, 0.9)
    better = logits[:, WON] - logits[:, LOST] + deals.lift
    if deals.placed:
        at = used.shape[-1] - AFTER_PLACE
        better = better - place * (used[..., WON, at] - used[..., LOST, at])
    share = 1 / (1 + np.exp(-better))
    return ending * share, ending * (1 - share)


def month_of_quarter(day: float) -> int:
    """0, 1 or 2: a quarter's last month is when deals are pressed."""
    return int(np.datetime64(int(np.floor(day)), "D").astype("datetime64[M]").astype(int) % 3)


def _edges(ages: Array) -> Array:
    """Ages that part the bands: as many closings in each."""
    bands = int(np.clip(len(ages) // CLOSINGS_PER_BAND, 1, BANDS))
    return np.unique(np.round(np.quantile(ages, np.linspace(0, 1, bands + 1)[1:]) + 0.5))


def _columns(model: Survival, age: Array, place: Array, left: Array, month: Array) -> Array:
    """What a spell looks like, (n, k): band of age, place, three states of the expected day, month of the quarter."""
    bands = np.searchsorted(model.edges, age, side="right")
    one_of = np.eye(len(model.edges) + 1)[bands]
    day = np.stack([np.isfinite(left) & (left > SOON), (left >= 0) & (left <= SOON), left < 0], axis=1)
    months = np.eye(3)[month.astype(int)]
    return np.column_stack([np.ones(len(age)), one_of, place, day, months])


def _looked_up(model: Survival, weights: Array, age: Array, place: Array, left: Array, month: int) -> Array:
    """``_columns @ weights.T`` for one day, (n, 3), without the columns of noughts and ones."""
    bands = len(model.edges) + 1
    at = weights.shape[1] - AFTER_PLACE
    by_band = weights[:, 1 : bands + 1].T + weights[:, 0] + weights[:, at + 4 + month]
    states = np.vstack([weights[:, at + 1 : at + 4].T, np.zeros(3)])
    state = np.where(left < 0, 2, np.where(left <= SOON, 1, np.where(np.isfinite(left), 0, 3)))
    joint = (by_band[:, None] + states).reshape(-1, 3)
    found = joint[np.searchsorted(model.edges, age, side="right") * len(states) + state]
    return np.asarray(found + place[:, None] * weights[:, at])


def _cells(model: Survival, deals: Deals, now: float) -> tuple[Array, Array, Array]:
    """All spells, alike ones together: columns (cells, k), days open (cells,), endings (cells, 2)."""
    who, start, end = _spells(model, deals, now)
    middle = (start + end) / 2
    stages = _stages_at(deals, who, middle, now)
    place: Array = np.round(np.nan_to_num(stages - model.middle), 2).astype(np.float64)
    months = (np.floor(middle).astype("datetime64[D]").astype("datetime64[M]").astype(int) % 3).astype(float)
    columns = _columns(model, middle - deals.opened[who], place, deals.due[who] - middle, months)
    last = np.append(who[1:] != who[:-1], True)
    ends = last & (deals.closed[who] <= now)
    counts = np.column_stack([end - start, ends & (deals.won[who] == 1), ends & (deals.won[who] == 0)])
    alike, where = np.unique(columns, axis=0, return_inverse=True)
    sums = np.stack([np.bincount(where.ravel(), counts[:, j], minlength=len(alike)) for j in range(3)], axis=1).astype(
        np.float64
    )
    return alike, sums[:, 0], sums[:, 1:]


def _spells(model: Survival, deals: Deals, now: float) -> tuple[NDArray[np.int64], Any, Any]:
    """Which deal, from when, until when: cut at band edges, moves, expected days and months."""
    n = len(deals.opened)
    until = np.minimum(np.where(np.isnan(deals.closed), now, deals.closed), now)
    until = np.maximum(until, deals.opened + 0.5)
    # Endings were written down from the first one on: what was open before had no chance to be seen ending.
    begun = np.minimum(np.maximum(deals.opened, np.floor(np.nanmin(deals.closed))), until - 0.5)
    who = [np.arange(n), np.arange(n)]
    cuts = [begun, until]
    first, last = deals.opened.min(), until.max()
    months = np.arange(np.datetime64(int(first), "D").astype("datetime64[M]") + 1, np.datetime64(int(last) + 1, "D"))
    inner = [deals.opened + e for e in model.edges] + [deals.due, deals.due - SOON]
    inner += [np.full(n, float(m.astype("datetime64[D]").astype(int))) for m in _few(months)]
    for days in inner:
        inside = (days > begun) & (days < until)
        who.append(np.flatnonzero(inside))
        cuts.append(days[inside])
    if len(deals.moves):
        mover = deals.moves[:, 0].astype(int)
        inside = (deals.moves[:, 1] > begun[mover]) & (deals.moves[:, 1] < until[mover])
        who.append(mover[inside])
        cuts.append(deals.moves[inside, 1])
    whose, days = np.concatenate(who), np.concatenate(cuts)
    order = np.lexsort((days, whose))
    whose, days = whose[order], days[order]
    same = whose[1:] == whose[:-1]
    return whose[:-1][same], days[:-1][same], days[1:][same]


def _few(months: NDArray[Any]) -> list[Any]:
    """First days of up to ten years of months."""
    return list(np.unique(months.astype("datetime64[M]"))[-120:])


def _stages_at(deals: Deals, who: NDArray[np.int64], day: Array, now: float) -> Array:
    """The stage of each deal at a day: by its moves; without any, today's for open deals, else unknown."""
    still = np.isnan(deals.closed) | (deals.closed > now)
    found = np.where(still, deals.stage, np.nan)[who]
    if not len(deals.moves):
        return found
    moves = deals.moves[np.lexsort((deals.moves[:, 1], deals.moves[:, 0]))]
    far = 1e6  # more than any day: deal number and day in one sortable number
    keys = moves[:, 0] * far + moves[:, 1]
    place = np.searchsorted(keys, who * far + day, side="right") - 1
    before = np.maximum(place, 0)
    has = (place >= 0) & (moves[before, 0] == who)
    moved = np.zeros(len(deals.opened), dtype=bool)
    moved[moves[:, 0].astype(int)] = True
    return np.where(has, moves[before, 2], np.where(moved[who], np.nan, found))


def _fitted(model: Survival, columns: Array, days: Array, endings: Array) -> Survival:
    """Weights by penalised maximum likelihood, and the root of their covariance."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns, counts = _with_prior(columns, np.column_stack([days, endings]))
    design = np.vstack([columns] * 3)
    label, weight = np.repeat([OPEN, WON, LOST], len(columns)), counts.T.ravel()
    used = weight > 0
    fit = LogisticRegression(C=1.0, fit_intercept=False, max_iter=2_000, tol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.fit(design[used], label[used], sample_weight=weight[used])
    weights = np.asarray(fit.coef_, dtype=np.float64)
    return replace(model, weights=weights, spread=_spread(weights, columns, counts.sum(axis=1)))


def _with_prior(columns: Array, counts: Array) -> tuple[Array, Array]:
    """A few invented endings per place in the pipeline: further along ends sooner, and won more often."""
    total = counts.sum(axis=0)
    pace, odds = (total[WON] + total[LOST]) / max(total[OPEN], 1.0), (total[WON] + 0.5) / (total[LOST] + 0.5)
    weight = counts.sum(axis=1)
    typical = np.average(columns, axis=0, weights=weight)
    at = columns.shape[1] - AFTER_PLACE
    rows, extra = [], []
    for place in _PRIOR_LEVELS:
        row = typical.copy()
        row[at] = place
        share = 1 / (1 + 1 / (odds * np.exp(_PRIOR_WIN * place)))
        rows.append(row)
        exposure = _PRIOR_ENDINGS / max(pace * np.exp(_PRIOR_PACE * place), _TINY)
        extra.append([exposure, _PRIOR_ENDINGS * share, _PRIOR_ENDINGS * (1 - share)])
    return np.vstack([columns, rows]), np.vstack([counts, extra])


def _spread(weights: Array, columns: Array, trials: Array) -> Array:
    """A root of the inverse Hessian of the penalised likelihood at its top (Laplace)."""
    logits = columns @ weights.T
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    k = columns.shape[1]
    hessian = np.eye(3 * k)
    for a in range(3):
        for b in range(3):
            w = trials * shares[:, a] * ((a == b) - shares[:, b])
            hessian[a * k : (a + 1) * k, b * k : (b + 1) * k] += (columns * w[:, None]).T @ columns
    values, vectors = np.linalg.eigh(hessian)
    return np.asarray(vectors / np.sqrt(np.maximum(values, 1e-6)))


def _grid(now: float, days: Array) -> Array:
    """Steps that grow with the distance, every asked day, and each first of a month among their ends."""
    last = float(days[-1])
    steps = np.concatenate([[now, now + 1, now + 3], np.arange(now + 7, last, 7.0)])
    first, final = (np.datetime64(int(d), "D").astype("datetime64[M]") for d in (now, last))
    months = np.arange(first + 1, final + 1).astype("datetime64[D]").astype(float)
    return np.unique(np.concatenate([steps[steps < last], days, months[(months > now) & (months < last)]]))


__all__ = ["LOST", "OPEN", "WON", "Chances", "Deals", "Outlook", "Survival", "chances", "hazards", "learn",
           "month_of_quarter", "outlook"]  # fmt: skip

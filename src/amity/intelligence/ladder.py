"""The ladder: climb from the base rate only as far as the data carry.

Rungs: base rate (Beta posterior) -> rules as prior -> empirical-Bayes logistic regression -> boosted trees.
Every rung is fitted on one part and judged on rows it has not seen: the latest quarter where times are known
(out-of-time), else seeded, stratified cross-validation. A rung is taken only when its log loss beats the rung held
so far by more than chance explains (paired standard errors) and, against the base rate, by a margin that matters.

With fewer than 200 decided rows, rules and regression are one and the same fit (``mixture.py``), drawn to the base
rate by its own evidence: called "rules" while unproven (it orders records and hardly moves their chances), "linear"
once it has passed the test. From 200 rows on, what has not passed is the base rate and nothing else.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from amity.intelligence import rules
from amity.intelligence.boosted import CrossFit, Recipe, crossfit
from amity.intelligence.calibration import fit_calibration
from amity.intelligence.features import BEND, FeatureSpec, Matrix
from amity.intelligence.fitted import RUNGS, Model, Rung, beta_interval
from amity.intelligence.judged import (
    CLIMB,
    ENOUGH_FOR_VERDICT,
    LEAST,
    LEAST_OF_EACH,
    MATTERS,
    Trained,
    errors_from_base,
    next_rung_of,
    rung_test,
    standard_error,
    verdict_of,
)
from amity.intelligence.metrics import auc_interval, reliability, row_losses, sigmoid
from amity.intelligence.mixture import EVIDENCE_ROWS, Averaged, Shape, average, likely_shapes

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

FOLDS = 5
OUT_OF_TIME_ROWS = 400
OUT_OF_TIME_SHARE = 0.25
CALIBRATE_ROWS = 500
DECISIVE = math.log(100)  # Bayes factor (Jeffreys 1961)
REPEAT_BELOW, REPEATS = 400, 3  # repeated cross-validation where one split is a lottery
MAX_TRAIN_ROWS = 200_000
MANY_CELLS = 200_000  # of a design, from which on folds are fitted side by side
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # of the regression beside the trees
# Where times change, rows held out at random cannot tell which of the two carries over: half of each.
MOVED, HALF = 4.0, 0.5  # standard errors between the base rates of earlier and later rows


@dataclass(frozen=True, slots=True)
class _Data:
    matrix: Matrix
    y: Array
    order: Array | None  # seconds; None when times are unknown
    seed: int

    def take(self, rows: NDArray[Any]) -> _Data:
        return _Data(self.matrix.take(rows), self.y[rows], None if self.order is None else self.order[rows], self.seed)


@dataclass(slots=True)
class _Memory:
    """Recipes found in the test phase and reused for the final fit."""

    recipe: Recipe | None = None
    fitted: CrossFit | None = None
    shapes: tuple[Shape, ...] | None = None
    solved: Averaged | None = None
    crossed: dict[tuple[int, int], Array] = field(default_factory=dict)  # by seed and number of rows
    early: dict[Rung, Array] = field(default_factory=dict)  # cross-validated losses before the latest rows


def train(
    table: pl.DataFrame,
    y: Array,
    opened: pl.Series | None = None,
    as_of: datetime | None = None,
    seed: int = 17,
    progress: Progress | None = None,
    decided: pl.Series | None = None,
) -> Trained:
    """Climb the ladder on decided rows: ``table`` (n, columns) without the outcome, ``y`` (n,) of 0/1.

    ``opened`` gives the time of each row (ages of dates), ``decided`` when its outcome was known: the out-of-time test
    learns from what had been decided and is judged on what was decided later. A split by opening time would test on
    quick decisions only, because slow ones of the same age are still open. Cost: about 15 s for 10,000 rows and
    30 columns on two cores; rows beyond 200,000 are sampled.
    """
    # Threads of the linear algebra library wait by spinning, which doubles the time on a shared machine.
    with threadpool_limits(limits=1, user_api="blas"):
        return _train(table, y, opened, as_of, seed, progress or (lambda _step, _share: None), decided)


def _train(
    table: pl.DataFrame, y: Array, opened: pl.Series | None, as_of: datetime | None, seed: int, tell: Progress,
    decided: pl.Series | None,
) -> Trained:  # fmt: skip
    data = _prepare(table, np.asarray(y, dtype=np.float64), opened, as_of, seed, decided)
    memory = _Memory()
    candidates = _candidates(data.y)
    tell("testing", 0.1)
    train_rows, test_rows = _split(data)
    losses, chances = _judge(data, train_rows, test_rows, candidates, memory, tell)
    truth = data.y if test_rows is None else data.y[test_rows]
    judged = {r: np.concatenate([memory.early[r], loss]) for r, loss in losses.items()} if memory.early else losses
    chosen = _climb(judged, _decisive(data, memory) if "rules" in losses else False)
    tell("fitting", 0.75)
    model = _fit(chosen, data, memory)
    how = "out_of_time" if test_rows is not None else "cross_validation"
    told = _report(model, data, losses, chances, truth, how)
    if len(data.y) < len(y):  # a sample: its rows are not the caller's
        return told
    return replace(told, unseen=(np.arange(len(y)) if test_rows is None else test_rows, chances[model.rung]))


def _prepare(
    table: pl.DataFrame, y: Array, opened: pl.Series | None, as_of: datetime | None, seed: int,
    decided: pl.Series | None = None,
) -> _Data:  # fmt: skip
    if len(y) > MAX_TRAIN_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(y), MAX_TRAIN_ROWS, replace=False))
        table, y = table[rows], y[rows]
        opened = None if opened is None else opened[rows]
        decided = None if decided is None else decided[rows]
    spec = FeatureSpec.fit(table, opened=opened)
    known = _mostly_known(decided)
    return _Data(spec.transform(table, opened, as_of), y, _seconds(decided if known else opened), seed)


def _mostly_known(moments: pl.Series | None) -> bool:
    return moments is not None and moments.null_count() <= 0.1 * len(moments) and moments.n_unique() >= 10


def _seconds(moments: pl.Series | None) -> Array | None:
    """Times as seconds, the few unknown ones first; None when too many are unknown to order rows by."""
    if moments is None or not _mostly_known(moments):
        return None
    stamps = moments.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64)
    return np.asarray(stamps.fill_null(stamps.min()).to_numpy() / 1e6, dtype=np.float64)


def _candidates(y: Array) -> list[Rung]:
    few = min(float(y.sum()), float(len(y) - y.sum()))
    enough = [r for r in RUNGS if r == "base" or (len(y) >= LEAST[r] and few >= LEAST_OF_EACH[r])]
    return [r for r in enough if r != "rules" or len(y) < ENOUGH_FOR_VERDICT]


def _split(data: _Data) -> tuple[NDArray[Any], NDArray[Any] | None]:
    everything = np.arange(len(data.y))
    if data.order is None or len(data.y) < OUT_OF_TIME_ROWS:
        return everything, None
    cut = np.quantile(data.order, 1 - OUT_OF_TIME_SHARE)
    early, late = everything[data.order < cut], everything[data.order >= cut]
    few = min(data.y[late].sum(), len(late) - data.y[late].sum(), data.y[early].sum(), len(early) - data.y[early].sum())
    return (early, late) if few >= 20 else (everything, None)


def _judge(
    data: _Data, train_rows: NDArray[Any], test_rows: NDArray[Any] | None, candidates: list[Rung], memory: _Memory,
    tell: Progress,
) -> tuple[dict[Rung, Array], dict[Rung, Array]]:  # fmt: skip
    """Log loss and probability of every unseen row under every candidate rung."""
    losses: dict[Rung, Array] = {}
    chances: dict[Rung, Array] = {}
    early = data.take(train_rows)
    for number, rung in enumerate(candidates):
        if test_rows is None:
            p, truth = _crossed(rung, data, memory), data.y
            again = [
                _crossed(rung, replace(data, seed=data.seed + i), memory) for i in range(1, _repeats(data.y, rung))
            ]
        else:
            late = data.take(test_rows)
            if _moved(data):  # one season must not decide alone
                memory.early[rung] = row_losses(early.y, _crossed(rung, early, memory))
            model = _fit(rung, early, memory)
            memory.fitted = None  # of the earlier rows only
            p, truth, again = model.score_matrix(late.matrix).probability, late.y, []
        chances[rung] = p
        losses[rung] = np.mean([row_losses(truth, q) for q in (p, *again)], axis=0)
        tell(f"tested {rung}", 0.1 + 0.6 * (number + 1) / len(candidates))
    return losses, chances


def _repeats(y: Array, rung: Rung) -> int:
    return REPEATS if len(y) < REPEAT_BELOW and rung != "trees" else 1


def _decisive(data: _Data, memory: _Memory) -> bool:
    """Whether the evidence over all rows settles what cross-validation on so few rows cannot."""
    memory.solved = _solve(data, np.ones(len(data.y), dtype=bool), memory)
    return memory.solved.evidence >= DECISIVE


def _climb(losses: dict[Rung, Array], decisive: bool = False) -> Rung:
    base = losses["base"]
    held: Rung = "rules" if "rules" in losses else "base"
    unproven = held
    tried = [r for r in losses if r in ("linear", "trees")]
    for rung in tried:
        first = CLIMB if decisive and rung == "linear" else errors_from_base(len(base), len(tried))
        if held != unproven and not _beats(losses[held], losses[rung], CLIMB):
            continue
        if _beats(base, losses[rung], first) and (base - losses[rung]).mean() >= MATTERS * base.mean():
            held = rung
    return held


def _beats(held: Array, challenger: Array, errors: float) -> bool:
    gain = held - challenger
    return bool(gain.mean() > errors * standard_error(gain) and gain.mean() > 0)


def _folds(y: Array, seed: int, count: int = FOLDS) -> NDArray[np.int64]:
    """Stratified fold number of every row."""
    random = np.random.default_rng(seed)
    folds = np.zeros(len(y), dtype=np.int64)
    for value in (0.0, 1.0):
        rows = np.flatnonzero(y == value)
        random.shuffle(rows)
        folds[rows] = np.arange(len(rows)) % count
    return folds


def _crossed(rung: Rung, data: _Data, memory: _Memory) -> Array:
    """Cross-validated probabilities, calibrated across folds as the final model will be."""
    if rung == "base":
        return _crossed_base(data)
    folds = _folds(data.y, data.seed)
    z = _crossed_trees(data, folds, memory) if rung == "trees" else _crossed_linear(data, folds, memory)
    if not _calibrates(rung, len(data.y)):
        return sigmoid(z)
    final = np.zeros(len(z))
    for fold in range(FOLDS):
        rest = folds != fold
        final[~rest] = fit_calibration(z[rest], data.y[rest]).apply(z[~rest])
    return sigmoid(final)


def _crossed_base(data: _Data) -> Array:
    folds = _folds(data.y, data.seed)
    p = np.zeros(len(data.y))
    for fold in range(FOLDS):
        rest = data.y[folds != fold]
        p[folds == fold] = beta_interval(int(rest.sum()), int(len(rest) - rest.sum()))[1]
    return p


def _crossed_trees(data: _Data, folds: NDArray[np.int64], memory: _Memory) -> Array:
    values, categorical, _ = data.matrix.tree()
    memory.fitted = crossfit(values, categorical, data.y, folds, memory.recipe, data.seed)
    memory.recipe = memory.fitted.recipe
    return _mixed(memory.fitted, data, folds, memory)[0]


def _mixed(trees: CrossFit, data: _Data, folds: NDArray[np.int64], memory: _Memory) -> tuple[Array, float]:
    """Held-out log-odds of trees and regression together, and the regression's share (stacking: Breiman 1996)."""
    linear = _crossed_linear(data, folds, memory)
    if _moved(data):
        return (1 - HALF) * trees.held_out + HALF * linear, HALF
    losses = {}
    for share in SHARES:
        z = (1 - share) * trees.held_out + share * linear
        losses[share] = float(np.mean(np.logaddexp(0, z) - data.y * z))
    best = min(SHARES, key=lambda share: losses[share])
    return (1 - best) * trees.held_out + best * linear, best


def _moved(data: _Data) -> bool:
    """Whether the latest rows were won clearly more or less often than those before."""
    if data.order is None or len(data.y) < OUT_OF_TIME_ROWS:
        return False
    late = data.order >= np.quantile(data.order, 1 - OUT_OF_TIME_SHARE)
    before, after = data.y[~late], data.y[late]
    if not len(before):
        return False
    error = math.hypot(before.std() / math.sqrt(len(before)), after.std() / math.sqrt(len(after)))
    return bool(abs(after.mean() - before.mean()) > MOVED * error)


def _crossed_linear(data: _Data, folds: NDArray[np.int64], memory: _Memory) -> Array:
    key = (data.seed, len(data.y))
    if key not in memory.crossed:
        design, _ = data.matrix.linear()
        if len(data.y) > EVIDENCE_ROWS and memory.shapes is None:
            # With many rows every fold would find the same shapes; with few it must not see the fold it is tested on.
            memory.shapes = likely_shapes(design, data.y, *_priors(data))
        z = np.zeros(len(data.y))

        def fill(fold: int) -> None:
            rest = folds != fold
            z[~rest] = _let_through(_solve(data, rest, memory), design[~rest], len(data.y))

        # Small ones are over before a second core has begun.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1 if design.size > MANY_CELLS else 1) as pool:
            list(pool.map(fill, range(FOLDS)))
        memory.crossed[key] = z
    return memory.crossed[key]


def _solve(data: _Data, rows: NDArray[np.bool_], memory: _Memory) -> Averaged:
    design, _ = data.matrix.linear()
    return average(design[rows], data.y[rows], *_priors(data), memory.shapes)


def _priors(data: _Data) -> tuple[Array, NDArray[np.bool_]]:
    """Prior means from the rules, and which columns bend a line."""
    _, meaning = data.matrix.take(np.arange(min(len(data.y), 1))).linear()
    return rules.prior_means(data.matrix.spec, meaning), np.array([part == BEND for _, part in meaning], dtype=bool)


def _let_through(solved: Averaged, design: Array, rows: int) -> Array:
    z = solved.logistic.log_odds(design)
    return z if _calibrates("linear", rows) else solved.drawn_to_base().apply(z)


def _calibrates(rung: Rung, rows: int) -> bool:
    """Trees always; linear models are calibrated by construction until there are rows enough to see a bend."""
    return rung == "trees" or rows >= CALIBRATE_ROWS


def _fit(rung: Rung, data: _Data, memory: _Memory) -> Model:
    """Fit one rung on all of ``data`` with calibration from rows held out in turn."""
    wins = int(data.y.sum())
    losses = len(data.y) - wins
    spec = data.matrix.spec
    if rung == "base":
        return Model("base", spec, wins, losses)
    folds = _folds(data.y, data.seed)
    if rung == "trees":
        values, categorical, _ = data.matrix.tree()
        # After cross-validation the tested models are the ensemble; after a test in time all is fitted anew.
        fitted = memory.fitted or crossfit(values, categorical, data.y, folds, memory.recipe, data.seed)
        memory.recipe = fitted.recipe
        z, share = _mixed(fitted, data, folds, memory)
        model = Model(rung, spec, wins, losses, fit_calibration(z, data.y), boosted=fitted.model)
        if not share:
            return model
        solved = _solve(data, np.ones(len(data.y), dtype=bool), memory)
        means = data.matrix.linear()[0].mean(axis=0)
        return replace(model, logistic=solved.logistic, means=means, share=share)
    solved = memory.solved or _solve(data, np.ones(len(data.y), dtype=bool), memory)
    calibration = solved.drawn_to_base()
    if _calibrates(rung, len(data.y)):
        calibration = fit_calibration(_crossed_linear(data, folds, memory), data.y)
    means = data.matrix.linear()[0].mean(axis=0)
    return Model(rung, spec, wins, losses, calibration, logistic=solved.logistic, means=means)


def _report(
    model: Model, data: _Data, losses: dict[Rung, Array], chances: dict[Rung, Array], truth: Array, how: str
) -> Trained:
    tests = tuple(rung_test(r, losses["base"], losses[r], truth, chances[r]) for r in losses)
    rows, wins = len(data.y), int(data.y.sum())
    low, high = auc_interval(truth, chances[model.rung])
    _, meaning = data.matrix.take(np.arange(min(rows, 1))).linear()
    return Trained(
        model=model,
        verdict=verdict_of(model.rung, rows, min(wins, rows - wins)),
        tests=tests,
        next_rung=next_rung_of(model.rung, data.y, losses),
        how=how,  # type: ignore[arg-type]
        rows=rows,
        wins=wins,
        auc_low=low,
        auc_high=high,
        reliability=tuple(reliability(truth, chances[model.rung])),
        rules=tuple(rules.applied(data.matrix.spec, meaning)),
    )

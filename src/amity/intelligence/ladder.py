"""The ladder: climb from the base rate only as far as the data carry.

Rungs: base rate (Beta posterior) -> rules as prior -> empirical-Bayes logistic regression -> boosted trees.
Every rung is fitted on one part and judged on rows it has not seen: the latest quarter where times are known
(out-of-time), else seeded, stratified cross-validation. A rung is taken only when its log loss beats the rung held
so far by more than chance explains (paired standard errors) and, against the base rate, by a margin that matters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from amity.intelligence import rules
from amity.intelligence.boosted import CrossFit, Recipe, crossfit
from amity.intelligence.calibration import Calibration, fit_calibration
from amity.intelligence.features import FeatureSpec, Matrix
from amity.intelligence.fitted import RUNGS, Model, Rung, beta_interval
from amity.intelligence.linear import Logistic, best_width, fit_intercept, fit_logistic
from amity.intelligence.metrics import (
    Bin,
    Quality,
    auc_interval,
    bootstrap_interval,
    logit,
    quality,
    reliability,
    row_losses,
    sigmoid,
)

Array = NDArray[np.float64]
Verdict = Literal["signal", "no_signal", "too_few"]
Progress = Callable[[str, float], None]

FOLDS = 5
ENOUGH_FOR_VERDICT = 200  # decided records below which silence means "too few", not "no signal"
LEAST = {"rules": 20, "linear": 40, "trees": 300}
LEAST_OF_EACH = {"rules": 5, "linear": 8, "trees": 50}
CLIMB_FROM_BASE = 2.0  # standard errors
CLIMB_EXTRA = 60.0  # divided by the rows: cross-validation on a few rows understates chance
CLIMB = 1.0  # standard errors between learned rungs (one-standard-error rule, Breiman et al. 1984)
MATTERS = 0.005  # share of the base rate's log loss that a gain must reach
OUT_OF_TIME_ROWS = 400
OUT_OF_TIME_SHARE = 0.25
CALIBRATE_ROWS = 500
REPEAT_BELOW, REPEATS = 400, 3  # repeated cross-validation where one split is a lottery
SAME_WIDTH_ROWS = 2_000
MAX_TRAIN_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class RungTest:
    """How one rung did on unseen rows. ``gain``: log loss saved per row against the base rate (nats, 90 % interval)."""

    rung: Rung
    quality: Quality
    gain: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True, slots=True)
class NextRung:
    """What would open the next rung: ``code`` more_decided (``rows`` more), more_of_each, other_columns, top."""

    rung: Rung | None
    code: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """Result of a training: the model, the verdict and what it rests on."""

    model: Model
    verdict: Verdict
    tests: tuple[RungTest, ...]
    next_rung: NextRung
    how: Literal["out_of_time", "cross_validation", "none"]
    rows: int
    wins: int
    auc_low: float
    auc_high: float
    reliability: tuple[Bin, ...]
    rules: tuple[str, ...] = ()

    @property
    def chosen(self) -> RungTest | None:
        """The test of the rung that was taken."""
        return next((t for t in self.tests if t.rung == self.model.rung), None)


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
    held_out: dict[str, Array] = field(default_factory=dict)


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
    chosen = _climb(losses)
    tell("fitting", 0.75)
    model = _fit(chosen, data, memory)
    if chosen in ("rules", "linear") and not _calibrates(chosen, len(data.y)):
        model = replace(model, calibration=_trusted(model, losses["base"] - losses[chosen]))
    truth = data.y if test_rows is None else data.y[test_rows]
    return _report(model, data, losses, chances, truth, "out_of_time" if test_rows is not None else "cross_validation")


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
    return [r for r in RUNGS if r == "base" or (len(y) >= LEAST[r] and few >= LEAST_OF_EACH[r])]


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
            model = _fit(rung, early, memory, remember=True)
            p, truth, again = model.score_matrix(late.matrix).probability, late.y, []
        chances[rung] = p
        losses[rung] = np.mean([row_losses(truth, q) for q in (p, *again)], axis=0)
        tell(f"tested {rung}", 0.1 + 0.6 * (number + 1) / len(candidates))
    return losses, chances


def _repeats(y: Array, rung: Rung) -> int:
    return REPEATS if len(y) < REPEAT_BELOW and rung != "trees" else 1


def _trusted(model: Model, gain: Array) -> Calibration:
    """Draw a model from few rows towards the base rate, the more the weaker the evidence for it (James-Stein)."""
    strength = float(gain.mean()) / _standard_error(gain)
    trust = min(max(1 - 2 / strength**2, 0.1), 1.0)
    base = float(logit(np.array([beta_interval(model.wins, model.losses)[1]]))[0])
    return Calibration(trust, trust, (1 - trust) * base)


def _climb(losses: dict[Rung, Array]) -> Rung:
    base = losses["base"]
    held: Rung = "base"
    for rung in list(losses)[1:]:
        first = _errors_from_base(len(base))
        if not _beats(losses[held], losses[rung], first if held == "base" else CLIMB):
            continue
        if _beats(base, losses[rung], first) and (base - losses[rung]).mean() >= MATTERS * base.mean():
            held = rung
    return held


def _errors_from_base(rows: int) -> float:
    return CLIMB_FROM_BASE + CLIMB_EXTRA / max(rows, 1)


def _beats(held: Array, challenger: Array, errors: float) -> bool:
    gain = held - challenger
    return bool(gain.mean() > errors * _standard_error(gain) and gain.mean() > 0)


def _standard_error(gain: Array) -> float:
    return float(gain.std(ddof=1) / math.sqrt(len(gain))) if len(gain) > 1 else math.inf


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
    z = _crossed_trees(data, folds, memory) if rung == "trees" else _crossed_linear(rung, data, folds)
    memory.held_out[rung] = z
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
    return memory.fitted.held_out


def _crossed_linear(rung: Rung, data: _Data, folds: NDArray[np.int64]) -> Array:
    design, meaning = data.matrix.linear()
    prior = rules.prior_means(data.matrix.spec, meaning)
    # With many rows every fold would find the same prior width; with few it must not see the fold it is tested on.
    width = best_width(design, data.y, prior) if rung == "linear" and len(data.y) >= SAME_WIDTH_ROWS else 0.0
    z = np.zeros(len(data.y))
    for fold in range(FOLDS):
        rest = folds != fold
        z[~rest] = _solve(rung, design[rest], data.y[rest], prior, width).log_odds(design[~rest])
    return z


def _solve(rung: Rung, design: Array, y: Array, prior: Array, width: float = 0.0) -> Logistic:
    return fit_intercept(design, y, prior) if rung == "rules" else fit_logistic(design, y, prior, width)


def _calibrates(rung: Rung, rows: int) -> bool:
    """Trees always; linear models are calibrated by construction until there are rows enough to see a bend."""
    return rung == "trees" or rows >= CALIBRATE_ROWS


def _fit(rung: Rung, data: _Data, memory: _Memory, remember: bool = False) -> Model:
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
        return Model(rung, spec, wins, losses, fit_calibration(fitted.held_out, data.y), boosted=fitted.model)
    design, meaning = data.matrix.linear()
    solved = _solve(rung, design, data.y, rules.prior_means(spec, meaning))
    calibration = Calibration()
    if _calibrates(rung, len(data.y)):
        known = None if remember else memory.held_out.get(rung)
        calibration = fit_calibration(known if known is not None else _crossed_linear(rung, data, folds), data.y)
    return Model(rung, spec, wins, losses, calibration, logistic=solved, means=design.mean(axis=0))


def _report(
    model: Model, data: _Data, losses: dict[Rung, Array], chances: dict[Rung, Array], truth: Array, how: str
) -> Trained:
    tests = tuple(_rung_test(r, losses["base"], losses[r], truth, chances[r]) for r in losses)
    rows, wins = len(data.y), int(data.y.sum())
    low, high = auc_interval(truth, chances[model.rung])
    _, meaning = data.matrix.take(np.arange(min(rows, 1))).linear()
    return Trained(
        model=model,
        verdict=_verdict(model.rung, rows, min(wins, rows - wins)),
        tests=tests,
        next_rung=_next_rung(model.rung, data.y, losses),
        how=how,  # type: ignore[arg-type]
        rows=rows,
        wins=wins,
        auc_low=low,
        auc_high=high,
        reliability=tuple(reliability(truth, chances[model.rung])),
        rules=tuple(rules.applied(data.matrix.spec, meaning)),
    )


def _rung_test(rung: Rung, base: Array, own: Array, truth: Array, p: Array) -> RungTest:
    low, high = bootstrap_interval(base - own)
    return RungTest(rung, quality(truth, p), float((base - own).sum() / max(len(own), 1)), low, high)


def _verdict(rung: Rung, rows: int, few: int) -> Verdict:
    if rung != "base":
        return "signal"
    return "no_signal" if rows >= ENOUGH_FOR_VERDICT and few >= 20 else "too_few"


def _next_rung(held: Rung, y: Array, losses: dict[Rung, Array]) -> NextRung:
    """How many more decided records the next rung would need if its present gain stayed and only chance shrank."""
    if held == "trees":
        return NextRung(None, "top")
    upper: Rung = RUNGS[RUNGS.index(held) + 1]
    if held == "base" and len(losses) > 2:
        upper = max(list(losses)[1:], key=lambda r: float((losses["base"] - losses[r]).mean()))
    rows, few = len(y), min(float(y.sum()), float(len(y) - y.sum()))
    if upper not in losses:
        return _missing_rows(upper, rows, few)
    gain = losses[held] - losses[upper]
    errors = _errors_from_base(rows) if held == "base" else CLIMB
    mean = float(gain.mean())
    if mean <= 0 or (held == "base" and mean < MATTERS * losses["base"].mean()):
        return NextRung(upper, "other_columns") if rows >= ENOUGH_FOR_VERDICT else NextRung(upper, "more_decided", rows)
    needed = rows * (errors * _standard_error(gain) / mean) ** 2
    return NextRung(upper, "more_decided", _rounded(max(needed - rows, 10)))


def _missing_rows(upper: Rung, rows: int, few: float) -> NextRung:
    if few < 1 and rows >= LEAST["rules"]:
        return NextRung(upper, "more_of_each", LEAST_OF_EACH[upper])
    by_class = rows * LEAST_OF_EACH[upper] / max(few, 1.0) - rows
    return NextRung(upper, "more_decided", _rounded(max(LEAST[upper] - rows, by_class, 1)))


def _rounded(rows: float) -> int:
    """To two figures, upwards: an estimate should look like one."""
    step = 10 ** max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return int(math.ceil(rows / step) * step)

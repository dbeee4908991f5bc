"""What a training found out: how every rung did on unseen rows, the verdict, and what would open the next rung."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from amity.intelligence.fitted import Model, Rung
from amity.intelligence.metrics import Bin, Quality, bootstrap_interval, quality

Array = NDArray[np.float64]
Verdict = Literal["signal", "no_signal", "too_few"]

ENOUGH_FOR_VERDICT = 200  # decided records below which silence means "too few", not "no signal"
LEAST = {"rules": 12, "linear": 40, "trees": 300}
LEAST_OF_EACH = {"rules": 2, "linear": 8, "trees": 50}
FALSE_CLIMBS = 0.01  # of trainings on pure luck, over all rungs that were tried (Bonferroni)
CLIMB_EXTRA = 60.0  # divided by the rows: cross-validation on a few rows understates chance
CLIMB = 1.0  # standard errors between learned rungs (one-standard-error rule, Breiman et al. 1984)
MATTERS = 0.005  # share of the base rate's log loss that a gain must reach


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
    unseen: tuple[NDArray[Any], Array] | None = None  # rows that were tested, and their chance when unseen, (m,) each

    @property
    def chosen(self) -> RungTest | None:
        """The test of the rung that was taken."""
        return next((t for t in self.tests if t.rung == self.model.rung), None)


def rung_test(rung: Rung, base: Array, own: Array, truth: Array, p: Array) -> RungTest:
    """From the row losses of base rate and rung, the outcomes and the rung's probabilities, (n,) each."""
    low, high = bootstrap_interval(base - own)
    return RungTest(rung, quality(truth, p), float((base - own).sum() / max(len(own), 1)), low, high)


def verdict_of(rung: Rung, rows: int, few: int) -> Verdict:
    """``few`` is the size of the smaller class."""
    if rung in ("linear", "trees"):
        return "signal"
    return "no_signal" if rows >= ENOUGH_FOR_VERDICT and few >= 20 else "too_few"


def next_rung_of(held: Rung, y: Array, losses: dict[Rung, Array]) -> NextRung:
    """How many more decided records the next rung would need if its present gain stayed and only chance shrank."""
    if held == "trees":
        return NextRung(None, "top")
    unproven = held != "linear"
    tried = [r for r in losses if r in ("linear", "trees")]
    upper: Rung = "linear" if unproven else "trees"
    if unproven and tried:
        upper = max(tried, key=lambda r: float((losses["base"] - losses[r]).mean()))
    rows, few = len(y), min(float(y.sum()), float(len(y) - y.sum()))
    if upper not in losses:
        return _missing_rows(upper, rows, few)
    gain = losses["base" if unproven else held] - losses[upper]
    errors = errors_from_base(rows, len(tried)) if unproven else CLIMB
    mean = float(gain.mean())
    if mean <= 0 or (unproven and mean < MATTERS * losses["base"].mean()):
        return NextRung(upper, "other_columns") if rows >= ENOUGH_FOR_VERDICT else NextRung(upper, "more_decided", rows)
    needed = rows * (errors * standard_error(gain) / mean) ** 2
    return NextRung(upper, "more_decided", _rounded(max(needed - rows, 10)))


def errors_from_base(rows: int, tried: int) -> float:
    """How many standard errors a gain over the base rate must reach on so many rows, where so many rungs are tried."""
    return NormalDist().inv_cdf(1 - FALSE_CLIMBS / max(tried, 1)) + CLIMB_EXTRA / max(rows, 1)


def standard_error(gain: Array) -> float:
    """Of the mean of ``gain`` (n,)."""
    return float(gain.std(ddof=1) / math.sqrt(len(gain))) if len(gain) > 1 else math.inf


def _missing_rows(upper: Rung, rows: int, few: float) -> NextRung:
    if few < 1 and rows >= LEAST["rules"]:
        return NextRung(upper, "more_of_each", LEAST_OF_EACH[upper])
    by_class = rows * LEAST_OF_EACH[upper] / max(few, 1.0) - rows
    return NextRung(upper, "more_decided", _rounded(max(LEAST[upper] - rows, by_class, 1)))


def _rounded(rows: float) -> int:
    """To two figures, upwards: an estimate should look like one."""
    step = 10 ** max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return int(math.ceil(rows / step) * step)

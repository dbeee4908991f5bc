"""A trained rung of the ladder: scores, intervals, exact reasons, and its artefact as plain JSON."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence.boosted import GRID_ROWS, Boosted, jackknife_deviation
from amity.intelligence.calibration import Calibration
from amity.intelligence.features import FeatureSpec, Matrix
from amity.intelligence.linear import Logistic
from amity.intelligence.metrics import logit, sigmoid
from amity.intelligence.terms import column_terms

Array = NDArray[np.float64]
Rung = Literal["base", "rules", "linear", "trees"]
T = TypeVar("T")
RUNGS: tuple[Rung, ...] = ("base", "rules", "linear", "trees")

FORMAT = 1
Z90 = 1.6448536269514722
# Neither the posterior nor the jackknife knows what the model's form misses; on invented records with known chances
# (`tests/test_ladder.py`) the plain 90 % interval held 70 to 98 % of them.
WIDENED = 1.25
_CHUNK = 20_000
_BLOCK = 8_000  # rows that one core explains at a time: what it gathers stays in its cache
_MIN_DEVIATION = 1e-6


@dataclass(frozen=True, slots=True)
class Scores:
    """Calibrated log-odds and probabilities, (n,) each. ``low``..``high`` is a 90 % interval of the *probability*:
    how far it could be off because the model saw few such rows, not whether this one record will be won."""

    log_odds: Array
    probability: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Contributions:
    """Log-odds that add up: ``base + by_column.sum(1) + rest == log_odds`` to 1e-9. ``by_column`` is (n, n_columns)."""

    base: float
    by_column: Array
    rest: Array
    log_odds: Array


@dataclass(frozen=True, slots=True)
class Model:
    """One rung with everything that serving needs. ``wins`` and ``losses`` are counts of the training rows."""

    rung: Rung
    spec: FeatureSpec
    wins: int
    losses: int
    calibration: Calibration = field(default_factory=Calibration)
    logistic: Logistic | None = None
    means: Array = field(default_factory=lambda: np.zeros(0))
    boosted: Boosted | None = None
    share: float = 0.0  # of the regression, where trees and regression are mixed

    def score(self, table: pl.DataFrame, opened: pl.Series | None = None, as_of: datetime | None = None) -> Scores:
        """Score every row of ``table`` in blocks of bounded memory."""
        if self.rung == "base":
            return self._base_scores(table.height)
        parts = [self.score_matrix(self._matrix(table, opened, as_of, i)) for i in range(0, table.height, _CHUNK)]
        if not parts:
            return Scores(*(np.zeros(0) for _ in range(4)))
        return _joined_scores(parts)

    def contributions(self, matrix: Matrix) -> Contributions:
        """What every source column adds to the calibrated log-odds of every row.

        The raw contributions (linear terms around the training mean, or TreeSHAP) are stretched by the slope of the
        calibration between the base and the row, so the calibrated sum stays exact and no sign changes.
        """
        shap = None if self.boosted is None else self.boosted.contributions(matrix.tree()[0])
        return self._explained(matrix, shap)

    def _explained(self, matrix: Matrix, shap: Array | None) -> Contributions:
        raw, base = self._raw_contributions(matrix, shap)
        z = base + raw.sum(axis=1)
        anchor = float(self.calibration.apply(np.array([base]))[0])
        final = self.calibration.apply(z)
        gap = z - base
        near = np.abs(gap) < 1e-7
        stretch = np.where(near, self.calibration.slope(z), (final - anchor) / np.where(near, 1.0, gap))
        by_column = raw * stretch[:, None]
        return Contributions(anchor, by_column, final - anchor - by_column.sum(axis=1), final)

    def explain(self, matrix: Matrix) -> Contributions:
        """Scores and reasons of many rows at once, in blocks over all cores: ``contributions`` without intervals.

        The calibrated log-odds are those of ``score_matrix``. Cost: for trees as tables about 1 s per 100,000 rows and
        20 columns on two cores, plus building the tables once.
        """
        return _joined_reasons(self._in_blocks(matrix, self.contributions))

    def score_and_explain(self, matrix: Matrix) -> tuple[Scores, Contributions]:
        """``score_matrix`` and ``contributions`` in one pass, over all cores. Cost: about twice that of ``explain``."""
        done = self._in_blocks(matrix, self._both)
        return _joined_scores([scores for scores, _ in done]), _joined_reasons([parts for _, parts in done])

    def _both(self, matrix: Matrix) -> tuple[Scores, Contributions]:
        if self.boosted is None:
            return self.score_matrix(matrix), self.contributions(matrix)
        shap, each = self.boosted.both(matrix.tree()[0])
        return self._scored(matrix, each), self._explained(matrix, shap)

    def _in_blocks(self, matrix: Matrix, work: Callable[[Matrix], T]) -> list[T]:
        cores = os.cpu_count() or 1
        if matrix.rows < GRID_ROWS or (self.boosted is None and matrix.rows <= _BLOCK):
            return [work(matrix)]
        if self.boosted is not None:
            self.boosted.grids(sum(len(column.parts) for column in self.spec.columns))
        size = min(_BLOCK, -(-matrix.rows // cores))
        blocks = (matrix.take(np.arange(at, min(at + size, matrix.rows))) for at in range(0, matrix.rows, size))
        with ThreadPoolExecutor(max_workers=cores) as pool:
            return list(pool.map(work, blocks))

    def as_dict(self) -> dict[str, Any]:
        """The artefact: plain JSON values."""
        # Models from before mixtures keep their hash.
        mixed: dict[str, Any] = {"share": self.share} if self.share else {}
        if self.boosted and self.boosted.kinds > 1:
            mixed["kinds"] = self.boosted.kinds
        return {
            **mixed,
            "format": FORMAT,
            "rung": self.rung,
            "spec": self.spec.as_dict(),
            "wins": self.wins,
            "losses": self.losses,
            "calibration": self.calibration.as_dict(),
            "logistic": self.logistic.as_dict() if self.logistic else None,
            "means": self.means.tolist(),
            "trees": list(self.boosted.texts) if self.boosted else None,
        }

    def _base_scores(self, rows: int) -> Scores:
        low, middle, high = beta_interval(self.wins, self.losses)
        full = [np.full(rows, v) for v in (middle, low, high)]
        return Scores(logit(full[0]), *full)

    def _matrix(self, table: pl.DataFrame, opened: pl.Series | None, as_of: datetime | None, start: int) -> Matrix:
        rows = None if opened is None else opened.slice(start, _CHUNK)
        return self.spec.transform(table.slice(start, _CHUNK), rows, as_of)

    def score_matrix(self, matrix: Matrix) -> Scores:
        """Score rows that are encoded already."""
        if self.rung == "base":
            return self._base_scores(matrix.rows)
        return self._scored(matrix, None if self.boosted is None else self.boosted.each(matrix.tree()[0]))

    def _scored(self, matrix: Matrix, each: Array | None) -> Scores:
        raw, deviation = self._raw(matrix, each)
        half = WIDENED * Z90 * np.maximum(deviation, _MIN_DEVIATION)
        z = self.calibration.apply(raw)
        if self.boosted is None:
            # What draws a regression to the base rate is doubt: it must not make its interval narrower.
            wide = half * np.maximum(self.calibration.slope(raw), 1.0)
            return Scores(z, sigmoid(z), sigmoid(z - wide), sigmoid(z + wide))
        low, high = self.calibration.apply(raw - half), self.calibration.apply(raw + half)
        return Scores(z, sigmoid(z), sigmoid(low), sigmoid(high))

    def _raw(self, matrix: Matrix, each: Array | None) -> tuple[Array, Array]:
        if each is None:
            return self._regressed(matrix)
        if self.logistic is None:
            return each.mean(axis=0), jackknife_deviation(each)
        z, deviation = self._regressed(matrix)
        # Both learned from the same rows: their errors add up instead of cancelling out.
        off = (1 - self.share) * jackknife_deviation(each) + self.share * deviation
        return (1 - self.share) * each.mean(axis=0) + self.share * z, off

    def _regressed(self, matrix: Matrix) -> tuple[Array, Array]:
        assert self.logistic is not None
        design, _ = matrix.linear()
        return self.logistic.log_odds(design), self.logistic.deviation(design)

    def _raw_contributions(self, matrix: Matrix, shap: Array | None) -> tuple[Array, float]:
        if self.rung == "base":
            grouped = np.zeros((matrix.rows, len(self.spec.columns)))
            return grouped, float(logit(np.array([beta_interval(self.wins, self.losses)[1]]))[0])
        if shap is None:
            return self._regression_terms(matrix)
        grouped, base = self._tree_terms(matrix, shap.T)
        if self.logistic is None:
            return grouped, base
        terms, start = self._regression_terms(matrix)
        return (1 - self.share) * grouped + self.share * terms, (1 - self.share) * base + self.share * start

    def _tree_terms(self, matrix: Matrix, shap: Array) -> tuple[Array, float]:
        """From TreeSHAP values by tree feature, (f + 1, n)."""
        grouped = np.zeros((len(self.spec.columns), matrix.rows))
        source = (i for i, column in enumerate(self.spec.columns) for _ in column.parts)
        for feature, column in enumerate(source):
            grouped[column] += shap[feature]
        return grouped.T, float(shap[-1, 0]) if matrix.rows else 0.0

    def _regression_terms(self, matrix: Matrix) -> tuple[Array, float]:
        assert self.logistic is not None
        terms = column_terms(matrix, self.logistic.weights, self.means)
        return terms.T, self.logistic.intercept + float(self.means @ self.logistic.weights)


def _joined_scores(done: list[Scores]) -> Scores:
    return Scores(*(np.concatenate([getattr(d, slot) for d in done]) for slot in Scores.__slots__))


def _joined_reasons(done: list[Contributions]) -> Contributions:
    whole = [np.concatenate([getattr(d, slot) for d in done]) for slot in ("by_column", "rest", "log_odds")]
    return Contributions(done[0].base, *whole)


def beta_interval(wins: int, losses: int) -> tuple[float, float, float]:
    """5 %, mean and 95 % of the Beta posterior of a rate under Jeffreys' prior Beta(1/2, 1/2)."""
    from scipy.stats import beta

    a, b = wins + 0.5, losses + 0.5
    low, high = beta.ppf([0.05, 0.95], a, b)
    mean = a / (a + b)
    return float(min(low, mean)), float(mean), float(max(high, mean))


def dump(model: Model) -> tuple[str, str]:
    """Canonical JSON of the artefact and its SHA-256 in hex."""
    text = json.dumps(_positive_zeros(model.as_dict()), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text, hashlib.sha256(text.encode()).hexdigest()


def load(artifact: str | Mapping[str, Any], digest: str = "") -> Model:
    """A model back from its artefact; raises ``ValueError`` when ``digest`` is given and does not match."""
    stored = json.loads(artifact) if isinstance(artifact, str) else dict(artifact)
    if stored["format"] != FORMAT:
        raise ValueError(f"Unknown model format {stored['format']!r}.")
    model = Model(
        rung=stored["rung"],
        spec=FeatureSpec.from_dict(stored["spec"]),
        wins=int(stored["wins"]),
        losses=int(stored["losses"]),
        calibration=Calibration(**{key: float(value) for key, value in stored["calibration"].items()}),
        logistic=Logistic.from_dict(stored["logistic"]) if stored["logistic"] else None,
        means=np.asarray(stored["means"], dtype=np.float64),
        boosted=Boosted(tuple(stored["trees"]), int(stored.get("kinds", 1))) if stored["trees"] else None,
        share=float(stored.get("share", 0.0)),
    )
    # Compared after rebuilding: a JSON store may write 1e22 or -0.0 differently without changing what they mean.
    if digest and dump(model)[1] != digest:
        raise ValueError("The model artefact does not match its hash.")
    return model


def _positive_zeros(value: Any) -> Any:
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {key: _positive_zeros(inner) for key, inner in value.items()}
    return [_positive_zeros(inner) for inner in value] if isinstance(value, list | tuple) else value

"""Gradient-boosted trees (LightGBM), fitted as a cross-fit ensemble.

Each of K models is trained without one fold. The held-out rows give honest log-odds for calibration, the mean of the
K models is the score, and their spread is a delete-a-group jackknife estimate of its standard error
(Shao, Wu 1989): ``(K - 1) / K * sum((z_k - z_mean)^2)``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import lightgbm as lgb  # takes seconds to import (scikit-learn, SciPy), so only where trees are grown or read

Array = NDArray[np.float64]
Folds = NDArray[np.int64]

MAX_ROUNDS = 500
_PATIENCE = 40
_SHAPES: tuple[dict[str, Any], ...] = (
    {"num_leaves": 4, "learning_rate": 0.08, "min_child_samples": 20, "lambda_l2": 2.0},
    {"num_leaves": 8, "learning_rate": 0.06, "min_child_samples": 20, "lambda_l2": 5.0},
    {"num_leaves": 16, "learning_rate": 0.05, "min_child_samples": 20, "lambda_l2": 10.0},
    {"num_leaves": 31, "learning_rate": 0.05, "min_child_samples": 40, "lambda_l2": 20.0},
)
_COMMON: dict[str, Any] = {
    "objective": "binary",
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_cat_to_onehot": 8,
    "cat_smooth": 20.0,
    "cat_l2": 10.0,
    "min_data_per_group": 30,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_BIG = 60_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """Shape of the trees and number of rounds, as chosen by cross-validated log loss."""

    shape: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Boosted:
    """``texts`` are LightGBM model strings: no pickle, readable, exact."""

    texts: tuple[str, ...]
    _loaded: list[lgb.Booster] = field(default_factory=list, compare=False, repr=False)

    def each(self, values: Array) -> Array:
        """Log-odds of every member, (K, n)."""
        return np.stack(
            [np.asarray(m.predict(values, raw_score=True, num_threads=_threads(values))) for m in self._boosters()]
        )

    def log_odds(self, values: Array) -> Array:
        """Mean over members, (n,)."""
        return np.asarray(self.each(values).mean(axis=0), dtype=np.float64)

    def contributions(self, values: Array) -> Array:
        """Exact TreeSHAP values (Lundberg et al. 2020), mean over members: (n, f + 1), the last is the base."""
        total = np.zeros((len(values), values.shape[1] + 1))
        for model in self._boosters():
            total += np.asarray(model.predict(values, pred_contrib=True, num_threads=_threads(values)))
        return total / len(self.texts)

    def _boosters(self) -> list[lgb.Booster]:
        if not self._loaded:
            import lightgbm as lgb

            self._loaded.extend(lgb.Booster(model_str=text) for text in self.texts)
        return self._loaded


@dataclass(frozen=True, slots=True)
class CrossFit:
    """The ensemble, its recipe, and log-odds (n,) of every training row from the one member that did not see it."""

    model: Boosted
    recipe: Recipe
    held_out: Array


def jackknife_deviation(each: Array) -> Array:
    """Standard error of the mean of (K, n) delete-a-group members, (n,)."""
    members = len(each)
    return np.asarray(np.sqrt((members - 1) / members * np.sum((each - each.mean(axis=0)) ** 2, axis=0)))


def crossfit(
    values: Array, categorical: Sequence[int], y: Array, folds: Folds, recipe: Recipe | None = None, seed: int = 3
) -> CrossFit:
    """Fit one model per fold on ``values`` (n, f); without ``recipe`` try all shapes and keep the best."""
    if recipe is not None:
        return _with_shape(values, categorical, y, folds, recipe.shape, seed, recipe.rounds)[1]
    best: tuple[float, CrossFit] | None = None
    for shape in range(len(_SHAPES)) if len(y) <= _BIG else (2, 3):
        tried = _with_shape(values, categorical, y, folds, shape, seed, None)
        # From small to large trees: once larger ones no longer help, still larger ones will not.
        if best is not None and tried[0] >= best[0]:
            break
        best = tried
    assert best is not None
    return best[1]


def _threads(values: Array) -> int:
    return 1 if len(values) < 1_000 else os.cpu_count() or 1


def _with_shape(
    values: Array, categorical: Sequence[int], y: Array, folds: Folds, shape: int, seed: int, rounds: int | None
) -> tuple[float, CrossFit]:
    numbers = np.unique(folds)
    # One thread per fold instead of threads inside LightGBM: those spin at barriers when the machine is shared.
    with ThreadPoolExecutor(max_workers=min(len(numbers), os.cpu_count() or 1)) as pool:
        fitted = pool.map(
            lambda number: _train(values, categorical, y, folds == number, shape, seed + int(number), rounds), numbers
        )
        boosters, curves = zip(*fitted, strict=True)
    length = min(len(c) for c in curves)
    weights = np.array([np.sum(folds == number) for number in numbers], dtype=np.float64)
    mean_curve = np.average(np.stack([c[:length] for c in curves]), axis=0, weights=weights)
    best = rounds or int(np.argmin(mean_curve)) + 1
    held_out = np.zeros(len(y))
    for number, booster in zip(numbers, boosters, strict=True):
        rows = folds == number
        held_out[rows] = np.asarray(booster.predict(values[rows], raw_score=True, num_iteration=best, num_threads=1))
    texts = tuple(b.model_to_string(num_iteration=best) for b in boosters)
    loss = float(mean_curve[min(best, length) - 1])
    return loss, CrossFit(Boosted(texts), Recipe(shape, best), held_out)


def _train(
    values: Array, categorical: Sequence[int], y: Array, test: NDArray[np.bool_], shape: int, seed: int,
    rounds: int | None,
) -> tuple[lgb.Booster, list[float]]:  # fmt: skip
    settings = {**_COMMON, **_SHAPES[shape], "metric": "binary_logloss", "seed": seed, "num_threads": 1}
    small = len(y) < 2_000
    settings["min_child_samples"] = (
        max(5, settings["min_child_samples"] // 2) if small else settings["min_child_samples"]
    )
    import lightgbm as lgb

    train = lgb.Dataset(values[~test], y[~test], categorical_feature=list(categorical), params=settings)
    record: dict[str, Any] = {}
    callbacks = [lgb.record_evaluation(record)]
    if rounds is None:
        callbacks.append(lgb.early_stopping(_PATIENCE, verbose=False))
    booster = lgb.train(
        settings, train, rounds or MAX_ROUNDS, [train.create_valid(values[test], y[test])], callbacks=callbacks
    )
    return booster, list(record["valid_0"]["binary_logloss"])

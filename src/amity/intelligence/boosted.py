"""Gradient-boosted trees (LightGBM), fitted as a cross-fit ensemble.

Each of K models is trained without one fold. The held-out rows give honest log-odds for calibration, the mean of the
K models is the score, and their spread is a delete-a-group jackknife estimate of its standard error
(Shao, Wu 1989): ``(K - 1) / K * sum((z_k - z_mean)^2)``.

Trees are *flat* by default: three questions deep, so that a leaf knows at most three columns and the whole ensemble can
be read as lookup tables (``grids.py``). Up to ``BAGGED_ROWS`` rows symmetric trees (``symmetric.py``) grow too, the
better kind with two random draws, and the mean that held-out rows like best is kept; deeper trees with random
thresholds (Geurts, Ernst, Wehenkel 2006) join where held-out rows gain by it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amity.intelligence import symmetric
from amity.intelligence.grids import Grids, strongest

if TYPE_CHECKING:
    import lightgbm as lgb  # takes seconds to import (scikit-learn, SciPy), so only where trees are grown or read

Array = NDArray[np.float64]
Folds = NDArray[np.int64]

MAX_ROUNDS = 600
_PATIENCE = 40
_SHAPES: tuple[dict[str, Any], ...] = (
    {"num_leaves": 4, "learning_rate": 0.08, "min_child_samples": 20, "lambda_l2": 2.0},
    {"num_leaves": 8, "max_depth": 3, "learning_rate": 0.06, "min_child_samples": 20, "lambda_l2": 5.0},
    {"num_leaves": 16, "learning_rate": 0.06, "min_child_samples": 20, "lambda_l2": 5.0, "extra_trees": True,
     "feature_fraction": 1.0},
)  # fmt: skip
_FLAT, _DEEP, _SYMMETRIC = (0, 1), 2, 3
DEEP_SAVES = 0.002  # share of the log loss that deeper trees must save to be worth slower reasons
BAGGED_ROWS = 30_000
MOST_SETS = 60  # of columns that may meet in a leaf, from so many rows on: each is a table to look into
_OTHER_SEED = 1_000
_COMMON: dict[str, Any] = {
    "objective": "binary",
    "feature_fraction": 0.8,
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
GRID_ROWS = 500  # from so many rows on tables pay for being built


@dataclass(frozen=True, slots=True)
class Recipe:
    """Shapes of the trees, and for each its number of rounds as chosen by cross-validated log loss."""

    parts: tuple[tuple[int, int], ...]
    sets: tuple[tuple[int, ...], ...] = ()  # the columns that may meet in a leaf; empty: any


@dataclass(frozen=True, slots=True)
class Boosted:
    """``texts`` are LightGBM model strings: no pickle, readable, exact. ``kinds`` ensembles of equal size, in turn."""

    texts: tuple[str, ...]
    kinds: int = 1
    _loaded: list[lgb.Booster] = field(default_factory=list, compare=False, repr=False)
    _grids: list[Grids | None] = field(default_factory=list, compare=False, repr=False)

    def each(self, values: Array) -> Array:
        """Log-odds of the members that lack one fold, (K, n)."""
        if self._grids and self._grids[0] is not None:
            return self._grids[0].each(values)
        found = np.stack(
            [np.asarray(m.predict(values, raw_score=True, num_threads=_threads(values))) for m in self._boosters()]
        )
        return np.asarray(found.reshape(self.kinds, -1, len(values)).mean(axis=0))

    def log_odds(self, values: Array) -> Array:
        """Mean over members, (n,)."""
        return np.asarray(self.each(values).mean(axis=0), dtype=np.float64)

    def contributions(self, values: Array) -> Array:
        """Exact TreeSHAP values (Lundberg et al. 2020), mean over members: (n, f + 1), the last is the base."""
        grids = self.grids(values.shape[1]) if len(values) >= GRID_ROWS or self._grids else None
        if grids is not None:
            return grids.contributions(values)
        return self.shap(values)

    def both(self, values: Array) -> tuple[Array, Array]:
        """``contributions`` and ``each``, in one pass over the tables where there are some."""
        grids = self.grids(values.shape[1]) if len(values) >= GRID_ROWS or self._grids else None
        return grids.both(values) if grids is not None else (self.shap(values), self.each(values))

    def shap(self, values: Array) -> Array:
        """The same by LightGBM's ``pred_contrib``: for a few rows, and for trees too deep to be tables."""
        total = np.zeros((len(values), values.shape[1] + 1))
        for model in self._boosters():
            total += np.asarray(model.predict(values, pred_contrib=True, num_threads=_threads(values)))
        return total / len(self.texts)

    def grids(self, features: int) -> Grids | None:
        """All members as lookup tables, built once; None where trees are too deep for it."""
        if not self._grids:
            self._grids.append(Grids.of(self.texts, features, self.kinds))
        return self._grids[0]

    def _boosters(self) -> list[lgb.Booster]:
        if not self._loaded:
            import lightgbm as lgb

            self._loaded.extend(lgb.Booster(model_str=text) for text in self.texts)
        return self._loaded


@dataclass(frozen=True, slots=True)
class CrossFit:
    """The ensemble, its recipe, and log-odds (n,) of every training row from the members that did not see it."""

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
    """Fit one model per fold on ``values`` (n, f); without ``recipe`` try the shapes and keep what is best."""
    rows = _Rows(_dataset(values, categorical, y), values, y, folds, tuple(categorical))
    if recipe is not None:
        even = any(shape == _SYMMETRIC for shape, _ in recipe.parts)
        rows = replace(rows, sets=recipe.sets, coded=symmetric.coded(values, categorical) if even else None)
        seeds = [seed + _OTHER_SEED * number for number in range(len(recipe.parts))]
        return _together(
            [_with_shape(rows, shape, s, rounds) for (shape, rounds), s in zip(recipe.parts, seeds, strict=True)]
        )
    tried = [_with_shape(rows, shape, seed, None) for shape in _FLAT]
    best = min(tried, key=lambda fitted: _loss(fitted.held_out, y))
    if len(y) > BAGGED_ROWS:
        few = _with_few_sets(rows, best, seed)
        return few if _loss(few.held_out, y) < (1 + DEEP_SAVES) * _loss(best.held_out, y) else best
    kept = _mean_of_kinds(rows, best, seed)
    deep = _together([kept, _with_shape(rows, _DEEP, seed + 3 * _OTHER_SEED, None)])
    return deep if _loss(deep.held_out, y) < (1 - DEEP_SAVES) * _loss(kept.held_out, y) else kept


def _mean_of_kinds(rows: _Rows, flat: CrossFit, seed: int) -> CrossFit:
    """Flat and symmetric trees, the better kind with two draws: the two or three that held-out rows like best."""
    rows = replace(rows, coded=symmetric.coded(rows.values, rows.categorical))
    even = _with_shape(rows, _SYMMETRIC, seed + _OTHER_SEED, None)
    better = min(flat, even, key=lambda fitted: _loss(fitted.held_out, rows.y))
    ((shape, rounds),) = better.recipe.parts
    again = _with_shape(rows, shape, seed + 2 * _OTHER_SEED, rounds)
    means = [_together(kinds) for kinds in ((better, again), (flat, even), (flat, even, again))]
    return min(means, key=lambda fitted: _loss(fitted.held_out, rows.y))


def _with_few_sets(rows: _Rows, fitted: CrossFit, seed: int) -> CrossFit:
    """Grown again with only the sets of columns that mattered most the first time, and every column by itself."""
    sets = strongest(fitted.model.texts, MOST_SETS)
    alone = [(column,) for column in range(rows.values.shape[1])]
    ((shape, _),) = fitted.recipe.parts
    return _with_shape(replace(rows, sets=(*sets, *alone)), shape, seed, None)


def _together(fitted: Sequence[CrossFit]) -> CrossFit:
    """The mean of all kinds."""
    texts = tuple(text for each in fitted for text in each.model.texts)
    held_out = np.average([each.held_out for each in fitted], axis=0, weights=[each.model.kinds for each in fitted])
    recipe = Recipe(tuple(part for each in fitted for part in each.recipe.parts), fitted[0].recipe.sets)
    return CrossFit(Boosted(texts, len(recipe.parts)), recipe, held_out)


def _loss(z: Array, y: Array) -> float:
    return float(np.mean(np.logaddexp(0, z) - y * z))


def _threads(values: Array) -> int:
    return 1 if len(values) < 1_000 else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is learned from; ``all_rows`` gives every fold the same cuts of numbers."""

    all_rows: lgb.Dataset
    values: Array
    y: Array
    folds: Folds
    categorical: tuple[int, ...]
    sets: tuple[tuple[int, ...], ...] = ()
    coded: symmetric.Coded | None = None  # where symmetric trees are grown


def _dataset(values: Array, categorical: Sequence[int], y: Array) -> lgb.Dataset:
    import lightgbm as lgb

    settings = {name: value for name, value in _COMMON.items() if name != "objective"}
    data = lgb.Dataset(values, y, categorical_feature=list(categorical), params=settings, free_raw_data=False)
    return data.construct()


def _with_shape(rows: _Rows, shape: int, seed: int, rounds: int | None) -> CrossFit:
    numbers = np.unique(rows.folds)
    # One thread per fold instead of threads inside LightGBM: those spin at barriers when the machine is shared.
    with ThreadPoolExecutor(max_workers=min(len(numbers), os.cpu_count() or 1)) as pool:
        fitted = pool.map(lambda number: _train(rows, int(number), shape, seed + int(number), rounds), numbers)
        boosters, curves = zip(*fitted, strict=True)
    length = min(len(c) for c in curves)
    weights = np.array([np.sum(rows.folds == number) for number in numbers], dtype=np.float64)
    mean_curve = np.average(np.stack([c[:length] for c in curves]), axis=0, weights=weights)
    best = rounds or int(np.argmin(mean_curve)) + 1
    held_out = np.zeros(len(rows.y))
    for number, booster in zip(numbers, boosters, strict=True):
        left_out = rows.folds == number
        held_out[left_out] = np.asarray(
            booster.predict(rows.values[left_out], raw_score=True, num_iteration=best, num_threads=1)
        )
    texts = tuple(b.model_to_string(num_iteration=best) for b in boosters)
    return CrossFit(Boosted(texts), Recipe(((shape, best),), rows.sets), held_out)


def _train(rows: _Rows, fold: int, shape: int, seed: int, rounds: int | None) -> tuple[lgb.Booster, list[float]]:
    if shape == _SYMMETRIC:
        return _train_symmetric(rows, fold, seed, rounds)
    settings = {**_COMMON, **_SHAPES[shape], "metric": "binary_logloss", "seed": seed, "num_threads": 1}
    small = len(rows.y) < 2_000
    settings["min_child_samples"] = (
        max(5, settings["min_child_samples"] // 2) if small else settings["min_child_samples"]
    )
    if rows.sets:
        settings["interaction_constraints"] = [list(columns) for columns in rows.sets]
    import lightgbm as lgb

    test = rows.folds == fold
    early, late = (
        lgb.Dataset(
            rows.values[part], rows.y[part], reference=rows.all_rows, params=settings,
            categorical_feature=rows.all_rows.categorical_feature,
        )
        for part in (~test, test)
    )  # fmt: skip
    record: dict[str, Any] = {}
    callbacks = [lgb.record_evaluation(record)]
    if rounds is None:
        callbacks.append(lgb.early_stopping(_PATIENCE, verbose=False))
    booster = lgb.train(settings, early, rounds or MAX_ROUNDS, [late], callbacks=callbacks)
    return booster, list(record["valid_0"]["binary_logloss"])


def _train_symmetric(rows: _Rows, fold: int, seed: int, rounds: int | None) -> tuple[lgb.Booster, list[float]]:
    import lightgbm as lgb

    assert rows.coded is not None
    patience = _PATIENCE if rounds is None else None
    text, curve = symmetric.grow(rows.coded, rows.y, rows.folds == fold, seed, rounds or MAX_ROUNDS, patience)
    return lgb.Booster(model_str=text), curve

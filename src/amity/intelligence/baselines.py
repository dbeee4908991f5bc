"""What a data scientist would try first, for measuring against only: nothing in here is used by the product."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence.features import FeatureSpec
from amity.intelligence.fitted import beta_interval

Array = NDArray[np.float64]

TRIALS = 30
SEARCH_ROWS = 10_000  # settings of larger tables are searched on so many rows
_ROUNDS = 600
_PATIENCE = 30
_INNER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Parts:
    """One split: rows to learn from and rows to be judged on; ``opened`` and ``later`` are their times, if known.

    ``settings``: what tuned models found on an earlier split of the same table, instead of searching anew.
    """

    table: pl.DataFrame
    y: Array
    opened: pl.Series | None
    test: pl.DataFrame
    later: pl.Series | None
    trials: int = TRIALS
    seed: int = 0
    settings: dict[str, Any] | None = None


def base_rate(parts: Parts) -> Array:
    """The share of wins among the rows learned from."""
    return np.full(parts.test.height, rate(parts.y))


def rate(y: Array) -> float:
    """Mean of the Beta posterior of the win rate."""
    return beta_interval(int(y.sum()), int(len(y) - y.sum()))[1]


def logistic(parts: Parts) -> Array:
    """scikit-learn's logistic regression, default settings, on standardised numbers and one-hot categories."""
    from sklearn.linear_model import LogisticRegression

    train, test = _designs(parts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _chance(LogisticRegression(max_iter=500).fit(train, parts.y), test)


def naive_bayes(parts: Parts) -> Array:
    """scikit-learn's Gaussian naive Bayes on the same design."""
    from sklearn.naive_bayes import GaussianNB

    train, test = _designs(parts)
    return _chance(GaussianNB().fit(train, parts.y), test)


def lightgbm(parts: Parts) -> Array:
    """LightGBM with its default settings."""
    import lightgbm as lgb

    spec = FeatureSpec.fit(parts.table, opened=parts.opened)
    values, categorical, _ = spec.transform(parts.table, parts.opened).tree()
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": parts.seed}
    booster = lgb.train(settings, lgb.Dataset(values, parts.y, categorical_feature=categorical, params=settings))
    return np.asarray(booster.predict(spec.transform(parts.test, parts.later).tree()[0]), dtype=np.float64)


def tuned_lightgbm(parts: Parts) -> Array:
    """LightGBM by random search: ``trials`` settings, 4-fold inner cross-validation with early stopping, log loss."""
    import lightgbm as lgb

    spec = FeatureSpec.fit(parts.table, opened=parts.opened)
    values, categorical, _ = spec.transform(parts.table, parts.opened).tree()
    settings, rounds = _kept(parts, "lightgbm", lambda: _search_lightgbm(parts, values, categorical))
    data = lgb.Dataset(values, parts.y, categorical_feature=categorical, params=settings)
    booster = lgb.train(settings, data, round(rounds * 1.1))
    return np.asarray(booster.predict(spec.transform(parts.test, parts.later).tree()[0]), dtype=np.float64)


def tuned_catboost(parts: Parts) -> Array:
    """CatBoost by random search: ``trials`` settings judged on an inner quarter with early stopping, then on all."""
    from catboost import CatBoostClassifier

    spec = FeatureSpec.fit(parts.table, opened=parts.opened)
    values, categorical, _ = spec.transform(parts.table, parts.opened).tree()
    rows, test = _with_categories(values, categorical), spec.transform(parts.test, parts.later).tree()[0]
    settings, rounds = _kept(parts, "catboost", lambda: _search_catboost(parts, rows, categorical))
    # The search runs one trial per core, this one fit may have them all.
    settings = {**settings, "thread_count": os.cpu_count() or 1}
    final = CatBoostClassifier(**settings, iterations=round(rounds * 1.2), cat_features=categorical)
    final.fit(rows, parts.y)
    return _chance(final, _with_categories(test, categorical))


def _kept(parts: Parts, name: str, search: Callable[[], tuple[dict[str, Any], int]]) -> tuple[dict[str, Any], int]:
    known = parts.settings if parts.settings is not None else {}
    if name not in known:
        known[name] = search()
    found: tuple[dict[str, Any], int] = known[name]
    return found


def _sample(parts: Parts) -> NDArray[Any]:
    """Rows to search on."""
    return np.sort(np.random.default_rng(parts.seed).permutation(len(parts.y))[:SEARCH_ROWS])


def _search_lightgbm(parts: Parts, values: Array, categorical: list[int]) -> tuple[dict[str, Any], int]:
    import lightgbm as lgb

    rows = _sample(parts)
    random = np.random.default_rng(parts.seed)

    def judged(settings: dict[str, Any]) -> tuple[float, int]:
        data = lgb.Dataset(values[rows], parts.y[rows], categorical_feature=categorical, params=settings)
        stop = lgb.early_stopping(_PATIENCE, verbose=False)
        curve = lgb.cv(settings, data, _ROUNDS, nfold=4, stratified=True, seed=parts.seed, callbacks=[stop])
        losses = cast("dict[str, list[float]]", curve)["valid binary_logloss-mean"]
        return float(losses[-1]), len(losses)

    return _best([_lightgbm_settings(random) for _ in range(parts.trials)], judged)


def _search_catboost(parts: Parts, rows: Any, categorical: list[int]) -> tuple[dict[str, Any], int]:
    from catboost import CatBoostClassifier

    random = np.random.default_rng(parts.seed)
    sample = _sample(parts)
    inner = _inner(parts.y[sample], random)
    early, late = sample[~inner], sample[inner]

    def judged(settings: dict[str, Any]) -> tuple[float, int]:
        model = CatBoostClassifier(**settings, iterations=_ROUNDS, cat_features=categorical)
        model.fit(rows[early], parts.y[early], eval_set=(rows[late], parts.y[late]), early_stopping_rounds=_PATIENCE)
        return float(model.get_best_score()["validation"]["Logloss"]), int(model.get_best_iteration()) + 1

    return _best([_catboost_settings(random) for _ in range(parts.trials)], judged)


def _best(
    drawn: list[dict[str, Any]], judged: Callable[[dict[str, Any]], tuple[float, int]]
) -> tuple[dict[str, Any], int]:
    """Settings with the least loss and their rounds; one trial per core, which beats threads inside one trial."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        found = list(pool.map(judged, drawn))
    best = min(range(len(drawn)), key=lambda i: found[i][0], default=None)
    return ({}, 1) if best is None else (drawn[best], found[best][1])


def available() -> dict[str, Callable[[Parts], Array]]:
    """The baselines that can run here, by name; CatBoost only where the extra ``bench`` is installed."""
    found: dict[str, Callable[[Parts], Array]] = {
        "base_rate": base_rate, "logistic": logistic, "tuned_lightgbm": tuned_lightgbm,
    }  # fmt: skip
    try:
        import catboost  # noqa: F401
    except ImportError:
        return found
    return {**found, "tuned_catboost": tuned_catboost}


SMALL: dict[str, Callable[[Parts], Array]] = {
    "base_rate": base_rate, "logistic": logistic, "naive_bayes": naive_bayes, "lightgbm": lightgbm,
}  # fmt: skip


def _designs(parts: Parts) -> tuple[Array, Array]:
    spec = FeatureSpec.fit(parts.table, opened=parts.opened)
    train = spec.transform(parts.table, parts.opened).linear(bends=False)[0]
    test = spec.transform(parts.test, parts.later).linear(bends=False)[0]
    # A table of which nothing can be learned still has a base rate.
    return (train, test) if train.shape[1] else (np.zeros((len(train), 1)), np.zeros((len(test), 1)))


def _chance(model: Any, values: Any) -> Array:
    return np.asarray(model.predict_proba(values)[:, 1], dtype=np.float64)


def _inner(y: Array, random: np.random.Generator) -> NDArray[np.bool_]:
    chosen = np.zeros(len(y), dtype=bool)
    for value in (0.0, 1.0):
        rows = random.permutation(np.flatnonzero(y == value))
        chosen[rows[: max(1, round(_INNER_SHARE * len(rows)))]] = True
    return chosen


def _with_categories(values: Array, categorical: list[int]) -> Any:
    rows = values.astype(object)
    for column in categorical:
        rows[:, column] = ["" if np.isnan(v) else str(int(v)) for v in values[:, column]]
    return rows


def _lightgbm_settings(random: np.random.Generator) -> dict[str, Any]:
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "verbosity": -1,
        "num_threads": 1,
        "learning_rate": float(10 ** random.uniform(-1.7, -0.9)),
        "num_leaves": int(random.integers(4, 64)),
        "min_child_samples": int(random.integers(5, 80)),
        "feature_fraction": float(random.uniform(0.4, 1.0)),
        "bagging_fraction": float(random.uniform(0.6, 1.0)),
        "bagging_freq": 1,
        "lambda_l2": float(10 ** random.uniform(-2, 1.5)),
        "cat_smooth": float(10 ** random.uniform(0, 2)),
        "max_cat_to_onehot": int(random.choice([4, 16, 64])),
        "seed": int(random.integers(1 << 30)),
    }


def _catboost_settings(random: np.random.Generator) -> dict[str, Any]:
    return {
        "loss_function": "Logloss",
        "verbose": False,
        "allow_writing_files": False,
        "thread_count": 1,
        "learning_rate": float(10 ** random.uniform(-1.5, -0.7)),
        "depth": int(random.integers(3, 9)),
        "l2_leaf_reg": float(10 ** random.uniform(-0.5, 1.5)),
        "random_strength": float(10 ** random.uniform(-1, 1)),
        "bagging_temperature": float(random.uniform(0, 1)),
        "one_hot_max_size": int(random.choice([2, 10, 64])),
        "random_seed": int(random.integers(1 << 30)),
    }

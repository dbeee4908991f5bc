"""Boosted trees read as tables say exactly what TreeSHAP says."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from amity.intelligence import boosted, grids, symmetric
from amity.intelligence.boosted import Boosted

Array = np.ndarray[Any, Any]


def _people(rows: int, seed: int) -> tuple[Array, Array]:
    """Two categories and three numbers with gaps; the outcome needs three of them together."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 5))
    values[:, 0] = rng.integers(0, 40, rows)
    values[:, 1] = rng.integers(0, 3, rows)
    values[:, 4] = np.round(values[:, 4])
    values[rng.random((rows, 5)) < 0.1] = np.nan
    known = np.nan_to_num(values)
    z = (known[:, 0] % 3 - 1) * known[:, 2] + (known[:, 1] == 1) * known[:, 4]
    return values, (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(float)


def _grown(seed: int, depth: int = 3, **settings: Any) -> lgb.Booster:
    values, y = _people(800, seed)
    asked = {"objective": "binary", "num_leaves": 2**depth, "max_depth": depth, "verbosity": -1, "num_threads": 1}
    return lgb.train({**asked, **settings}, lgb.Dataset(values, y, categorical_feature=[0, 1]), 30)


def _texts(*boosters: lgb.Booster) -> tuple[str, ...]:
    return tuple(b.model_to_string() for b in boosters)


@pytest.mark.parametrize("cells", [grids.MOST_CELLS, 60])
@pytest.mark.slow
def test_tables_equal_treeshap_also_for_gaps_and_unseen_categories(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "MOST_CELLS", cells)
    members = [_grown(1, cat_smooth=1.0, min_data_per_group=5), _grown(2, bagging_fraction=0.5, bagging_freq=1)]
    found = grids.Grids.of(_texts(*members), 5)
    assert found is not None
    later, _ = _people(300, 9)
    later[:20, 0] = 99
    shap = np.mean([m.predict(later, pred_contrib=True) for m in members], axis=0)
    score = np.mean([m.predict(later, raw_score=True) for m in members], axis=0)
    assert np.abs(found.contributions(later) - shap).max() < 1e-9
    assert np.abs(found.contributions(later).sum(axis=1) - score).max() < 1e-9
    each = np.stack([m.predict(later, raw_score=True) for m in members])
    assert np.abs(found.both(later)[1] - each).max() < 1e-9


def test_trees_that_never_split_are_their_average_and_deep_ones_are_no_tables() -> None:
    stump = grids.Grids.of(_texts(_grown(1, min_data_in_leaf=790)), 5)
    assert stump is not None
    rows = stump.contributions(_people(3, 4)[0])
    assert np.ptp(rows[:, -1]) == 0
    assert (rows[:, :-1] == 0).all()
    assert grids.Grids.of(_texts(_grown(1, depth=6)), 5) is None


@pytest.mark.slow
def test_deep_members_keep_their_reasons_and_two_kinds_count_as_one_member_per_fold() -> None:
    members = [_grown(1), _grown(2), _grown(3, depth=6), _grown(4, depth=6)]
    ensemble = Boosted(_texts(*members), kinds=2)
    values, _ = _people(600, 5)
    raw = np.stack([m.predict(values, raw_score=True) for m in members])
    assert np.abs(ensemble.each(values) - (raw[:2] + raw[2:]) / 2).max() < 1e-12
    flat = Boosted(_texts(*members[:2], *members[:2]), kinds=2)
    assert np.abs(flat.both(values)[1] - raw[:2]).max() < 1e-9
    assert np.abs(ensemble.contributions(values).sum(axis=1) - raw.mean(axis=0)).max() < 1e-9


def test_symmetric_trees_are_read_by_lightgbm_and_as_tables_of_four_columns() -> None:
    values, y = _people(800, 6)
    test = np.arange(800) % 5 == 0
    text, curve = symmetric.grow(symmetric.coded(values, [0, 1]), y, test, 1, 40, None)
    member = lgb.Booster(model_str=text)
    z = member.predict(values[test], raw_score=True)
    assert np.mean(np.logaddexp(0, z) - y[test] * z) == pytest.approx(curve[-1], abs=0.01)
    assert min(curve) < curve[0]
    later, _ = _people(200, 9)
    later[:20, 0] = 99
    tables = grids.Grids.of([text], 5)
    assert tables is not None
    assert max(len(table.columns) for table in tables.tables) == 4
    assert np.abs(tables.contributions(later) - member.predict(later, pred_contrib=True)).max() < 1e-9
    assert symmetric.grow(symmetric.coded(values, [0, 1]), y, test, 1, 40, None)[0] == text


@pytest.mark.slow
def test_with_many_rows_only_the_strongest_sets_of_columns_meet_and_the_loss_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values, y = _people(3_000, 7)
    folds = np.arange(3_000) % 5
    free = boosted.crossfit(values, [0, 1], y, folds)
    monkeypatch.setattr(boosted, "BAGGED_ROWS", 2_000)
    monkeypatch.setattr(boosted, "MOST_SETS", 4)
    few = boosted.crossfit(values, [0, 1], y, folds)
    tables = few.model.grids(5)
    assert tables is not None
    assert {t.columns for t in tables.tables} <= set(few.recipe.sets)
    assert boosted._loss(few.held_out, y) < 1.02 * boosted._loss(free.held_out, y)
    assert boosted.crossfit(values, [0, 1], y, folds, few.recipe).recipe == few.recipe

"""Uplift on invented experiments whose effects are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from amity.intelligence import uplift

Array = NDArray[Any]


def experiment(rows: int, moved: float, seed: int = 1) -> tuple[pl.DataFrame, Array, Array, Array]:
    """Facts, contact at random, acts, and the true difference that contact makes: larger among subscribers."""
    rng = np.random.default_rng(seed)
    subscriber, visits = rng.random(rows) < 0.4, rng.poisson(3, rows).astype(float)
    contacted = (rng.random(rows) < 0.5).astype(float)
    base = -1.5 + 0.3 * (visits - 3)
    change = 0.3 + moved * np.where(subscriber, 0.6, -0.4)
    chance = [1 / (1 + np.exp(-(base + change * on))) for on in (0.0, 1.0)]
    acted = (rng.random(rows) < np.where(contacted == 1, chance[1], chance[0])).astype(float)
    table = pl.DataFrame({"subscriber": np.where(subscriber, "yes", "no"), "visits": visits})
    return table, contacted, acted, chance[1] - chance[0]


def test_those_whom_contact_moves_are_found() -> None:
    table, contacted, acted, truth = experiment(8000, 1.0)
    model = uplift.fit(table, contacted, acted)
    later = experiment(4000, 1.0, seed=2)
    effect = model.effect(later[0])
    assert model.alike < 0.05
    assert np.corrcoef(effect, later[3])[0, 1] > 0.8
    assert effect.mean() == pytest.approx(truth.mean(), abs=0.02)
    assert uplift.qini(effect, later[1], later[2]) > 0


def test_where_all_are_moved_alike_nobody_is_singled_out() -> None:
    """Then the effect in log-odds is one and the same."""
    table, contacted, acted, _ = experiment(6000, 0.0)
    model = uplift.fit(table, contacted, acted)
    columns = len(model.means)
    assert model.alike > 0.5
    assert np.abs(model.weights[columns : 2 * columns]).max() < 0.1


def test_the_qini_of_a_perfect_order_beats_chance_and_its_reverse_is_below() -> None:
    _, contacted, acted, truth = experiment(20000, 1.0)
    assert uplift.qini(truth, contacted, acted) > 0.005
    assert uplift.qini(-truth, contacted, acted) < -0.005
    curve = uplift.qini_curve(truth, contacted, acted)
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(acted[contacted == 1].mean() - acted[contacted == 0].mean(), abs=0.01)

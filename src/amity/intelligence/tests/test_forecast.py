"""Forecasts of invented series whose future is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from amity.intelligence import forecast

MONTHS = 12


def sales(months: int, seed: int, noise: float = 0.05) -> NDArray[Any]:
    """A trend, a strong December, and noise."""
    rng = np.random.default_rng(seed)
    season = np.where(np.arange(months) % MONTHS == 11, 1.6, 1.0)
    return (100 + 0.5 * np.arange(months)) * season * np.exp(rng.normal(0, noise, months))


def test_the_best_method_on_the_known_part_forecasts_the_unknown_one() -> None:
    family = [sales(84, seed) for seed in range(25)]
    chosen = forecast.choose([s[:72] for s in family], 12, MONTHS)
    truth = np.array([s[72:] for s in family])
    own = np.array([chosen.forecast(s[:72]).value for s in family])
    naive = np.array([forecast.ahead(s[:72], 12, MONTHS, "last") for s in family])
    assert chosen.method in ("theta", "damped", "both")
    assert forecast.smape(truth, own) < 0.6 * forecast.smape(truth, naive)


@pytest.mark.slow
def test_four_in_five_values_fall_into_the_interval() -> None:
    family = [sales(84, seed, 0.15) for seed in range(40)]
    chosen = forecast.choose([s[:72] for s in family], 12, MONTHS)
    made = [chosen.forecast(s[:72]) for s in family]
    inside = [((m.low <= s[72:]) & (s[72:] <= m.high)).mean() for m, s in zip(made, family, strict=True)]
    assert 0.72 < np.mean(inside) < 0.88


@pytest.mark.parametrize("known", [1, 2, 3, 5])
def test_a_short_series_gets_a_forecast_all_the_same(known: int) -> None:
    made = forecast.choose([sales(known, 1)], 4, MONTHS).forecast(sales(known, 1))
    assert np.isfinite(made.value).all()
    assert (made.low <= made.value).all()
    assert (made.high >= made.value).all()


def test_a_constant_stays_and_counts_never_fall_below_nothing() -> None:
    assert forecast.ahead(np.full(30, 7.0), 5, 1, "both") == pytest.approx(np.full(5, 7.0))
    falling = np.maximum(20.0 - np.arange(24), 0)
    made = forecast.choose([falling], 6, 1).forecast(falling)
    assert made.value.min() >= 0
    assert made.low.min() >= 0


def test_seasons_are_taken_only_where_there_are_any() -> None:
    assert forecast.seasons(sales(72, 3), MONTHS)[11] == pytest.approx(1.5, abs=0.1)
    noise = np.random.default_rng(1).normal(100, 5, 72)
    assert forecast.seasons(noise, MONTHS).tolist() == [1.0] * MONTHS


def test_smape_is_the_published_formula() -> None:
    assert forecast.smape(np.array([100.0, 50.0]), np.array([110.0, 50.0])) == pytest.approx(200 * 10 / 210 / 2)

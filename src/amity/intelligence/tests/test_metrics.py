"""Figures of quality, against hand-made values and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from amity.intelligence import metrics


def test_figures_agree_with_scikit_learn_ties_included() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(500).round(1).clip(0.05, 0.95)
    y = (rng.random(500) < p).astype(float)
    assert metrics.auc(y, p) == pytest.approx(roc_auc_score(y, p), abs=1e-12)
    assert metrics.log_loss(y, p) == pytest.approx(log_loss(y, p), abs=1e-12)
    assert metrics.brier(y, p) == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_calibration_error_of_a_liar_and_of_an_honest_model() -> None:
    y = np.array([1.0, 0.0] * 50)
    assert metrics.ece(y, np.full(100, 0.5)) == 0.0
    assert metrics.ece(y, np.full(100, 0.9)) == pytest.approx(0.4)


def test_equal_predictions_share_one_bin_and_bins_hold_all_rows() -> None:
    p = np.array([0.2] * 70 + [0.8] * 30)
    y = np.array([0.0] * 60 + [1.0] * 40)
    bins = metrics.reliability(y, p)
    assert [b.rows for b in bins] == [70, 30]
    assert bins[0].observed == pytest.approx(10 / 70)


def test_one_class_only_is_a_coin() -> None:
    assert metrics.auc(np.ones(5), np.linspace(0, 1, 5)) == 0.5


def test_interval_of_a_mean_holds_the_mean() -> None:
    values = np.random.default_rng(1).normal(2, 1, 400)
    low, high = metrics.bootstrap_interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.645 * values.std() / 20, rel=0.25)

"""Making log-odds honest: a monotone map learned on rows the model had not seen.

Few rows: Platt scaling with a prior on "change nothing". Many rows: beta calibration
(Kull, Silva Filho, Flach 2017), which can bend both tails and contains Platt and the identity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amity.intelligence.metrics import sigmoid

Array = NDArray[np.float64]

BETA_ROWS = 1_000
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """``z' = low * ln p - high * ln(1 - p) + shift`` with p = sigmoid(z); low, high >= 0, so it never reorders."""

    low: float = 1.0
    high: float = 1.0
    shift: float = 0.0

    def apply(self, z: Array) -> Array:
        """Calibrated log-odds, (n,) -> (n,)."""
        z = np.asarray(z, dtype=np.float64)
        return np.asarray(-self.low * np.logaddexp(0, -z) + self.high * np.logaddexp(0, z) + self.shift)

    def slope(self, z: Array) -> Array:
        """Derivative of ``apply``."""
        p = sigmoid(z)
        return np.asarray(self.low * (1 - p) + self.high * p, dtype=np.float64)

    def as_dict(self) -> dict[str, float]:
        """Plain JSON values."""
        return {"low": self.low, "high": self.high, "shift": self.shift}


def fit_calibration(z: Array, y: Array) -> Calibration:
    """Learn the map from out-of-fold log-odds ``z`` (n,) and outcomes ``y`` (n,)."""
    if len(y) < BETA_ROWS:
        weights = _fit(np.column_stack([z]), y, np.array([1.0]))
        return Calibration(max(weights[0], 0.05), max(weights[0], 0.05), weights[-1])
    curves = np.column_stack([-np.logaddexp(0, -z), np.logaddexp(0, z)])
    weights = _fit(curves, y, np.array([1.0, 1.0]))
    if weights[0] < 0.05 or weights[1] < 0.05:
        weights = _fit(np.column_stack([z]), y, np.array([1.0]))
        return Calibration(max(weights[0], 0.05), max(weights[0], 0.05), weights[-1])
    return Calibration(float(weights[0]), float(weights[1]), float(weights[2]))


def _fit(curves: Array, y: Array, target: Array) -> list[float]:
    """Penalised logistic regression: slopes pulled to ``target`` (sd 0.5), shift to 0 (sd 1)."""
    full = np.column_stack([curves, np.ones(len(y))])
    mean = np.append(target, 0.0)
    strength = np.append(np.full(len(target), 4.0), 1.0)
    weights = mean.copy()
    for _ in range(_STEPS):
        p = sigmoid(full @ weights)
        precision = (full * (p * (1 - p))[:, None]).T @ full + np.diag(strength)
        step = np.linalg.solve(precision, full.T @ (y - p) - strength * (weights - mean))
        weights = weights + np.clip(step, -1, 1)
        if float(np.max(np.abs(step))) < 1e-9:
            break
    return [float(w) for w in weights]

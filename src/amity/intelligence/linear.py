"""Logistic regression with a Gaussian prior on every weight: posterior mode, precision, evidence (Laplace).

MacKay 1992; Bishop 2006, section 4.5. Which prior to take is not decided here but averaged over in ``mixture.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.intelligence.metrics import logit, sigmoid

Array = NDArray[np.float64]

INTERCEPT_WIDTH = 3.0  # a weak pull to even odds keeps a set with one class finite
_STEPS = 30


@dataclass(frozen=True, slots=True)
class Logistic:
    """``weights`` (p,), ``intercept``, posterior ``covariance`` (p+1, p+1) with the intercept last."""

    weights: Array
    intercept: float
    covariance: Array
    width: float

    def log_odds(self, design: Array) -> Array:
        """(n, p) -> (n,)."""
        return np.asarray(design @ self.weights + self.intercept, dtype=np.float64)

    def deviation(self, design: Array) -> Array:
        """Posterior standard deviation of the log-odds, (n,)."""
        full = np.column_stack([design, np.ones(len(design))])
        return np.asarray(np.sqrt(np.maximum(np.einsum("ij,ij->i", full @ self.covariance, full), 0.0)))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "weights": self.weights.tolist(),
            "intercept": self.intercept,
            "covariance": self.covariance.tolist(),
            "width": self.width,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Logistic:
        """Back from JSON."""
        return cls(
            np.asarray(stored["weights"], dtype=np.float64),
            float(stored["intercept"]),
            np.asarray(stored["covariance"], dtype=np.float64),
            float(stored["width"]),
        )


@dataclass(frozen=True, slots=True)
class Posterior:
    """``weights`` (p+1,) at the mode with the intercept last, their ``precision``, and the log ``evidence``."""

    weights: Array
    precision: Array
    evidence: float


def posterior(design: Array, y: Array, mean: Array, width: Array, start: Array | None = None) -> Posterior:
    """Newton's method from ``start`` (p+1,) under independent priors N(``mean``, ``width``²), each (p,)."""
    full = np.column_stack([design, np.ones(len(design))])
    mean = np.append(mean, 0.0)
    strength = np.append(1 / np.square(width), INTERCEPT_WIDTH**-2)
    weights = mean.copy() if start is None else start.copy()
    if start is None:
        weights[-1] = float(logit(np.array([(y.sum() + 0.5) / (len(y) + 1)]))[0])
    objective = _objective(full, y, weights, mean, strength)
    for _ in range(_STEPS):
        gradient, precision = _slopes(full, y, weights, mean, strength)
        step: Array = np.asarray(np.linalg.solve(precision, gradient), dtype=np.float64)
        weights, improved = _line_search(full, y, weights, step, mean, strength, objective)
        if improved - objective < 1e-7 * max(abs(objective), 1.0):
            objective = max(objective, improved)
            break
        objective = improved
    _, precision = _slopes(full, y, weights, mean, strength)
    evidence = objective + 0.5 * float(np.sum(np.log(strength))) - 0.5 * float(np.linalg.slogdet(precision)[1])
    return Posterior(weights, precision, evidence)


def _slopes(full: Array, y: Array, weights: Array, mean: Array, strength: Array) -> tuple[Array, Array]:
    p = sigmoid(full @ weights)
    precision = (full * (p * (1 - p))[:, None]).T @ full
    precision[np.diag_indices_from(precision)] += strength
    return full.T @ (y - p) - strength * (weights - mean), precision


def _line_search(
    full: Array, y: Array, weights: Array, step: Array, mean: Array, strength: Array, before: float
) -> tuple[Array, float]:
    for halving in range(12):
        candidate = weights + step * 0.5**halving
        value = _objective(full, y, candidate, mean, strength)
        if value >= before:
            return candidate, value
    return weights, before


def _objective(full: Array, y: Array, weights: Array, mean: Array, strength: Array) -> float:
    z = full @ weights
    likelihood = float(np.sum(y * z - np.logaddexp(0, z)))
    return likelihood - 0.5 * float(np.sum(strength * (weights - mean) ** 2))

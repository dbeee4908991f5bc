"""Logistic regression with a Gaussian prior whose width is learned from the data (empirical Bayes).

The prior mean of a weight comes from the rules (``rules.py``), its width from the Laplace evidence
(MacKay 1992; Bishop 2006, section 4.5). With few rows the evidence picks a narrow prior, so the model stays
near the rules or the base rate; with many rows the data speak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.intelligence.metrics import logit, sigmoid

Array = NDArray[np.float64]

WIDTHS = (0.03, 0.1, 0.2, 0.4, 0.8, 1.6)  # standard deviations of the prior, in log-odds
WIDEST = 3.0  # no prior that expects log-odds of rows to differ by more than this standard deviation
_STEPS = 30
_EVIDENCE_ROWS = 4_000


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


def fit_logistic(design: Array, y: Array, prior: Array, width: float = 0.0) -> Logistic:
    """Fit on ``design`` (n, p), ``y`` (n,), prior means (p,); without ``width`` with the one of highest evidence."""
    width = width or best_width(design, y, prior)
    weights, precision, _ = _newton(design, y, prior, width)
    return Logistic(weights[:-1], float(weights[-1]), np.asarray(np.linalg.inv(precision), dtype=np.float64), width)


def fit_intercept(design: Array, y: Array, prior: Array) -> Logistic:
    """Keep the weights at their prior means and fit the intercept alone: the rules with the right base rate."""
    offset = design @ prior
    intercept = float(logit(np.array([(y.sum() + 0.5) / (len(y) + 1)]))[0]) - float(offset.mean() if len(y) else 0)
    curvature = 1.0
    for _ in range(_STEPS):
        p = sigmoid(offset + intercept)
        curvature = float(np.sum(p * (1 - p))) + 1.0 / 9
        # A weak pull (sd 3) to even odds keeps a set with one class finite.
        step = (float(np.sum(y - p)) - intercept / 9) / curvature
        intercept += float(np.clip(step, -2, 2))
        if abs(step) < 1e-10:
            break
    covariance = np.zeros((len(prior) + 1, len(prior) + 1))
    covariance[-1, -1] = 1 / curvature
    return Logistic(prior.copy(), intercept, covariance, 0.0)


def best_width(design: Array, y: Array, prior: Array) -> float:
    """The prior width of highest evidence, judged on at most 4,000 rows (more only sharpen the same answer)."""
    if len(y) > _EVIDENCE_ROWS:
        rows = np.random.default_rng(11).choice(len(y), _EVIDENCE_ROWS, replace=False)
        design, y = design[rows], y[rows]
    spread = float(np.sqrt(np.mean(np.sum(np.square(design - design.mean(axis=0)), axis=1)))) or 1.0
    sensible = [width for width in WIDTHS if width * spread <= WIDEST] or [WIDTHS[0]]
    scored = [(_newton(design, y, prior, width)[2], width) for width in sensible]
    return max(scored)[1]


def _newton(design: Array, y: Array, prior: Array, width: float) -> tuple[Array, Array, float]:
    """Posterior mode, its precision matrix, and the log evidence (Laplace)."""
    full = np.column_stack([design, np.ones(len(design))])
    mean = np.append(prior, 0.0)
    strength = np.append(np.full(len(prior), 1 / width**2), 1 / 9.0)
    weights = mean.copy()
    weights[-1] = float(logit(np.array([(y.sum() + 0.5) / (len(y) + 1)]))[0])
    precision = np.diag(strength)
    objective = _objective(full, y, weights, mean, strength)
    for _ in range(_STEPS):
        p = sigmoid(full @ weights)
        precision = (full * (p * (1 - p))[:, None]).T @ full + np.diag(strength)
        step = np.linalg.solve(precision, full.T @ (y - p) - strength * (weights - mean))
        weights, improved = _line_search(full, y, weights, step, mean, strength, objective)
        if improved - objective < 1e-7 * max(abs(objective), 1.0):
            objective = max(objective, improved)
            break
        objective = improved
    p = sigmoid(full @ weights)
    precision = (full * (p * (1 - p))[:, None]).T @ full + np.diag(strength)
    evidence = objective + 0.5 * float(np.sum(np.log(strength))) - 0.5 * float(np.linalg.slogdet(precision)[1])
    return weights, precision, evidence


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

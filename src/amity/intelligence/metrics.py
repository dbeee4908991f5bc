"""How good a probability is: ranking, sharpness and honesty, each with an interval.

All functions take ``y`` (n,) of 0/1 and ``p`` (n,) of probabilities in 0..1 and are vectorised.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_EPS = 1e-9


@dataclass(frozen=True, slots=True)
class Quality:
    """Four figures of one model on one set of rows. ``ece`` uses ``ECE_BINS`` equal-count bins."""

    rows: int
    auc: float
    log_loss: float
    brier: float
    ece: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


ECE_BINS = 10


def quality(y: Array, p: Array) -> Quality:
    """All four figures at once."""
    return Quality(len(y), auc(y, p), log_loss(y, p), brier(y, p), ece(y, p))


def auc(y: Array, p: Array) -> float:
    """Area under the ROC curve by ranks, ties counted half (Mann-Whitney U); 0.5 when one class is absent."""
    positives = float(np.sum(y))
    negatives = len(y) - positives
    if positives == 0 or negatives == 0:
        return 0.5
    ranks = _average_ranks(p)
    return float((np.sum(ranks[y > 0.5]) - positives * (positives + 1) / 2) / (positives * negatives))


def row_losses(y: Array, p: Array) -> Array:
    """Log loss of every row in nats, probabilities clipped at 1e-9."""
    q = np.clip(p, _EPS, 1 - _EPS)
    return np.asarray(-(y * np.log(q) + (1 - y) * np.log1p(-q)), dtype=np.float64)


def log_loss(y: Array, p: Array) -> float:
    """Mean log loss in nats."""
    return float(np.mean(row_losses(y, p))) if len(y) else 0.0


def brier(y: Array, p: Array) -> float:
    """Mean squared error of the probability (Brier 1950)."""
    return float(np.mean((y - p) ** 2)) if len(y) else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """One point of the reliability chart: mean prediction, observed share, rows."""

    predicted: float
    observed: float
    rows: int


def reliability(y: Array, p: Array, bins: int = ECE_BINS) -> list[Bin]:
    """Equal-count bins by predicted probability; equal predictions stay in one bin."""
    if not len(y):
        return []
    order = np.argsort(p, kind="stable")
    sorted_p = p[order]
    cuts = [round(len(y) * k / bins) for k in range(1, bins)]
    edges = sorted({int(np.searchsorted(sorted_p, sorted_p[min(cut, len(y) - 1)])) for cut in cuts} | {0, len(y)})
    found = []
    for start, end in pairwise(edges):
        rows = order[start:end]
        if len(rows):
            found.append(Bin(float(p[rows].mean()), float(y[rows].mean()), len(rows)))
    return found


def ece(y: Array, p: Array, bins: int = ECE_BINS) -> float:
    """Expected calibration error: mean |predicted - observed| over ``bins`` equal-count bins, weighted by rows.

    Naeini, Cooper, Hauskrecht 2015, with equal-count instead of equal-width bins (Nguyen, O'Connor 2015).
    """
    return float(sum(abs(b.predicted - b.observed) * b.rows for b in reliability(y, p, bins)) / max(len(y), 1))


def bootstrap_interval(values: Array, level: float = 0.9, draws: int = 400, seed: int = 7) -> tuple[float, float]:
    """Percentile interval of the mean of ``values`` (n,), by Poisson bootstrap in blocks of bounded memory."""
    if not len(values):
        return 0.0, 0.0
    random = np.random.default_rng(seed)
    means = []
    block = max(1, min(draws, 4_000_000 // len(values)))
    for start in range(0, draws, block):
        weights = random.poisson(1.0, (min(block, draws - start), len(values)))
        means.append(weights @ values / np.maximum(weights.sum(axis=1), 1))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def auc_interval(y: Array, p: Array, level_z: float = 1.645) -> tuple[float, float]:
    """90 % interval of the AUC from its standard error (Hanley, McNeil 1982)."""
    area = auc(y, p)
    positives = max(float(np.sum(y)), 1.0)
    negatives = max(len(y) - positives, 1.0)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)
    half = level_z * float(np.sqrt(max(variance, 0.0) / (positives * negatives)))
    return max(0.0, area - half), min(1.0, area + half)


def sigmoid(z: Array) -> Array:
    """Log-odds to probability, safe at both ends."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(z, dtype=np.float64))), dtype=np.float64)


def logit(p: Array) -> Array:
    """Probability to log-odds, clipped at 1e-9."""
    q = np.clip(np.asarray(p, dtype=np.float64), _EPS, 1 - _EPS)
    return np.asarray(np.log(q) - np.log1p(-q), dtype=np.float64)


def _average_ranks(p: Array) -> Array:
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=np.float64)

"""Regularised least squares over a mixture of resemblances: what a Gaussian process would answer.

The kernel is a weighted mean of exp(-sharpness (1 - cosine)) over n-grams and sentence vectors. Few messages are
solved exactly, and answers for each of them without itself come in closed form (Rifkin, Lippert 2007); many go
through landmarks (Williams, Seeger 2001), whose equations are added up in blocks, so that memory does not grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl
from numpy.typing import NDArray

from amity.intelligence.language.features import Features

Array = NDArray[np.float64]
Single = NDArray[np.float32]

_BLOCK = 1_000
_TRIES = 6  # up to a tenth of the mean diagonal


@dataclass(frozen=True, slots=True)
class Kernel:
    """``shares`` of n-grams and of each encoder (adding up to 1), ``sharpness``, and noise ``doubt``."""

    shares: tuple[float, ...]
    sharpness: float
    doubt: float

    def between(self, left: Features, right: Features) -> Single:
        """Resemblance of every message on the left to every one on the right, 0..1."""
        total = np.zeros((len(left), len(right)), dtype=np.float32)
        for share, cosine in zip(self.shares, cosines(left, right), strict=True):
            total += np.float32(share) * _warp(cosine, self.sharpness)
        return total


@dataclass(frozen=True, slots=True)
class Machine:
    """Fitted: ``weights`` (m, k) of the ``landmarks``."""

    kernel: Kernel
    landmarks: Features
    weights: Single

    def values(self, messages: Features) -> Array:
        """(n, k): about 1 for the class it belongs to, -1 for others, and for all of them if nothing resembles it."""
        starts = range(0, len(messages), _BLOCK)
        blocks = (messages.take(np.arange(s, min(s + _BLOCK, len(messages)))) for s in starts)
        found = [self.answers(self.kernel.between(block, self.landmarks)) for block in blocks]
        return np.vstack(found) if found else np.zeros((0, self.weights.shape[1]))

    def look(self, messages: Features) -> tuple[Single, Single]:
        """Resemblance (n, m) of messages to every landmark, and the mean cosine of their sentence vectors."""
        parts = cosines(messages, self.landmarks)
        return mixed(parts, self.kernel), np.mean(parts[1:], axis=0)

    def answers(self, alike: Single) -> Array:
        """As `values`, from resemblances (n, m) known already."""
        return np.asarray((alike @ self.weights).astype(np.float64) - 1.0)


def targets(places: NDArray[np.int64], classes: int) -> Array:
    """(n, k): 2 in the column of its class, 0 elsewhere and for ``places`` of -1 (1 less when read)."""
    return np.asarray(2.0 * (places[:, None] == np.arange(classes)[None, :]))


def solve(kernel: Kernel, messages: Features, wanted: Array, matrix: Single | None = None) -> tuple[Machine, Array]:
    """Exact machine, and what it would say (n, k) about each message without having seen it."""
    square = (kernel.between(messages, messages) if matrix is None else matrix).astype(np.float64)
    weights, left_out = left_one_out(square, kernel.doubt, wanted)
    return Machine(kernel, messages, weights.astype(np.float32)), left_out


def left_one_out(square: Array, doubt: float, wanted: Array) -> tuple[Array, Array]:
    """Weights and left-one-out answers; ``square`` (n, n) is not changed."""
    raised = square.copy()
    raised.flat[:: len(raised) + 1] += doubt
    inverse = _inverse(raised)
    weights = inverse @ wanted
    return weights, wanted - weights / np.diag(inverse)[:, None] - 1.0


def left_fold_out(square: Array, doubt: float, wanted: Array, folds: Sequence[NDArray[np.int64]]) -> Array:
    """Answers for the messages of each fold without any of it (n, k); rows of no fold are not answered for."""
    raised = square.copy()
    raised.flat[:: len(raised) + 1] += doubt
    inverse = _inverse(raised)
    weights = inverse @ wanted
    found = np.zeros((sum(map(len, folds)), wanted.shape[1]))
    for rows in folds:
        found[rows] = wanted[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], weights[rows]) - 1.0
    return found


def reduce(
    kernel: Kernel, messages: Features, wanted: Array, landmarks: NDArray[Any], held: NDArray[np.bool_]
) -> tuple[Machine, Array]:
    """Machine over landmarks from all messages, and what one without the held-out ones says about them."""
    marks = messages.take(landmarks)
    sums: dict[bool, tuple[Array, Array]] = {}
    for part in (False, True):
        rows = np.flatnonzero(held == part)
        sums[part] = _sums(kernel, messages, wanted, rows, marks)
    own = kernel.between(marks, marks)
    seen = Machine(kernel, marks, _solved(sums[False][0], sums[False][1], own, kernel.doubt))
    judged = seen.values(messages.take(np.flatnonzero(held)))
    both = [a + b for a, b in zip(sums[False], sums[True], strict=True)]
    return Machine(kernel, marks, _solved(both[0], both[1], own, kernel.doubt)), judged


def cosines(left: Features, right: Features) -> Sequence[Single]:
    """Cosine of every pair, by n-grams and by each encoder."""
    first = (left.ngrams @ right.columns).toarray()
    return [first, *(a @ b.T for a, b in zip(left.vectors, right.vectors, strict=True))]


def mixed(parts: Sequence[Single], kernel: Kernel) -> Single:
    """The kernel from cosines known already."""
    total = np.zeros_like(parts[0])
    for share, cosine in zip(kernel.shares, parts, strict=True):
        if share:
            total += np.float32(share) * _warp(cosine.copy(), kernel.sharpness)
    return total


def _sums(
    kernel: Kernel, messages: Features, wanted: Array, rows: NDArray[Any], marks: Features
) -> tuple[Array, Array]:
    square = np.zeros((len(marks), len(marks)))
    answers = np.zeros((len(marks), wanted.shape[1]))
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        near = kernel.between(messages.take(block), marks).astype(np.float64)
        square += near.T @ near
        answers += near.T @ wanted[block]
    return square, answers


def _solved(square: Array, answers: Array, own: Single, doubt: float) -> Single:
    """In double precision throughout, for squaring the kernel squares its condition.

    Where messages repeat each other, rounding may still make the system indefinite: as much is added as it takes.
    """
    system = square + doubt * own
    step = 1e-6 * float(np.trace(system)) / len(system)
    for _ in range(_TRIES):
        system.flat[:: len(system) + 1] += step
        factor, failed = sl.lapack.dpotrf(system, lower=1)
        if not failed:
            return np.asarray(sl.cho_solve((factor, True), answers), dtype=np.float32)
        step *= 10
    raise FloatingPointError("the resemblance of messages cannot be told from rounding")


def _inverse(square: Array) -> Array:
    """Of a positive definite matrix, by its Cholesky factor: a third of the work of the general way."""
    factor, failed = sl.lapack.dpotrf(square, lower=1, overwrite_a=1)
    if failed:
        return np.asarray(np.linalg.pinv(square))
    half, _ = sl.lapack.dpotri(factor, lower=1, overwrite_c=1)
    return np.asarray(np.tril(half) + np.tril(half, -1).T)


def _warp(cosine: Single, sharpness: float) -> Single:
    cosine -= np.float32(1.0)
    cosine *= np.float32(sharpness)
    return np.asarray(np.exp(cosine, out=cosine), dtype=np.float32)

"""The heads that answer from features, fitted so that each message is also judged by a model that had not seen it.

Up to `FEW` messages the kernel machine, exactly, with the names of the intents as further examples, and beside it
logistic regression over the same kernel, both judged in the same five folds; above, the machine over landmarks, a
linear support vector machine (Fan et al. 2008) and a tuned network, all judged on a held-out part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from amity.intelligence.language import resemblance
from amity.intelligence.language.features import Features
from amity.intelligence.language.resemblance import Kernel, Machine, Single
from amity.intelligence.language.tuned import Tuned, tune

Array = NDArray[np.float64]
Places = NDArray[np.int64]

FEW = 2_500
TRIED = 1_200  # messages on which the kernel is chosen
_LANDMARKS = 4_000
_HELD_OUT = 0.15
_HELD_OUT_MOST = 4_000
_UNIT = np.float32(2**0.5)  # words and letters each of length 1
_COST = 0.5
_NGRAM_PARTS = (0.125, 0.25, 0.5, 1.0)
_SHARPNESS = (1.0, 2.0)
_DOUBTS = (0.05, 0.2, 0.6)
_FOLDS, _SOFT_COST = 5, 10.0
_WORTH = 0.005  # of the log loss: a head that brings less is left out


@dataclass(frozen=True, slots=True)
class Linear:
    """One plane per class over n-grams: quick where there are many of both, and unlike the kernel machine."""

    weights: Array  # (features, k)
    biases: Array

    def values(self, messages: Features) -> Array:
        """(n, k): distance to each class's plane."""
        return np.asarray((messages.ngrams * _UNIT) @ self.weights) + self.biases


Head = Machine | Linear | Tuned


@dataclass(frozen=True, slots=True)
class Heads:
    """Fitted heads, a machine first; machines share its landmarks.

    ``judged`` (heads, n, k) and ``rows`` (n,): what they said of messages they had not seen; ``marks`` (m,): which
    messages the landmarks are, -1 for names of intents.
    """

    heads: tuple[Head, ...]
    judged: Array
    rows: Places
    marks: Places

    def look(self, messages: Features) -> tuple[Array, Single]:
        """What each says (heads, n, k), and the mean cosine (n, m) of messages to the landmarks, seen once for all."""
        alike, close = self.machine.look(messages)
        return np.stack([_said(head, messages, alike) for head in self.heads]), close

    @property
    def machine(self) -> Machine:
        """The first head."""
        assert isinstance(self.heads[0], Machine)
        return self.heads[0]


def _said(head: Head, messages: Features, alike: Single) -> Array:
    if isinstance(head, Machine):
        return head.answers(alike)
    return head.values(messages.pieces) if isinstance(head, Tuned) else head.values(messages)


def softmax(values: Array) -> Array:
    """Rows that add up to 1."""
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit(kernel: Kernel, messages: Features, places: Places, classes: int, names: Features | None, seed: int) -> Heads:
    """Fit to ``places`` 0..k-1, or -1 for messages that belong to no class; ``names`` (k,) are further examples."""
    random = np.random.default_rng(seed)
    if len(messages) <= FEW:
        return _fit_few(kernel, messages, places, classes, names)
    held = _held_out(places, random)
    marks = spread_over(places, _LANDMARKS, random)
    wanted = resemblance.targets(places, classes)
    machine, first = resemblance.reduce(kernel, messages, wanted, marks, held)
    rows = np.flatnonzero(held)
    known = np.flatnonzero(~held & (places >= 0))
    second = _linear(messages.take(known), places[known], classes).values(messages.take(rows))
    everything = np.flatnonzero(places >= 0)
    linear = _linear(messages.take(everything), places[everything], classes)
    tuned, third = tune(messages.pieces, places, classes, held, seed)
    judged = np.stack([first, second, third])
    inside = places[rows] >= 0
    if not worth_its_time(judged[:, inside], places[rows][inside]):
        return Heads((machine, linear), judged[:2], rows, marks)
    return Heads((machine, linear, tuned), judged, rows, marks)


def choose(messages: Features, places: Places, classes: int) -> tuple[Kernel, tuple[int, ...]]:
    """The kernel that predicts left-out messages best, and which encoders it uses; for a sample of 1,200."""
    parts = resemblance.cosines(messages, messages)
    wanted = resemblance.targets(places, classes)
    inside = np.flatnonzero(places >= 0)
    best: tuple[float, Kernel] | None = None
    for kernel in _kernels(len(messages.vectors)):
        square = resemblance.mixed(parts, kernel).astype(np.float64)
        for doubt in _DOUBTS:
            judged = resemblance.left_one_out(square, doubt, wanted)[1]
            loss = _loss(judged[inside], places[inside])
            if best is None or loss < best[0]:
                best = loss, Kernel(kernel.shares, kernel.sharpness, doubt)
    assert best is not None
    used = tuple(i for i, share in enumerate(best[1].shares[1:]) if share)
    shares = (best[1].shares[0], *(best[1].shares[1 + i] for i in used))
    return Kernel(shares, best[1].sharpness, best[1].doubt), used


def weights_of(judged: Array, truth: Places) -> Array:
    """One factor per head, so that the softmax of their sum is calibrated (Guo et al. 2017; Wolpert 1992).

    Fitted to smoothed truth (Platt 1999): a few messages told apart without error are no certainty.
    """
    rows, doubt = np.arange(len(truth)), 1 / (len(truth) + 2)

    def loss(logs: Array) -> float:
        chances = softmax(np.tensordot(np.exp(logs), judged, axes=1))
        losses = -np.log(chances + 1e-12)
        return float(((1 - doubt) * losses[rows, truth] + doubt * losses.mean(axis=1)).mean())

    if len(judged) == 1:
        return np.exp([minimize_scalar(lambda x: loss(np.array([x])), bounds=(-3.0, 5.0), method="bounded").x])
    bounds = [(-6.0, 5.0)] * len(judged)
    return np.asarray(np.exp(minimize(loss, np.ones(len(judged)), method="Nelder-Mead", bounds=bounds).x))


def worth_its_time(judged: Array, truth: Places) -> bool:
    """Whether what the last head says of left-out messages makes all heads together better."""
    losses = [_loss_together(each, truth) for each in (judged[:-1], judged)]
    return losses[1] < losses[0] * (1 - _WORTH)


def in_words(label: str) -> str:
    """The name of an intent as a message: "book_flight" and "BookFlight" become "book flight"."""
    apart = re.sub(r"(?<=[a-zа-яß-ÿ])(?=[A-ZА-Я])", " ", label)
    return " ".join(re.findall(r"[^\W\d_]{2,}", apart)).lower()


def spread_over(places: Places, most: int, random: Any) -> NDArray[np.int64]:
    """At most so many rows, every class in turn: rare classes are not lost."""
    if len(places) <= most:
        return np.arange(len(places))
    order = random.permutation(len(places))
    turn = np.zeros(len(places), dtype=np.int64)
    for place in np.unique(places):
        rows = order[places[order] == place]
        turn[rows] = np.arange(len(rows))
    return np.sort(order[np.argsort(turn[order], kind="stable")][:most])


def _fit_few(kernel: Kernel, messages: Features, places: Places, classes: int, names: Features | None) -> Heads:
    wanted = resemblance.targets(places, classes)
    machine, judged = resemblance.solve(kernel, messages, wanted)
    rows, marks = np.flatnonzero(places >= 0), np.arange(len(messages))
    if names is not None:
        more = np.flatnonzero(np.asarray(names.ngrams.getnnz(axis=1)) > 0)
        with_names = resemblance.targets(np.concatenate([places, more]), classes)
        richer, better = resemblance.solve(kernel, _joined(messages, names.take(more)), with_names)
        better = better[: len(messages)]
        if _loss(better[rows], places[rows]) < _loss(judged[rows], places[rows]):
            machine, wanted = richer, with_names
            places, marks = np.concatenate([places, more]), np.concatenate([marks, np.full(len(more), -1)])
    square = machine.kernel.between(machine.landmarks, machine.landmarks).astype(np.float64)
    folds = _folds(places, classes, len(messages))
    judged = resemblance.left_fold_out(square, kernel.doubt, wanted, folds)
    softer, second = _soft(machine, square, places, classes, folds)
    return Heads((machine, softer), np.stack([judged, second]), np.arange(len(messages)), marks)


def _folds(places: Places, classes: int, count: int) -> list[Places]:
    """The first ``count`` rows in five parts, messages of every class in each as far as they go."""
    turn = np.zeros(count, dtype=np.int64)
    for place in range(-1, classes):
        rows = np.flatnonzero(places[:count] == place)
        turn[rows] = np.arange(len(rows)) % _FOLDS
    return [np.flatnonzero(turn == fold) for fold in range(_FOLDS)]


def _soft(machine: Machine, square: Array, places: Places, classes: int, folds: list[Places]) -> tuple[Machine, Array]:
    """Logistic regression over the machine's kernel, and what it says of the messages in each fold without them."""
    sizes, directions = np.linalg.eigh(square)
    kept = sizes > 1e-6 * sizes.max()
    roots, directions = np.sqrt(sizes[kept]), directions[:, kept]
    basis = directions * roots
    planes = _planes(basis, places, places >= 0, classes)
    judged = np.zeros((sum(map(len, folds)), classes))
    for rows in folds:
        seen = places >= 0
        seen[rows] = False
        judged[rows] = basis[rows] @ _planes(basis, places, seen, classes).T
    weights = (directions / roots) @ planes.T
    return Machine(machine.kernel, machine.landmarks, weights.astype(np.float32)), judged - 1.0


def _planes(basis: Array, places: Places, seen: NDArray[np.bool_], classes: int) -> Array:
    from sklearn.linear_model import LogisticRegression

    full = np.zeros((classes, basis.shape[1]))
    if len(np.unique(places[seen])) > 1:
        fitted = LogisticRegression(C=_SOFT_COST, max_iter=200, tol=1e-3, fit_intercept=False)
        fitted.fit(basis[seen], places[seen])
        found = fitted.coef_
        full[fitted.classes_] = np.vstack([-found[0], found[0]]) / 2 if len(fitted.classes_) == 2 else found
    return full


def _kernels(encoders: int) -> Iterator[Kernel]:
    chosen = [tuple(range(encoders))] + ([(0,)] if encoders > 1 else [])
    for used, part, sharpness in product(chosen, _NGRAM_PARTS, _SHARPNESS):
        total = part + len(used)
        yield Kernel((part / total, *(1 / total if i in used else 0.0 for i in range(encoders))), sharpness, 0.0)


def _loss(judged: Array, truth: Places) -> float:
    """Log loss at its best temperature."""
    return _loss_together(judged[None], truth)


def _loss_together(judged: Array, truth: Places) -> float:
    """Log loss of heads (heads, n, k) weighed as well as can be."""
    chances = softmax(np.tensordot(weights_of(judged, truth), judged, axes=1))
    return float(-np.log(chances[np.arange(len(truth)), truth] + 1e-12).mean())


def _linear(messages: Features, places: Places, classes: int) -> Linear:
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=_COST, random_state=0).fit(messages.ngrams * _UNIT, places)
    weights, biases = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one plane tells two classes apart
        weights, biases = np.vstack([-weights[0], weights[0]]), np.array([-biases[0], biases[0]])
    full, offsets = np.zeros((classes, weights.shape[1])), np.full(classes, -1.0)
    full[machine.classes_], offsets[machine.classes_] = weights, biases
    return Linear(np.ascontiguousarray(full.T), offsets)


def _held_out(places: Places, random: Any) -> NDArray[np.bool_]:
    """A part of every class that has two messages or more."""
    held = np.zeros(len(places), dtype=bool)
    share = min(_HELD_OUT, _HELD_OUT_MOST / len(places))
    for place in np.unique(places):
        rows = random.permutation(np.flatnonzero(places == place))
        held[rows[: max(1, round(share * len(rows)))] if len(rows) > 1 else []] = True
    return held


def _joined(one: Features, two: Features) -> Features:
    vectors = tuple(np.vstack([a, b]) for a, b in zip(one.vectors, two.vectors, strict=True))
    return Features(sp.vstack([one.ngrams, two.ngrams], format="csr"), vectors)

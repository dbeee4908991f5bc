"""The multilingual encoder's own network, tuned to a company's intents: what fine-tuning is to a large model.

Its sentence vectors were made for any text; some thousands of labelled messages move its convolutions towards what
tells *these* intents apart (Howard, Ruder 2018), within minutes on one core. The network is small, so its gradients are
written out here. The words of a batch lie under one another in one matrix (t, width), message after message; where a
window would leave its message it reads zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.engines import api as engines

Array = NDArray[np.float64]
Single = NDArray[np.float32]
Places = NDArray[np.int64]
Pieces = Sequence[Sequence[int]]
Weights = dict[str, Single]

_ORDERS = ((2, 0), (3, 1), (5, 2))  # length of a window, and how far it reaches back
_BACK, _AHEAD = 2, 2
_WIDTH, _EMBEDDED, _VECTOR = 256, 512, 512
_LONGEST = 96  # word pieces read of one message
_AT_ONCE = 1_500  # word pieces in a batch that is only read
_TWINS, _ROUNDS = 2, 2.5
_SEEN = 300_000  # word pieces seen by each twin: it ends within minutes
_BATCHES, _SMALLEST, _LARGEST = 800, 16, 64  # as many batches as that, of so many messages
_RATE, _RATE_HEAD, _RATE_LAST = 3e-4, 3e-3, 1e-4
_WARM_UP = 0.1  # of the batches
_DROPPED, _DROPPED_WORDS = 0.3, 0.1
_DECAY, _LENGTH = 0.01, 8.0
_EPSILON = 1e-12  # of the encoder's norms
_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8  # of Adam


@dataclass(frozen=True)
class Tuned:
    """A tuned network; ``kept`` are its weights in 16 bits, by name."""

    kept: Mapping[str, NDArray[np.float16]]

    def values(self, pieces: Pieces) -> Array:
        """(n, k): logarithms of chances up to a number per message, higher for what is known well. 1 ms each."""
        return _logits(self._weights, pieces)

    @cached_property
    def _weights(self) -> Weights:
        return {name: np.asarray(each, dtype=np.float32) for name, each in self.kept.items()}


def tune(pieces: Pieces, places: Places, classes: int, held: NDArray[np.bool_], seed: int) -> tuple[Tuned, Array]:
    """The network tuned to all messages, and what it said of the held-out ones before it saw them.

    ``places`` 0..k-1, or -1 for messages of no class, which teach to be unsure (Hendrycks et al. 2019). Two networks
    see the messages up to two and a half times, fewer the more and the longer they are, in different orders; the mean
    of their weights is better than either (Wortsman et al. 2022), and sees all messages once more, also the held-out.
    """
    cut = [each[:_LONGEST] for each in pieces]
    known = np.flatnonzero(~held)
    rounds = min(_ROUNDS, _SEEN / max(sum(len(cut[row]) for row in known), 1))
    twins = []
    for random in np.random.default_rng(seed).spawn(_TWINS):
        learner = _Learner(_begun(classes), random)
        learner.learn(cut, places, _order(known, rounds, random), _RATE, _RATE_HEAD)
        twins.append(learner.weights)
    weights: Weights = {name: np.mean([twin[name] for twin in twins], axis=0) for name in twins[0]}
    judged = _logits(weights, [cut[row] for row in np.flatnonzero(held)])
    random = np.random.default_rng(seed)
    order = _order(np.arange(len(cut)), min(1.0, rounds / _ROUNDS), random)
    _Learner(weights, random).learn(cut, places, order, _RATE_LAST, _RATE_LAST)
    return Tuned({name: each.astype(np.float16) for name, each in weights.items()}), judged


@dataclass(slots=True)
class _Learner:
    """Adam with decoupled decay (Loshchilov, Hutter 2019) over the network's weights, which it changes in place."""

    weights: Weights
    random: np.random.Generator
    steps: int = 0
    memory: dict[str, tuple[Single, Single]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.memory = {name: (np.zeros_like(each), np.zeros_like(each)) for name, each in self.weights.items()}

    def learn(self, pieces: Pieces, places: Places, order: Places, rate: float, rate_head: float) -> None:
        """One step per batch of messages in this order, the rate rising at first, then falling to nothing."""
        size = int(np.clip(len(order) // _BATCHES, _SMALLEST, _LARGEST))
        starts = range(0, len(order), size)
        for number, start in enumerate(starts):
            rows = order[start : start + size]
            share = min((number + 1) / (_WARM_UP * len(starts) + 1), 1.0) * (1 - number / len(starts))
            batch = Batch.of([pieces[row] for row in rows])
            found = Forward(self.weights, batch, self.random)
            self._step(found.gradients(_slope(found.logits, places[rows])), share * rate, share * rate_head)

    def _step(self, gradients: Weights, rate: float, rate_head: float) -> None:
        self.steps += 1
        unbiased = np.sqrt(1 - _SECOND**self.steps) / (1 - _FIRST**self.steps)
        for name, slope in gradients.items():
            first, second = self.memory[name]
            first += np.float32(1 - _FIRST) * (slope - first)
            second += np.float32(1 - _SECOND) * (slope * slope - second)
            own = np.float32(rate_head if name.startswith("out") else rate)
            weight = self.weights[name]
            weight *= np.float32(1 - own * _DECAY)
            weight -= own * np.float32(unbiased) * first / (np.sqrt(second) + np.float32(_TINY))


@dataclass(frozen=True, slots=True)
class Batch:
    """n messages of t word pieces: their vectors (t, 512), where each begins and how long it is, and windows (t, 5)."""

    words: Single
    starts: Places
    lengths: Places
    windows: Places

    @classmethod
    def of(cls, pieces: Pieces) -> Batch:
        lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        total = int(lengths.sum())
        starts = np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64)
        flat = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=total)
        places = np.arange(total)[:, None] + np.arange(-_BACK, _AHEAD + 1)
        first, behind = np.repeat(starts, lengths)[:, None], np.repeat(starts + lengths, lengths)[:, None]
        windows = np.where((places >= first) & (places < behind), places, total)
        return cls(engines.piece_vectors(flat), starts, lengths, windows)


class Forward:
    """A batch sent through the network once: its ``logits`` (n, k), and all that its gradients need."""

    def __init__(self, weights: Weights, batch: Batch, random: np.random.Generator | None = None) -> None:
        """``random``: where some of the words and of the last layer are left out, as while learning."""
        self.weights, self.batch, w = weights, batch, weights
        self.words = batch.words * _kept(batch.words.shape, _DROPPED_WORDS, random)
        self.entry = Normed(self.words @ w["proj"] + w["proj_b"])
        entered = self.entry.values * w["entry_gain"] + w["entry_bias"]
        columns = (entered[:, i * _WIDTH : (i + 1) * _WIDTH] for i in range(len(_ORDERS)))
        self.branches = [Branch(w, i, column, batch.windows) for i, column in enumerate(columns)]
        self.features = Normed(np.hstack([self.words, *(each.result for each in self.branches)]))
        lengths: Any = batch.lengths[:, None].astype(np.float32)
        self.roots: Single = np.sqrt(lengths)
        weighed = self.features.values * w["gain"] + w["bias"]
        self.sums: Single = np.add.reduceat(weighed, batch.starts, axis=0)
        self.mean: Single = (self.sums @ w["cnn"] + lengths * w["cnn_b"]) / self.roots
        self.first = np.maximum(self.mean @ w["d0"], 0)
        self.second = np.maximum(self.mean @ w["p1"] + self.first @ w["d1"], 0)
        self.third = np.maximum(self.second @ w["d2"], 0)
        self.raw = np.tanh(self.second @ w["p3"] + self.third @ w["d3"])
        self.size = np.maximum(np.linalg.norm(self.raw, axis=1, keepdims=True), np.float32(1e-6))
        self.pooled = Normed(self.sums / self.roots)
        both = np.hstack([self.raw * (np.float32(_LENGTH) / self.size), self.pooled.values])
        self.left = _kept(both.shape, _DROPPED, random)
        self.both = both * self.left
        self.logits: Single = self.both @ w["out"] + w["out_b"]

    def gradients(self, slope: Single) -> Weights:
        """Of every weight, from the slope of the loss in the logits (n, k)."""
        w, found = self.weights, {"out": self.both.T @ slope, "out_b": slope.sum(axis=0)}
        last = (slope @ w["out"].T) * self.left
        mean = self._through_tower(last[:, :_VECTOR], found) / self.roots
        found["cnn"], found["cnn_b"] = self.sums.T @ mean, self.batch.lengths.astype(np.float32) @ mean
        sums = mean @ w["cnn"].T + self.pooled.back(last[:, _VECTOR:]) / self.roots
        self._through_branches(np.repeat(sums, self.batch.lengths, axis=0), found)
        return found

    def _through_tower(self, slope: Single, found: Weights) -> Single:
        """From the sentence's vector back to the projected mean over its words."""
        w, unit = self.weights, self.raw / self.size
        slope = (slope - unit * (slope * unit).sum(axis=1, keepdims=True)) * (np.float32(_LENGTH) / self.size)
        slope *= 1 - self.raw * self.raw
        third = (slope @ w["d3"].T) * (self.third > 0)
        second = (slope @ w["p3"].T + third @ w["d2"].T) * (self.second > 0)
        first = (second @ w["d1"].T) * (self.first > 0)
        found |= {
            "p3": self.second.T @ slope, "d3": self.third.T @ slope, "d2": self.second.T @ third,
            "p1": self.mean.T @ second, "d1": self.first.T @ second, "d0": self.mean.T @ first,
        }  # fmt: skip
        return np.asarray(second @ w["p1"].T + first @ w["d0"].T)

    def _through_branches(self, slope: Single, found: Weights) -> None:
        w = self.weights
        found |= {"gain": (slope * self.features.values).sum(axis=0), "bias": slope.sum(axis=0)}
        slope = self.features.back(slope * w["gain"])
        parts = [
            branch.back(slope[:, _EMBEDDED + i * _WIDTH :][:, :_WIDTH], found) for i, branch in enumerate(self.branches)
        ]
        entered = np.hstack(parts)
        found |= {"entry_gain": (entered * self.entry.values).sum(axis=0), "entry_bias": entered.sum(axis=0)}
        entry = self.entry.back(entered * w["entry_gain"])
        found |= {"proj": self.words.T @ entry, "proj_b": entry.sum(axis=0)}


class Branch:
    """Two convolutions of one window length, each added to what it reads."""

    def __init__(self, weights: Weights, number: int, entered: Single, windows: Places) -> None:
        length, back = _ORDERS[number]
        self.weights, self.names = weights, [f"{kind}_{number}" for kind in ("w1", "b1", "w2", "b2")]
        self.windows = windows[:, _BACK - back : _BACK - back + length]
        w1, b1, w2, b2 = (weights[name] for name in self.names)
        self.first_seen = self._seen(entered)
        self.first = np.maximum(self.first_seen @ w1 + b1, 0)
        between = self.first + entered
        self.second_seen = self._seen(between)
        self.second = np.maximum(self.second_seen @ w2 + b2, 0)
        self.result = self.second + between

    def back(self, slope: Single, found: Weights) -> Single:
        """Slope of what entered, from that of the result."""
        w1, b1, w2, b2 = self.names
        second = slope * (self.second > 0)
        found[w2], found[b2] = self.second_seen.T @ second, second.sum(axis=0)
        between = slope + self._spread(second @ self.weights[w2].T)
        first = between * (self.first > 0)
        found[w1], found[b1] = self.first_seen.T @ first, first.sum(axis=0)
        return np.asarray(between + self._spread(first @ self.weights[w1].T))

    def _seen(self, rows: Single) -> Single:
        padded = np.vstack([rows, np.zeros((1, _WIDTH), dtype=np.float32)])
        return padded[self.windows].reshape(len(rows), -1)

    def _spread(self, slope: Single) -> Single:
        """`_seen` turned round: a row gets what every window that reads it has for it."""
        total = np.zeros((len(slope) + 1, _WIDTH), dtype=np.float32)
        for place in range(self.windows.shape[1]):  # in one place of the windows, every row is read at most once
            total[self.windows[:, place]] += slope[:, place * _WIDTH : (place + 1) * _WIDTH]
        return total[:-1]


class Normed:
    """Rows with mean 0 and variance 1."""

    def __init__(self, rows: Single) -> None:
        rows = rows - rows.mean(axis=1, keepdims=True)
        self.shrunk = 1 / np.sqrt((rows * rows).mean(axis=1, keepdims=True) + np.float32(_EPSILON))
        self.values = rows * self.shrunk

    def back(self, slope: Single) -> Single:
        along = (slope * self.values).mean(axis=1, keepdims=True)
        return np.asarray((slope - slope.mean(axis=1, keepdims=True) - self.values * along) * self.shrunk)


def _begun(classes: int) -> Weights:
    """The encoder's own weights, and a last layer that knows nothing."""
    weights = {name: each.copy() for name, each in engines.network_weights().items()}
    width = _VECTOR + _EMBEDDED + len(_ORDERS) * _WIDTH
    return weights | {"out": np.zeros((width, classes), np.float32), "out_b": np.zeros(classes, np.float32)}


def _slope(logits: Single, places: Places) -> Single:
    """Of the mean cross-entropy; all classes are wanted alike where there is none."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    known = np.flatnonzero(places >= 0)
    wanted = np.full_like(logits, 1 / logits.shape[1])
    wanted[known] = 0.0
    wanted[known, places[known]] = 1.0
    slope = raised / raised.sum(axis=1, keepdims=True) - wanted
    return np.asarray(slope / np.float32(len(places)))


def _kept(shape: tuple[int, ...], dropped: float, random: np.random.Generator | None) -> Any:
    if random is None:
        return np.float32(1)
    return (random.random(shape, dtype=np.float32) >= dropped) * np.float32(1 / (1 - dropped))


def _order(rows: Places, rounds: float, random: np.random.Generator) -> Places:
    """The rows in a random order, anew in every round; the last round may be cut short."""
    if not len(rows):
        return rows
    whole = [random.permutation(rows) for _ in range(int(np.ceil(rounds)))]
    return np.concatenate(whole)[: max(1, round(rounds * len(rows)))]


def _logits(weights: Weights, pieces: Pieces) -> Array:
    found = np.zeros((len(pieces), len(weights["out_b"])))
    for rows in _alike(pieces):
        found[rows] = Forward(weights, Batch.of([pieces[row][:_LONGEST] for row in rows])).logits
    return found


def _alike(pieces: Pieces) -> Iterator[list[int]]:
    """Rows in batches of at most so many word pieces."""
    rows: list[int] = []
    total = 0
    for row, each in enumerate(pieces):
        length = min(len(each), _LONGEST)
        if rows and total + length > _AT_ONCE:
            yield rows
            rows, total = [], 0
        rows.append(row)
        total += length
    if rows:
        yield rows

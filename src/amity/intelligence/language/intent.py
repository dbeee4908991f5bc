"""What a message asks for: linear heads over sentence vectors and n-grams, calibrated, with a way to say "don't know".

The design holds the 512 numbers of the multilingual sentence encoder beside TF-IDF of words (1-2) and of character
n-grams within words (2-5): vectors generalise, n-grams tell near twins apart. One-against-rest linear support vector
machines (Fan et al. 2008, LIBLINEAR) plus the cosine to each class's centroid, whose weight is chosen on held-out
messages (it helps with few examples). Probabilities are a softmax whose temperature is fitted on held-out messages
(Guo et al. 2017). A message is out of scope when its best margin and its nearest neighbours' similarity, both in
standard deviations of held-out messages, are together lower than those of nearly all messages of a known intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from threadpoolctl import threadpool_limits

from amity.base.errors import Refused
from amity.engines import api as engines

Array = NDArray[np.float64]
Vectors = NDArray[np.float32]

REFUSED_SHARE = 0.1  # of messages that do belong to an intent: the price of noticing those that do not
_VECTOR_WEIGHT = 2.0
_COST = 0.5
_CENTROID_WEIGHTS = (0.0, 0.75, 1.5, 3.0)
_NEIGHBOURS = 5
_RARE_FROM = 3_000  # messages from which n-grams seen once are left out
_MOST_NGRAMS = 200_000
_HELD_OUT = 0.15
_FOLDS = 3
_FOLDS_UP_TO = 3_000
_BLOCK = 2_000
_OOS_LEAST = 20
_WORD = r"(?u)\b\w+\b"


@dataclass(frozen=True, slots=True)
class Understood:
    """Answers for n messages: ``labels`` (n,), their ``confidence`` (n,) in 0..1, all ``chances`` (n, k), and
    ``familiar`` (n,), in standard deviations: below the model's ``floor`` the answer is "don't know"."""

    labels: NDArray[Any]
    confidence: Array
    chances: Array
    familiar: Array


@dataclass(frozen=True, slots=True)
class Intents:
    """A trained classifier; ``floor`` is where `Understood.familiar` becomes "don't know"."""

    classes: NDArray[Any]
    words: Any
    letters: Any
    weights: Array  # (features, k)
    biases: Array
    centroids: Vectors
    examples: Vectors
    centroid_weight: float = 0.0
    temperature: float = 4.0
    margin: tuple[float, float] = (0.0, 1.0)  # mean and deviation over held-out messages
    nearness: tuple[float, float] = (0.0, 1.0)
    floor: float = -np.inf

    def read(self, texts: Sequence[str]) -> Understood:
        """Classify messages. Cost: about 2 ms each, 1 ms in batches."""
        vectors = engines.sentence_vectors(texts)
        values = self._values(texts, vectors)
        return self._judge(values, self._nearness(vectors))

    def _values(self, texts: Sequence[str], vectors: Vectors) -> Array:
        design = _design(texts, vectors, self.words, self.letters)
        margins = np.asarray(design @ self.weights) + self.biases
        return margins + self.centroid_weight * (vectors @ self.centroids.T)

    def _judge(self, values: Array, nearness: Array) -> Understood:
        chances = softmax(values * self.temperature)
        best = chances.argmax(axis=1)
        rows = np.arange(len(values))
        familiar = _standard(values[rows, best], self.margin) + _standard(nearness, self.nearness)
        return Understood(self.classes[best], chances[rows, best], chances, familiar)

    def _nearness(self, vectors: Vectors) -> Array:
        return nearest(vectors, self.examples)


def train(texts: Sequence[str], labels: Sequence[str], outside: Sequence[str] = (), seed: int = 11) -> Intents:
    """Learn from labelled messages (two or more intents, five examples each are a start).

    ``outside`` are messages known to belong to no intent: with 20 or more of them the floor of "don't know" is set
    where they are told apart best, else where a tenth of held-out messages would be refused. Raises `Refused`. Cost:
    about a minute for 15,000 messages of 150 intents on one core, a second for 500.
    """
    given = np.asarray([str(label) for label in labels])
    if len(np.unique(given)) < 2:
        raise Refused("one_intent", "There must be examples of at least two different intents.")
    with threadpool_limits(limits=1, user_api="blas"):
        vectors = engines.sentence_vectors(list(texts))
        values, truth, nearness = _held_out(list(texts), given, vectors, seed)
        weight = _centroid_weight(values, truth)
        mixed = values[0] + weight * values[1]
        model = _fit(list(texts), given, vectors)
        model = replace(model, centroid_weight=weight, temperature=_temperature(mixed, truth))
        model = replace(model, margin=_spread(mixed.max(axis=1)), nearness=_spread(nearness))
        inside = model._judge(mixed, nearness).familiar
        return replace(model, floor=_floor(inside, model.read(outside).familiar if outside else np.zeros(0)))


def softmax(values: Array) -> Array:
    """Rows that add up to 1."""
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def nearest(vectors: Vectors, examples: Vectors) -> Array:
    """Mean cosine of every message to its five nearest examples, (n,), in blocks of bounded memory."""
    count = min(_NEIGHBOURS, len(examples))
    found = [
        np.partition(vectors[start : start + _BLOCK] @ examples.T, -count, axis=1)[:, -count:].mean(axis=1)
        for start in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(found).astype(np.float64) if found else np.zeros(0)


def _fit(texts: list[str], labels: NDArray[Any], vectors: Vectors) -> Intents:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    least = 2 if len(texts) >= _RARE_FROM else 1
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD, dtype=np.float32)
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=least, max_features=_MOST_NGRAMS,
        dtype=np.float32,
    )  # fmt: skip
    _learn_words(words, texts)
    letters.fit(texts)
    machine = LinearSVC(C=_COST, random_state=0).fit(_design(texts, vectors, words, letters), labels)
    weights, biases = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one plane tells two classes apart
        weights, biases = np.vstack([-weights[0], weights[0]]), np.array([-biases[0], biases[0]])
    centroids = np.stack([_unit(vectors[labels == label].mean(axis=0)) for label in machine.classes_])
    return Intents(machine.classes_, words, letters, np.ascontiguousarray(weights.T), biases, centroids, vectors)


def _learn_words(words: Any, texts: list[str]) -> None:
    try:
        words.fit(texts)
    except ValueError as error:
        raise Refused("no_words", "The messages hold no words to learn from.") from error


def _design(texts: Sequence[str], vectors: Vectors, words: Any, letters: Any) -> Any:
    dense = sp.csr_matrix(vectors * np.float32(_VECTOR_WEIGHT))
    return sp.hstack([words.transform(texts), letters.transform(texts), dense], format="csr")


def _held_out(
    texts: list[str], labels: NDArray[Any], vectors: Vectors, seed: int
) -> tuple[tuple[Array, Array], NDArray[np.int64], Array]:
    """Margins and centroid cosines (n, k) of messages the model had not seen, their class, and their nearness."""
    folds = _folds(labels, seed)
    kinds = np.unique(labels)
    margins: list[Array] = []
    cosines: list[Array] = []
    truth, near = [], []
    for fold in range(folds.max() + 1):
        rest = np.flatnonzero(folds == fold)
        seen = np.flatnonzero(folds != fold)
        model = _fit([texts[i] for i in seen], labels[seen], vectors[seen])
        places = np.searchsorted(kinds, model.classes)
        for found, part in (
            (margins, model._values([texts[i] for i in rest], vectors[rest])),
            (cosines, vectors[rest] @ model.centroids.T),
        ):
            full = np.full((len(rest), len(kinds)), part.min() if part.size else 0.0)
            full[:, places] = part
            found.append(full)
        truth.append(np.searchsorted(kinds, labels[rest]))
        near.append(nearest(vectors[rest], vectors[seen]))
    return (np.vstack(margins), np.vstack(cosines)), np.concatenate(truth), np.concatenate(near)


def _folds(labels: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Fold of every message, -1 for those always learned from; every intent keeps most of its examples."""
    random = np.random.default_rng(seed)
    few = len(labels) <= _FOLDS_UP_TO
    folds = np.full(len(labels), -1, dtype=np.int64)
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        if len(rows) < 2:
            continue
        chosen = rows if few else rows[: max(1, round(_HELD_OUT * len(rows)))]
        folds[chosen] = np.arange(len(chosen)) % _FOLDS if few else 0
    if folds.max() < 0:
        folds[:] = np.arange(len(labels)) % 2
    return folds


def _centroid_weight(values: tuple[Array, Array], truth: NDArray[np.int64]) -> float:
    right = [float(np.mean((values[0] + w * values[1]).argmax(axis=1) == truth)) for w in _CENTROID_WEIGHTS]
    return _CENTROID_WEIGHTS[int(np.argmax(right))]


def _temperature(values: Array, truth: NDArray[np.int64]) -> float:
    """Fitted to smoothed truth (Platt 1999): a few messages told apart without error are no certainty."""
    rows, doubt = np.arange(len(truth)), 1 / (len(truth) + 2)

    def loss(log_factor: float) -> float:
        losses = -np.log(softmax(values * np.exp(log_factor)) + 1e-12)
        return float(((1 - doubt) * losses[rows, truth] + doubt * losses.mean(axis=1)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x))


def _floor(inside: Array, outside: Array) -> float:
    usual = float(np.quantile(inside, REFUSED_SHARE))
    if len(outside) < _OOS_LEAST:
        return usual
    # Where refusing a known intent and answering a foreign message cost the same, but never past the usual share.
    cuts = np.quantile(inside, np.linspace(0.005, REFUSED_SHARE, 20))
    wrong = [float(np.mean(inside < cut)) + float(np.mean(outside >= cut)) for cut in cuts]
    return float(cuts[int(np.argmin(wrong))])


def _spread(values: Array) -> tuple[float, float]:
    return float(values.mean()), float(max(values.std(), 1e-9))


def _standard(values: Array, spread: tuple[float, float]) -> Array:
    return (values - spread[0]) / spread[1]


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)

"""What a message asks for: calibrated heads over n-grams and sentence vectors, with a way to say "don't know".

Sentence vectors generalise, n-grams tell near twins apart. What is chosen (kernel, encoders, how much each head counts)
is chosen on messages left out of the learning, never per data set. A message is out of scope when its best value and
its nearest neighbours' similarity, both in standard deviations of left-out messages, are together lower than those of
nearly all messages of a known intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.intelligence.language import heads as fitting
from amity.intelligence.language.features import Describer, Features, learn_ngrams, one_thread
from amity.intelligence.language.heads import Heads, in_words, softmax
from amity.intelligence.language.tongue import tongue
from amity.intelligence.language.tuned import Tuned

Array = NDArray[np.float64]

REFUSED_SHARE = 0.1  # of messages that do belong to an intent: the price of noticing those that do not
_NEIGHBOURS = 5
_BLOCK = 1_000
_OOS_LEAST = 20
_ENGLISH_UP_TO = 20_000  # messages: above, its time is better spent on more of them
_NAMES_UP_TO = 30  # messages per intent from which its name has nothing to add


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
    describer: Describer
    heads: Heads
    weights: Array  # of each head
    examples: NDArray[np.bool_]  # which landmarks are messages of an intent
    best: tuple[float, float] = (0.0, 1.0)  # mean and deviation over left-out messages
    nearness: tuple[float, float] = (0.0, 1.0)
    floor: float = -np.inf

    def read(self, texts: Sequence[str]) -> Understood:
        """Classify messages. Cost: five to ten milliseconds each on one core, more for long texts."""
        parts = [self._read(texts[start : start + _BLOCK]) for start in range(0, max(len(texts), 1), _BLOCK)]
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Understood(joined[0], joined[1], joined[2], joined[3])

    def _read(self, texts: Sequence[str]) -> tuple[NDArray[Any], Array, Array, Array]:
        with one_thread():
            messages = self.describer.describe(texts)
            judged, close = self.heads.look(messages)
            return self._judge(judged, nearest(close[:, self.examples]))

    def _judge(self, judged: Array, near: Array) -> tuple[NDArray[Any], Array, Array, Array]:
        values = np.tensordot(self.weights, judged, axes=1)
        chances = softmax(values)
        best, rows = chances.argmax(axis=1), np.arange(len(values))
        familiar = _standard(values.max(axis=1), self.best) + _standard(near, self.nearness)
        return self.classes[best], chances[rows, best], chances, familiar


@dataclass(frozen=True, slots=True)
class Trained:
    """A model; ``chances`` (n, k) of left-out messages and their ``truth`` (n,), places of its classes."""

    model: Intents
    chances: Array
    truth: NDArray[np.int64]


def train(texts: Sequence[str], labels: Sequence[str], outside: Sequence[str] = (), seed: int = 11) -> Intents:
    """Learn from labelled messages (two or more intents, five examples each are a start).

    ``outside`` are messages known to belong to no intent: they are learned from, and with 20 or more of them the floor
    of "don't know" is set where they are told apart best, else where a tenth of left-out messages would be refused.
    Raises `Refused`. Cost: about four minutes for 15,000 messages of 150 intents on one core, seconds for 500.
    """
    return train_judged(texts, labels, outside, seed).model


def train_judged(texts: Sequence[str], labels: Sequence[str], outside: Sequence[str] = (), seed: int = 11) -> Trained:
    """As `train`, with what the model says of messages it had not seen."""
    given = np.asarray([str(label) for label in labels])
    classes, places = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise Refused("one_intent", "There must be examples of at least two different intents.")
    everything = [*texts, *outside]
    places = np.concatenate([places, np.full(len(outside), -1)]).astype(np.int64)
    with one_thread():
        names = [in_words(label) for label in classes] if len(texts) <= _NAMES_UP_TO * len(classes) else []
        sample = fitting.spread_over(places, fitting.TRIED, np.random.default_rng(seed))
        tried_texts = [everything[i] for i in sample]
        english = len(everything) <= _ENGLISH_UP_TO and _mostly_english(tried_texts)
        describer = learn_ngrams([*everything, *names], engines.encoders()[: None if english else 1])
        tried = describer.describe(tried_texts)
        kernel, used = fitting.choose(tried, places[sample], len(classes))
        encoders = tuple(describer.encoders[i] for i in used)
        describer = replace(describer, encoders=encoders, pieces=len(everything) > fitting.FEW)
        messages = tried.only(used) if len(sample) == len(everything) else describer.describe(everything)
        further = describer.describe(names) if names else None
        heads = fitting.fit(kernel, messages, places, len(classes), further, seed)
        describer = replace(describer, pieces=any(isinstance(head, Tuned) for head in heads.heads))
        return _judged(classes, describer, heads, messages, places)


def nearest(close: NDArray[np.float32]) -> Array:
    """Mean cosine (n,) of every message to its five nearest examples, from all cosines (n, m)."""
    count = min(_NEIGHBOURS, close.shape[1])
    return np.asarray(np.partition(close, -count, axis=1)[:, -count:].mean(axis=1), dtype=np.float64)


def _judged(classes: NDArray[Any], describer: Describer, heads: Heads, messages: Features, places: Any) -> Trained:
    """The model with its factors, spreads and floor from what the heads said of messages they had not seen."""
    truth = places[heads.rows]
    inside = truth >= 0
    weights = fitting.weights_of(heads.judged[:, inside], truth[inside])
    examples = (heads.marks >= 0) & (places[heads.marks] >= 0)
    close = heads.machine.look(messages.take(heads.rows))[1]
    close[heads.rows[:, None] == heads.marks] = -1.0  # nobody is its own neighbour
    near = nearest(close[:, examples])
    values = np.tensordot(weights, heads.judged, axes=1).max(axis=1)
    model = Intents(classes, describer, heads, weights, examples, _spread(values[inside]), _spread(near[inside]))
    chances, familiar = model._judge(heads.judged, near)[2:]
    floor = _floor(familiar[inside], familiar[~inside])
    kept = replace(heads, judged=np.zeros((len(heads.heads), 0, len(classes))), rows=np.zeros(0, dtype=np.int64))
    return Trained(replace(model, heads=kept, floor=floor), chances[inside], truth[inside])


def _mostly_english(texts: list[str]) -> bool:
    told = [tongue(text).code for text in texts]
    return told.count("en") * 2 > len(told) - told.count("")


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

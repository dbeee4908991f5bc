"""The tone of what a customer wrote: classes learned as intents are, and the phrase that shows it.

Only a customer's words have a tone here: `CustomerWords` cannot be made from what staff or a bot said, and nothing
else is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.intelligence.language.door_words import CustomerWords, Speaker
from amity.intelligence.language.intent import Intents, train_judged

Array = NDArray[np.float64]

_OFFSETS = np.linspace(-1.5, 1.5, 13)
_ROUNDS = 2
_LEAST_GAIN = 0.003  # of macro-F1 on left-out messages: less is chance
_CLAUSE = re.compile(r"(?<=[.!?;:,…])\s+|\n+|\s+[-–—]\s+")
_MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class Toned:
    """``labels`` (n,), their ``confidence`` (n,) and all ``chances`` (n, k)."""

    labels: NDArray[Any]
    confidence: Array
    chances: Array


@dataclass(frozen=True, slots=True)
class Tones:
    """A trained model of tone; ``offsets`` (k,) make up for rare tones when one is chosen, chances stay calibrated."""

    model: Intents
    offsets: Array

    def read(self, messages: Sequence[CustomerWords]) -> Toned:
        """Tone of messages. Cost: a few milliseconds each."""
        chances = self.model.read([message.text for message in messages]).chances
        best = decided(chances, self.offsets)
        return Toned(self.model.classes[best], chances[np.arange(len(best)), best], chances)

    def shown_by(self, message: CustomerWords) -> tuple[int, int]:
        """Start and end of the clause without which the tone would be least certain; all of a single clause."""
        spans = _clauses(message.text)
        if len(spans) < 2:
            return 0, len(message.text)
        whole = self.model.read([message.text]).chances
        tone = int(decided(whole, self.offsets)[0])
        without = [message.text[:start] + message.text[end:] for start, end in spans]
        alone = [message.text[start:end] for start, end in spans]
        chances = self.model.read([*without, *alone]).chances[:, tone]
        return spans[int(np.argmax(chances[len(spans) :] - chances[: len(spans)]))]


def train(messages: Sequence[CustomerWords], labels: Sequence[str], seed: int = 11) -> Tones:
    """Learn tones from labelled customers' words. Raises `Refused`; cost as `intent.train`."""
    trained = train_judged([message.text for message in messages], labels, seed=seed)
    return Tones(trained.model, _fair(trained.chances, trained.truth))


def customer_words(texts: Sequence[str]) -> list[CustomerWords]:
    """Texts that are known to come from customers."""
    return [CustomerWords(text, Speaker.CUSTOMER) for text in texts]


def decided(chances: Array, offsets: Array) -> NDArray[np.int64]:
    """The place of the class chosen for every row."""
    return np.asarray((np.log(chances + 1e-12) + offsets).argmax(axis=1))


def _fair(chances: Array, truth: NDArray[np.int64]) -> Array:
    """Offsets with the best macro-F1 on left-out messages, or none where they gain nothing."""
    offsets = np.zeros(chances.shape[1])
    start = best = _macro_f1(decided(chances, offsets), truth)
    for _ in range(_ROUNDS):
        for place in range(len(offsets)):
            tried = [np.where(np.arange(len(offsets)) == place, value, offsets) for value in _OFFSETS]
            found = [_macro_f1(decided(chances, each), truth) for each in tried]
            if max(found) > best:
                best, offsets = max(found), tried[int(np.argmax(found))]
    return offsets if best >= start + _LEAST_GAIN else np.zeros(chances.shape[1])


def _macro_f1(found: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    count = int(max(found.max(), truth.max())) + 1
    right = np.bincount(truth[found == truth], minlength=count)
    total = np.bincount(truth, minlength=count) + np.bincount(found, minlength=count)
    there = total > 0
    return float(np.mean(2 * right[there] / total[there]))


def _clauses(text: str) -> list[tuple[int, int]]:
    spans = []
    start = 0
    for gap in [*_CLAUSE.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            spans.append((start, end))
        start = gap.end() if gap else end
    if len(spans) <= _MOST_CLAUSES:
        return spans
    parts = np.array_split(np.arange(len(spans)), _MOST_CLAUSES)
    return [(spans[part[0]][0], spans[part[-1]][1]) for part in parts]

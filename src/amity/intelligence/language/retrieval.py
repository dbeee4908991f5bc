"""Finding the passage that answers a question, with the sentence to quote, and silence where nothing answers it.

Words (BM25 over stems, Robertson, Zaragoza 2009) and meaning (cosine of sentence vectors) are each brought to the
scale of the best a question could reach, and added; a passage also counts by its best sentence, which is the quote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amity.engines import api as engines
from amity.intelligence.language.features import one_thread, vectors_of
from amity.intelligence.language.stems import stems

Array = NDArray[np.float64]

_SATURATION = 1.2  # k1
_LENGTH = 0.75  # b
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_SHORTENED = re.compile(r"(?:^|[\s(\[„“\"'])((?:\w\.)*\w{1,7})\.$")
_UNIT = re.compile(r"\d\s*\w\.$")  # "2023 г.", "5 m.": a sentence may well end here
_SHORT = """
 mr mrs ms dr prof st vs approx dept fig tel ca bzw evtl ggf inkl exkl zzgl nr str abs art vgl hr fr sog ul al pl os np
 tzn tj godz tys im ks ул просп кв стр рис тел тыс млн см напр им проф обл ст пкт e.g i.e z.b d.h т.е т.к т.н m.in
"""
_SHORT_WORDS = frozenset(_SHORT.split())
_LONGEST_QUOTE = 400
_NEARLY = 0.9  # a sentence that scores so much of what its heading does is the answer, not just the first one below
_PHRASE = 0.5  # what the words of the best sentence count beside those of the passage
_MEANING = {"english": (1.0, 2.0), "many": (0.5, 1.0)}  # what a passage's and its best sentence's meaning count
_STRANGER = {"english": 1.7, "many": 0.6}  # what a passage about something else may score: a lead is a lead over it too


@dataclass(frozen=True, slots=True)
class Found:
    """A passage by its place in the list, its ``score``, and the ``quote``: ``start`` to ``end`` of its text.

    ``sure`` in 0..1: share of what the question could reach and lead over the next passage; below `Library.floor`
    nothing may be answered.
    """

    place: int
    score: float
    sure: float
    start: int
    end: int


class Words:
    """BM25 over a fixed list of texts."""

    def __init__(self, texts: Sequence[str], language: str) -> None:
        """``language``: en, ru, pl or de; any other is not stemmed."""
        self.language = language
        counts = [Counter(stems(text, language)) for text in texts]
        self.places: dict[str, int] = {}
        for count in counts:
            for word in count:
                self.places.setdefault(word, len(self.places))
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        usual = max(float(lengths.mean()) if len(lengths) else 1.0, 1.0)
        rows, columns, values = [], [], []
        for row, count in enumerate(counts):
            drag = _SATURATION * (1 - _LENGTH + _LENGTH * lengths[row] / usual)
            for word, often in count.items():
                rows.append(row)
                columns.append(self.places[word])
                values.append(often * (_SATURATION + 1) / (often + drag))
        shape = (len(texts), max(len(self.places), 1))
        table = sp.csc_matrix((values, (rows, columns)), shape=shape)
        holding = np.diff(table.indptr)
        self.rarity = np.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        self.unknown = float(np.log(1 + (len(texts) + 0.5) / 0.5))
        self.table = (table @ sp.diags(self.rarity)).tocsr()

    def scores(self, question: str) -> tuple[Array, float]:
        """Scores of all texts, and the score of a text that holds every word of the question."""
        words = Counter(stems(question, self.language))
        asked = np.zeros(self.table.shape[1])
        reach = 0.0
        for word, often in words.items():
            place = self.places.get(word)
            reach += often * (self.unknown if place is None else float(self.rarity[place]))
            if place is not None:
                asked[place] = often
        return np.asarray(self.table @ asked), max(reach * (_SATURATION + 1) / 2, 1e-9)


class Library:
    """Passages of one language, ready to be asked."""

    def __init__(
        self, passages: Sequence[str], language: str, floor: float = 0.0, heads: Sequence[int] | None = None,
        groups: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        """Reads every sentence once: about 1 ms each. ``heads``: how much of each text is found by, never quoted;
        ``groups``: passages of one article have one number, a lead is one over other articles."""
        self.passages = list(passages)
        self.groups = np.array(groups if groups is not None else range(len(self.passages)), dtype=np.int64)
        self.heads = list(heads) if heads is not None else [0] * len(self.passages)
        self.floor = floor
        self.encoder = encoder_of(language)
        self.spans = [(row, *span) for row, text in enumerate(self.passages) for span in sentences(text)]
        self.owner = np.array([row for row, _, _ in self.spans], dtype=np.int64)
        self.words = Words(self.passages, language)
        self.phrases = Words([self.passages[row][a:b] for row, a, b in self.spans], language)

    @cached_property
    def vectors(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of the passages, and of their sentences."""
        phrases = [self.passages[row][start:end] for row, start, end in self.spans]
        with one_thread():
            return vectors_of(self.passages, (self.encoder,))[0], vectors_of(phrases, (self.encoder,))[0]

    def ask(self, question: str, most: int = 5) -> list[Found]:
        """The best passages, the best first; the caller compares ``sure`` with ``floor``."""
        if not self.spans:
            return []
        with one_thread():
            passages, sentence = self._scores(question)
        order = np.argsort(-passages, kind="stable")
        others = passages[self.groups != self.groups[order[0]]]
        second = float(others.max()) if len(others) else 0.0
        lead = float(passages[order[0]]) - max(second, _STRANGER[self.encoder])
        found = []
        for place in order[:most]:
            start, end = self._quote(int(place), sentence)
            score = float(passages[place])
            found.append(Found(int(place), score, sureness(score, lead if place == order[0] else 0.0), start, end))
        return found

    def answer(self, question: str) -> Found | None:
        """The best passage, or nothing where it is not sure enough."""
        best = self.ask(question, 1)
        return best[0] if best and best[0].sure >= self.floor else None

    def _quote(self, place: int, sentence: Array) -> tuple[int, int]:
        """The best sentence of a passage; where its heading is clearly better, the first one below it."""
        own = np.flatnonzero(self.owner == place)
        body = np.array([row for row in own if self.spans[row][1] >= self.heads[place]], dtype=np.int64)
        if not len(body):
            return 0, 0
        best = int(body[np.argmax(sentence[body])])
        if sentence[best] < _NEARLY * sentence[own].max():
            best = int(body[0])
        _, start, end = self.spans[best]
        return start, end

    def _scores(self, question: str) -> tuple[Array, Array]:
        """Scores of passages and of sentences."""
        whole, reach = self.words.scores(question)
        part, reach_part = self.phrases.scores(question)
        asked = vectors_of([question], (self.encoder,))[0][0]
        near_passage, near = (vectors @ asked for vectors in self.vectors)
        by_passage, by_phrase = _MEANING[self.encoder]
        count = len(self.passages)
        best_near, best_part = _best_of(near, self.owner, count), _best_of(part / reach_part, self.owner, count)
        together = whole / reach + _PHRASE * best_part + by_passage * near_passage + by_phrase * best_near
        return together, part / reach_part + by_phrase * near


def encoder_of(language: str) -> str:
    """Which encoder reads passages of a language."""
    return "english" if language == "en" and "english" in engines.encoders() else "many"


def sureness(score: float, lead: float) -> float:
    """0..1, rising with the lead over the next passage or a stranger, and a little with the score."""
    return float(1 / (1 + np.exp(-(8.0 * (lead - 0.2) + 0.5 * (score - 1.0)))))


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence, none longer than 400 characters, none empty."""
    spans: list[tuple[int, int]] = []
    start = 0
    for gap in [*(each for each in _SENTENCE.finditer(text) if _ends(text, each)), None]:
        end = gap.start() if gap else len(text)
        for cut in range(start, max(end, start), _LONGEST_QUOTE):
            piece = cut, min(cut + _LONGEST_QUOTE, end)
            if text[piece[0] : piece[1]].strip():
                spans.append(piece)
        start = gap.end() if gap else len(text)
    return spans


def _ends(text: str, gap: re.Match[str]) -> bool:
    """Whether a sentence ends here, and not a shortened word ("2 p.m. are", "z. B. Kunden") or the day of a date."""
    before, after = text[max(0, gap.start() - 30) : gap.start()], text[gap.end() : gap.end() + 1]
    if "\n" in gap.group() or not before.endswith("."):
        return True
    if after.islower():
        return False
    word = _SHORTENED.search(before)
    if word is None or _UNIT.search(before):
        return True
    told = word.group(1).lower()
    return not (len(told) == 1 or told in _SHORT_WORDS or (told.isdecimal() and len(told) < 3))


def _best_of(values: Array, owner: NDArray[np.int64], count: int) -> Array:
    best = np.full(count, float(values.min()) if len(values) else 0.0)
    np.maximum.at(best, owner, values)
    return best


def floor_for(sure: Array, right: NDArray[np.bool_], wrong: float) -> float:
    """The lowest floor at which, of the questions answered, at most this share got a wrong passage.

    The bound is on the safe side: one wrong answer more than was seen, and their deviation, are allowed for.
    """
    order = np.argsort(-sure, kind="stable")
    answered = np.arange(1, len(order) + 1)
    seen = np.cumsum(~right[order])
    kept = np.flatnonzero(seen + 1 + np.sqrt(seen) <= wrong * answered)
    return float(sure[order[kept[-1]]]) if len(kept) else float("inf")

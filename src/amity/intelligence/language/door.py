"""The door of language for other rooms. Libraries of numbers are loaded on first use, not when the product starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from amity.access import api as access
from amity.intelligence.language import store_versions
from amity.intelligence.language.door_tone import strong_words
from amity.intelligence.language.door_words import CustomerWords, Speaker
from amity.intelligence.language.stems import stems
from amity.intelligence.language.store_versions import (
    LanguageVersion,
    history,
    live,
    put_to_work,
    set_aside,
    set_figures,
    version,
)
from amity.intelligence.language.tongue import Tongue, tongue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from amity.intelligence.language.entities import Entity
    from amity.intelligence.language.retrieval import Library

LEAST_EACH = 5
SEED = 11
_UNSURE = 0.3  # chance of the best answer below which it is "don't know"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"\d{4,}")
_CLAUSE = re.compile(r"(?<=[.!?;…])\s+|\n+")
_MOST_CLAUSES, _LONGEST_CLAUSE = 12, 300

__all__ = [
    "LEAST_EACH", "CustomerWords", "Heard", "LanguageVersion", "Library", "Speaker", "Tongue", "entities", "floor_for",
    "history", "learn", "library", "live", "put_to_work", "read", "read_tone", "sentences", "set_aside", "set_figures",
    "stems", "tongue", "vectors", "version", "without_names",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model says of one message. ``label`` is "" for "don't know"; ``best`` its guess all the same.

    ``chance`` 0–1; ``others``: up to three (label, chance), the best first.
    """

    label: str
    best: str
    chance: float
    others: tuple[tuple[str, float], ...]
    version: int


def learn(
    principal: access.Principal, key: str, rows: Sequence[tuple[str, str, str]], say: Callable[[int, int, str], None],
    seed: int = SEED, better: float | None = None,
) -> LanguageVersion:  # fmt: skip
    """Learn ``key`` from (text, label, language); label "" means none of them. The new version goes to work.

    ``better``: only where its held-out accuracy is at least this. Raises `Refused`; cost: seconds to minutes.
    """
    from amity.intelligence.language.models_learning import Lesson
    from amity.intelligence.language.models_learning import learn as learned

    texts = [without_names(text, language) for text, _label, language in rows]
    found = learned(Lesson(texts, [row[1] for row in rows], [row[2] for row in rows]), say, seed)
    goes_live = better is None or found.figures["accuracy"] >= better
    return store_versions.keep(principal, key, found, seed, goes_live)


def read(key: str, text: str, language: str) -> Heard | None:
    """What the live version says of a message; None where nothing was learned yet. Some milliseconds; 1 query."""
    at_work = live(key)
    if at_work is None:
        return None
    from amity.intelligence.language.models_learning import sharpened

    reader = store_versions.reader(at_work.id)
    found = reader.model.read([without_names(text, language)])
    chances = sharpened(found.chances, reader.sharpness.get(language, 1.0))[0]
    order = chances.argsort()[::-1][:3]
    others = tuple((str(reader.model.classes[i]), float(chances[i])) for i in order)
    floor = reader.floors.get(language, reader.model.floor)
    sure = float(found.familiar[0]) >= floor and others[0][1] >= _UNSURE
    return Heard(others[0][0] if sure else "", others[0][0], others[0][1], others, at_work.number)


def read_tone(key: str, words: CustomerWords, language: str) -> tuple[str, float | None, str]:
    """Tone of a customer's words, its chance, and the clause that shows it; "" for neither.

    By what the company taught; before that by words that praise or blame (no chance then).
    """
    heard = read(key, words.text, language)
    if heard is None:
        return _word_tone(words.text)
    if not heard.label:
        return "", heard.chance, ""
    return heard.label, heard.chance, _shown_by(key, words.text, language, heard.label)


def without_names(text: str, language: str) -> str:
    """The text with addresses, accounts, phone and order numbers replaced by words for them: what is learned from."""
    for each in reversed(entities(text, language, date(2000, 1, 1))):
        if each.kind in ("iban", "order", "phone"):
            text = f"{text[: each.start]}{each.kind}{text[each.end :]}"
    return _DIGITS.sub("number", _MAIL.sub("mail", text))


def entities(text: str, language: str, today: date) -> list[Entity]:
    """Order numbers, amounts, dates, phone numbers and accounts that a text names."""
    from amity.intelligence.language.entities import entities as named

    return named(text[:20_000], language or "en", today)


def library(
    passages: Sequence[str], language: str, known: Any = None, heads: Sequence[int] | None = None,
    groups: Sequence[int] | None = None,
) -> Library:  # fmt: skip
    """Passages ready to be asked; ``known``: their vectors and those of their sentences; for the rest see `Library`."""
    from amity.intelligence.language.retrieval import Library as Made

    made = Made(passages, language, heads=heads, groups=groups)
    if known is not None:
        made.__dict__["vectors"] = known
    return made


def vectors(texts: Sequence[str], language: str) -> NDArray[np.float32]:
    """Vectors (n, d) by the encoder that `library` uses for this language."""
    from amity.intelligence.language.features import one_thread, vectors_of
    from amity.intelligence.language.retrieval import encoder_of

    with one_thread():
        return vectors_of(texts, (encoder_of(language),))[0]


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence, as `library` cuts them."""
    from amity.intelligence.language.retrieval import sentences as cut

    return cut(text)


def floor_for(sure: Sequence[float], right: Sequence[bool], wrong: float) -> float:
    """The lowest sureness at which at most this share of answers was wrong; infinite where there is none."""
    import numpy

    from amity.intelligence.language.retrieval import floor_for as lowest

    return lowest(numpy.asarray(sure, dtype=float), numpy.asarray(right, dtype=bool), wrong)


def _shown_by(key: str, text: str, language: str, label: str) -> str:
    """The clause that shows ``label`` most, as the live version sees it."""
    clauses = _clauses(text)
    at_work = live(key)
    if len(clauses) < 2 or at_work is None:
        return text.strip()[:_LONGEST_CLAUSE]
    model = store_versions.reader(at_work.id).model
    column = [str(each) for each in model.classes].index(label)
    chances = model.read([without_names(each, language) for each in clauses]).chances[:, column]
    return clauses[int(chances.argmax())][:_LONGEST_CLAUSE]


def _word_tone(text: str) -> tuple[str, float | None, str]:
    clauses = _clauses(text)
    counts = [strong_words(each) for each in clauses]
    total = sum(counts)
    if not total:
        return "", None, ""
    place = counts.index(min(counts) if total < 0 else max(counts))
    return ("negative" if total < 0 else "positive"), None, clauses[place][:_LONGEST_CLAUSE]


def _clauses(text: str) -> list[str]:
    return [each.strip() for each in _CLAUSE.split(text) if each.strip()][:_MOST_CLAUSES]

"""Words that column headings, stages and files are called by, in English, Russian, Polish and German.

One line per meaning: ``noun.field`` (``*`` for any noun that has the field) and its phrases, separated by commas.
Phrases are matched without case, accents and punctuation; see `base.plain.normal`.
"""

from __future__ import annotations

from functools import cache

from amity.base.plain import normal
from amity.people.imports.wordlists import FIELD_WORDS, FILE_WORDS, OUTCOME_WORDS


@cache
def phrases() -> dict[str, tuple[str, ...]]:
    """Every known heading in normal form, with the ``noun.field`` keys it may mean."""
    found: dict[str, list[str]] = {}
    for key, words in FIELD_WORDS.items():
        for phrase in words.split(","):
            keys = found.setdefault(normal(phrase), [])
            if key not in keys:
                keys.append(key)
    found.pop("", None)
    return {phrase: tuple(keys) for phrase, keys in found.items()}


@cache
def file_words() -> dict[str, str]:
    """Words in file and sheet names, in normal form, with the noun they stand for."""
    return {normal(word): noun for noun, words in FILE_WORDS.items() for word in words.split(",") if normal(word)}


@cache
def outcome_words() -> dict[str, str]:
    """Words of stages and statuses, in normal form, with ``won``, ``lost`` or ``open``."""
    return {normal(word): state for state, words in OUTCOME_WORDS.items() for word in words.split(",") if normal(word)}


def is_known_header(cell: str) -> bool:
    """Whether a cell reads like a heading that some export uses."""
    return normal(cell) in phrases()


@cache
def outcome_of(value: str) -> str:
    """``won``, ``lost`` or ``open`` for the text of a stage or status; empty where nothing is known."""
    text = normal(value)
    words = outcome_words()
    if text in words:
        return words[text]
    tokens = text.split()
    joined = f" {text} "
    hits = {state for phrase, state in words.items() if len(phrase) > 2 and f" {phrase} " in joined}
    if "lost" in hits:  # "not qualified", "closed lost": the refusal decides
        return "lost"
    if "won" in hits:
        return "lost" if {"not", "ne", "nie", "nicht", "no"} & set(tokens) else "won"
    return "open" if "open" in hits else ""

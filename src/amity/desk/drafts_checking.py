"""Whether a wording says only what its passages say: every sentence is held against them, by words and by meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from amity.desk.drafts_masking import PLACEHOLDER
from amity.intelligence import api as intelligence

MOST_TEXT = 1_500  # characters of a wording
_SHARED, _CLOSE, _SHARED_WHEN_CLOSE = 0.7, 0.6, 0.4
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LINK = re.compile(r"https?://|www\.|[\w.+-]+@[\w-]+\.\w|\]\(")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NAME = re.compile(r"(?<![.!?…:]\s)(?<!^)(?<!\n)(?<![\"“„«(])\b[A-ZА-ЯЁĄĆĘŁŃÓŚŹŻÄÖÜ][\w’'-]+")
_NOT = {
    "en": {"not", "no", "never", "none", "cannot", "without", "nothing", "neither", "n't", "unable"},
    "ru": {"не", "нет", "ни", "никогда", "без", "нельзя", "невозможно", "ничего"},
    "pl": {"nie", "nigdy", "bez", "żaden", "żadna", "żadne", "brak", "nic"},
    "de": {"nicht", "kein", "keine", "keinen", "keiner", "keinem", "nie", "niemals", "ohne", "nichts", "weder"},
}  # fmt: skip


def unsupported(text: str, passages: Sequence[str], language: str) -> str:
    """Why ``text`` may not be said: empty, length, link, number, name, negation, claim; "" where all is supported.

    Each sentence must share most of its words with one sentence (or two in a row) of a passage, or some and its
    meaning; every number and name must stand in the passages. Placeholders do not count. Cost: some milliseconds.
    """
    said = PLACEHOLDER.sub("", text).strip()
    if not said or len(said) > MOST_TEXT:
        return "length" if said else "empty"
    held = "\n".join(passages)
    if _LINK.search(said):
        return "link"
    if not set(_NUMBER.findall(said)) <= set(_NUMBER.findall(held)):
        return "number"
    stems = set(intelligence.language.stems(held, language))
    if any(not set(intelligence.language.stems(name, language)) <= stems for name in _NAME.findall(said)):
        return "name"
    evidence = [piece for passage in passages for piece in _windows(passage)]
    sentences = [said[start:end] for start, end in intelligence.language.sentences(said)]
    for sentence in sentences:
        wrong = _claim(sentence, evidence, language)
        if wrong:
            return wrong
    return ""


def _claim(sentence: str, evidence: Sequence[str], language: str) -> str:
    """ "negation", "claim" or "" for one sentence."""
    words = set(intelligence.language.stems(sentence, language))
    if not words:
        return ""
    shared = [len(words & set(intelligence.language.stems(piece, language))) / len(words) for piece in evidence]
    order = sorted(range(len(evidence)), key=lambda row: -shared[row])[:4]
    numbers = set(_NUMBER.findall(sentence))
    same = [row for row in order if numbers <= set(_NUMBER.findall(evidence[row]))]
    near = [row for row in same if shared[row] >= _SHARED_WHEN_CLOSE]
    good = [row for row in near if shared[row] >= _SHARED]
    if not good and near:
        vectors = intelligence.language.vectors([sentence, *(evidence[row] for row in near)], language)
        good = [row for row, cosine in zip(near, vectors[1:] @ vectors[0], strict=True) if cosine >= _CLOSE]
    if not good:
        return "claim"
    return "" if any(_negated(sentence, language) == _negated(evidence[row], language) for row in good) else "negation"


def _windows(passage: str) -> list[str]:
    spans = intelligence.language.sentences(passage)
    alone = [passage[start:end] for start, end in spans]
    return alone + [passage[a[0] : b[1]] for a, b in pairwise(spans)]


def _negated(text: str, language: str) -> bool:
    words = {word.lower() for word in _WORD.findall(text)}
    return bool(words & _NOT.get(language, set())) or any(word.endswith(("n't", "n’t")) for word in words)

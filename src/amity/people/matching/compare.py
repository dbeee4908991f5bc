"""How alike two values of one column are: a number from 0 to 1 per pair, and the level that number falls into."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio
from rapidfuzz.process import cpdist

from amity.people.matching.columns import Column, Ints
from amity.people.matching.nicknames import families
from amity.people.matching.words import name_words, sound

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.int8]
CUTS: dict[str, tuple[float, ...]] = {
    "word": (0.6, 0.75, 0.85, 0.92, 0.97, 1.0),
    "phrase": (0.4, 0.55, 0.7, 0.8, 0.9, 0.97, 1.0),
    "text": (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95),
    "code": (0.6, 0.8, 0.9, 1.0),
    "phone": (0.8, 0.9, 1.0),
    "email": (0.2, 0.3, 0.7, 0.8, 0.9, 1.0),
    "date": (0.3, 0.5, 0.8, 0.9, 1.0),
    "year": (0.8, 0.9, 1.0),
    "bag": (-0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
    "number": (0.5, 0.7, 0.9, 0.97, 1.0),
}
NAMESAKES = 1  # the level of e-mail addresses that only their numbers tell apart
_WORTH_A_THREAD = 5_000  # pairs of texts
_KIN = 0.98
_SHORT = 4  # sounds
_LONG_NUMBER = 4  # digits of which one may be a slip rather than somebody else's
_SHORTEST = 3  # letters of a name in which one wrong one may be a slip
_SLIP = 0.86  # likeness of a usual name and a rare one that is one slip away, at least
_ANOTHER = 0.7  # likeness of two usual names that do not sound the same, at most
_USUAL = 10  # records that hold a name from which it is none by a slip
_SLIPS = 50  # and so many times rarer than the name itself is any one slip of it


def similarity(one: Column, pairs: Ints) -> Floats:
    """Likeness of the column's values for every pair ``(n_pairs,)``; NaN where a value is missing.

    Each distinct pair of values is compared once.
    """
    a, b = one.codes[pairs[:, 0]].astype(np.int64), one.codes[pairs[:, 1]].astype(np.int64)
    found = np.full(len(pairs), np.nan, dtype=np.float32)
    both = (a >= 0) & (b >= 0)
    found[both & (a == b)] = 1.0
    differ = np.flatnonzero(both & (a != b))
    if not len(differ):
        return found
    size = len(one.values)
    keys = np.minimum(a[differ], b[differ]) * size + np.maximum(a[differ], b[differ])
    distinct, back = np.unique(keys, return_inverse=True)
    found[differ] = of_values(one, distinct // size, distinct % size)[back]
    return found


def of_values(one: Column, a: Ints, b: Ints) -> Floats:
    """Likeness of pairs of different values, given by their numbers."""
    return np.minimum(_LIKENESS[one.kind](one, a, b), np.float32(0.999))


def levels(kind: str, likeness: Floats) -> Levels:
    """The level of each likeness: -1 where missing, 0 for different, the highest for equal."""
    found = np.searchsorted(np.array(CUTS[kind], dtype=np.float32) - 1e-6, likeness, side="right").astype(np.int8)
    found[np.isnan(likeness)] = -1
    return found


def _words(one: Column, a: Ints, b: Ints) -> Floats:
    """Jaro–Winkler, or of how the words sound where that is more alike; forms of one given name count as kin."""
    left, right = one.objects[a], one.objects[b]
    plain = _distance(left, right, JaroWinkler.similarity)
    heard = one.kept("heard", lambda: _objects(" ".join(map(sound, value.split())) for value in one.values))
    alike = _distance(heard[a], heard[b], JaroWinkler.similarity)
    lengths = one.kept("heard lengths", lambda: np.array([len(value) for value in heard], dtype=np.int64))
    short = np.minimum(lengths[a], lengths[b]) < _SHORT  # Jan and Anna sound alike only by being short
    best = np.maximum(plain, 0.96 * np.where(short & (alike < 1), np.float32(0), alike))
    edits = _edits(left, right)
    best = np.maximum(best, 0.95 * edits * (edits >= 0.8))
    if one.personal:
        best = _two_or_a_slip(one, a, b, best, edits, alike < 1)
    return np.where(_kin(one, a, b), np.float32(_KIN), best)


def _two_or_a_slip(one: Column, a: Ints, b: Ints, best: Floats, edits: Floats, unlike: npt.NDArray[np.bool_]) -> Floats:
    """Likeness of personal names, seen how usual they are; ``unlike``: those that do not sound the same.

    Stefan and Stefanie are two names, though few letters make one the other: both are usual. A name that is far rarer
    than a usual one which it resembles is a slip of it.
    """
    low, high = np.minimum(one.usage[a], one.usage[b]), np.maximum(one.usage[a], one.usage[b])
    rare, usual = (low < _USUAL) | (low * _SLIPS < high), high >= _USUAL
    lengths = one.kept("lengths", lambda: _lengths(one.values))
    longest = np.maximum(lengths[a], lengths[b])
    slip = usual & rare & (longest >= _SHORTEST) & ((1 - edits) * longest < 1.5)
    best = np.where(slip, np.maximum(best, np.float32(_SLIP)), best)
    return np.where(usual & ~rare & unlike, np.minimum(best, np.float32(_ANOTHER)), best)


def _lengths(values: list[str]) -> Ints:
    return np.array([len(value) for value in values], dtype=np.int64)


def _kin(one: Column, a: Ints, b: Ints) -> npt.NDArray[np.bool_]:
    """Whether two values are forms of one given name, or one is the other's initial (``r`` and ``robert``)."""
    found = np.zeros(len(a), dtype=np.bool_)
    many, firsts, groups, rest = one.kept("names", lambda: _name_parts(one))
    for at in np.flatnonzero(many[a] & many[b]).tolist():
        i, j = a[at], b[at]
        first = bool(groups[i] & groups[j]) or firsts[i] == firsts[j]
        found[at] = first and (rest[i] == rest[j] or not rest[i] or not rest[j])
    return found


def _name_parts(
    one: Column,
) -> tuple[npt.NDArray[np.bool_], list[str], list[frozenset[int]], list[str]]:
    """Per value: whether it may be kin to another, its first name, that name's families, and its other names."""
    known = families()
    parts = [name_words(value) or [value] for value in one.values]
    groups = [known.get(part[0], frozenset()) for part in parts]
    many = np.array([bool(group) or len(part) > 1 for group, part in zip(groups, parts, strict=True)], dtype=np.bool_)
    return many, [part[0] for part in parts], groups, [" ".join(part[1:]) for part in parts]


def _phrases(one: Column, a: Ints, b: Ints) -> Floats:
    """The better of the letters in any order of words, and the weighted words in common."""
    left, right = one.objects[a], one.objects[b]
    letters = _distance(left, right, token_sort_ratio) / np.float32(100)
    return np.asarray(np.maximum(np.maximum(letters, _cosine(one, a, b)), np.float32(0.85) * _contained(one, a, b)))


def _contained(one: Column, a: Ints, b: Ints) -> Floats:
    """Weight of the shared words as a part of the poorer value's: 1 where one says all that the other does."""
    matrix, weight = one.kept("words", lambda: _weighed_words(one.values))
    found = np.empty(len(a), dtype=np.float32)
    for start in range(0, len(a), 200_000):
        part = slice(start, start + 200_000)
        found[part] = np.asarray(matrix[a[part]].multiply(matrix[b[part]]).sum(axis=1)).ravel()
    return np.asarray(np.minimum(found / np.maximum(np.minimum(weight[a], weight[b]), 1e-6), 1), dtype=np.float32)


def _tfidf(values: list[str], **options: Any) -> Any:
    """Texts as weighed words or pieces of words: a sparse matrix ``(n_values, n_pieces)``."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # half the start of every process that never compares

    return TfidfVectorizer(dtype=np.float32, **options).fit_transform(values)


def _weighed_words(values: list[str]) -> tuple[Any, Floats]:
    matrix = _tfidf(values, token_pattern=r"\S+", norm=None, binary=True)  # noqa: S106
    weight = np.asarray(matrix.sum(axis=1)).ravel()
    matrix.data = np.sqrt(matrix.data)
    return matrix, weight


def _texts(one: Column, a: Ints, b: Ints) -> Floats:
    return _cosine(one, a, b)


def _cosine(one: Column, a: Ints, b: Ints) -> Floats:
    """TF-IDF cosine of letter triples within words and of whole words, half each."""
    total = np.zeros(len(a), dtype=np.float32)
    for matrix in one.kept("bags", lambda: _bags(one.values)):
        for start in range(0, len(a), 200_000):
            part = slice(start, start + 200_000)
            total[part] += np.asarray(matrix[a[part]].multiply(matrix[b[part]]).sum(axis=1)).ravel() / 2
    return total


def _bags(values: list[str]) -> list[Any]:
    analyzers: tuple[dict[str, Any], ...] = (
        {"analyzer": "char_wb", "ngram_range": (3, 3)},
        {"analyzer": "word", "token_pattern": r"\S+"},
    )
    return [_tfidf(values, sublinear_tf=True, **options) for options in analyzers]


def _codes(one: Column, a: Ints, b: Ints) -> Floats:
    return _by_edits(one, a, b, {0: 1.0, 1: 0.9, 2: 0.8})


def _phones(one: Column, a: Ints, b: Ints) -> Floats:
    """The same last nine digits: 0.95; one slip: 0.9."""
    tails = one.kept("tails", lambda: np.unique([value[-9:] for value in one.values], return_inverse=True)[1])
    found = np.zeros(len(a), dtype=np.float32)
    near = np.flatnonzero(_digits_apart(one, a, b) <= 2)  # more cannot be one slip
    if len(near):
        slips = _distance(one.objects[a[near]], one.objects[b[near]], DamerauLevenshtein.distance)
        found[near[slips == 1]] = np.float32(0.9)
    return np.where(tails[a] == tails[b], np.float32(0.95), found)


def _digits_apart(one: Column, a: Ints, b: Ints) -> npt.NDArray[np.int64]:
    """How many digits of two values have no partner in the other, wherever they stand."""
    counts = one.kept("digits", lambda: _digit_counts(one.values))
    return np.asarray(np.abs(counts[a] - counts[b]).sum(axis=1, dtype=np.int64))


def _digit_counts(values: list[str]) -> npt.NDArray[np.int8]:
    return np.column_stack([[value.count(digit) for value in values] for digit in "0123456789"]).astype(np.int8)


def _emails(one: Column, a: Ints, b: Ints) -> Floats:
    """The same name at another place: 0.9; a slip: 0.8; names alike: 0.7; the same place: 0.3; namesakes: 0.2."""
    local, numbered, digits, letters, places, sizes, names = one.kept("mail", lambda: _mail_parts(one.values))
    found = np.where(places[a] == places[b], np.float32(0.3), np.float32(0.0))
    # anna.kowalska12 and anna.kowalska13 are two people, not a slip
    both = numbered[a] & numbered[b]
    other = np.flatnonzero(both & (digits[a] != digits[b]) & (letters[a] == letters[b]))
    found[other] = _numbered(local[a[other]], local[b[other]])
    same = np.flatnonzero((digits[a] == digits[b]) & (names[a] != names[b]))
    same = same[np.abs(sizes[a[same]] - sizes[b[same]]) <= 0.4 * np.maximum(sizes[a[same]], sizes[b[same]])]
    if len(same):
        likeness = _edits(local[a[same]], local[b[same]])
        found[same[likeness >= 0.7]] = np.float32(0.7)
        slip = likeness >= 0.84
        rest = np.flatnonzero(~slip)
        slip[rest] = _edits(one.objects[a[same[rest]]], one.objects[b[same[rest]]]) >= 0.88
        found[same[slip]] = np.float32(0.8)
    return np.where(names[a] == names[b], np.float32(0.9), found)


def _numbered(left: npt.NDArray[np.object_], right: npt.NDArray[np.object_]) -> Floats:
    """Names that differ in their numbers: a digit too many, lacking or exchanged with the next is a slip in a long one.

    Another digit in one place is not: whoever comes next with such a name is given the next number.
    """
    if not len(left):
        return np.empty(0, dtype=np.float32)
    digits = [[re.sub(r"\D", "", name) for name in side] for side in (left, right)]
    slips = _distance(_objects(digits[0]), _objects(digits[1]), DamerauLevenshtein.distance)
    sizes = [_lengths(side) for side in digits]
    moved = np.fromiter((sorted(x) == sorted(y) for x, y in zip(*digits, strict=True)), np.bool_, len(left))
    slip = (slips <= 1) & (moved | (sizes[0] != sizes[1])) & (np.minimum(*sizes) >= _LONG_NUMBER)
    return np.where(slip, np.float32(0.7), np.float32(0.2))


def _mail_parts(values: list[str]) -> tuple[Any, npt.NDArray[np.bool_], Ints, Ints, Ints, Ints, Ints]:
    """Per value: the name before the @, whether it has digits; as numbers: these, letters, place, length, name."""
    parts = [value.partition("@")[::2] for value in values]
    local = _objects(part[0] for part in parts)
    numbers = [re.sub(r"\D", "", part[0]) for part in parts]
    digits = np.unique(numbers, return_inverse=True)[1]
    letters = np.unique([re.sub(r"\d", "", part[0]) for part in parts], return_inverse=True)[1]
    places = np.unique([part[1] for part in parts], return_inverse=True)[1]
    names = np.unique([part[0] for part in parts], return_inverse=True)[1]
    return local, _lengths(numbers) > 0, digits, letters, places, _lengths([part[0] for part in parts]), names


def _dates(one: Column, a: Ints, b: Ints) -> Floats:
    """One wrong digit or day and month swapped: 0.9; two of three parts equal: 0.8; same year: 0.5; near: 0.3."""
    parts, years = one.kept("parts", lambda: _date_parts(one.values))
    same = parts[a] == parts[b]
    found = np.where(np.abs(years[a] - years[b]) <= 2, np.float32(0.3), np.float32(0.0))
    found = np.where(same[:, 0], np.float32(0.5), found)
    edits = np.full(len(a), 9.0, dtype=np.float32)
    near = np.flatnonzero(_digits_apart(one, a, b) <= 4)  # more cannot be two slips
    if len(near):
        edits[near] = _distance(one.objects[a[near]], one.objects[b[near]], DamerauLevenshtein.distance)
    found = np.where((same.sum(axis=1) >= 2) | (edits == 2), np.float32(0.8), found)
    swapped = same[:, 0] & (parts[a, 1] == parts[b, 2]) & (parts[a, 2] == parts[b, 1])
    return np.where((edits <= 1) | swapped, np.float32(0.9), found)


def _date_parts(values: list[str]) -> tuple[Ints, Ints]:
    """Year, month and day ``(n, 3)``, and the year."""
    parts = np.array([[int(part or -1) for part in (v[:4], v[4:6], v[6:8])] for v in values], dtype=np.int64)
    return parts, np.maximum(parts[:, 0], 0)


def _years(one: Column, a: Ints, b: Ints) -> Floats:
    years = np.array([int(value) for value in one.values])
    apart = np.abs(years[a] - years[b])
    return np.select([apart <= 1, apart <= 2], [np.float32(0.9), np.float32(0.8)], np.float32(0.0)).astype(np.float32)


def _numbers(one: Column, a: Ints, b: Ints) -> Floats:
    """1 minus the difference as a share of the larger."""
    values = np.array([float(value) for value in one.values], dtype=np.float64)
    larger = np.maximum(np.abs(values[a]), np.abs(values[b]))
    return (1 - np.minimum(np.abs(values[a] - values[b]) / np.maximum(larger, 1e-9), 1)).astype(np.float32)


def _by_edits(one: Column, a: Ints, b: Ints, scale: dict[int, float]) -> Floats:
    edits = _distance(one.objects[a], one.objects[b], DamerauLevenshtein.distance).astype(np.int64)
    found = np.zeros(len(a), dtype=np.float32)
    for count, likeness in scale.items():
        found[edits == count] = likeness
    shared = _distance(one.objects[a], one.objects[b], JaroWinkler.similarity)
    lengths = np.array([len(value) for value in one.values])
    short = np.minimum(lengths[a], lengths[b]) <= 3
    found[short & (found > 0)] = np.float32(0.6)
    return np.maximum(found, np.where((shared >= 0.85) & ~short, np.float32(0.6), np.float32(0.0)))


def _edits(left: npt.NDArray[np.object_], right: npt.NDArray[np.object_]) -> Floats:
    return _distance(left, right, DamerauLevenshtein.normalized_similarity)


def _distance(
    left: npt.NDArray[np.object_], right: npt.NDArray[np.object_], scorer: Callable[..., float | int]
) -> Floats:
    found: Floats = cpdist(
        left, right, scorer=scorer, dtype=np.float32, workers=2 if len(left) > _WORTH_A_THREAD else 1
    )
    return found


def _objects(values: Iterable[str]) -> npt.NDArray[np.object_]:
    told = list(values)
    found = np.empty(len(told), dtype=object)
    found[:] = told
    return found


_LIKENESS: dict[str, Callable[[Column, Ints, Ints], Floats]] = {
    "word": _words,
    "phrase": _phrases,
    "text": _texts,
    "code": _codes,
    "phone": _phones,
    "email": _emails,
    "date": _dates,
    "year": _years,
    "number": _numbers,
}
__all__ = ["CUTS", "levels", "of_values", "similarity"]

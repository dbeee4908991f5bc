"""Which pairs are worth comparing: equal keys first, then nearest neighbours by words and letter triples."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from amity.people.matching.columns import Column, Ints
from amity.people.matching.nicknames import head
from amity.people.matching.tables import Records
from amity.people.matching.whole import Whole
from amity.people.matching.words import name_words, skeleton, sound

Keys = npt.NDArray[np.int64]
_PER_SET = 800_000  # pairs per set of keys in a big base
_BIG = 100_000  # records from which a set of keys yields
_PER_BIG_SET = 250_000  # so many pairs at most, the rarest keys first
_CROWDED = 100  # records that share a record's key, on average, from which a set of keys tells nothing
_SMALL = 5_000  # records up to which every set of keys is worth a look
_GROUP = 400  # records that may share a key: more say nothing


def candidates(records: Records, whole: Whole | None) -> Ints:
    """Pairs ``(n_pairs, 2)`` of record numbers, lower (left) first, each once."""
    budget = int(np.clip(4 * records.total, 50_000, _PER_SET if records.total < _BIG else _PER_BIG_SET))
    found = [_from_keys(records, keys, budget) for keys in key_sets(records)]
    if whole is not None:
        found.append(_nearest(records, whole))
    packed = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    return np.column_stack([packed // records.total, packed % records.total])


def key_sets(records: Records) -> Iterator[Keys]:
    """One key per record and set (-1: none): every column by itself, exactly and loosely, and every two loosely."""
    loose = []
    for one in records.columns:
        if not one.values:
            continue
        yield one.codes.astype(np.int64)
        if one.kind in ("text", "number"):
            continue
        keys = loose_keys(one)
        loose.append(keys)
        yield keys
    for a, b in combinations(loose, 2):
        yield paired(a, b)


def paired(a: Keys, b: Keys) -> Keys:
    """One key from two; none where either is missing."""
    return np.where((a >= 0) & (b >= 0), a * (int(b.max(initial=0)) + 1) + b, -1)


def loose_keys(one: Column) -> Keys:
    """Keys that survive a usual slip: how a name sounds, the end of a phone number, the name in an e-mail."""
    forms = {"word": _word_key, "phrase": _phrase_key, "phone": _phone_key, "email": _email_key, "date": _date_key}
    form = forms.get(one.kind)
    if form is None:
        return one.codes.astype(np.int64)
    numbers: dict[str, int] = {}
    by_value = np.array([numbers.setdefault(form(value), len(numbers)) for value in one.values], dtype=np.int64)
    return np.where(one.codes >= 0, by_value[one.codes], -1)


def _word_key(value: str) -> str:
    first = name_words(value)[0] if value else value
    return skeleton(head(first))[:6]


def _phrase_key(value: str) -> str:
    longest = sorted(value.split(), key=lambda word: (-len(word), word))[:2]
    return " ".join(sorted(sound(word)[:5] for word in longest))


def _phone_key(value: str) -> str:
    return value[-7:]


def _email_key(value: str) -> str:
    return value.split("@", 1)[0]


def _date_key(value: str) -> str:
    return "".join(sorted(value))


def _from_keys(records: Records, keys: Keys, budget: int) -> Ints:
    """Packed pairs of records with equal keys, the rarest keys first, until the budget is spent."""
    order = np.argsort(keys, kind="stable")
    order = order[keys[order] >= 0]
    held = keys[order]
    if not len(held):
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, held[1:] != held[:-1]])
    sizes = np.diff(np.r_[starts, len(held)])
    if records.total > _SMALL and float((sizes.astype(np.float64) ** 2).sum()) / len(held) > _CROWDED:
        return np.empty(0, dtype=np.int64)
    by_size = np.argsort(sizes, kind="stable")
    spent = np.cumsum(sizes[by_size] * (sizes[by_size] - 1) // 2)
    chosen = by_size[(spent <= budget) & (sizes[by_size] <= _GROUP)]
    found = []
    for size in np.unique(sizes[chosen]):
        if size < 2:
            continue
        groups = starts[chosen[sizes[chosen] == size]]
        members = order[groups[:, None] + np.arange(size)]
        one, two = np.triu_indices(int(size), 1)
        found.append(packed(records, members[:, one].ravel(), members[:, two].ravel()))
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def packed(records: Records, a: Ints, b: Ints) -> Ints:
    """Pairs as single numbers, lower record first; in linkage only those across the two tables."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    if records.linkage:
        across = (low < records.split) & (high >= records.split)
        low, high = low[across], high[across]
    return np.asarray((low.astype(np.int64) * records.total + high)[low != high])


def _nearest(records: Records, whole: Whole) -> Ints:
    """Packed pairs of every record and its nearest by the words and letters of the whole record."""
    return np.unique(np.concatenate([packed(records, rows, columns) for rows, columns in whole.neighbours]))

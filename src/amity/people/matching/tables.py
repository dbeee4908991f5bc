"""From one or two tables to comparable columns: which column is the record's id, which stand for the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import polars as pl

from amity.people.matching.columns import Column, column, encoded
from amity.people.matching.nicknames import families
from amity.people.matching.words import fold

_ID_NAMES = re.compile(r"(?:^|[^a-z])(?:id|ids|uid|uuid|guid|key|index|no|nr|unnamed.*|row|rowid|recid|entityid)$")
_FIRST = re.compile(r"first|given|fore.?name|vorname|prenom|imi[ea]|imya|name_?1|^fname")
_NOT_FIRST = re.compile(r"last|sur|famil|nach|second|nazw|fam")
_CONTAINED = 0.9
_KNOWN = 0.4  # share of values that are known first names, where a column is not called so
_SHARED = 0.03  # share of either column's records whose value occurs in the other column too


@dataclass(frozen=True)
class Records:
    """Records in comparable form. ``split``: number of left records; equal to ``total`` where there is one table.

    ``swaps``: names of the columns whose values may stand in each other's place, where that is known.
    """

    columns: tuple[Column, ...]
    total: int
    split: int
    swaps: tuple[str, ...] | None = None

    @cached_property
    def swappable(self) -> list[tuple[int, int]]:
        """Columns whose values may stand in each other's place."""
        if self.swaps is not None:
            return list(combinations([at for at, one in enumerate(self.columns) if one.name in self.swaps], 2))
        words = [at for at, one in enumerate(self.columns) if one.kind == "word"]
        return [(a, b) for a, b in combinations(words, 2) if _share_values(self.columns[a], self.columns[b])]

    @cached_property
    def given(self) -> list[int]:
        """Columns of first names: called so, or full of known ones."""
        return [at for at, one in enumerate(self.columns) if one.kind == "word" and _holds_first_names(one)]

    @property
    def linkage(self) -> bool:
        return self.split < self.total


def records(left: pl.DataFrame, right: pl.DataFrame | None = None, ignore: Iterable[str] = ()) -> Records:
    """The comparable columns of one table (to find duplicates) or of two (to link)."""
    dropped = set(ignore)
    if right is None:
        left = without_ids(left, dropped)
        return Records(_named(_useful([column(name, left[name]) for name in left.columns])), left.height, left.height)
    left = left.drop([name for name in left.columns if name in dropped])
    right = right.drop([name for name in right.columns if name in dropped])
    shared = {name for name in _ids(left) if name in right.columns and _overlap(left[name], right[name]) > 0.1}
    kept = {name for name in shared if not (_is_count(left[name]) and _is_count(right[name]))}
    left = left.drop([name for name in _ids(left) if name not in kept])
    right = right.drop([name for name in _ids(right) if name not in kept])
    joined = [
        column(_short(a), pl.concat([left[a].cast(pl.String), right[b].cast(pl.String).rename(a)]))
        for a, b in aligned(left, right)
    ]
    return Records(_named(_useful(joined)), left.height + right.height, left.height)


def without_ids(table: pl.DataFrame, known: Iterable[str]) -> pl.DataFrame:
    """The table without these columns and without others that only number its records."""
    rest = table.drop([name for name in table.columns if name in set(known)])
    return rest.drop(_ids(rest))


def _ids(table: pl.DataFrame) -> list[str]:
    """Columns that only number the records: every value there, all different, and named or placed like an id."""
    found = []
    for at, name in enumerate(table.columns):
        values = table[name]
        if values.null_count() or values.n_unique() < table.height:
            continue
        if _ID_NAMES.search(_separated(name)) or (at == 0 and _is_count(values)):
            found.append(name)
    return found[:2]


def _separated(name: str) -> str:
    return fold(re.sub(r"([a-z])([A-Z])", r"\1_\2", name))


def _is_count(values: pl.Series) -> bool:
    numbers = values.cast(pl.Int64, strict=False)
    return numbers.null_count() == 0 and bool((numbers <= 3 * len(values)).all())


def _short(name: str) -> str:
    """A column's name without the name space that a knowledge base puts before it."""
    return re.split(r"[#/]", name)[-1] or name


def aligned(left: pl.DataFrame, right: pl.DataFrame) -> list[tuple[str, str]]:
    """Pairs of columns that hold the same thing: by name first, then by the words they share."""
    names = {_plain_name(name): name for name in right.columns}
    pairs = [(name, names.pop(_plain_name(name))) for name in left.columns if _plain_name(name) in names]
    free_left = [name for name in left.columns if name not in {a for a, _b in pairs}]
    free_right = [name for name in right.columns if name not in {b for _a, b in pairs}]
    scored = sorted(((_overlap(left[a], right[b]), a, b) for a in free_left for b in free_right), reverse=True)
    used: set[str] = set()
    for score, a, b in scored:
        if score >= 0.15 and f"l{a}" not in used and f"r{b}" not in used:
            used |= {f"l{a}", f"r{b}"}
            pairs.append((a, b))
    return pairs


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(_short(name)))


def _overlap(left: pl.Series, right: pl.Series) -> float:
    """Share of the words of the poorer column's sample that the other one has too."""
    a, b = (_vocabulary(values) for values in (left, right))
    return len(a & b) / max(min(len(a), len(b)), 1)


def _vocabulary(values: pl.Series) -> set[str]:
    sample = values.cast(pl.String).drop_nulls().unique(maintain_order=True).head(5_000)
    return {word for value in sample.to_list() for word in re.findall(r"\w+", value.lower())}


def _useful(columns: Sequence[Column | None]) -> tuple[Column, ...]:
    """Without empty columns, and without those that only repeat what others say (``full name`` of two parts)."""
    kept = [one for one in columns if one is not None]
    for one in sorted(kept, key=lambda found: -_words_of(found)):
        others = [other for other in kept if other is not one and other.kind in ("word", "phrase", "text")]
        if one.kind not in ("phrase", "text", "word") or not others:
            continue
        rest = _beyond(one, others)
        if rest is None:
            kept = [other for other in kept if other is not one]
        elif rest is not one:
            kept = [rest if other is one else other for other in kept]
    return tuple(kept)


def _words_of(one: Column) -> float:
    sample = one.values[:: max(1, len(one.values) // 500)]
    return sum(len(value.split()) for value in sample) / max(len(sample), 1)


def _beyond(one: Column, others: Sequence[Column]) -> Column | None:
    """The column without the words that the record's shorter columns hold already, where most of its words are such.

    None where nothing worth comparing is left, the column itself where it says things of its own.
    """
    shorter = [other for other in others if _words_of(other) < _words_of(one)]
    rows = np.flatnonzero(one.codes >= 0)
    if len(shorter) < 1 or not len(rows):
        return one
    sample = rows[:: max(1, len(rows) // 1_000)]
    said = [_split(one, shorter, at) for at in sample]
    shared = sum(len(words) - len(rest) for words, rest in said) / max(sum(len(words) for words, _rest in said), 1)
    if shared < 0.5:
        return one
    left_over = [" ".join(_split(one, shorter, at)[1]) if one.codes[at] >= 0 else "" for at in range(len(one.codes))]
    filled = sum(map(bool, left_over)) / len(rows)
    found = encoded(one.name, one.kind, pl.Series(left_over))
    return found if filled > 1 - _CONTAINED and len(found.values) > 1 else None


def _split(one: Column, others: Sequence[Column], at: int) -> tuple[list[str], list[str]]:
    """All words of the record's value, and those found in none of the other columns."""
    words = one.values[one.codes[at]].split()
    said = {word for other in others if other.codes[at] >= 0 for word in other.values[other.codes[at]].split()}
    return words, [word for word in words if word not in said]


def _named(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns, those of first names and surnames marked: the latter where there are first names, too."""
    first = [one for one in columns if one.kind == "word" and _holds_first_names(one)]
    names = {one.name for one in first}
    if first:
        names |= {one.name for one in columns if one.kind == "word" and _NOT_FIRST.search(fold(one.name))}
    return tuple(replace(one, personal=one.name in names) for one in columns)


def _holds_first_names(one: Column) -> bool:
    header = fold(one.name)
    if _NOT_FIRST.search(header) or not one.values:
        return False
    known = families()
    held = np.fromiter((value.split(" ", 1)[0] in known for value in one.values), np.bool_, len(one.values))
    return bool(_FIRST.search(header)) or float(one.counts[held].sum()) >= _KNOWN * max(one.counts.sum(), 1)


def _share_values(a: Column, b: Column) -> bool:
    common = set(a.values) & set(b.values)
    if not common:
        return False
    for one in (a, b):
        held = np.fromiter((value in common for value in one.values), dtype=np.bool_, count=len(one.values))
        if one.counts[held].sum() < _SHARED * max(one.counts.sum(), 1):
            return False
    return True

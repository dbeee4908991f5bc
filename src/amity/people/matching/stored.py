"""A learned model as it is kept and used for one record at a time: its chances, and how common values are, by hash."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any
from zlib import crc32

import numpy as np

from amity.people.matching import model as models
from amity.people.matching.columns import Column, Ints, of_texts
from amity.people.matching.compare import CUTS, Levels
from amity.people.matching.fields import FIELDS
from amity.people.matching.model import Doubles, Model, Rival
from amity.people.matching.tables import Records

COMMON = 2_000  # values per column whose number is kept
_LN2 = float(np.log(2))
_NAMES = ("first_name", "last_name")


@dataclass(frozen=True)
class Scored:
    """Pairs of one record with others: log odds, and per field the level and its weight in bits."""

    odds: Doubles
    fields: tuple[str, ...]
    levels: Levels
    weights: Doubles  # (n, fields)
    likeness: tuple[tuple[str, ...], ...]

    def evidence(self, at: int) -> list[dict[str, Any]]:
        """What speaks for and against pair ``at``: ``[{field, level, weight}]``, without fields that either lacks."""
        return [
            {"field": name, "level": self.likeness[at][column], "weight": round(float(self.weights[at, column]), 2)}
            for column, name in enumerate(self.fields)
            if self.levels[at, column] >= 0
        ]


@dataclass(frozen=True)
class Stored:
    """A model of one kind of profiles. ``common``: per field, ``{hash of value: records}``; ``filled``: per field."""

    kind: str
    model: Model
    common: Mapping[str, Mapping[str, int]]
    filled: Mapping[str, int]
    records: int

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(FIELDS[self.kind])

    @property
    def is_of_today(self) -> bool:
        """Whether the model was learned with the fields and levels of likeness that are compared now."""
        kinds = list(FIELDS[self.kind].values())
        return self.model.kinds == kinds and [len(one) for one in self.model.m] == [len(CUTS[one]) + 1 for one in kinds]

    @cached_property
    def version(self) -> str:
        """A hash of all that decides."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        model = self.model
        return {
            "kinds": model.kinds,
            "m": [_numbers(one) for one in model.m],
            "raw": [_numbers(one) for one in model.raw],
            "u": [_numbers(one) for one in model.u],
            "prior": model.prior,
            "rivals": [
                {"name": one.name, "levels": [_numbers(each) for each in one.levels], "prior": one.prior}
                for one in model.rivals
            ],
            "telling": [int(at) for at in model.telling],
            "least": model.least,
            "common": self.common,
            "filled": self.filled,
            "records": self.records,
        }

    def score(self, one: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> Scored:
        """How alike a record is to each of the others; all in normal form (`fields.NORMAL`)."""
        base = table_of(self.kind, [one, *others])
        base = replace(base, columns=tuple(self._with_usage(column) for column in base.columns))
        pairs = np.column_stack([np.zeros(len(others), np.int64), np.arange(1, len(others) + 1, dtype=np.int64)])
        return self.scored(base, pairs)

    def _with_usage(self, column: Column) -> Column:
        """The column with how usual its values are in the base that the model was learned from."""
        known = self.common.get(column.name)
        if column.name not in _NAMES or not known:
            return column
        usage = np.array([known.get(hashed(value), 1) for value in column.values], dtype=np.int64)
        return replace(column, known_usage=usage, personal=True)

    def scored(self, base: Records, pairs: Ints) -> Scored:
        """The same for pairs of a table with the fields of this kind."""
        odds, gamma, rarity = self._compared(base, pairs)
        return Scored(odds, self.fields, gamma, self._weights(gamma, rarity), _likeness(self.model.kinds, gamma))

    def odds(self, base: Records, pairs: Ints) -> Doubles:
        """Log odds ``(n,)`` of pairs of such a table."""
        return self._compared(base, pairs)[0]

    def _compared(self, base: Records, pairs: Ints) -> tuple[Doubles, Levels, list[Doubles | None]]:
        gamma = models.compared(base, pairs)
        rarity = [self._rarity(column, pairs, gamma[:, at]) for at, column in enumerate(base.columns)]
        odds = models.scores(self.model, gamma, rarity)
        return np.where(backed(base, gamma), odds, np.minimum(odds, -1.0)), gamma, rarity

    def _weights(self, gamma: Levels, rarity: Sequence[Doubles | None]) -> Doubles:
        """What each field adds, in bits: against chance, or against the most likely other explanation if less."""
        chance = np.column_stack(
            [models.column_weights(self.model, at, gamma[:, at], rarity[at]) for at in range(len(self.fields))]
        )
        against = models.odds(self.model, gamma, list(rarity))
        found = chance
        for rival, each in zip(self.model.rivals, against[1:], strict=True):
            same = self.model.raw if rival.name == "related" else self.model.m
            steps = [np.r_[np.log(same[at] / rival.levels[at]), 0.0][gamma[:, at]] for at in range(len(self.fields))]
            closer = each < np.minimum.reduce([one for one in against if one is not each] or [each])
            found = np.where(closer[:, None], np.column_stack(steps), found)
        return np.asarray(found / _LN2)

    def _rarity(self, column: Column, pairs: Ints, gamma: Any) -> Doubles | None:
        """Logarithm of how common the value is that a pair agrees on."""
        known, filled = self.common.get(column.name), self.filled.get(column.name, 0)
        if not known or filled < 100 or column.kind in ("text", "number"):
            return None
        codes = column.codes[pairs[:, 0]]
        equal = gamma == len(CUTS[column.kind])
        counts = np.ones(len(column.values))
        used = np.unique(codes[equal])
        counts[used] = [known.get(hashed(column.values[at]), 1) for at in used]
        return np.where(equal, np.log(counts[codes] / filled), 0.0) if len(counts) else np.zeros(len(pairs))


def from_json(kind: str, kept: Mapping[str, Any]) -> Stored:
    """A model as `Stored.as_json` gave it."""
    model = Model(
        list(kept["kinds"]),
        [np.array(one) for one in kept["m"]],
        [np.array(one) for one in kept["u"]],
        kept["prior"],
        [Rival(one["name"], [np.array(each) for each in one["levels"]], one["prior"]) for one in kept["rivals"]],
        list(kept["telling"]),
        [np.array(one) for one in kept["raw"]],
        kept["least"],
    )
    return Stored(kind, model, kept["common"], kept["filled"], kept["records"])


def of_base(kind: str, model: Model, base: Records) -> Stored:
    """What was learned from a whole base, with its most usual values."""
    common = {one.name: _common(one) for one in base.columns if one.kind not in ("text", "number")}
    return Stored(kind, model, common, {one.name: int(one.counts.sum()) for one in base.columns}, base.total)


def table_of(kind: str, rows: Iterable[Mapping[str, str]]) -> Records:
    """Records in normal form as a table with the fields of this kind; empty columns stay."""
    told = list(rows)
    columns = tuple(of_texts(name, how, [row.get(name) or None for row in told]) for name, how in FIELDS[kind].items())
    return Records(columns, len(told), len(told), _NAMES if kind == "person" else ())


def backed(base: Records, gamma: Levels) -> Any:
    """Whether at least two fields (or one long text) could be compared, where the base has more than two."""
    if len(base.columns) < 3:
        return np.ones(len(gamma), dtype=np.bool_)
    weight = np.array([2 if one.kind in ("text", "email") else 1 for one in base.columns])
    return (gamma[:, : len(weight)] >= 0) @ weight >= 2


def hashed(value: str) -> str:
    """A value as the list of usual ones names it."""
    return f"{crc32(value.encode()):x}"


def _common(one: Column) -> dict[str, int]:
    top = np.argsort(-one.counts, kind="stable")[:COMMON]
    return {hashed(one.values[at]): int(one.counts[at]) for at in top if one.counts[at] > 1}


def _numbers(one: Doubles) -> list[float]:
    return [float(f"{value:.6g}") for value in one]


def _likeness(kinds: Sequence[str], gamma: Levels) -> tuple[tuple[str, ...], ...]:
    words = []
    for at, kind in enumerate(kinds):
        top = len(CUTS[kind])
        names = ["different"] * (top + 2)
        names[top], names[-1] = "same", "missing"
        for level in range(1, top):
            names[level] = "alike" if level >= top - 2 else "close" if level >= top / 2 else "different"
        words.append(np.array(names, dtype=object)[gamma[:, at]])
    return tuple(zip(*words, strict=True)) if words and len(gamma) else ()

"""Columns that conditions are worked out on: texts and sums of some people, read in bulk.

Sums come as one row per measure, each column packed by Postgres into one value: no Python object per person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from amity.people import literals

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_ID = 16  # bytes
_COUNTS = "uuid_send(person_id)", "int8send(n)", "int8send(first_us)", "int8send(last_us)"
_SUMS = (*_COUNTS, "float8send(total::float8)", "float8send(decayed)")
_PACKED = (
    "SELECT measure_id, {columns} FROM people_activity"
    " WHERE person_id = ANY(%s::uuid[]) AND measure_id = ANY(%s::int[]) GROUP BY measure_id"
)


@dataclass(slots=True)
class Rows:
    """Sums per person: zeros where somebody has none (``n`` 0)."""

    n: Ints
    total: Floats
    decayed: Floats
    first_us: Ints
    last_us: Ints
    top: npt.NDArray[np.object_]

    @classmethod
    def empty(cls, size: int) -> Rows:
        """Nobody did anything."""
        return cls(
            np.zeros(size, np.int64), np.zeros(size), np.zeros(size), np.zeros(size, np.int64),
            np.zeros(size, np.int64), np.full(size, None, dtype=object),
        )  # fmt: skip

    def put(self, part: Part) -> None:
        """Take over what a measure says."""
        at = part.at
        self.n[at], self.first_us[at], self.last_us[at] = part.n, part.first_us, part.last_us
        if part.total is not None:
            self.total[at], self.decayed[at], self.top[at] = part.total, part.decayed, part.top

    def add(self, part: Part) -> None:
        """Add the number of events of a measure, and stretch first and last."""
        at = part.at
        fresh = self.n[at] == 0
        self.first_us[at] = np.where(fresh, part.first_us, np.minimum(self.first_us[at], part.first_us))
        self.last_us[at] = np.where(fresh, part.last_us, np.maximum(self.last_us[at], part.last_us))
        self.n[at] += part.n


@dataclass(slots=True)
class Part:
    """What one measure says of the people at places ``at``; sums only where the measure has any."""

    measure: int
    at: Ints
    n: Ints
    first_us: Ints
    last_us: Ints
    total: Floats | None = None
    decayed: Floats | None = None
    top: Any = None


@dataclass(frozen=True, slots=True)
class Texts:
    """Values of one name: the different ones, and which of them each person has."""

    values: list[Any]
    codes: Ints

    @classmethod
    def of(cls, found: Sequence[Any], at: Any, size: int) -> Texts:
        """``found`` are the values of the people at places ``at``; nobody else has one."""
        known: dict[Any, int] = {None: 0}
        codes = np.zeros(size, np.int64)
        codes[at] = [known.setdefault(value, len(known)) for value in found]
        return cls(list(known), codes)


def parts(
    cursor: Any, ids: str, places: Mapping[bytes, int], counts: Sequence[int], sums: Sequence[int]
) -> Iterator[Part]:
    """What measures say of people: ``counts`` only count events, ``sums`` hold more. At most 2 queries.

    ``ids``: a literal of the people; ``places``: each one's bytes with its place in the columns.
    """
    for numbers, columns, more in ((counts, _COUNTS, ""), (sums, _SUMS, ", array_agg(top)")):
        if numbers:
            packed = ", ".join(f"string_agg({column}, ''::bytea)" for column in columns)
            with psycopg.Cursor(cursor.connection) as raw:
                raw.execute(
                    _PACKED.format(columns=packed + more), [ids, literals.numbers(numbers)], binary=True, prepare=False
                )
                for measure, who, *packs in raw.fetchall():
                    yield _part(measure, who, packs, places)


def _part(measure: int, who: bytes, packs: list[Any], places: Mapping[bytes, int]) -> Part:
    at = np.array([places[who[n : n + _ID]] for n in range(0, len(who), _ID)], np.int64)
    n, first_us, last_us = (np.frombuffer(pack, ">i8").astype(np.int64) for pack in packs[:3])
    part = Part(measure, at, n, first_us, last_us)
    if len(packs) > 3:
        part.total, part.decayed = (np.frombuffer(pack, ">f8").astype(np.float64) for pack in packs[3:5])
        part.top = np.array(packs[5], dtype=object)
    return part

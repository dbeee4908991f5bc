"""Values that stand in each other's column: first name and surname the wrong way round."""

from __future__ import annotations

import numpy as np

from amity.people.matching.columns import Column, Ints, of_texts
from amity.people.matching.compare import Floats, similarity
from amity.people.matching.tables import Records

_ALIKE = 0.75  # a column that is this much alike is in its place
_SWAPPED = 0.9  # likeness across the columns from which they count as swapped
_NEARLY = 0.8  # and one of the two may have a slip besides
_AS_GOOD_AS = np.float32(0.93)


def put_right(records: Records, pairs: Ints, likeness: list[Floats], columns: list[tuple[int, int]]) -> None:
    """Raise, in place, the likeness ``(n_pairs,)`` of columns whose values were swapped in one of the records."""
    for a, b in columns:
        apart = np.flatnonzero(~(likeness[a] >= _ALIKE) & ~(likeness[b] >= _ALIKE))
        if len(apart):
            _across(records.columns[a], records.columns[b], pairs[apart], apart, likeness, (a, b))


def _across(one: Column, two: Column, pairs: Ints, at: Ints, likeness: list[Floats], columns: tuple[int, int]) -> None:
    both = one.kept(f"with {two.name}", lambda: _together(one, two))
    size = len(pairs)
    left = np.column_stack([pairs[:, 0], pairs[:, 1] + len(one.codes)])
    right = np.column_stack([pairs[:, 1], pairs[:, 0] + len(one.codes)])
    crossed = similarity(both, np.concatenate([left, right]))
    there, back = crossed[:size], crossed[size:]
    swapped = (np.maximum(there, back) >= _SWAPPED) & (np.minimum(there, back) >= _NEARLY)
    likeness[columns[0]][at[swapped]] = likeness[columns[1]][at[swapped]] = _AS_GOOD_AS
    for found, other in ((there, back), (back, there)):
        single = (found >= _SWAPPED) & np.isnan(other)
        likeness[columns[0]][at[single]] = _AS_GOOD_AS
        likeness[columns[1]][at[single]] = np.nan


def _together(one: Column, two: Column) -> Column:
    """Both columns as one, the second's records after the first's."""
    texts = [np.array([*column.values, None], dtype=object)[column.codes] for column in (one, two)]  # -1: the None
    return of_texts(one.name, one.kind, np.concatenate(texts).tolist())

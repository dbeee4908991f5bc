"""Records as one bag of letters: TF-IDF over all columns, each record's nearest, how much nearer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from amity.people.matching.columns import Ints
from amity.people.matching.tables import Records

if TYPE_CHECKING:
    from scipy import sparse

Floats = npt.NDArray[np.float32]
LIMIT = 120_000  # records up to which every record's neighbours are looked up
_SMALL = 12_000  # records up to which all letters count
_COMMON = 300  # in bigger bases: records that may share letters before these are too common to count
_NEAREST = 10
_CROWD = 5  # neighbours whose mean likeness is a record's own yardstick
_CHUNK = 500


@dataclass(frozen=True)
class Whole:
    """The bags ``(n_records, n_features)``, rows of length 1, and who is near whom.

    ``neighbours``: pairs of arrays of record numbers. ``crowd``: ``(n_records,)`` mean cosine of the nearest few.
    """

    matrix: sparse.csr_matrix
    neighbours: list[tuple[Ints, Ints]]
    crowd: Floats

    def cosine(self, pairs: Ints) -> Floats:
        """Cosine of each pair of records."""
        found = np.empty(len(pairs), dtype=np.float32)
        for start in range(0, len(pairs), 100_000):
            part = pairs[start : start + 100_000]
            product = self.matrix[part[:, 0]].multiply(self.matrix[part[:, 1]])
            found[start : start + 100_000] = np.asarray(product.sum(axis=1)).ravel()
        return found

    def nearer(self, pairs: Ints) -> Floats:
        """How much more alike a pair is than either record's crowd: -1 to 1.

        Cross-domain similarity local scaling (Conneau et al. 2018), which takes away what hubs have with everybody.
        """
        near = self.cosine(pairs) - (self.crowd[pairs[:, 0]] + self.crowd[pairs[:, 1]]) / 2
        return np.asarray(near, dtype=np.float32)


def whole(records: Records) -> Whole | None:
    """The bags of all records; None where there are too many records, or nothing to put into bags."""
    if records.total > LIMIT:
        return None
    texts = [
        " ".join(one.values[code] for one in records.columns if (code := one.codes[at]) >= 0)
        for at in range(records.total)
    ]
    matrix = bags(texts, _COMMON if records.total > _SMALL else None)
    if matrix is None:
        return None
    crowd = np.zeros(records.total, dtype=np.float32)
    if not records.linkage:
        rows, near, scores = nearest(matrix, matrix, _NEAREST + 1)
        crowd[:] = _crowds(rows, scores, records.total)
        return Whole(matrix, [(rows, near)], crowd)
    split = records.split
    rows, near, scores = nearest(matrix[:split], matrix[split:], _NEAREST)
    back, left, again = nearest(matrix[split:], matrix[:split], _NEAREST)
    crowd[:split] = _crowds(rows, scores, split)
    crowd[split:] = _crowds(back, again, records.total - split)
    return Whole(matrix, [(rows, near + split), (back + split, left)], crowd)


def bags(texts: list[str], most: int | None = None) -> sparse.csr_matrix | None:
    """TF-IDF of three to five letters within words; None where the texts have nothing in common.

    ``most``: letters in more texts than that are left out (what is common tells little and costs most).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # half the start of every process that never compares

    sizes = (3, 5) if most is None else (4, 4)
    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=sizes, sublinear_tf=True, min_df=2, max_df=most or 0.3, dtype=np.float32
    )
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:
        return None


def nearest(a: sparse.csr_matrix, b: sparse.csr_matrix, count: int) -> tuple[Ints, Ints, Floats]:
    """For each row of ``a`` the ``count`` rows of ``b`` with the highest product: rows of both, and the products."""
    transposed = b.T.tocsr()
    rows, columns, scores = [], [], []
    for start in range(0, a.shape[0], _CHUNK):
        block = (a[start : start + _CHUNK] @ transposed).tocsr()
        for at in range(block.shape[0]):
            held, values = _of_row(block, at, count)
            rows.append(np.full(len(held), start + at, dtype=np.int64))
            columns.append(held.astype(np.int64))
            scores.append(values)
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(scores)


def _of_row(block: sparse.csr_matrix, at: int, count: int) -> tuple[Ints, Floats]:
    span = slice(block.indptr[at], block.indptr[at + 1])
    held, values = block.indices[span], block.data[span]
    if len(held) > count:
        best = np.argpartition(-values, count)[:count]
        held, values = held[best], values[best]
    order = np.argsort(-values, kind="stable")
    return held[order], values[order]


def _crowds(rows: Ints, scores: Floats, total: int) -> Floats:
    """Mean of each row's first few scores (they come best first); missing ones count as 0."""
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else np.empty(0, np.int64)
    place = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    first = place < _CROWD
    return (np.bincount(rows[first], scores[first], minlength=total) / _CROWD).astype(np.float32)

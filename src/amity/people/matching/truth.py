"""What is known to be the same, and how well a matcher found it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from amity.base.errors import Refused
from amity.people.matching.columns import Ints


@dataclass(frozen=True)
class Truth:
    """``pairs``: packed (lower · total + higher), sorted; ``groups``: the true group of every record.

    ``ids``: columns that only name records (of the left and of the right table): a matcher must not read them.
    """

    pairs: Ints
    groups: Ints
    total: int
    ids: frozenset[str]


def by_column(table: pl.DataFrame, column: str) -> Truth:
    """Truth from a column that holds the same value for records of one and the same thing; empty cells are singles."""
    if column not in table.columns:
        raise Refused("no_column", f"There is no column {column!r}; there are {', '.join(table.columns)}.")
    values = table[column].cast(pl.String)
    alone = pl.Series([f"\x00{at}" for at in range(len(values))])
    groups = values.zip_with(values.is_not_null() & (values != ""), alone).rank("dense").to_numpy().astype(np.int64)
    return Truth(_packed_groups(groups), groups, table.height, frozenset({column}))


def by_pairs(left: pl.DataFrame, right: pl.DataFrame | None, pairs: pl.DataFrame) -> Truth:
    """Truth from a table of pairs of ids; id columns are found by content, a 0/1 label column is respected."""
    pairs = _labelled(pairs)
    total = left.height + (right.height if right is not None else 0)
    a, b, (id_left, id_right) = _id_columns(left, right, pairs)
    from_left = {value: at for at, value in enumerate(left[id_left].to_list())}
    table, offset = (left, 0) if right is None else (right, left.height)
    from_right = {value: at + offset for at, value in enumerate(table[id_right].to_list())}
    rows = [
        (from_left[x], from_right[y])
        for x, y in zip(pairs[a].to_list(), pairs[b].to_list(), strict=True)
        if x in from_left and y in from_right
    ]
    found = np.array(rows, dtype=np.int64).reshape(-1, 2)
    packed = np.unique(pack(np.sort(found[found[:, 0] != found[:, 1]], axis=1), total))
    return Truth(packed, grouped(total, unpack(packed, total)), total, frozenset({id_left, id_right}))


def pack(pairs: Ints, total: int) -> Ints:
    """Pairs ``(n, 2)`` as single numbers."""
    return np.asarray(pairs[:, 0] * total + pairs[:, 1], dtype=np.int64)


def unpack(packed: Ints, total: int) -> Ints:
    """The pairs of single numbers."""
    return np.column_stack([packed // total, packed % total])


def grouped(total: int, pairs: Ints) -> Ints:
    """The group of every record when these pairs are the same."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    graph = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def figures(truth: Truth, same: Ints, candidates: Ints | None = None) -> dict[str, float]:
    """Pairwise precision, recall and F1, B³, the largest group; blocking recall where candidates are given (0–1)."""
    packed = np.unique(pack(same, truth.total))
    right = float(np.isin(packed, truth.pairs, assume_unique=True).sum())
    precision = right / len(packed) if len(packed) else 0.0
    recall = right / len(truth.pairs) if len(truth.pairs) else 0.0
    groups = grouped(truth.total, same)
    found = {"precision": precision, "recall": recall, "f1": _f1(precision, recall)}
    found |= _b_cubed(truth.groups, groups)
    found |= {"largest_cluster": int(np.bincount(groups).max()), "pairs_found": len(packed)}
    if candidates is not None:
        reached = np.isin(truth.pairs, pack(candidates, truth.total)).sum()
        found["blocking_recall"] = float(reached) / max(len(truth.pairs), 1)
    return found


def _b_cubed(truth: Ints, found: Ints) -> dict[str, float]:
    """B³ (Bagga & Baldwin 1998): per record, how much of its group is right and how much of its true group is there."""
    together = truth.astype(np.int64) * (int(found.max()) + 1) + found
    _values, back, counts = np.unique(together, return_inverse=True, return_counts=True)
    both = counts[back]
    precision = float(np.mean(both / np.bincount(found)[found]))
    recall = float(np.mean(both / np.bincount(truth)[truth]))
    return {"b3_precision": precision, "b3_recall": recall, "b3_f1": _f1(precision, recall)}


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _packed_groups(groups: Ints) -> Ints:
    from amity.people.matching.clusters import pairs_of

    return np.unique(pack(pairs_of(groups), len(groups)))


def _labelled(pairs: pl.DataFrame) -> pl.DataFrame:
    """Only the pairs marked as the same, where a column of 0 and 1 (or a score from 0 to 1) says so."""
    for name in reversed(pairs.columns):
        numbers = pairs[name].cast(pl.Float64, strict=False)
        named = any(word in name.lower() for word in ("label", "match", "score", "gold", "same", "target", "class"))
        if pairs.width > 2 and numbers.null_count() == 0 and numbers.is_between(0, 1).all() and named:
            return pairs.filter(numbers >= 0.5).drop(name)
    return pairs


def _id_columns(
    left: pl.DataFrame, right: pl.DataFrame | None, pairs: pl.DataFrame
) -> tuple[str, str, tuple[str, str]]:
    """Which columns of the pairs name left and right records, and by which columns of the tables."""
    best: tuple[float, str, str, tuple[str, str]] | None = None
    for first, a in enumerate(pairs.columns):
        for second, b in enumerate(pairs.columns):
            if a == b:
                continue
            in_left, at_left = _held(pairs[a], left)
            in_right, at_right = _held(pairs[b], left if right is None else right)
            score = min(in_left, in_right) + (0.01 if first < second else 0.0)
            if at_left and at_right and (best is None or score > best[0]):
                best = (score, a, b, (at_left, at_right))
    if best is None or best[0] < 0.5:
        raise Refused("no_ids", "The pairs name no records of the table(s): their ids occur in none of its columns.")
    return best[1], best[2], best[3]


def _held(values: pl.Series, table: pl.DataFrame) -> tuple[float, str]:
    """The id-like column that holds most of these values, and the share it holds."""
    wanted = values.drop_nulls().unique()
    shares = [
        (wanted.is_in(table[name].unique().implode()).mean() or 0.0, -at, name)
        for at, name in enumerate(table.columns)
        if table[name].n_unique() == table.height
    ]
    share, _at, name = max(shares, default=(0.0, 0, ""))
    return float(share), name  # type: ignore[arg-type]

"""LightGBM's model text read as leaves: what each says, which rows reach it, and how many did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Edges = Array | None  # None: a category

_CATEGORY, _DEFAULT_LEFT, _MISSING = 1, 2, 12
_ZERO_IS_MISSING, _EMPTY_IS_MISSING = 4, 8


@dataclass(frozen=True, slots=True)
class Split:
    """One question: ``value <= threshold`` or, with ``codes``, whether the category is one of them. Yes goes left."""

    column: int
    threshold: float
    codes: frozenset[int] | None
    empty_left: bool

    def left(self, edges: Edges, levels: int) -> NDArray[np.bool_]:
        """The answer of every bin, that of empty values last: (n_edges + 2,) for numbers, (levels + 1,) else."""
        if self.codes is not None or edges is None:
            codes = self.codes or frozenset()
            return np.array([*(code in codes for code in range(levels)), False])
        place = int(np.searchsorted(edges, self.threshold))
        return np.append(np.arange(len(edges) + 1) <= place, self.empty_left)


@dataclass(frozen=True, slots=True)
class Pass:
    """All questions about one column on the way to a leaf, and the share of rows that answers to them let through."""

    share: float
    splits: tuple[tuple[Split, bool], ...]

    def inside(self, edges: Edges, levels: int) -> NDArray[np.bool_]:
        """Which bins get through."""
        answers = [split.left(edges, levels) == left for split, left in self.splits]
        return np.asarray(np.logical_and.reduce(answers))


@dataclass(frozen=True, slots=True)
class Leaf:
    """``value`` in log-odds, what a row must pass by column, and which ``member`` of the ensemble says it."""

    value: float
    passes: dict[int, Pass]
    member: int = 0


def leaves_of(text: str, member: int = 0) -> list[Leaf]:
    """Every leaf of every tree of one model text; raises ``ValueError`` for models that take zero for missing."""
    trees = text.split("\nTree=")[1:]
    return [Leaf(value, passes, member) for tree in trees for value, passes in _leaves(_fields(tree))]


def edges_of(leaves: Sequence[Leaf], features: int) -> tuple[list[Edges], list[int]]:
    """Where numbers are cut (sorted, None for categories), and how many codes of a category matter, per feature."""
    cuts: list[set[float]] = [set() for _ in range(features)]
    codes: list[int | None] = [None] * features
    for leaf in leaves:
        for column, passed in leaf.passes.items():
            for split, _ in passed.splits:
                if split.codes is None:
                    cuts[column].add(split.threshold)
                else:
                    codes[column] = max(codes[column] or 0, max(split.codes, default=-1) + 1)
    edges = [np.array(sorted(c)) if known is None else None for c, known in zip(cuts, codes, strict=True)]
    return edges, [known or 0 for known in codes]


def _fields(tree: str) -> dict[str, str]:
    lines = tree.split("\n\n", 1)[0].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _leaves(fields: dict[str, str]) -> Iterator[tuple[float, dict[int, Pass]]]:
    values = [float(v) for v in fields["leaf_value"].split()]
    if len(values) == 1:
        yield values[0], {}
        return
    splits = _splits(fields)
    children = [[int(c) for c in fields[side].split()] for side in ("left_child", "right_child")]
    inner, outer = ([float(c) for c in fields[name].split()] for name in ("internal_count", "leaf_count"))
    waiting: list[tuple[int, dict[int, Pass]]] = [(0, {})]
    while waiting:
        node, passes = waiting.pop()
        for side in (0, 1):
            child = children[side][node]
            share = (inner[child] if child >= 0 else outer[~child]) / inner[node]
            further = _further(passes, splits[node], side == 0, share)
            if child >= 0:
                waiting.append((child, further))
            else:
                yield values[~child], further


def _further(passes: dict[int, Pass], split: Split, left: bool, share: float) -> dict[int, Pass]:
    before = passes.get(split.column, Pass(1.0, ()))
    return {**passes, split.column: Pass(before.share * share, (*before.splits, (split, left)))}


def _splits(fields: dict[str, str]) -> list[Split]:
    kinds = [int(k) for k in fields["decision_type"].split()]
    thresholds = [float(t) for t in fields["threshold"].split()]
    columns = [int(c) for c in fields["split_feature"].split()]
    starts = [int(b) for b in fields.get("cat_boundaries", "").split()]
    words = [int(w) for w in fields.get("cat_threshold", "").split()]
    found = []
    for column, kind, threshold in zip(columns, kinds, thresholds, strict=True):
        if kind & _CATEGORY:
            bits = words[starts[int(threshold)] : starts[int(threshold) + 1]]
            found.append(Split(column, 0.0, _codes(bits), False))
        elif kind & _MISSING == _ZERO_IS_MISSING:
            raise ValueError("Zero stands for missing in this model.")
        else:
            default = bool(kind & _DEFAULT_LEFT)
            empty_left = default if kind & _MISSING == _EMPTY_IS_MISSING else threshold >= 0.0
            found.append(Split(column, threshold, None, empty_left))
    return found


def _codes(words: Sequence[int]) -> frozenset[int]:
    return frozenset(32 * i + bit for i, word in enumerate(words) for bit in range(32) if word >> bit & 1)

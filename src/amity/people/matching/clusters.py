"""From scored pairs to who is one and the same: groups that hold together, or partners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from amity.people.matching.columns import Ints

Doubles = npt.NDArray[np.float64]
Score = Callable[[Ints], Doubles]
_BOUND = 10.0  # log odds beyond which more certainty does not count when a group is weighed
_LARGEST = 1_500  # members of a chain that are weighed all with all


def groups(total: int, pairs: Ints, scores: Doubles, score: Score) -> Ints:
    """The group of every record ``(total,)``.

    Pairs above zero chain records together; each chain is then cut where the average pair across speaks against it
    (average linkage over log odds), so that one wrong pair cannot glue two people.
    """
    chain = chained(total, pairs[scores > 0])
    sizes = np.bincount(chain)
    found = chain.copy()
    order = np.argsort(chain, kind="stable")
    ends = np.cumsum(sizes)
    chains = [order[ends[at] - sizes[at] : ends[at]] for at in np.flatnonzero(sizes > 2)]
    fresh = len(sizes)
    small = [members for members in chains if len(members) <= _LARGEST]
    for members, cut in zip(small, _cut_all(small, score), strict=True):
        found[members] = fresh + cut
        fresh += int(cut.max()) + 1
    return np.asarray(found)


def chained(total: int, pairs: Ints) -> Ints:
    """The group ``(total,)`` of every record when all these pairs are the same."""
    from scipy import sparse  # as below: most processes never come here
    from scipy.sparse.csgraph import connected_components

    graph = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _cut_all(chains: list[Ints], score: Score) -> list[Ints]:
    """The parts of each chain; the pairs of many chains are scored together."""
    found: list[Ints] = []
    batch: list[Ints] = []
    size = 0
    for members in chains:
        batch.append(members)
        size += len(members) ** 2 // 2
        if size > 2_000_000:
            found += _cut_batch(batch, score)
            batch, size = [], 0
    return found + (_cut_batch(batch, score) if batch else [])


def _cut_batch(chains: list[Ints], score: Score) -> list[Ints]:
    corners = [np.triu_indices(len(members), 1) for members in chains]
    pairs = [
        np.column_stack([np.minimum(m[a], m[b]), np.maximum(m[a], m[b])])
        for m, (a, b) in zip(chains, corners, strict=True)
    ]
    odds = score(np.concatenate(pairs))
    parts = np.split(odds, np.cumsum([len(one) for one in pairs])[:-1])
    return [_cut(part) for part in parts]


def _cut(odds: Doubles) -> Ints:
    from scipy.cluster.hierarchy import fcluster, linkage

    distance = _BOUND - np.clip(odds, -_BOUND, _BOUND)
    tree = linkage(distance, method="average")
    return np.asarray(fcluster(tree, t=_BOUND, criterion="distance").astype(np.int64) - 1)


def pairs_of(groups: Ints) -> Ints:
    """All pairs of records in one group, lower record first."""
    order = np.argsort(groups, kind="stable")
    held = groups[order]
    starts = np.flatnonzero(np.r_[True, held[1:] != held[:-1]])
    sizes = np.diff(np.r_[starts, len(held)])
    found = [np.empty((0, 2), dtype=np.int64)]
    for size in np.unique(sizes[sizes > 1]):
        members = np.sort(order[starts[sizes == size][:, None] + np.arange(size)], axis=1)
        one, two = np.triu_indices(int(size), 1)
        found.append(np.column_stack([members[:, one].ravel(), members[:, two].ravel()]))
    return np.concatenate(found)


def partners(pairs: Ints, scores: Doubles, total: int, once: tuple[bool, bool]) -> npt.NDArray[np.bool_]:
    """Which pairs to keep, the best first, where a record of a side marked ``once`` has one partner at most."""
    taken = np.zeros(total, dtype=np.bool_)
    kept = np.zeros(len(pairs), dtype=np.bool_)
    for at in np.argsort(-scores, kind="stable").tolist():
        left, right = pairs[at]
        if (once[0] and taken[left]) or (once[1] and taken[right]):
            continue
        taken[left] = taken[right] = True
        kept[at] = True
    return kept


__all__ = ["groups", "pairs_of", "partners"]

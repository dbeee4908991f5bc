"""The matcher: one table (find duplicates) or two (link), any columns, no settings, no labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from amity.people.matching import clusters, learned
from amity.people.matching import model as models
from amity.people.matching.candidates import candidates
from amity.people.matching.columns import Ints
from amity.people.matching.compare import Levels
from amity.people.matching.model import Doubles, Model
from amity.people.matching.partners import Linked, linked
from amity.people.matching.stored import backed
from amity.people.matching.tables import Records, records
from amity.people.matching.whole import Whole, whole

_WITHIN = -3.0  # log odds, before looking, that two records that a chain of pairs connects are the same
_LIFT = 3.0  # and at most so much more than for any two records


@dataclass(frozen=True)
class Matches:
    """What was found. ``pairs``: candidates ``(n, 2)`` with their log odds; ``same``: the pairs taken for the same.

    ``groups``: the group of every record (of both tables, one after the other).
    """

    records: Records
    model: Model
    pairs: Ints
    odds: Doubles
    same: Ints
    groups: Ints


def match(left: pl.DataFrame, right: pl.DataFrame | None = None, ignore: Iterable[str] = ()) -> Matches:
    """Find which records are the same, within ``left`` or between ``left`` and ``right``."""
    base = records(left, right, ignore)
    bags = whole(base)
    pairs = candidates(base, bags)
    if not len(pairs) or not base.columns:
        alone = np.arange(base.total, dtype=np.int64)
        nothing = np.empty((0, 2), dtype=np.int64)
        return Matches(base, Model([], [], [], 0.5), nothing, np.empty(0), nothing, alone)
    return _linked(base, bags, pairs) if base.linkage else _deduped(base, pairs)


def _deduped(base: Records, pairs: Ints) -> Matches:
    gamma = models.compared(base, pairs)
    model = learned.train(base, pairs, gamma)
    odds = scored(base, model, pairs, gamma)
    lift = float(np.clip(_WITHIN - np.log(model.prior), 0.0, _LIFT))
    groups = clusters.groups(base.total, pairs, odds, lambda some: scored(base, model, some) + lift)
    return Matches(base, model, pairs, odds, clusters.pairs_of(groups), groups)


def _linked(base: Records, bags: Whole | None, pairs: Ints) -> Matches:
    gamma = models.compared(base, pairs, bags)
    model = learned.train(base, pairs, gamma, bags)
    odds = scored(base, model, pairs, gamma)
    found: Linked = linked(base, bags, pairs, odds)
    same = pairs[found.kept]
    return Matches(base, model, pairs, found.odds, same, clusters.chained(base.total, same))


def scored(base: Records, model: Model, pairs: Ints, gamma: Levels | None = None) -> Doubles:
    """Log odds of pairs; one short field is never enough by itself."""
    gamma = models.compared(base, pairs) if gamma is None else gamma
    odds = models.scores(model, gamma, models.rarities(base, pairs, gamma))
    return np.where(backed(base, gamma), odds, np.minimum(odds, -1.0))

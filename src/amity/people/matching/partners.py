"""Between two tables: who belongs to whom, and from which likeness on a pair is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amity.people.matching.clusters import partners
from amity.people.matching.columns import Ints
from amity.people.matching.tables import Records
from amity.people.matching.whole import Whole

Doubles = npt.NDArray[np.float64]
_TEXT_WEIGHT = 80.0  # log odds per unit of "nearer than the crowd", where long texts tell records apart
_TWIN = 0.8  # cosine from which two records of one table say the same
_MANY = 0.25  # share of partners with an equally good twin, from which a record may have several partners


@dataclass(frozen=True)
class Linked:
    """``odds``: what pairs were ranked by (0 and more: believed); ``kept``: the pairs taken."""

    odds: Doubles
    kept: npt.NDArray[np.bool_]


def linked(base: Records, bags: Whole | None, pairs: Ints, odds: Doubles) -> Linked:
    """Choose partners: the best first, each record once unless its table repeats itself."""
    if bags is not None and any(one.kind == "text" for one in base.columns):
        odds = odds + _TEXT_WEIGHT * bags.nearer(pairs)
        odds = odds - believed_from(base, pairs, odds)
    good = np.flatnonzero(odds > 0)
    once = (
        not _repeats(bags, pairs[good], odds[good], base.total, 1),
        not _repeats(bags, pairs[good], odds[good], base.total, 0),
    )
    kept = np.zeros(len(pairs), dtype=np.bool_)
    kept[good] = partners(pairs[good], odds[good], base.total, once)
    return Linked(odds, kept)


def believed_from(base: Records, pairs: Ints, odds: Doubles) -> float:
    """The score from which a record's best partner is more likely right than wrong.

    A record's second best is wrong where its best is right: second bests show how wrong partners score. The bests are
    then a mixture of those and of right ones (two normal curves, fitted by EM, the wrong one held fast).
    """
    side = 0 if base.split <= base.total - base.split else 1
    best, second = _top_two(pairs[:, side], odds, base.total)
    wrong = second[np.isfinite(second)]
    bests = best[np.isfinite(best)]
    if len(wrong) < 30 or len(bests) < 30:
        return 0.0
    return _crossing(bests, float(wrong.mean()), float(max(wrong.std(), 1.0)))


def _crossing(bests: Doubles, centre: float, width: float) -> float:
    """Where the curve of right ones overtakes that of wrong ones (mean ``centre``, deviation ``width``)."""
    right, spread, share = float(np.quantile(bests, 0.8)), width, 0.5
    for _round in range(200):
        wrong = (1 - share) * np.exp(-0.5 * ((bests - centre) / width) ** 2) / width
        good = share * np.exp(-0.5 * ((bests - right) / spread) ** 2) / spread
        part = np.where(bests > right, 1.0, good / np.maximum(good + wrong, 1e-300))
        part = np.where(bests < centre, 0.0, part)
        share = float(np.clip(part.mean(), 0.01, 0.99))
        right = float((part * bests).sum() / max(part.sum(), 1e-9))
        spread = float(max(np.sqrt((part * (bests - right) ** 2).sum() / max(part.sum(), 1e-9)), width / 4))
    grid = np.linspace(centre, max(right, centre + 1e-6), 400)
    wrong = (1 - share) * np.exp(-0.5 * ((grid - centre) / width) ** 2) / width
    good = share * np.exp(-0.5 * ((grid - right) / spread) ** 2) / spread
    above = np.flatnonzero(good >= wrong)
    return float(grid[above[0]]) if len(above) else right


def _top_two(of: Ints, odds: Doubles, total: int) -> tuple[Doubles, Doubles]:
    """Each record's best and second best score (minus infinity where there is none)."""
    order = np.lexsort((-odds, of))
    held, ranked = of[order], odds[order]
    first = np.r_[True, held[1:] != held[:-1]]
    second = np.r_[False, first[:-1]] & ~first
    best, next_best = np.full(total, -np.inf), np.full(total, -np.inf)
    best[held[first]] = ranked[first]
    next_best[held[second]] = ranked[second]
    return best, next_best


def _repeats(bags: Whole | None, pairs: Ints, odds: Doubles, total: int, side: int) -> bool:
    """Whether the table on that side holds the same thing several times: partners with an equally good twin."""
    if bags is None or not len(pairs):
        return False
    other = pairs[:, 1 - side]
    order = np.lexsort((-odds, other))
    held = other[order]
    first = np.r_[True, held[1:] != held[:-1]]
    follows = np.flatnonzero(np.r_[False, first[:-1]] & ~first)
    if not len(follows):
        return False
    twins = np.column_stack([pairs[order[follows - 1], side], pairs[order[follows], side]])
    return float((bags.cosine(twins) >= _TWIN).sum()) / float(first.sum()) >= _MANY

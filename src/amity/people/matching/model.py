"""The Fellegi–Sunter model of one base: how much each level of likeness speaks for the same (see `learned`).

Weights are natural logarithms of m/u: m how often the level occurs among pairs of the same, u among all others
(Fellegi & Sunter 1969; EM after Winkler 1988). Equal values are weighed by how rare they are (term frequencies).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from amity.people.matching.columns import Column, Ints
from amity.people.matching.compare import CUTS, Levels, levels, similarity
from amity.people.matching.swaps import put_right
from amity.people.matching.tables import Records
from amity.people.matching.whole import Whole

Doubles = npt.NDArray[np.float64]
_CONFLICT = 8.0  # log odds against pairs that differ in everything telling
_AT_ONCE = 500_000  # pairs compared at a time


@dataclass
class Rival:
    """Pairs that have much in common without being the same: per column the chance of each level; how usual they are.

    Two kinds are learned: ``near`` (namesakes in one town: nothing telling in common but by chance) and ``related``
    (a family, an office: a shared phone, address or surname, but a first name and a birth date of one's own).
    """

    name: str
    levels: list[Doubles]
    prior: float


@dataclass
class Model:
    """``m``, ``u``: per column, the chance of each level; ``prior``: chance that two records of the base are the same.

    ``raw`` is ``m`` as it was counted; ``m`` itself was smoothed so that more likeness never speaks less for the same.
    Without ``rivals`` whatever goes together (a language, its names and cities; a home, its street and phone) would
    count several times over. There are none between two tables, where partners compete instead.
    """

    kinds: list[str]
    m: list[Doubles]
    u: list[Doubles]
    prior: float
    rivals: list[Rival] = field(default_factory=list)
    telling: list[int] = field(default_factory=list)
    raw: list[Doubles] = field(default_factory=list)
    least: int = 2  # telling things that both must have before differing in all of them is a conflict


def compared(records: Records, pairs: Ints, whole: Whole | None = None) -> Levels:
    """Levels of likeness ``(n_pairs, n_columns)``; one more column for the whole where it is given."""
    width = len(records.columns)
    found = np.empty((len(pairs), width + (whole is not None)), dtype=np.int8, order="F")
    if whole is not None:
        found[:, width] = levels("bag", whole.nearer(pairs))
    if whole is None and len(pairs) > _AT_ONCE:
        for start in range(0, len(pairs), _AT_ONCE):
            found[start : start + _AT_ONCE] = compared(records, pairs[start : start + _AT_ONCE])
        return found
    likeness = [similarity(one, pairs) for one in records.columns]
    put_right(records, pairs, likeness, records.swappable)
    for at, one in enumerate(records.columns):
        found[:, at] = levels(one.kind, likeness[at])
    return found


def scores(model: Model, gamma: Levels, rarity: list[Doubles | None]) -> Doubles:
    """Log odds ``(n_pairs,)`` that a pair is the same."""
    return against_all(odds(model, gamma, rarity))


def against_all(found: list[Doubles]) -> Doubles:
    """Log odds against all explanations together."""
    if len(found) == 1:
        return found[0]
    return np.asarray(-np.logaddexp.reduce([-one for one in found]))


def odds(model: Model, gamma: Levels, rarity: list[Doubles | None]) -> list[Doubles]:
    """Log odds of being the same against two records by chance, and against each kind of rivals."""
    chance = np.full(len(gamma), np.log(model.prior / (1 - model.prior)))
    for at in range(len(model.kinds)):
        chance += column_weights(model, at, gamma[:, at], rarity[at])
    if not model.rivals:
        return [chance]
    chance[in_conflict(model, gamma)] = -_CONFLICT
    found = [chance]
    for rival in model.rivals:
        near = np.full(len(gamma), np.log(model.prior / rival.prior))
        same = model.raw if rival.name == "related" else model.m
        for at in range(len(model.kinds)):
            near += np.r_[np.log(same[at] / rival.levels[at]), 0.0][gamma[:, at]]
        found.append(near)
    return found


def in_conflict(model: Model, gamma: Levels) -> npt.NDArray[np.bool_]:
    """Pairs that differ in everything telling that both have (e-mail, phone, birth date), two such things at least."""
    told = [at for at in model.telling if at < gamma.shape[1]]
    if len(told) < 2:  # one alone may just have changed
        return np.zeros(len(gamma), dtype=np.bool_)
    halves = np.array([len(CUTS[model.kinds[at]]) // 2 for at in told])
    both = (gamma[:, told] >= 0).sum(axis=1)
    return np.asarray((both >= model.least) & ~(gamma[:, told] >= halves).any(axis=1), dtype=np.bool_)


def column_weights(model: Model, at: int, gamma: Levels, rarity: Doubles | None) -> Doubles:
    """What one column adds to the log odds of each pair."""
    weights = np.r_[np.log(model.m[at] / model.u[at]), 0.0]  # the last one for "missing" (-1)
    found = weights[gamma]
    if rarity is not None:
        found += np.where(gamma == len(model.u[at]) - 1, np.log(model.u[at][-1]) - rarity, 0.0)
    return np.asarray(found)


def rarities(records: Records, pairs: Ints, gamma: Levels) -> list[Doubles | None]:
    """Per column, the logarithm of how common the value is that a pair agrees on."""
    found = [_rarity(one, pairs, gamma[:, at]) for at, one in enumerate(records.columns)]
    return found + [None] * (gamma.shape[1] - len(found))


def _rarity(one: Column, pairs: Ints, gamma: Levels) -> Doubles | None:
    if one.kind in ("text", "number"):
        return None
    equal = np.flatnonzero(gamma == len(CUTS[one.kind]))
    found = np.zeros(len(pairs))
    share = one.counts[one.codes[pairs[equal, 0]]] / max(one.counts.sum(), 1)
    found[equal] = np.log(share)
    return found

"""The Fellegi–Sunter model of one base: how much each level of likeness speaks for the same, learned without labels.

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
_RANDOM_PAIRS = 300_000
_ROUNDS = 40
_ANCHORS = 50  # pairs from which such a beginning is worth more than a guess
_CONFLICT = 8.0  # log odds against pairs that differ in everything telling
_MANY = 10_000  # records from which namesakes in one town are usual
_FEW = 5.0  # others who share a record's value, at most, in a column that tells people apart
_AT_ONCE = 2_000_000  # pairs compared at a time
_LEARNED_FROM = 1_500_000  # candidates a model is learned from, where one table has more


@dataclass
class Model:
    """``m``, ``u``: per column, the chance of each level; ``prior``: chance that two records of the base are the same.

    ``near``: the same for pairs that have much in common without being the same (namesakes, a household, a colleague),
    ``near_prior``: chance of such a pair. Without them whatever goes together (a language, its names and cities) would
    count several times over. Empty between two tables, where partners compete instead.
    """

    kinds: list[str]
    m: list[Doubles]
    u: list[Doubles]
    prior: float
    near: list[Doubles] = field(default_factory=list)
    near_prior: float = 0.0
    telling: list[int] = field(default_factory=list)
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


def random_pairs(records: Records, count: int = _RANDOM_PAIRS) -> Ints:
    """Pairs drawn by chance (the same ones every time)."""
    chance = np.random.default_rng(0)
    if records.linkage:
        left = chance.integers(0, records.split, count)
        right = chance.integers(records.split, records.total, count)
    else:
        left, right = chance.integers(0, records.total, (2, count))
    pairs = np.column_stack([left, right])
    return np.asarray(pairs[left != right])


def possible(records: Records) -> float:
    """Number of pairs there are."""
    if records.linkage:
        return float(records.split) * (records.total - records.split)
    return records.total * (records.total - 1) / 2


def train(records: Records, pairs: Ints, gamma: Levels, whole: Whole | None = None) -> Model:
    """Learn the model from the candidates and from random pairs."""
    chance = compared(records, random_pairs(records), whole)
    kinds = [one.kind for one in records.columns] + ["bag"] * (whole is not None)
    u = [_shares(chance[:, at], None, len(CUTS[kind]) + 1, 1e-4) for at, kind in enumerate(kinds)]
    for at, one in enumerate(records.columns):
        u[at] = _with_exact(u[at], one, records)
    drawn = [one.copy() for one in u]
    seeds = _seeds(records, pairs, whole)
    if seeds is None:
        m, count = [_first_guess(kind) for kind in kinds], 0.3 * min(records.total, len(pairs))
    else:
        m = [_rising(_shares(gamma[seeds, at], None, len(CUTS[kind]) + 1, 0.5), u[at]) for at, kind in enumerate(kinds)]
        count = float(seeds.sum())
    model = Model(kinds, m, u, prior=count / possible(records))
    times = 1.0
    if len(pairs) > _LEARNED_FROM and not records.linkage:
        some = np.random.default_rng(1).choice(len(pairs), _LEARNED_FROM, replace=False)
        times, pairs, gamma = len(pairs) / _LEARNED_FROM, pairs[some], gamma[some]
    telling = [_is_telling(one, records) for one in records.columns]
    held: set[int] = set()
    if not records.linkage:
        model.telling = list(np.flatnonzero(telling))
        model.least = 1 if records.total > _MANY else 2
        held = _anchor(model, gamma, telling)
        model.near = [
            u[at].copy() if telling[at] else _shares(gamma[:, at], None, len(CUTS[kind]) + 1, 0.5)
            for at, kind in enumerate(kinds)
        ]
        model.near_prior = 0.9 * len(pairs) * times / possible(records)
    seen = Seen(pairs, gamma, rarities(records, pairs, gamma), drawn, times, telling, held)
    for _round in range(_ROUNDS):
        before = model.prior
        _step(model, records, seen)
        if abs(model.prior - before) < 1e-5 * before:
            break
    return model


@dataclass(frozen=True)
class Seen:
    """What a model is learned from: pairs, their levels, how common agreed values are; each stands for ``times`` pairs.

    ``drawn``: per column, the levels among pairs drawn by chance. ``telling``: columns that tell people apart (e-mail,
    phone, birth date, number), on which two who are only near each other agree by chance at most. ``held``: columns
    whose ``m`` stays what the anchors say, so that namesakes are not learned to be the same.
    """

    pairs: Ints
    gamma: Levels
    rarity: list[Doubles | None]
    drawn: list[Doubles]
    times: float
    telling: list[bool]
    held: set[int]


def _anchor(model: Model, gamma: Levels, telling: list[bool]) -> set[int]:
    """Begin from pairs that agree on something telling and one thing more: how alike they are in everything else.

    Returns the telling columns that could be learned so.
    """
    held = set()
    equal = np.column_stack([gamma[:, at] == len(CUTS[kind]) for at, kind in enumerate(model.kinds)])
    sure = equal & np.array(telling)
    for at, kind in enumerate(model.kinds):
        anchors = np.delete(sure, at, axis=1).any(axis=1) & (gamma[:, at] >= 0)
        anchors &= np.delete(equal, at, axis=1).sum(axis=1) >= 2
        if anchors.sum() >= _ANCHORS:
            model.m[at] = _rising(_shares(gamma[anchors, at], None, len(CUTS[kind]) + 1, 0.5), model.u[at])
            held |= {at} if telling[at] else set()
    return held


def _is_telling(one: Column, records: Records) -> bool:
    return one.kind in ("email", "phone", "code", "date") and one.chance * records.total < _FEW


def _step(model: Model, records: Records, seen: Seen) -> None:
    """One round of expectation and maximisation; what is not a candidate counts as different."""
    chance, near = both_odds(model, seen.gamma, seen.rarity)
    odds = chance if near is None else -np.logaddexp(-chance, -near)
    share = shares(odds, seen.pairs, records)
    if near is not None:
        part = (1 - share) / (1 + np.exp(np.clip(near - chance, -50, 50)))
        model.near_prior = min(max(float(part.sum()) * seen.times / possible(records), 1e-12), 0.5)
        for at, kind in enumerate(model.kinds):
            if not seen.telling[at]:
                model.near[at] = _shares(seen.gamma[:, at], part, len(CUTS[kind]) + 1, 0.5)
    model.prior = min(max(float(share.sum()) * seen.times / possible(records), 1e-12), 0.5)
    for at, kind in enumerate(model.kinds):
        gamma = seen.gamma[:, at]
        model.u[at] = _others(gamma, share, seen.drawn[at], possible(records), seen.times)
        if at not in seen.held:
            model.m[at] = _rising(_shares(gamma, share, len(CUTS[kind]) + 1, 0.5), model.u[at])


def _others(gamma: Levels, share: Doubles, drawn: Doubles, pairs: float, times: float) -> Doubles:
    """The chance of each level among pairs that are not the same: all pairs less the same ones among them."""
    there = gamma >= 0
    same = np.bincount(gamma[there], share[there], minlength=len(drawn)) * times
    others = np.bincount(gamma[there], 1 - share[there], minlength=len(drawn)) * times
    found = np.maximum(drawn * pairs - same, others + 0.5)
    return np.asarray(found / found.sum())


def shares(odds: Doubles, pairs: Ints, records: Records) -> Doubles:
    """The chance that each pair is the same. Between two tables a record's candidates compete: one at most is right."""
    ratio = np.exp(np.clip(odds, -50, 50))
    if not records.linkage:
        return np.asarray(ratio / (1 + ratio))
    rivals = sum(np.bincount(pairs[:, side], ratio, minlength=records.total)[pairs[:, side]] for side in (0, 1))
    return np.asarray(ratio / (1 + np.maximum(rivals - ratio, ratio)))


def scores(model: Model, gamma: Levels, rarity: list[Doubles | None]) -> Doubles:
    """Log odds ``(n_pairs,)`` that a pair is the same."""
    chance, near = both_odds(model, gamma, rarity)
    return chance if near is None else -np.logaddexp(-chance, -near)


def both_odds(model: Model, gamma: Levels, rarity: list[Doubles | None]) -> tuple[Doubles, Doubles | None]:
    """Log odds of being the same against two by chance, and against two that are only near each other."""
    chance = np.full(len(gamma), np.log(model.prior / (1 - model.prior)))
    for at in range(len(model.kinds)):
        chance += column_weights(model, at, gamma[:, at], rarity[at])
    if not model.near:
        return chance, None
    chance[_in_conflict(model, gamma)] = -_CONFLICT
    near = np.full(len(gamma), np.log(model.prior / model.near_prior))
    for at in range(len(model.kinds)):
        near += np.r_[np.log(model.m[at] / model.near[at]), 0.0][gamma[:, at]]
    return chance, near


def _in_conflict(model: Model, gamma: Levels) -> npt.NDArray[np.bool_]:
    """Pairs that differ in everything telling that both have (e-mail, phone, birth date), two such things at least."""
    told = [at for at in model.telling if at < gamma.shape[1]]
    if len(told) < 2:  # one alone may just have changed
        return np.zeros(len(gamma), dtype=np.bool_)
    halves = np.array([len(CUTS[model.kinds[at]]) // 2 for at in told])
    compared = (gamma[:, told] >= 0).sum(axis=1)
    return np.asarray((compared >= model.least) & ~(gamma[:, told] >= halves).any(axis=1), dtype=np.bool_)


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


def _shares(gamma: Levels, weight: Doubles | None, count: int, smooth: float) -> Doubles:
    there = gamma >= 0
    found = np.bincount(gamma[there], None if weight is None else weight[there], minlength=count) + smooth
    return np.asarray(found / found.sum())


def _with_exact(u: Doubles, one: Column, records: Records) -> Doubles:
    """The chance of equal values by counting, not by drawing."""
    if one.kind == "text":
        return u
    u = u.copy()
    u[-1] = max(one.chance, 0.5 / max(possible(records), 1))
    u[:-1] *= (1 - u[-1]) / u[:-1].sum()
    return u


def _seeds(records: Records, pairs: Ints, whole: Whole | None) -> npt.NDArray[np.bool_] | None:
    """Pairs of two tables that are each other's nearest, nearer than their crowds: mostly right, and typical."""
    if whole is None or not records.linkage:
        return None
    near = whole.nearer(pairs).astype(np.float64)
    return mutual(near, pairs, records.total) & (near > 0.05)


def mutual(scores: Doubles, pairs: Ints, total: int) -> npt.NDArray[np.bool_]:
    """Whether each pair is the best of both its records."""
    best = np.full(total, -np.inf)
    np.maximum.at(best, pairs[:, 0], scores)
    np.maximum.at(best, pairs[:, 1], scores)
    return (scores >= best[pairs[:, 0]]) & (scores >= best[pairs[:, 1]])


def _first_guess(kind: str) -> Doubles:
    count = len(CUTS[kind]) + 1
    text = kind in ("text", "bag")
    found = np.linspace(0.3, 1.0, count) if text else np.r_[np.linspace(0.4, 1.0, count - 1), 8.0]
    return np.asarray(found / found.sum())


def _rising(m: Doubles, u: Doubles) -> Doubles:
    """m such that more likeness never speaks less for the same (weighted pool of neighbours)."""
    blocks: list[list[float]] = []  # [m, u, levels]
    for at in range(len(m)):
        blocks.append([float(m[at]), float(u[at]), 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            one = blocks.pop()
            blocks[-1] = [blocks[-1][0] + one[0], blocks[-1][1] + one[1], blocks[-1][2] + one[2]]
    found, at = np.empty_like(m), 0
    for mass, base, count in blocks:
        span = slice(at, at + int(count))
        found[span] = u[span] * (mass / base)
        at += int(count)
    return np.asarray(found / found.sum())

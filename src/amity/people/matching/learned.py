"""Learning the model of a base without labels: from candidates, from random pairs, from pairs that are surely the same.

Expectation and maximisation over four explanations of a pair: the same, by chance, near each other, related.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from amity.people.matching.columns import Column, Ints
from amity.people.matching.compare import CUTS, NAMESAKES, Levels
from amity.people.matching.model import Doubles, Model, Rival, against_all, column_weights, compared, odds, rarities
from amity.people.matching.tables import Records
from amity.people.matching.whole import Whole

Bools = npt.NDArray[np.bool_]
_RANDOM_PAIRS = 300_000
_ROUNDS = 40
_ANCHORS = 50  # pairs from which such a beginning is worth more than a guess
_MANY = 10_000  # records from which namesakes in one town are usual
_FEW = 5.0  # others who share a record's value, at most, in a column that tells people apart
_MOST = 100.0  # the same with those who may be the same person: more are not looked at
_SHARING = 5_000  # pairs to see who shares a value
_CROWD = 100_000  # records beyond which they need not be so few: a birth date tells as much in a million people
_LEARNED_FROM = 400_000  # candidates a model is learned from, where one table has more
_LEARNED_MORE = 1_500_000  # the same for small tables, where the same are few among them
_FEW_RECORDS = 20_000
_ALIKE = 0.75  # of a first name: below, it is another one
_NAMED_AFTER = 0.005  # relatives of the same first name, at least: they are named after each other
_OWN = 0.15  # relatives who agree on a first name or birth date, at most


@dataclass(frozen=True)
class Seen:
    """What a model is learned from: pairs, their levels, how common agreed values are; each stands for ``times`` pairs.

    ``drawn``: per column, the levels among pairs drawn by chance. ``telling``: columns that tell people apart (e-mail,
    phone, birth date, number), on which two who are only near each other agree by chance at most. ``held``: columns
    whose ``m`` stays what the anchors say, so that namesakes are not learned to be the same. ``own``: columns in which
    relatives differ.
    """

    pairs: Ints
    gamma: Levels
    rarity: list[Doubles | None]
    drawn: list[Doubles]
    times: float
    telling: list[bool]
    held: set[int]
    own: list[int]


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


def train(records: Records, pairs: Ints, gamma: Levels | None = None, whole: Whole | None = None) -> Model:
    """Learn the model from the candidates (a part of them where there are many) and from random pairs."""
    times = 1.0
    most = _LEARNED_FROM if records.total > _FEW_RECORDS else _LEARNED_MORE
    if len(pairs) > most and not records.linkage:
        some = np.sort(np.random.default_rng(1).choice(len(pairs), most, replace=False))
        times, pairs, gamma = len(pairs) / most, pairs[some], None if gamma is None else gamma[some]
    gamma = compared(records, pairs, whole) if gamma is None else gamma
    model, drawn = _begun(records, pairs, gamma, whole, times)
    telling = [_is_telling(at, records) for at in range(len(records.columns))]
    held, own = set[int](), list[int]()
    if not records.linkage:
        own = _own_columns(records)
        model.telling = list(np.flatnonzero(telling))
        model.least = 1 if records.total > _MANY else 2
        held = _anchor(model, gamma, telling, records.given, own)
        model.rivals = _rivals(model, records, gamma, telling, own, times)
    seen = Seen(pairs, gamma, rarities(records, pairs, gamma), drawn, times, telling, held, own)
    for _round in range(_ROUNDS):
        before = model.prior
        _step(model, records, seen)
        if abs(model.prior - before) < 1e-5 * before:
            break
    return model


def _begun(
    records: Records, pairs: Ints, gamma: Levels, whole: Whole | None, times: float
) -> tuple[Model, list[Doubles]]:
    """A first guess, and the levels among pairs drawn by chance."""
    chance = compared(records, random_pairs(records), whole)
    kinds = [one.kind for one in records.columns] + ["bag"] * (whole is not None)
    u = [_shares(chance[:, at], None, len(CUTS[kind]) + 1, 1e-4) for at, kind in enumerate(kinds)]
    for at, one in enumerate(records.columns):
        u[at] = _with_exact(u[at], one, records)
    drawn = [one.copy() for one in u]
    seeds = _seeds(records, pairs, whole)
    if seeds is None:
        m, count = [_first_guess(kind) for kind in kinds], 0.3 * min(records.total, len(pairs) * times)
    else:
        m = [_rising(_shares(gamma[seeds, at], None, len(CUTS[kind]) + 1, 0.5), u[at]) for at, kind in enumerate(kinds)]
        count = float(seeds.sum())
    return Model(kinds, m, u, count / possible(records), raw=[one.copy() for one in m]), drawn


def _own_columns(records: Records) -> list[int]:
    """What each of a family has of their own: the first name and the birth date. None without first names."""
    dates = [at for at, one in enumerate(records.columns) if one.kind in ("date", "year")]
    return [*records.given, *dates] if records.given else []


def _anchor(model: Model, gamma: Levels, telling: list[bool], given: list[int], own: list[int]) -> set[int]:
    """Begin from pairs that agree on something telling and one thing more: how alike they are in everything else.

    Pairs with different first names are left out (relatives share phones); what is a relative's own is learned from
    pairs that agree on two telling things, where there are enough. Returns the telling columns that could be learned.
    """
    held = set()
    equal = np.column_stack([gamma[:, at] == len(CUTS[kind]) for at, kind in enumerate(model.kinds)])
    sure = equal & np.array(telling)
    others = _other_first_name(model, gamma, given)
    for at, kind in enumerate(model.kinds):
        anchors = np.delete(sure, at, axis=1).any(axis=1) & (gamma[:, at] >= 0)
        anchors &= np.delete(equal, at, axis=1).sum(axis=1) >= 2
        twice = anchors & (np.delete(sure, at, axis=1).sum(axis=1) >= 2)
        if at in own and twice.sum() >= _ANCHORS:
            anchors = twice
        elif at not in given:
            anchors &= ~others
        if anchors.sum() >= _ANCHORS:
            model.raw[at] = _shares(gamma[anchors, at], None, len(CUTS[kind]) + 1, 0.5)
            model.m[at] = _rising(model.raw[at], model.u[at])
            held |= {at} if telling[at] else set()
    return held


def _other_first_name(model: Model, gamma: Levels, given: list[int]) -> Bools:
    """Pairs whose first names are there and not alike."""
    found = np.zeros(len(gamma), dtype=np.bool_)
    for at in given:
        level = int(np.searchsorted(np.array(CUTS[model.kinds[at]]), _ALIKE - 1e-6, side="right"))
        found |= (gamma[:, at] >= 0) & (gamma[:, at] < level)
    return found


def _rivals(
    model: Model, records: Records, gamma: Levels, telling: list[bool], own: list[int], times: float
) -> list[Rival]:
    """Where the two kinds of rivals begin."""
    near = [
        model.u[at].copy() if telling[at] else _shares(gamma[:, at], None, len(CUTS[kind]) + 1, 0.5)
        for at, kind in enumerate(model.kinds)
    ]
    found = [Rival("near", near, 0.9 * len(gamma) * times / possible(records))]
    related = _other_first_name(model, gamma, records.given) & _no_chance(model, gamma, own)
    related &= ~_same_in_themselves(model, gamma, telling, own, records.given)
    if own and related.sum() >= _ANCHORS:
        shares = [_shares(gamma[related, at], None, len(CUTS[kind]) + 1, 0.5) for at, kind in enumerate(model.kinds)]
        for at in own:
            shares[at] = model.u[at].copy()
        found.append(Rival("related", shares, float(related.sum()) * times / possible(records)))
    return found


def _no_chance(model: Model, gamma: Levels, own: list[int]) -> Bools:
    """Pairs that have too much in common, apart from what is their ``own``, to be two by chance."""
    found = np.full(len(gamma), np.log(model.prior))
    for at in range(len(model.kinds)):
        if at not in own:
            found += column_weights(model, at, gamma[:, at], None)
    return np.asarray(found > 0)


def _same_in_themselves(model: Model, gamma: Levels, telling: list[bool], own: list[int], given: list[int]) -> Bools:
    """Pairs that agree on a birth date or on two telling things: one person with a badly written name, no relatives."""
    equal = np.column_stack([gamma[:, at] == len(CUTS[kind]) for at, kind in enumerate(model.kinds)])
    dates = [at for at in own if at not in given]
    return np.asarray(equal[:, dates].any(axis=1) | ((equal & np.array(telling)).sum(axis=1) >= 2))


def _is_telling(at: int, records: Records) -> bool:
    """Whether few others share a record's value; those who share the rest, too, are no others but the same again."""
    one = records.columns[at]
    if one.kind not in ("email", "phone", "code", "date"):
        return False
    sharing = one.chance * min(records.total, _CROWD)
    return sharing < _FEW or (not records.linkage and sharing < _MOST and sharing * _others_share(at, records) < _FEW)


def _others_share(at: int, records: Records) -> float:
    """Of pairs with the same value in a column, those that are alike in less than half of what else both have."""
    pairs = _sharing(records.columns[at])
    gamma = np.delete(compared(records, pairs), at, axis=1)
    halves = np.array([len(CUTS[one.kind]) // 2 for other, one in enumerate(records.columns) if other != at])
    both = (gamma >= 0).sum(axis=1)
    alike = ((gamma >= 0) & (gamma >= halves)).sum(axis=1)
    told = both >= 2
    return float(np.mean(2 * alike[told] < both[told])) if told.any() else 1.0


def _sharing(one: Column) -> Ints:
    """Pairs of records with the same value, drawn by chance: a record, and another one with its value."""
    order = np.argsort(one.codes, kind="stable")
    order = order[one.codes[order] >= 0]
    ends = np.cumsum(one.counts)
    chance = np.random.default_rng(2)
    first = chance.choice(order, _SHARING)
    code = one.codes[first]
    second = order[(ends[code] - 1 - chance.integers(0, one.counts[code]))]
    pairs = np.column_stack([first, second]).astype(np.int64)
    return np.asarray(pairs[first != second])


def _step(model: Model, records: Records, seen: Seen) -> None:
    """One round of expectation and maximisation; what is not a candidate counts as different."""
    found = odds(model, seen.gamma, seen.rarity)
    share = shares(against_all(found), seen.pairs, records)
    for rival, against in zip(model.rivals, found[1:], strict=True):
        part = share * np.exp(np.clip(-against, -50, 50))
        _follow(model, rival, seen, np.minimum(part, 1 - share), records)
    model.prior = min(max(float(share.sum()) * seen.times / possible(records), 1e-12), 0.5)
    for at, kind in enumerate(model.kinds):
        gamma = seen.gamma[:, at]
        model.u[at] = _others(gamma, share, seen.drawn[at], possible(records), seen.times)
        if at not in seen.held:
            model.raw[at] = _shares(gamma, share, len(CUTS[kind]) + 1, 0.5)
        model.m[at] = _rising(model.raw[at], model.u[at])


def _follow(model: Model, rival: Rival, seen: Seen, part: Doubles, records: Records) -> None:
    """What a kind of rivals looks like; ``part``: the chance of each pair to be one."""
    rival.prior = min(max(float(part.sum()) * seen.times / possible(records), 1e-12), 0.5)
    for at, kind in enumerate(model.kinds):
        if rival.name == "near" and seen.telling[at]:
            continue
        learned = _shares(seen.gamma[:, at], part, len(CUTS[kind]) + 1, 0.5)
        if rival.name == "related" and at in seen.own:
            learned = _bounded(learned, model.u[at])
            learned[-1] = max(learned[-1], _NAMED_AFTER if at in records.given else 0.0)
        if rival.name == "related" and kind == "email":
            learned[NAMESAKES] = max(learned[NAMESAKES], model.raw[at][NAMESAKES])  # of one name, and no more the same
        rival.levels[at] = learned / learned.sum()


def _bounded(learned: Doubles, u: Doubles) -> Doubles:
    """The learned levels with no more likeness than relatives have in what is their own."""
    half = len(u) // 2
    alike = float(learned[half:].sum())
    most = max(_OWN, float(u[half:].sum()))
    if alike <= most:
        return np.maximum(learned, 1e-9)
    found = np.r_[learned[:half] * (1 - most) / max(1 - alike, 1e-9), learned[half:] * most / alike]
    return np.asarray(np.maximum(found, 1e-9) / found.sum())


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


def _shares(gamma: Levels, weight: Doubles | None, count: int, smooth: float) -> Doubles:
    there = gamma >= 0
    found = np.bincount(gamma[there], None if weight is None else weight[there], minlength=count) + smooth
    return np.asarray(found / found.sum())


def _with_exact(u: Doubles, one: Column, records: Records) -> Doubles:
    """The chance of equal values by counting, not by drawing."""
    if one.kind == "text" or one.counts.sum() < _ANCHORS:
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

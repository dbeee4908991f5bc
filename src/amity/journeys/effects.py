"""What each kind of action changes, learned from the company's own history, as of a date. Pure.

Landmark design (Anderson, Cain, Gelber 1983): every two weeks of a record's life its past is frozen; those that were
touched by a kind within the next `WINDOW` and those that were not are compared by whether they were won in the end,
alike by age, silence, contacts so far and whether anything else was done. Whoever was decided within the window is left
out, as there was less time to touch them. Differences are pooled over strata (Mantel and Haenszel 1959), their errors
come from leaving out groups of whole records, and empirical Bayes draws them to zero (Morris 1983): a kind towards
nothing, a situation towards its kind. Observed, not randomised: read as such on every card.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DAY = 86_400.0
WINDOW, SPACING, LANDMARKS = 14.0, 14.0, 12  # days, days, at most per record
SITUATIONS = ("in_touch", "quiet", "silent")  # by days since the last contact
_SILENCE = (7.0, 21.0)
_AGE = (14.0, 45.0)
_CONTACTS = (2, 5)
GROUPS = 20  # left out in turn
LEAST = 20  # records on either side; below, a kind is not learned
SPREAD, PSEUDO = 0.03, 2.0  # what effects are thought to spread by, and how many kinds that thought is worth
Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Episode:
    """A decided record: seconds since any epoch. ``touches``: (time, kind) in time order, ours and theirs."""

    opened: float
    closed: float
    won: bool
    touches: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Effect:
    """Difference in the chance to win, -1 to 1, with a 90 % interval; from so many landmarks with and without."""

    mean: float
    low: float
    high: float
    touched: int
    untouched: int


@dataclass(frozen=True, slots=True)
class Table:
    """``effects[kind][situation]``; what is missing was not learned. ``base``: share won among the landmarks."""

    base: float
    records: int
    effects: Mapping[str, Mapping[str, Effect]]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "base": self.base,
            "records": self.records,
            "effects": {kind: {s: asdict(e) for s, e in found.items()} for kind, found in self.effects.items()},
        }


def table_of(stored: Mapping[str, Any]) -> Table:
    """A table back from `Table.as_dict`."""
    effects = {k: {s: Effect(**e) for s, e in found.items()} for k, found in stored["effects"].items()}
    return Table(stored["base"], stored["records"], effects)


def digest(table: Table) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(json.dumps(table.as_dict(), sort_keys=True).encode()).hexdigest()


def situation(silent_days: float | None) -> str:
    """How long nobody was in contact, as one of `SITUATIONS`; never: silent."""
    if silent_days is None:
        return SITUATIONS[-1]
    return SITUATIONS[bisect_left(_SILENCE, silent_days)]


def learn(episodes: Sequence[Episode], kinds: Mapping[str, str]) -> Table:
    """The effects of our actions. ``kinds``: kind of touch → kind of action; other touches count as contact only.

    About 1 s for 10,000 records.
    """
    rows = [row for i, each in enumerate(episodes) for row in _landmarks(i, each, kinds)]
    if not rows:
        return Table(0.0, len(episodes), {})
    actions = sorted(set(kinds.values()))
    owner = np.array([row[0] for row in rows]) % GROUPS
    won = np.array([row[1] for row in rows], dtype=float)
    where = np.array([row[2] for row in rows])
    strata = np.array([row[3] for row in rows])
    done = {a: np.array([a in row[4] for row in rows]) for a in actions}
    count = sum((done[a].astype(int) for a in actions), np.zeros(len(rows), dtype=int))
    raw: dict[str, dict[str, tuple[float, float, int, int]]] = {}
    for action in actions:
        alike = strata * 2 + ((count - done[action]) > 0)
        whole = _difference(done[action], won, alike, owner)
        if whole is not None:
            parts = {s: _difference(done[action][m], won[m], alike[m], owner[m])
                     for i, s in enumerate(SITUATIONS) for m in [where == i]}  # fmt: skip
            raw[action] = {"": whole, **{s: part for s, part in parts.items() if part is not None}}
    return Table(float(won.mean()), len(episodes), _shrunk(raw))


def _landmarks(number: int, each: Episode, kinds: Mapping[str, str]) -> list[tuple[int, bool, int, int, set[str]]]:
    """(record, won, situation, stratum, actions within the window) at each date on which it was still open after."""
    times = [at for at, _kind in each.touches]
    found = []
    for step in range(LANDMARKS):
        at = each.opened + step * SPACING * DAY
        if at + WINDOW * DAY >= each.closed:
            break
        before, after = bisect_left(times, at), bisect_left(times, at + WINDOW * DAY)
        silent = (at - times[before - 1]) / DAY if before else None
        where = SITUATIONS.index(situation(silent))
        age, contacts = bisect_left(_AGE, step * SPACING), bisect_left(_CONTACTS, before)
        actions = {kinds[kind] for _at, kind in each.touches[before:after] if kind in kinds}
        found.append((number, each.won, where, (where * 3 + age) * 3 + contacts, actions))
    return found


def _difference(done: Any, won: Array, strata: Any, owner: Any) -> tuple[float, float, int, int] | None:
    """(difference, its standard error, with, without); None where too few were or were not touched."""
    touched, untouched = int(done.sum()), int((~done).sum())
    if min(touched, untouched) < LEAST:
        return None
    kept = [owner != group for group in range(GROUPS)]
    without = np.array([_pooled(done[k], won[k], strata[k]) for k in kept])
    error = float(np.sqrt((GROUPS - 1) / GROUPS * np.sum((without - without.mean()) ** 2)))
    return _pooled(done, won, strata), max(error, 1e-4), touched, untouched


def _pooled(done: Any, won: Array, strata: Any) -> float:
    """Mantel-Haenszel difference in shares won, touched less untouched; 0 where no stratum has both."""
    size = int(strata.max(initial=0)) + 1
    with_, without = done.astype(float), 1.0 - done
    n1, n0 = (np.bincount(strata, weights=w, minlength=size) for w in (with_, without))
    x1, x0 = (np.bincount(strata, weights=w * won, minlength=size) for w in (with_, without))
    both = (n1 > 0) & (n0 > 0)
    weight = np.where(both, n1 * n0 / np.maximum(n1 + n0, 1), 0.0)
    apart = x1 / np.maximum(n1, 1) - x0 / np.maximum(n0, 1)
    return float(np.sum(weight * apart) / max(weight.sum(), 1e-12))


def _shrunk(raw: Mapping[str, Mapping[str, tuple[float, float, int, int]]]) -> dict[str, dict[str, Effect]]:
    """Empirical Bayes: kinds towards zero, situations towards their kind; "" holds the kind as a whole."""
    spread = _spread([found[""][:2] for found in raw.values()])
    effects: dict[str, dict[str, Effect]] = {}
    for kind, found in raw.items():
        d, error, touched, untouched = found[""]
        share = spread / (spread + error**2)
        mean, variance = share * d, share * error**2
        effects[kind] = {"": _effect(mean, variance, touched, untouched)}
        parts = {s: part for s, part in found.items() if s}
        within = _spread([(part[0] - mean, part[1]) for part in parts.values()])
        for name, (d, error, touched, untouched) in parts.items():
            share = within / (within + error**2)
            own = share * error**2 + (1 - share) ** 2 * variance
            effects[kind][name] = _effect(mean + share * (d - mean), own, touched, untouched)
    return effects


def _spread(found: Sequence[tuple[float, float]]) -> float:
    """Variance of true effects around zero, by moments, drawn to `SPREAD` as if `PSEUDO` more had been seen."""
    seen = sum(d * d - error * error for d, error in found)
    return max((seen + PSEUDO * SPREAD**2) / (len(found) + PSEUDO), 1e-8)


def _effect(mean: float, variance: float, touched: int, untouched: int) -> Effect:
    half = Z90 * float(np.sqrt(variance))
    return Effect(round(mean, 6), round(mean - half, 6), round(mean + half, 6), touched, untouched)

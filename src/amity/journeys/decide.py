"""Next best action: the one thing most worth doing, or nothing. `choose` is pure, so every decision can be replayed.

Expected gain of a kind = chance after the learned change in log-odds, less the chance now; times the value at stake
where there is one. What people refused weighs less (`weight`); what is blocked or whose interval includes 0 is never
proposed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.functional import Promise

from amity.access import api as access
from amity.journeys.effects import Effect, Episode, Table

RULES = 1  # version of `choose`
LEAST = 0.005  # gain in the chance below which nothing is proposed
PATIENCE = 3  # days to wait for an answer
_YES, _NO = 4.0, 1.0  # Beta prior of a kind being taken up


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of an open deal or lead today. Days count from now; None: never, or unknown."""

    kind: str  # deal, person
    id: UUID
    person_id: UUID | None
    title: str = ""
    value_minor: int | None = None
    currency: str = ""
    stage: str = ""
    stage_days: int | None = None
    close_days: int | None = None
    silent_days: int | None = None  # since anybody was in contact
    ours_days: int | None = None  # since our last word
    theirs_days: int | None = None  # since theirs
    late_task: str = ""
    late_days: int | None = None


class Source(Protocol):
    """Open records of one kind that actions are proposed for; registered in ``apps.py`` of the room that owns them."""

    kind: str

    def situations(self, principal: access.Principal, ids: Sequence[UUID]) -> dict[UUID, Situation]:
        """Those of ``ids`` that are open and that ``principal`` sees. A fixed number of queries."""

    def episodes(self, until: datetime) -> list[Episode]:
        """Decided records as they were before ``until``, to learn from."""


Blocker = Callable[[Sequence[Situation]], Mapping[UUID, Mapping[str, str]]]

_sources: dict[str, Source] = {}
_blockers: list[Blocker] = []
_block_words: dict[str, str | Promise] = {}


def register_source(source: Source) -> None:
    """Have actions proposed for a kind of record."""
    _sources[source.kind] = source


def register_blocker(blocker: Blocker, words: Mapping[str, str | Promise]) -> None:
    """Forbid kinds of action: ``blocker(situations)`` gives id → {kind of action: code}; ``words``: code → sentence.

    A fixed number of queries.
    """
    _blockers.append(blocker)
    _block_words.update(words)


def source_of(kind: str) -> Source:
    """Where open records of ``kind`` come from."""
    return _sources[kind]


def sources() -> list[Source]:
    """All of them."""
    return list(_sources.values())


def blocks(situations: Sequence[Situation]) -> dict[UUID, dict[str, str]]:
    """What may not be proposed to whom, with the code of the reason."""
    found: dict[UUID, dict[str, str]] = {each.id: {} for each in situations}
    for blocker in _blockers:
        for pk, kinds in blocker(situations).items():
            found[pk].update({kind: code for kind, code in kinds.items() if kind not in found[pk]})
    return found


def block_words(code: str) -> str:
    """Why something is blocked, in the reader's language."""
    return str(_block_words.get(code, code))


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that `choose` looks at. ``weights``: 0–1 by kind; ``blocked``: kind → code."""

    chance: float | None
    value_minor: int | None
    situation: str
    kinds: tuple[str, ...]
    blocked: Mapping[str, str]
    weights: Mapping[str, float]
    ours_days: int | None
    theirs_days: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind with its expected gain in the chance (90 % interval) and in money."""

    kind: str
    gain: float
    low: float
    high: float
    gain_minor: int | None
    seen: float  # the learned difference at the average chance
    touched: int
    untouched: int
    blocked: str


def choose(inputs: Inputs, table: Table | None) -> tuple[list[Candidate], str]:
    """Every kind with its gain, best first; and the one to propose, empty for none."""
    found = sorted((_candidate(kind, inputs, table) for kind in inputs.kinds), key=lambda c: (-c.gain, c.kind))
    best = next((c for c in found if not c.blocked and c.low > 0 and c.gain >= LEAST), None)
    if best is None:
        return found, ""
    if _answer_due(inputs):
        return found, "wait" if "wait" in inputs.kinds and "wait" not in inputs.blocked else ""
    return found, best.kind


def weight(accepted: int, refused: int) -> float:
    """How far a kind is trusted in a situation after so many answers: 1 before any, Beta-binomial mean after."""
    return round(min(1.0, (_YES + accepted) / (_YES + _NO + accepted + refused) * (_YES + _NO) / _YES), 6)


def _answer_due(inputs: Inputs) -> bool:
    """We spoke last, and only just."""
    ours, theirs = inputs.ours_days, inputs.theirs_days
    return ours is not None and ours < PATIENCE and (theirs is None or theirs > ours)


def _candidate(kind: str, inputs: Inputs, table: Table | None) -> Candidate:
    learned = table.effects.get(kind, {}) if table else {}
    effect = learned.get(inputs.situation) or learned.get("")
    blocked = inputs.blocked.get(kind, "")
    if effect is None or inputs.chance is None or table is None:
        return Candidate(kind, 0.0, 0.0, 0.0, None, 0.0, 0, 0, blocked)
    trust = inputs.weights.get(kind, 1.0)
    seen = (effect.mean, effect.low, effect.high)
    gain, low, high = (_gain(inputs.chance, table.base, trust * part) for part in seen)
    money = None if inputs.value_minor is None else round(gain * inputs.value_minor)
    return Candidate(kind, gain, low, high, money, effect.mean, effect.touched, effect.untouched, blocked)


def _gain(chance: float, base: float, difference: float) -> float:
    """A difference seen at the average chance, carried over to this one on the scale of log-odds."""
    here = min(max(chance, 1e-6), 1 - 1e-6)
    middle = min(max(base, 0.01), 0.99)
    moved = math.log(here / (1 - here)) + difference / (middle * (1 - middle))
    return round(1 / (1 + math.exp(-moved)) - here, 6)


__all__ = ["RULES", "Candidate", "Effect", "Inputs", "Situation", "Source", "choose", "weight"]

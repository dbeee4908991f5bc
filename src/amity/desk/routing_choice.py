"""Who answers what: whoever waits with the least time left first, each to the agent whose reasons weigh most. Pure.

An agent has to be there, work now, serve the queue, speak the language (unless nobody does) and have room. What remains
is weighed: does the agent have the skill, is the language their own, how much room is left, who served this person
last, what is the customer worth, and how much time is left. With time to spare a conversation waits for somebody who
has the skill and is only busy (``hold``: the share of the promised time that may pass so); when time runs out, anybody
who may serve it gets it. The simulator and the product choose by these very functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

PARTS = ("skill", "language", "load", "slack", "continuity", "value")
WEIGHTS: Mapping[str, float] = {
    "skill": 3.0, "language": 0.5, "load": 1.0, "slack": 1.0, "continuity": 1.5, "value": 0.5,
}  # fmt: skip
HOLD = 0.3
_FULL_SKILL = 3
_NO_PROMISE = 8 * 3600.0


@dataclass(slots=True)
class Seat:
    """An agent as the choice sees one. ``load``: conversations at hand, by channel and in all ("")."""

    key: str
    skills: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    capacity: Mapping[str, int] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)
    there: bool = True

    def room(self, channel: str) -> bool:
        """Whether one more fits in."""
        whole = self.load.get("", 0) < self.capacity.get("all", 1)
        return whole and self.load.get(channel, 0) < self.capacity.get(channel, self.capacity.get("all", 1))

    def takes(self, channel: str) -> None:
        for name in ("", channel):
            self.load[name] = self.load.get(name, 0) + 1

    def speaks(self, language: str) -> bool:
        return not self.languages or not language or language in self.languages


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation that needs somebody. ``left``, ``target``: working seconds of its promise (None: no promise)."""

    key: str
    channel: str
    queue: str
    language: str = ""
    skill: str = ""
    urgency: int = 1
    level: int = 0
    left: float | None = None
    target: float | None = None
    last: str = ""  # the agent who served this person last
    since: float = 0.0  # waiting since, for equal claims

    @property
    def slack(self) -> float:
        """Share of the promised time that is left: 1 all of it, 0 none."""
        if self.left is None or not self.target:
            return 1.0
        return min(max(self.left / self.target, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it and why: ``parts`` are weight times value, they sum to ``score``; ``second`` is the next best."""

    case: str
    seat: str
    score: float
    parts: Mapping[str, float]
    second: str = ""
    second_score: float | None = None


def plan(
    cases: Iterable[Case], seats: Sequence[Seat], weights: Mapping[str, float] = WEIGHTS, hold: float = HOLD
) -> list[Choice]:
    """Give out what can be given out, the most pressing first; ``seats`` fill up. Cost: cases times seats."""
    made = []
    for case in sorted(cases, key=claim):
        choice = choose(case, seats, weights, hold)
        if choice is not None:
            next(seat for seat in seats if seat.key == choice.seat).takes(case.channel)
            made.append(choice)
    return made


def claim(case: Case) -> tuple[float, float, float]:
    """Order of waiting: the least time left, then the more urgent, then the longest wait."""
    return (case.left if case.left is not None else _NO_PROMISE * 10, -case.urgency, case.since)


def choose(
    case: Case, seats: Sequence[Seat], weights: Mapping[str, float] = WEIGHTS, hold: float = HOLD
) -> Choice | None:
    """The agent for one conversation; None: nobody has room, or it waits for somebody better who is only busy."""
    able = able_seats(case, seats)
    free = [seat for seat in able if seat.room(case.channel)]
    if not free:
        return None
    ranked = sorted(
        ((score(case, seat, weights), seat) for seat in free), key=lambda each: (-total(each[0]), each[1].key)
    )
    parts, seat = ranked[0]
    if waits_for_better(case, seat, able, hold):
        return None
    second = ranked[1] if len(ranked) > 1 else None
    return Choice(
        case.key, seat.key, round(total(parts), 4), {name: round(value, 4) for name, value in parts.items()},
        second[1].key if second else "", round(total(second[0]), 4) if second else None,
    )  # fmt: skip


def able_seats(case: Case, seats: Sequence[Seat]) -> list[Seat]:
    """Who may serve it, with room or without: there, of the queue, of the language unless nobody speaks it."""
    serve = [seat for seat in seats if seat.there and (not seat.queues or case.queue in seat.queues)]
    return [seat for seat in serve if seat.speaks(case.language)] or serve


def score(case: Case, seat: Seat, weights: Mapping[str, float]) -> dict[str, float]:
    """Weight times value of each of `PARTS`, values 0 to 1."""
    skill = min(seat.skills.get(case.skill, 0), _FULL_SKILL) / _FULL_SKILL if case.skill else 0.0
    room = 1 - seat.load.get("", 0) / max(seat.capacity.get("all", 1), 1)
    pressed = 1 - case.slack
    values = {
        "skill": skill,
        "language": 1.0 if case.language and case.language in seat.languages else 0.0,
        "load": room,
        "slack": pressed * room,  # the less time is left, the more an empty desk counts
        "continuity": 1.0 if case.last and case.last == seat.key else 0.0,
        "value": (case.level / 2) * skill,  # valuable customers: the more does skill count
    }
    return {name: weights.get(name, 0.0) * value for name, value in values.items()}


def total(parts: Mapping[str, float]) -> float:
    return sum(parts.values())


def waits_for_better(case: Case, best: Seat, able: Sequence[Seat], hold: float) -> bool:
    """There is time, the best who is free lacks the skill, and somebody who has it is only busy."""
    if not case.skill or best.skills.get(case.skill, 0) or case.left is None or case.slack <= 1 - hold:
        return False
    return any(seat.skills.get(case.skill, 0) and not seat.room(case.channel) for seat in able)

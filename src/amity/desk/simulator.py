"""A desk by events: the same contacts and agents under different ways of giving out. Pure; seconds since the epoch.

Amity's way is `routing_choice` itself. The others get the same fair terms: agents who are there, have room and speak
the language; contacts wait in order of arrival until somebody has room. How long handling takes depends on who does it
(`Effects`), and the reply goes out when it is done.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from amity.desk.hours import ALWAYS, BusinessHours
from amity.desk.routing_choice import HOLD, WEIGHTS, Case, Seat, able_seats, choose, claim

_MOST_AFTER = 14 * 86_400  # seconds after the last contact that the desk goes on for
MOST_LOOKED_AT = 60  # waiting contacts that are looked at when somebody has room


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who writes. ``work``: seconds that it takes with the skill at level 2. ``target``: working seconds."""

    key: str
    at: float
    person: str
    channel: str
    queue: str
    work: float
    language: str = ""
    skill: str = ""
    urgency: int = 1
    level: int = 0
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent with working hours."""

    key: str
    skills: Mapping[str, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    capacity: int = 2
    hours: BusinessHours = ALWAYS


@dataclass(frozen=True, slots=True)
class Effects:
    """What handling times are multiplied by: skill level 0 to 3 where one is needed, the same agent as last time,
    a language that the agent does not speak, and each further conversation at hand."""

    skill: tuple[float, float, float, float] = (1.5, 1.2, 1.0, 0.85)
    continuity: float = 0.8
    foreign: float = 1.5
    beside: float = 0.25

    def handle(self, contact: Contact, worker: Worker, last: str, at_hand: int) -> float:
        """Seconds of handling."""
        factor = self.skill[min(worker.skills.get(contact.skill, 0), 3)] if contact.skill else 1.0
        factor *= self.continuity if last == worker.key else 1.0
        if contact.language and worker.languages and contact.language not in worker.languages:
            factor *= self.foreign
        return contact.work * factor * (1 + self.beside * at_hand)


@dataclass(frozen=True, slots=True)
class Served:
    """What became of a contact: who had it from when to when, and whether the promise held (None: none was made).

    ``waited``: working seconds until somebody began; ``replied``: until the reply; ``ahead``: who waited at arrival.
    """

    contact: Contact
    worker: str
    began: float
    ended: float
    waited: float
    replied: float
    late: bool | None
    continued: bool
    ahead: int


Way = Callable[[Sequence[Case], Sequence[Seat]], tuple[Case, str] | None]


def ours(weights: Mapping[str, float] = WEIGHTS, hold: float = HOLD) -> Way:
    """Amity's way: the least time left first, by stated reasons."""

    def way(cases: Sequence[Case], seats: Sequence[Seat]) -> tuple[Case, str] | None:
        for case in heapq.nsmallest(MOST_LOOKED_AT, cases, key=claim):
            choice = choose(case, seats, weights, hold)
            if choice is not None:
                return case, choice.seat
        return None

    return way


def round_robin() -> Way:
    """In order of arrival, to the next in the circle who has room."""
    turn = {"last": ""}

    def way(cases: Sequence[Case], seats: Sequence[Seat]) -> tuple[Case, str] | None:
        for case, free in _in_order(cases, seats):
            later = [seat for seat in free if seat.key > turn["last"]]
            turn["last"] = min(later or free, key=lambda seat: seat.key).key
            return case, turn["last"]
        return None

    return way


def least_loaded() -> Way:
    """In order of arrival, to whoever has the most room."""

    def way(cases: Sequence[Case], seats: Sequence[Seat]) -> tuple[Case, str] | None:
        for case, free in _in_order(cases, seats):
            return case, min(free, key=lambda seat: (seat.load.get("", 0) / seat.capacity["all"], seat.key)).key
        return None

    return way


def _in_order(cases: Sequence[Case], seats: Sequence[Seat]) -> list[tuple[Case, list[Seat]]]:
    for case in list(cases)[:MOST_LOOKED_AT]:  # they are kept in order of arrival
        free = [seat for seat in able_seats(case, seats) if seat.room(case.channel)]
        if free:
            return [(case, free)]
    return []


def simulate(
    contacts: Sequence[Contact], workers: Sequence[Worker], way: Way, hours: BusinessHours = ALWAYS,
    effects: Effects = Effects(),
) -> list[Served]:  # fmt: skip
    """Everything that was served, in order of arrival. About 1 s per 5,000 contacts."""
    return _Desk(workers, way, hours, effects).run(sorted(contacts, key=lambda each: each.at))


@dataclass(slots=True)
class _Waits:
    """A contact that waits. Positions are working seconds since the first contact."""

    case: Case
    contact: Contact
    position: float
    due: float | None
    ahead: int


class _Desk:
    def __init__(self, workers: Sequence[Worker], way: Way, hours: BusinessHours, effects: Effects) -> None:
        self.workers = {each.key: each for each in workers}
        self.seats = {w.key: Seat(w.key, w.skills, w.languages, w.queues, {"all": w.capacity}, {}) for w in workers}
        self.way, self.hours, self.effects = way, hours, effects
        self.waiting: dict[str, _Waits] = {}
        self.last: dict[str, str] = {}
        self.done: list[Served] = []
        self.number = count()
        self.events: list[tuple[float, int, str, Contact | str]] = []
        self.start = _time(0)

    def run(self, contacts: Sequence[Contact]) -> list[Served]:
        if not contacts:
            return []
        self.start, last = _time(contacts[0].at), contacts[-1].at + _MOST_AFTER
        for each in contacts:
            self._push(each.at, "contact", each)
        self._push(_next_quarter(contacts[0].at), "clock", "")
        while self.events:
            at, _number, kind, about = heapq.heappop(self.events)
            if isinstance(about, Contact):
                self._arrived(about)
            elif kind == "free":
                self.seats[about].load[""] -= 1
            elif at < last and (self.waiting or self.events):
                self._push(at + 900, "clock", "")
            self._give(at)
        return sorted(self.done, key=lambda each: each.contact.at)

    def _push(self, at: float, kind: str, about: Contact | str) -> None:
        heapq.heappush(self.events, (at, next(self.number), kind, about))

    def _arrived(self, contact: Contact) -> None:
        position = self._position(contact.at)
        case = Case(
            contact.key, contact.channel, contact.queue, contact.language, contact.skill, contact.urgency,
            contact.level, None, contact.target, "", contact.at,
        )  # fmt: skip
        due = None if contact.target is None else position + contact.target
        self.waiting[contact.key] = _Waits(case, contact, position, due, len(self.waiting))

    def _give(self, at: float) -> None:
        if not self.waiting:
            return
        now, position, seats = _time(at), self._position(at), list(self.seats.values())
        for seat in seats:
            seat.there = self.workers[seat.key].hours.works(now)
        while any(seat.there and seat.room("") for seat in seats):
            found = self.way([self._case(each, position) for each in self.waiting.values()], seats)
            if found is None:
                return
            self._begin(found[0].key, found[1], at)

    def _case(self, waits: _Waits, position: float) -> Case:
        left = None if waits.due is None else waits.due - position
        return replace(waits.case, left=left, last=self.last.get(waits.contact.person, ""))

    def _begin(self, key: str, seat_key: str, at: float) -> None:
        waits, seat = self.waiting.pop(key), self.seats[seat_key]
        contact, last = waits.contact, self.last.get(waits.contact.person, "")
        took = self.effects.handle(contact, self.workers[seat_key], last, seat.load.get("", 0))
        seat.load[""] = seat.load.get("", 0) + 1
        self.last[contact.person] = seat_key
        self._push(at + took, "free", seat_key)
        replied = self._position(at + took)
        late = None if waits.due is None else replied > waits.due
        self.done.append(
            Served(
                contact, seat_key, at, at + took, self._position(at) - waits.position, replied - waits.position, late,
                bool(last) and last == seat_key, waits.ahead,
            )
        )  # fmt: skip

    def _position(self, at: float) -> float:
        return self.hours.between(self.start, _time(at))


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _next_quarter(at: float) -> float:
    return (at // 900 + 1) * 900


__all__ = ["Contact", "Effects", "Served", "Way", "Worker", "least_loaded", "ours", "round_robin", "simulate"]

"""The SLA clock: what was promised, kept and broken, from a conversation's log alone. Pure; nothing is stored here.

Promises: a first reply (from the customer's first message to the first answer of a person), a next reply (from a
customer's later message to its answer) and a resolution (from the first message, or the reopening, until it is solved).
Time counts in working seconds. Automatic mail starts and ends nothing. An answer of the bot takes a promised reply back
until the customer writes again or a person is asked for. While the customer is waited for, only the resolution stands
still: who waits for our reply still waits. Snoozing and a pause of staff stop everything that the policy says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from amity.desk import hours as business
from amity.desk.hours import BusinessHours

FIRST_REPLY, NEXT_REPLY, RESOLUTION = WHATS = ("first_reply", "next_reply", "resolution")
REPLIES = (FIRST_REPLY, NEXT_REPLY)
MINUTE = 60
_OVER = ("solved", "spam")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a conversation's log (`Happening`)."""

    kind: str
    at: datetime
    by: str = "system"
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets in working minutes (None: nothing promised), and what makes them stand still."""

    key: str = ""
    name: str = ""
    first_reply: int | None = None
    next_reply: int | None = None
    resolution: int | None = None
    pause_pending: bool = True
    pause_snoozed: bool = True

    def target(self, what: str) -> float | None:
        """Working seconds of one promise."""
        minutes: int | None = getattr(self, what)
        return None if minutes is None else float(minutes * MINUTE)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. ``spent``: working seconds until ``running_since``, or in all when it stands or is over.

    ``outcome``: "" (open), kept, late, withdrawn. ``due_at`` only while it runs. ``breached_at``: when time was up.
    """

    what: str
    started_at: datetime
    target: float
    spent: float = 0.0
    running_since: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    breached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Where all promises of a conversation stand after some of its log. Fold further facts in with `after`."""

    policy: Policy | None = None
    hours: BusinessHours = business.ALWAYS
    open: tuple[Promise, ...] = ()
    over: tuple[Promise, ...] = ()
    waiting: datetime | None = None  # oldest message of the customer that no one answered
    began: datetime | None = None  # of the present need for a resolution
    answered: bool = False  # by a person, ever
    state: str = "open"
    held: bool = False  # staff paused it

    @property
    def due(self) -> Promise | None:
        """The promise that runs out first."""
        running = [each for each in self.open if each.due_at is not None]
        return min(running, key=lambda each: (each.due_at, each.what)) if running else None

    def breaches(self, now: datetime) -> list[Promise]:
        """Promises broken until ``now``, oldest first; each with ``breached_at``."""
        late = [each for each in (*self.over, *self.open) if each.breached_at is not None]
        late += [
            replace(each, breached_at=each.due_at)
            for each in self.open
            if each.breached_at is None and each.due_at is not None and each.due_at < now
        ]
        return sorted(late, key=lambda each: (each.breached_at, each.what))

    def after(self, fact: Fact) -> Clock:
        """The clock with one more fact. Facts come in order of time."""
        handler = _HANDLERS.get(fact.kind)
        return handler(self, fact) if handler else self


def clock_of(log: Iterable[Fact], policy: Policy | None = None, hours: BusinessHours = business.ALWAYS) -> Clock:
    """The clock of a whole log, in order of time. ``policy`` and ``hours`` hold until the log names others ("sla")."""
    clock = Clock(policy, hours)
    for fact in log:
        clock = clock.after(fact)
    return clock


def fact_of_policy(policy: Policy | None, hours: BusinessHours) -> dict[str, Any]:
    """What the "sla" line of the log says: the whole promise, so that the log alone tells it later."""
    if policy is None:
        return {"policy": None}
    told = {name: getattr(policy, name) for name in Policy.__dataclass_fields__ if name != "key"}
    return {"policy": policy.key, **told, "hours": hours.plain()}


def policy_of_fact(data: Mapping[str, Any]) -> tuple[Policy | None, BusinessHours]:
    """`fact_of_policy` read back."""
    if not data.get("policy"):
        return None, business.ALWAYS
    names = [name for name in Policy.__dataclass_fields__ if name != "key" and name in data]
    return Policy(data["policy"], **{name: data[name] for name in names}), business.read(data["hours"])


def _wrote(clock: Clock, fact: Fact) -> Clock:
    """The customer wrote: a reply is owed, and a solution."""
    if fact.data.get("automatic") or clock.state == "spam":
        return clock
    waiting = clock.waiting or fact.at
    return _settled(replace(clock, waiting=waiting, began=clock.began or fact.at), fact.at)


def _spoke(clock: Clock, fact: Fact) -> Clock:
    """We wrote: a person's answer ends the wait, the bot's takes the promise back."""
    if fact.data.get("automatic") or fact.by not in ("staff", "bot") or clock.waiting is None:
        return replace(clock, answered=clock.answered or fact.by == "staff")
    outcome = "kept" if fact.by == "staff" else "withdrawn"
    ended = _ended(clock, REPLIES, fact.at, outcome)
    return _settled(replace(ended, waiting=None, answered=clock.answered or fact.by == "staff"), fact.at)


def _moved(clock: Clock, fact: Fact) -> Clock:
    """Its state changed."""
    to = fact.data.get("to", "snoozed" if fact.kind == "snoozed" else "open")
    now = replace(clock, state=to)
    if to == "solved":
        now = replace(_ended(now, WHATS, fact.at, "kept", of_replies="withdrawn"), waiting=None, began=None)
    elif to == "spam":
        now = replace(_ended(now, WHATS, fact.at, "withdrawn"), waiting=None, began=None)
    elif clock.state == "solved" and to in ("open", "pending", "snoozed"):
        now = replace(now, began=clock.began or fact.at)
    return _settled(now, fact.at)


def _joined(clock: Clock, fact: Fact) -> Clock:
    """It became part of another conversation: that one's clock goes on, with who waited in this one."""
    if not fact.data.get("into"):
        since = fact.data.get("waiting_since")
        if not since or clock.state in _OVER:
            return clock
        waiting = min(datetime.fromisoformat(since), clock.waiting or fact.at)
        return _settled(replace(clock, waiting=waiting, began=clock.began or waiting), fact.at)
    return replace(_ended(clock, WHATS, fact.at, "withdrawn"), waiting=None, began=None)


def _asked_for_staff(clock: Clock, fact: Fact) -> Clock:
    """The bot handed over: from now on somebody is waited for."""
    if clock.state in _OVER:
        return clock
    return _settled(replace(clock, waiting=clock.waiting or fact.at, began=clock.began or fact.at), fact.at)


def _policy(clock: Clock, fact: Fact) -> Clock:
    """Other promises from now on; what runs keeps its start and the time it spent."""
    policy, hours = policy_of_fact(fact.data)
    stopped = replace(clock, open=tuple(_paused(each, clock.hours, fact.at) for each in clock.open))
    now = replace(stopped, policy=policy, hours=hours)
    gone = tuple(each.what for each in now.open if policy is None or policy.target(each.what) is None)
    now = _ended(now, gone, fact.at, "withdrawn")
    kept = tuple(replace(each, target=policy.target(each.what) or 0.0) for each in now.open) if policy else ()
    return _settled(replace(now, open=kept), fact.at)


def _held(clock: Clock, fact: Fact) -> Clock:
    return _settled(replace(clock, held=fact.kind == "paused"), fact.at)


_HANDLERS = {
    "message_in": _wrote, "message_out": _spoke, "state": _moved, "snoozed": _moved, "reopened": _moved,
    "merged": _joined, "handed_over": _asked_for_staff, "sla": _policy, "paused": _held, "resumed": _held,
}  # fmt: skip


def _settled(clock: Clock, at: datetime) -> Clock:
    """Promises that are owed now are there, and each runs or stands still as it should."""
    if clock.policy is None:
        return clock
    rows = list(clock.open)
    for what, since in _owed(clock):
        target = clock.policy.target(what)
        if target is not None and all(each.what != what for each in rows):
            # Owed for longer than the policy holds: the time from then counts, under the hours of now.
            spent = clock.hours.between(since, at) if since < at else 0.0
            rows.append(Promise(what, since, target, spent))
    return replace(clock, open=tuple(_set(each, clock, at) for each in rows))


def _owed(clock: Clock) -> list[tuple[str, datetime]]:
    owed = []
    if clock.waiting is not None:
        owed.append((NEXT_REPLY if clock.answered else FIRST_REPLY, clock.waiting))
    if clock.began is not None:
        owed.append((RESOLUTION, clock.began))
    return owed


def _set(promise: Promise, clock: Clock, at: datetime) -> Promise:
    stands = _stands(promise.what, clock)
    if stands:
        return _paused(promise, clock.hours, at)
    if promise.running_since is not None:
        return promise
    due = clock.hours.add(at, promise.target - promise.spent)
    return replace(promise, running_since=at, due_at=due)


def _stands(what: str, clock: Clock) -> bool:
    policy = clock.policy or Policy()
    if clock.held or (clock.state == "snoozed" and policy.pause_snoozed):
        return True
    return what == RESOLUTION and clock.state == "pending" and policy.pause_pending


def _paused(promise: Promise, hours: BusinessHours, at: datetime) -> Promise:
    """Stopped at ``at``, its time counted."""
    if promise.running_since is None:
        return promise
    late = promise.due_at is not None and promise.due_at < at
    return replace(
        promise, spent=promise.spent + hours.between(promise.running_since, at), running_since=None, due_at=None,
        breached_at=promise.breached_at or (promise.due_at if late else None),
    )  # fmt: skip


def _ended(clock: Clock, whats: Iterable[str], at: datetime, outcome: str, of_replies: str = "") -> Clock:
    """The named promises are over; one that broke before stays broken, however it ended."""
    still, over = [], list(clock.over)
    for each in clock.open:
        if each.what not in whats:
            still.append(each)
            continue
        told = of_replies if of_replies and each.what in REPLIES else outcome
        done = _paused(each, clock.hours, at)
        over.append(replace(done, ended_at=at, outcome="late" if done.breached_at else told))
    return replace(clock, open=tuple(still), over=tuple(over))


__all__ = ["FIRST_REPLY", "NEXT_REPLY", "RESOLUTION", "WHATS", "Clock", "Fact", "Policy", "Promise", "clock_of",
           "fact_of_policy", "policy_of_fact"]  # fmt: skip

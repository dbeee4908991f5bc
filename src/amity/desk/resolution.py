"""Five ways to say how many conversations were resolved, each with its interval, from strict facts. Pure.

- *containment*: of those the bot answered, how many ended without a person (nobody of staff wrote, no hand-over);
- *assumed*: of those that ended, after how many the customer was silent for 72 hours;
- *confirmed*: of those that ended, how many customers said so (4 or 5 of 5);
- *judged*: of those that a colleague looked at, how many they call resolved;
- *true*: of those that ended at least seven days ago, after how many the same person did not come again for the same
  intent (nor reopened it) within seven days. It says nothing of the last seven days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from uuid import UUID

SILENCE, AGAIN = timedelta(hours=72), timedelta(days=7)
NAMES = ("containment", "assumed", "confirmed", "judged", "true")
CONTENT = 4
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation as its log tells it. Times are of the log; ``ended``: when it was solved first."""

    id: UUID
    number: int
    started: datetime
    channel: str
    queue_id: UUID | None
    assignee_id: UUID | None
    intent: str
    title: str
    first_in: datetime | None = None
    first_reply: datetime | None = None
    ended: datetime | None = None
    next_in: datetime | None = None  # the customer's first message after it ended
    again: datetime | None = None  # when the same person came again for the same intent, or it was reopened
    bot: bool = False
    staff: bool = False
    handed_over: bool = False
    promised: bool = False
    breached: bool = False
    csat: int | None = None
    judged: bool | None = None
    handling: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Share:
    """``k`` of ``n`` with its 95 % interval; None where there is nothing to tell."""

    name: str
    k: int
    n: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None


def shares(cases: Sequence[Case], now: datetime) -> list[Share]:
    """The five numbers of some conversations, as of ``now``."""
    return [_share(name, [told for each in cases if (told := verdict(name, each, now)) is not None]) for name in NAMES]


def verdict(name: str, case: Case, now: datetime) -> bool | None:
    """What one of the numbers says of one conversation; None: it does not count there (yet)."""
    return _VERDICTS[name](case, now)


def wilson(k: int, n: int) -> tuple[float, float] | None:
    """95 % interval of a share (Wilson 1927); None for nothing."""
    if not n:
        return None
    share, z2 = k / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _share(name: str, told: Sequence[bool]) -> Share:
    bounds = wilson(sum(told), len(told)) or (None, None)
    return Share(name, sum(told), len(told), *bounds)


def _containment(case: Case, now: datetime) -> bool | None:
    return not (case.staff or case.handed_over) if case.bot and case.ended else None


def _assumed(case: Case, now: datetime) -> bool | None:
    if case.ended is None or case.ended > now - SILENCE:
        return None
    return case.next_in is None or case.next_in > case.ended + SILENCE


def _confirmed(case: Case, now: datetime) -> bool | None:
    return None if case.ended is None else (case.csat or 0) >= CONTENT


def _judged(case: Case, now: datetime) -> bool | None:
    return case.judged


def _true(case: Case, now: datetime) -> bool | None:
    if case.ended is None or case.ended > now - AGAIN:
        return None
    return case.again is None or case.again > case.ended + AGAIN


_VERDICTS: dict[str, Callable[[Case, datetime], bool | None]] = {
    "containment": _containment, "assumed": _assumed, "confirmed": _confirmed, "judged": _judged, "true": _true,
}  # fmt: skip

"""Who answers: what they can, how much at once, when they work, and whether they are there now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs, live
from amity.base.errors import Refused
from amity.desk.models import Agent, Conversation, Queue, State
from amity.desk.routing_choice import Seat
from amity.desk.sla_policies import hours_of

JOB = "desk.route"
KIND = "agent"
RIGHT = "desk.manage"
SIGN = timedelta(minutes=5)  # without a sign of life for so long, an agent is not there
SEEN_EVERY = timedelta(seconds=45)
CAPACITY = {"all": 5, "chat": 3, "phone": 1}
_BUSY = (State.OPEN,)


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as pages show one. ``status``: as it is now, offline for who gave no sign of life."""

    id: UUID
    staff_id: UUID
    name: str
    team_id: UUID | None
    queues: tuple[str, ...]
    skills: dict[str, int]
    languages: tuple[str, ...]
    capacity: dict[str, int]
    hours_id: UUID | None
    status: str
    working: bool
    seen_at: datetime | None
    load: int

    @property
    def status_label(self) -> str:
        return str(Agent.Status(self.status).label)


def agents() -> list[AgentView]:
    """Everybody who answers, by name. 2 queries."""
    rows = list(Agent.objects.filter(archived_at=None).select_related("staff", "hours").order_by("staff__name", "id"))
    loads = loads_of([row.staff_id for row in rows])
    return [_view(row, sum(loads[row.staff_id].values())) for row in rows if row.staff.is_active]


def loads_of(staff_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Open conversations at hand of each, by channel. 1 query."""
    rows = Conversation.objects.filter(assignee_id__in=list(staff_ids), state__in=_BUSY, merged_into=None)
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for staff_id, channel, count in rows.values_list("assignee_id", "channel").annotate(n=Count("pk")).order_by():
        if staff_id:
            found[staff_id][channel] = count
    return found


def seats() -> list[Seat]:
    """Agents as the choice sees them, now. 3 queries."""
    now, queues = clock.now(), _queues()
    rows = list(Agent.objects.filter(archived_at=None, staff__is_active=True).select_related("staff", "hours"))
    loads = loads_of([row.staff_id for row in rows])
    return [seat_of(row, queues, loads[row.staff_id], now) for row in rows]


def seat_of(row: Any, queues: Sequence[tuple[str, str]], load: dict[str, int], now: datetime) -> Seat:
    """One agent's row as a seat; ``queues``: (id, team's id or empty) of all queues."""
    return Seat(
        str(row.staff_id), row.skills, frozenset(each.partition("-")[0] for each in row.languages),
        served(row, queues), {**CAPACITY, **row.capacity}, {**load, "": sum(load.values())},
        there=status_of(row, now) == "available" and works(row, now),
    )  # fmt: skip


def served(row: Any, queues: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Queues that an agent serves: those named; else those of no team and of the agent's own. "" is no queue."""
    if row.queues:
        return frozenset([*map(str, row.queues), ""])
    team = str(row.staff.team_id or "")
    return frozenset(["", *(key for key, owner in queues if not owner or owner == team)])


def status_of(row: Any, now: datetime) -> str:
    """What an agent's status is: as they said, but offline without a sign of life."""
    gone = row.seen_at is None or row.seen_at < now - SIGN
    return "offline" if gone else str(row.status)


def works(row: Any, now: datetime) -> bool:
    return row.hours is None or hours_of(row.hours).works(now)


def seen(staff_id: UUID) -> None:
    """A sign of life of whoever is at the desk; written at most every 45 seconds. 1 query."""
    now = clock.now()
    rows = Agent.objects.filter(staff_id=staff_id).exclude(seen_at__gt=now - SEEN_EVERY)
    rows.update(seen_at=now)


def soon() -> None:
    """Route what waits once this transaction is over."""
    jobs.named(JOB).defer(timestamp=0)


def set_status(principal: access.Principal, status: str) -> None:
    """Say for oneself: available, away or offline. Who comes back is given what waits. Not undone: one says again."""
    access.require(principal, "desk.reply")
    if status not in Agent.Status.values:
        raise Refused("bad_status", _("Choose whether you are there."))
    now = clock.now()
    with transaction.atomic():
        changed = Agent.objects.filter(staff_id=access.own_id(principal), archived_at=None).update(
            status=status, status_at=now, seen_at=now
        )
        if not changed:
            raise Refused("no_agent", _("No conversations are given to you. Ask a manager to add you to the agents."))
        access.record(principal, status, "agent", str(principal.staff_id))
        live.tell(KIND, [str(principal.staff_id)])
        soon()


def own(principal: access.Principal) -> AgentView | None:
    """The agent that one is, if any. 2 queries."""
    if principal.staff_id is None:
        return None
    row = Agent.objects.filter(staff_id=principal.staff_id, archived_at=None).select_related("staff", "hours").first()
    return _view(row, sum(loads_of([row.staff_id])[row.staff_id].values())) if row else None


def _queues() -> list[tuple[str, str]]:
    rows = Queue.objects.filter(archived_at=None).values_list("pk", "team_id")
    return [(str(pk), str(team or "")) for pk, team in rows]


def _view(row: Any, load: int) -> AgentView:
    now = clock.now()
    return AgentView(
        row.pk, row.staff_id, row.staff.name, row.staff.team_id, tuple(map(str, row.queues)), row.skills,
        tuple(row.languages), {**CAPACITY, **row.capacity}, row.hours_id, status_of(row, now), works(row, now),
        row.seen_at, load,
    )  # fmt: skip

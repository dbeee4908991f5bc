"""Last month's conversations as the simulator takes them: who wrote when, what it took, who is there to answer.

How handling depends on who does it is read from the log: the ratio of geometric means with and without the skill, and
with and without the agent of last time, drawn toward 1 by 50 conversations. Where little is known nothing is assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, log
from statistics import mean, median
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import clock
from amity.desk import agents, measures, routing, routing_rules, sla_keeping, sla_policies
from amity.desk.hours import ALWAYS, BusinessHours
from amity.desk.models import Agent, Conversation
from amity.desk.simulator import Contact, Effects, Worker
from amity.desk.sla import FIRST_REPLY, clock_of

LOOKED_AT = 30  # days
LEAST = 50  # conversations below which nothing is replayed
MOST = 20_000
_PRIOR = 50.0
_USUAL = 600.0  # seconds, where no handling was seen at all


@dataclass(frozen=True, slots=True)
class Month:
    """What can be replayed; ``effects`` as far as the log tells them."""

    contacts: list[Contact]
    workers: list[Worker]
    hours: BusinessHours
    effects: Effects


def month() -> Month:
    """The last 30 days, agents and hours of now. About 8 queries; a few seconds per 10,000 conversations."""
    since = clock.now() - timedelta(days=LOOKED_AT)
    rows = list(
        Conversation.objects.filter(started_at__gte=since, merged_into=None, customer_at__isnull=False)
        .exclude(state="spam").order_by("started_at", "id")[:MOST]
    )  # fmt: skip
    workers = _workers()
    took = {each.id: each for each in measures.cases(access.SYSTEM, measures.Asked(days=LOOKED_AT))}
    book, known = sla_policies.book(), routing.rules()
    levels = sla_policies.levels([row.person_id for row in rows][:1_000], book.valuable)
    logs = sla_keeping.logs([row.pk for row in rows])
    seen = [each.handling for each in took.values() if each.handling]
    usual = median(seen) if seen else _USUAL
    contacts, hours = [], ALWAYS
    for row in rows:
        level = levels.get(row.person_id, 0) if row.person_id else 0
        verdict = routing_rules.decide(known, routing.about_of(row, level))
        told = clock_of(logs[row.pk])
        hours = told.hours if told.policy else hours
        case = took.get(row.pk)
        contacts.append(_contact(row, verdict, level, case.handling if case and case.handling else usual, told))
    return Month(
        contacts, workers, hours, effects_of(rows, contacts, workers, {pk: c.handling for pk, c in took.items()})
    )


def effects_of(
    rows: Sequence[Any], contacts: Sequence[Contact], workers: Sequence[Worker], took: dict[UUID, float | None]
) -> Effects:  # fmt: skip
    """What the log says of skill and continuity; 1 where it says too little."""
    known = {each.key: each for each in workers}
    last: dict[str, str] = {}
    skilled: dict[bool, list[float]] = defaultdict(list)
    continued: dict[bool, list[float]] = defaultdict(list)
    for row, contact in zip(rows, contacts, strict=True):
        who, seconds = str(row.assignee_id or ""), took.get(row.pk)
        if who in known and seconds:
            if contact.skill:
                skilled[known[who].skills.get(contact.skill, 0) > 0].append(log(seconds))
            if contact.person in last:
                continued[last[contact.person] == who].append(log(seconds))
        if who:
            last[contact.person] = who
    lacking, same = 1 / _ratio(skilled), _ratio(continued)
    return Effects((lacking, 1.0, 1.0, 1.0), same, 1.0, 0.0)


def _ratio(groups: dict[bool, list[float]]) -> float:
    """Geometric mean with over without, drawn toward 1."""
    with_, without = groups[True], groups[False]
    if not with_ or not without:
        return 1.0
    n = min(len(with_), len(without))
    return exp((mean(with_) - mean(without)) * n / (n + _PRIOR))


def _contact(row: Any, verdict: routing_rules.Verdict, level: int, work: float, told: Any) -> Contact:
    first = next((each for each in (*told.over, *told.open) if each.what == FIRST_REPLY), None)
    return Contact(
        str(row.pk), row.started_at.timestamp(), str(row.person_id or row.address or row.pk), row.channel,
        verdict.queue, work, row.language.partition("-")[0], verdict.skill, verdict.urgency, level,
        first.target if first else None,
    )  # fmt: skip


def _workers() -> list[Worker]:
    seats = {seat.key: seat for seat in agents.seats()}
    rows = Agent.objects.filter(archived_at=None, staff__is_active=True).select_related("hours")
    found = []
    for row in rows:
        seat = seats[str(row.staff_id)]
        hours = sla_policies.hours_of(row.hours) if row.hours else ALWAYS
        room = max(seat.capacity.get("all", 1), 1)
        found.append(Worker(seat.key, seat.skills, seat.languages, seat.queues, room, hours))
    return found

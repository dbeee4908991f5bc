"""How long replies took lately, queue by queue, and what that says of the promises that run now."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from amity.base import clock, live
from amity.desk import sla_keeping, sla_risk
from amity.desk.models import Conversation, State, WaitHistory
from amity.desk.sla import REPLIES, Clock, Promise, clock_of
from amity.desk.sla_risk import Risk, Wait
from amity.desk.thread import KIND

LOOKED_AT = timedelta(days=60)
MOST, BATCH, KEPT = 40_000, 1_000, 20_000
AHEAD = timedelta(days=3)
STEP = 0.05  # a chance that moved less is left as it is
_SET = """
UPDATE desk_conversation c SET breach_chance = v.chance
FROM unnest(%s::uuid[], %s::float8[]) AS v (id, chance) WHERE c.id = v.id
"""


def learn() -> int:
    """Keep the waits of every queue of the last 60 days; returns how many queues. Daily; 10 s per 20,000 talks."""
    rows = Conversation.objects.filter(last_at__gte=clock.now() - LOOKED_AT).order_by("-last_at")
    found: dict[UUID | None, list[Promise]] = defaultdict(list)
    known = list(rows.values_list("pk", "queue_id")[:MOST])
    for at in range(0, len(known), BATCH):
        part = dict(known[at : at + BATCH])
        for pk, log in sla_keeping.logs(part).items():
            told = clock_of(log)
            found[part[pk]] += [each for each in told.over if each.what in REPLIES]
    for queue_id, promises in found.items():
        told_rows = [_plain(each) for each in waits(promises, settings.CONFIG.time_zone)][-KEPT:]
        values = {"rows": told_rows, "made_at": clock.now()}
        WaitHistory.objects.update_or_create(queue_id=queue_id, defaults=values)
    return len(found)


def waits(promises: Iterable[Promise], zone: str) -> list[Wait]:
    """Waits of one queue's replies, oldest first, each with how many waited when it began."""
    rows = sorted(promises, key=lambda each: each.started_at)
    starts = [each.started_at for each in rows]
    ends = sorted(each.ended_at for each in rows if each.ended_at)
    where = ZoneInfo(zone)
    return [
        Wait(
            each.spent, each.target, bisect_left(starts, each.started_at) - bisect_right(ends, each.started_at),
            each.started_at.astimezone(where).hour, each.outcome != "withdrawn",
        )
        for each in rows
    ]  # fmt: skip


def foresee() -> int:
    """Keep the chance of a breach on conversations that wait for a reply; returns how many changed. Every minute."""
    now = clock.now()
    due = Conversation.objects.filter(due_at__gt=now, due_at__lt=now + AHEAD, due_what__in=REPLIES)
    rows = list(due.exclude(state__in=(State.SOLVED, State.SPAM)).order_by("due_at")[:2_000])
    if not rows:
        return 0
    risks = _risks({row.queue_id for row in rows})
    logs = sla_keeping.logs([row.pk for row in rows])
    load: dict[UUID | None, int] = defaultdict(int)
    for row in rows:
        load[row.queue_id] += 1
    hour = now.astimezone(ZoneInfo(settings.CONFIG.time_zone)).hour
    told = {}
    for row in rows:
        risk = risks.get(row.queue_id)
        chance = _chance(risk, row.due_what, clock_of(logs[row.pk]), load[row.queue_id], hour, now) if risk else None
        if _moved(row.breach_chance, chance):
            told[row.pk] = chance
    if told:
        with connection.cursor() as cursor:
            cursor.execute(_SET, [list(told), list(told.values())])
        live.tell(KIND, list(told))
    return len(told)


def _chance(risk: Risk, what: str, told: Clock, load: int, hour: int, now: datetime) -> float | None:
    promise = next((each for each in told.open if each.what == what), None)
    if promise is None or promise.running_since is None:
        return None
    elapsed = promise.spent + told.hours.between(promise.running_since, now)
    found = risk.chance(elapsed, promise.target, load, hour)
    return round(found.chance, 3) if found else None


def _risks(queue_ids: Iterable[UUID | None]) -> dict[UUID | None, Risk]:
    wanted = set(queue_ids)
    rows = WaitHistory.objects.all()
    return {row.queue_id: sla_risk.learn(_wait(each) for each in row.rows) for row in rows if row.queue_id in wanted}


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before - after) >= STEP


def _plain(wait: Wait) -> list[float]:
    return [round(wait.seconds), wait.target, wait.load, wait.hour, int(wait.answered)]


def _wait(row: Sequence[float]) -> Wait:
    return Wait(row[0], row[1], int(row[2]), int(row[3]), bool(row[4]))

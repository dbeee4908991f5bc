"""Queues as their page shows them: what waits in each, under which promise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q
from django.utils.dates import WEEKDAYS

from amity.desk import sla_policies
from amity.desk.models import Conversation, Queue, State, WorkingHours
from amity.desk.sla import Policy

_CONTACTS = """
SELECT c.queue_id, date_trunc('hour', h.at AT TIME ZONE %s) AS hour, count(*)
FROM desk_happening h JOIN desk_conversation c ON c.id = h.conversation_id
WHERE h.kind IN ('opened', 'reopened') AND h.by = 'customer' AND h.at >= %s AND h.at < %s
  AND c.queue_id IS NOT NULL AND c.state <> 'spam' AND c.merged_into_id IS NULL
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue with what stands in it; ``policy``: the promise of a normal mail from anybody."""

    id: UUID
    name: str
    team_id: UUID | None
    accounts: tuple[str, ...]
    languages: tuple[str, ...]
    hours_id: UUID | None
    open: int
    waiting: int
    due_at: datetime | None
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class HoursView:
    """Working hours: texts of the seven days and of the days that differ."""

    id: UUID
    name: str
    zone: str
    week: tuple[str, ...]
    days: str

    @property
    def named(self) -> list[tuple[str, str]]:
        """Each day by its name in the reader's language."""
        return [(str(WEEKDAYS[at]), text) for at, text in enumerate(self.week)]


def names() -> dict[str, str]:
    """Names of the queues in use by id, in order. 1 query."""
    rows = Queue.objects.filter(archived_at=None).order_by("position", "id")
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


def queues() -> list[QueueView]:
    """Queues in use, in order. 5 queries."""
    book = sla_policies.book()
    standing = _standing()
    rows = Queue.objects.filter(archived_at=None).order_by("position", "id")
    return [_view(row, standing.get(row.pk, {}), book) for row in rows]


def contacts(since: datetime, until: datetime, zone: str) -> dict[str, dict[datetime, int]]:
    """Conversations begun by customers per queue and hour of the clock in ``zone``, by the log. 1 query."""
    found: dict[str, dict[datetime, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CONTACTS, [zone, since, until])
        for queue, hour, n in cursor.fetchall():
            found.setdefault(str(queue), {})[hour] = n
    return found


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """Names of queues by id, archived ones left out. 1 query."""
    known = names()
    return {key: known[key] for key in keys if key in known}


def hours() -> list[HoursView]:
    """Working hours in use, by name. 1 query."""
    rows = WorkingHours.objects.filter(archived_at=None).order_by("name", "id")
    return [_hours_view(row) for row in rows]


def _standing() -> dict[UUID | None, dict[str, Any]]:
    rows = Conversation.objects.filter(state=State.OPEN, merged_into=None).values("queue_id")
    nobody = Q(assignee=None, handler="staff")
    told = rows.annotate(open=Count("pk"), waiting=Count("pk", filter=nobody), due=Min("due_at")).order_by()
    return {row["queue_id"]: dict(row) for row in told}


def _view(row: Queue, standing: dict[str, Any], book: sla_policies.Book) -> QueueView:
    policy, _hours = book.of(str(row.pk), "email", 1, 0)
    return QueueView(
        row.pk, row.name, row.team_id, tuple(map(str, row.accounts)), tuple(row.languages), row.hours_id,
        standing.get("open", 0), standing.get("waiting", 0), standing.get("due"), policy,
    )  # fmt: skip


def _hours_view(row: WorkingHours) -> HoursView:
    from amity.desk.hours import day_text

    told = sla_policies.hours_of(row)
    days = "\n".join(f"{day.isoformat()} {day_text(intervals)}".strip() for day, intervals in told.days)
    return HoursView(row.pk, row.name, row.zone, tuple(day_text(day) for day in told.week), days)

"""What the log can carry: counts for the readiness page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Counts over the log; ``estimated`` when it is too long to be counted on a page view."""

    events: int
    estimated: bool
    kinds: tuple[tuple[str, int], ...]
    first_at: datetime | None
    last_at: datetime | None


_EXACT_UP_TO = 2_000_000


def facts() -> EventFacts:
    """Number, kinds and time span of events. 2 queries; above two million the planner's estimate is used."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events_event'::regclass"
        )
        estimate = int(cursor.fetchone()[0])
        sample = "" if estimate <= _EXACT_UP_TO else "TABLESAMPLE SYSTEM (1)"
        cursor.execute(
            "SELECT kind, count(*), min(occurred_at), max(occurred_at) "
            f"FROM events_event {sample} GROUP BY kind ORDER BY 2 DESC"
        )
        rows = cursor.fetchall()
    total = sum(row[1] for row in rows)
    factor = estimate / total if sample and total else 1
    return EventFacts(
        events=estimate if sample else total,
        estimated=bool(sample),
        kinds=tuple((row[0], round(row[1] * factor)) for row in rows[:8]),
        first_at=min((row[2] for row in rows), default=None),
        last_at=max((row[3] for row in rows), default=None),
    )

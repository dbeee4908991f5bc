"""When somebody was last written to, and when they last answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

OURS = ("mail sent", "message sent", "sms sent", "chat sent")
THEIRS = ("mail received", "message received", "sms received", "chat received", "form", "call", "meeting")
_HEARD = """
SELECT p.id, i.at, o.at, (SELECT count(*) FROM (SELECT FROM events_event e WHERE e.person_id = p.id
    AND e.kind = ANY(%s) AND e.occurred_at > coalesce(i.at, '-infinity') LIMIT 100) s)
FROM unnest(%s::uuid[]) AS p (id)
LEFT JOIN LATERAL (SELECT max(e.occurred_at) AS at FROM events_event e WHERE e.person_id = p.id AND e.kind = ANY(%s)) i
    ON true
LEFT JOIN LATERAL (SELECT max(e.occurred_at) AS at FROM events_event e WHERE e.person_id = p.id AND e.kind = ANY(%s)) o
    ON true
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """``last_in``: their last word; ``last_out``: our last one; ``unanswered``: ours since theirs (at most 100)."""

    last_in: datetime | None
    last_out: datetime | None
    unanswered: int


def heard(people: Iterable[UUID]) -> dict[UUID, Heard]:
    """Who answered when, for people that the caller has been shown. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, [list(OURS), list(people), list(THEIRS), list(OURS)])
        return {row[0]: Heard(row[1], row[2], row[3]) for row in cursor.fetchall()}

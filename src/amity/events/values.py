"""Values that properties of events really have: suggestions for whoever writes a condition."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction

from amity.base import clock

LOOKED, DAYS = 2_000, 60
_PATIENCE_MS = 400
_FREQUENT = """
SELECT v FROM (
    SELECT data->>%s AS v FROM events_event WHERE name = %s AND occurred_at > %s AND occurred_at <= %s LIMIT {looked}
) AS found WHERE v <> '' AND length(v) <= 200 AND position(lower(%s) IN lower(v)) > 0
GROUP BY v ORDER BY count(*) DESC, v LIMIT %s"""


def property_values(event: str, name: str, typed: str, limit: int = 20) -> list[str]:
    """Frequent values of property ``name`` among 2,000 events of the last 60 days that contain ``typed``.

    2 queries; nothing when the database needs longer than 0.4 s.
    """
    now = clock.now()
    params: list[Any] = [name, event, now - timedelta(days=DAYS), now + timedelta(days=1), typed[:100], min(limit, 100)]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(_PATIENCE_MS)])
            cursor.execute(_FREQUENT.format(looked=LOOKED), params)
            found = [str(row[0]) for row in cursor.fetchall()]
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except DatabaseError:
        return []

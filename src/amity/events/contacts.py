"""Who got in touch, hour by hour and by channel: what staffing is planned by. Reading only."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

# Kinds of facts that somebody outside begins, by channel. A call that was made from here says so in its data.
CHANNELS = {
    "call": ("call", "call received"),
    "mail": ("mail received",),
    "message": ("message received", "sms received", "chat received", "chat", "message"),
    "form": ("form", "form submitted"),
}
_BY_HOUR = """
SELECT c.channel, date_trunc('hour', e.occurred_at AT TIME ZONE %s) AS hour, count(*)
FROM events_event e JOIN unnest(%s::text[], %s::text[]) AS c (channel, kind) ON c.kind = e.kind
WHERE e.occurred_at >= %s AND e.occurred_at < %s AND coalesce(e.data ->> 'direction', '') NOT LIKE 'out%%'
GROUP BY 1, 2
"""


def contacts_by_hour(since: datetime, until: datetime, zone: str) -> dict[str, dict[datetime, int]]:
    """Contacts that came in per channel and hour of the clock in ``zone`` (naive, hours without any left out).

    1 query over the months asked for: about a second per million facts.
    """
    pairs = [(channel, kind) for channel, kinds in CHANNELS.items() for kind in kinds]
    found: dict[str, dict[datetime, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, [zone, [c for c, _k in pairs], [k for _c, k in pairs], since, until])
        for channel, hour, n in cursor.fetchall():
            found.setdefault(channel, {})[hour] = n
    return found


__all__ = ["CHANNELS", "contacts_by_hour"]

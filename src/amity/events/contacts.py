"""Who got in touch, hour by hour and by channel: what staffing is planned by. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# Kinds of facts that somebody outside begins, by channel. A call that was made from here says so in its data.
CHANNELS = {
    "call": ("call", "call received"),
    "mail": ("mail received",),
    "message": ("message received", "sms received", "chat received", "chat", "message"),
    "form": ("form", "form submitted"),
}
ByHour = dict[str, dict[datetime, int]]  # key → hour of the clock (naive) → contacts


@dataclass(frozen=True, slots=True)
class Lines:
    """Contacts that another room counts, one series per key (a queue). ``counts(since, until, zone)`` as below;
    ``names(keys)`` in the reader's language, without those that are gone."""

    kind: str
    counts: Callable[[datetime, datetime, str], ByHour]
    names: Callable[[Iterable[str]], dict[str, str]]


_lines: dict[str, Lines] = {}
_BY_HOUR = """
SELECT c.channel, date_trunc('hour', e.occurred_at AT TIME ZONE %s) AS hour, count(*)
FROM events_event e JOIN unnest(%s::text[], %s::text[]) AS c (channel, kind) ON c.kind = e.kind
WHERE e.occurred_at >= %s AND e.occurred_at < %s AND coalesce(e.data ->> 'direction', '') NOT LIKE 'out%%'
GROUP BY 1, 2
"""


def register_lines(lines: Lines) -> None:
    """Have ``lines`` forecast and shown beside the channels; called from a room's ``apps.py``."""
    _lines[lines.kind] = lines


def names_of_lines(keys: Iterable[str]) -> dict[str, str]:
    """Names of registered series by key (``kind:…``); channels are not among them. 1 query per kind."""
    wanted = [key.partition(":") for key in keys]
    found = {}
    for kind, lines in _lines.items():
        own = [rest for told, _colon, rest in wanted if told == kind and rest]
        found.update({f"{kind}:{key}": name for key, name in (lines.names(own) if own else {}).items()})
    return found


def contacts_by_hour(since: datetime, until: datetime, zone: str) -> ByHour:
    """Contacts that came in per channel and hour of the clock in ``zone`` (naive, hours without any left out), and
    those of registered `Lines`, by ``kind:key``.

    1 query over the months asked for, about a second per million facts, and those of the lines.
    """
    pairs = [(channel, kind) for channel, kinds in CHANNELS.items() for kind in kinds]
    found: ByHour = {}
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, [zone, [c for c, _k in pairs], [k for _c, k in pairs], since, until])
        for channel, hour, n in cursor.fetchall():
            found.setdefault(channel, {})[hour] = n
    for lines in _lines.values():
        counted = lines.counts(since, until, zone)
        found.update({f"{lines.kind}:{key}": hours for key, hours in counted.items() if hours})
    return found


__all__ = ["CHANNELS", "Lines", "contacts_by_hour", "names_of_lines", "register_lines"]

"""Which campaigns records were touched by, from what trackers say of each visit (utm parameters). Reading only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection

from amity.events.touches import By

MOST = 500_000  # of the newest facts with a campaign
_TOUCHES = """
SELECT subject, label, occurred_at FROM (
    SELECT <by> AS subject, occurred_at, coalesce(
        nullif(context #>> '{campaign,name}', ''), nullif(data #>> '{utm_campaign}', ''),
        nullif(data #>> '{campaign}', ''), nullif(context #>> '{campaign,source}', ''),
        nullif(data #>> '{utm_source}', '')) AS label
    FROM events_event WHERE <by> IS NOT NULL AND occurred_at < %s) touched
WHERE label IS NOT NULL ORDER BY occurred_at DESC LIMIT %s
"""


def campaign_touches(by: By, until: datetime) -> Iterator[tuple[UUID, str, datetime]]:
    """(whom, campaign or else source, time) of facts before ``until``, newest first. 1 query over all facts."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHES.replace("<by>", by), [until, MOST])
        while rows := cursor.fetchmany(5_000):
            yield from rows

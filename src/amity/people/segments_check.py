"""The nightly check: sums against the log, members against a full evaluation, bits against members; it mends all.

What was found stands on the segment (``differences``) and alarms on the doctor page and in the metrics.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from amity.base import clock
from amity.people import activity, measures, segments_fill, segments_work
from amity.people.segment_tables import Segment
from amity.people.segments_live import touched

log = logging.getLogger("amity.segments")
MAX_MENDED = 50_000
_CHUNK = 5_000
_WRONG_SUMS = """
SELECT coalesce(c.person_id, a.person_id)
FROM ({counted}) c (person_id, measure_id, n, total, decayed, first_us, last_us)
FULL JOIN (SELECT * FROM people_activity WHERE measure_id = ANY(%(bases)s)) a USING (person_id, measure_id)
WHERE (c.n, c.first_us, c.last_us) IS DISTINCT FROM (a.n, a.first_us, a.last_us) LIMIT {most}"""


@dataclass(frozen=True, slots=True)
class Health:
    """What the last checks found, for doctor and metrics. ``checked_at``: the oldest check of a live segment."""

    live: int
    unchecked: int
    differences: int
    overdue_timers: int
    checked_at: datetime | None


def check_all() -> dict[UUID, int]:
    """Compare every live segment with a full evaluation, put it right; differences by segment."""
    mend_sums()
    mend_bits()
    with connection.cursor() as cursor:
        segments_work.forget(cursor)
    found = {}
    for pk, number in (
        Segment.objects.filter(live=True, archived_at=None).order_by("number").values_list("id", "number")
    ):
        found[pk] = segments_fill.differences(pk, number)
        if found[pk]:
            log.error("segments.differ", extra={"segment_id": str(pk), "people": found[pk]})
            segments_fill.recompute(pk, reason="check", tell=True)
        Segment.objects.filter(pk=pk).update(differences=found[pk], checked_at=clock.now())
    return found


def mend_sums() -> int:
    """Count again for people whose sums differ from the log; how many there were (at most 50,000 at a time)."""
    registry = measures.load()
    if not registry.bases:
        return 0
    ((sql, params),) = activity.counted(registry, registry.bases, None)
    with connection.cursor() as cursor:
        cursor.execute(_WRONG_SUMS.format(counted=sql, most=MAX_MENDED), params)
        wrong = sorted({row[0] for row in cursor.fetchall()})
    if wrong:
        log.error("segments.sums_differ", extra={"people": len(wrong)})
    for begin in range(0, len(wrong), _CHUNK):
        recount(wrong[begin : begin + _CHUNK])
    return len(wrong)


def recount(people: list[UUID]) -> None:
    """Count the events of these people again and re-evaluate them, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        activity.rebuild(cursor, people)
        touched(cursor, {person: {"person:new"} for person in people})


def mend_bits() -> int:
    """Forget the bits of people where they differ from the members that are kept; how many there were."""
    live = list(Segment.objects.filter(live=True, archived_at=None).values_list("number", flat=True))
    wrong: list[UUID] = []
    last = UUID(int=0)
    with connection.cursor() as cursor:
        while True:
            rows = _some_bits(cursor, last)
            if not rows:
                break
            last = rows[-1][0]
            wrong += [person for person, bits, numbers in rows if _set(bits, live) != set(numbers) & set(live)]
        if wrong:
            log.error("segments.bits_differ", extra={"people": len(wrong)})
            cursor.execute("UPDATE people_segment_timer SET bits = NULL WHERE person_id = ANY(%s)", [wrong])
    return len(wrong)


def health() -> Health:
    """What the last checks found. 2 queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE state <> 'ready'), coalesce(sum(differences), 0)::bigint,"
            " min(checked_at) FROM people_segment WHERE live AND archived_at IS NULL"
        )
        live, unchecked, different, checked_at = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM people_segment_timer WHERE due_at < %s - interval '5 minutes'", [clock.now()]
        )
        overdue = cursor.fetchone()[0]
    return Health(live, unchecked, different, overdue, checked_at)


def _some_bits(cursor: Any, last: UUID) -> list[Any]:
    cursor.execute(
        "SELECT t.person_id, t.bits,"
        " ARRAY(SELECT segment_no FROM people_segment_member m WHERE m.person_id = t.person_id)"
        " FROM people_segment_timer t WHERE t.person_id > %s AND t.bits IS NOT NULL ORDER BY t.person_id LIMIT 20000",
        [last],
    )
    return list(cursor.fetchall())


def _set(bits: bytes, live: list[int]) -> set[int]:
    found = np.flatnonzero(np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little"))
    return set(found.tolist()) & set(live)

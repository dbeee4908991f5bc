"""After an import: its events are counted, and everybody it may concern is evaluated again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.base import jobs
from amity.people import activity, segments_fill, segments_world
from amity.people.models import Import, ImportFile, Person
from amity.people.segment_tables import Segment
from amity.people.segments_check import mend_sums, recount

REFRESH = "people.segments_refresh"
CHUNK = 5_000
_FEW = 50_000  # people; beyond that whole segments are recomputed instead


def start(import_id: UUID) -> None:
    """Defer the refresh of an import that ended (or was undone), in the caller's transaction."""
    jobs.start(REFRESH, REFRESH, subject_id=import_id, import_id=str(import_id))


def after_import(import_id: UUID, report: jobs.Report) -> None:
    """Count the events of an import, then evaluate: the people it touched, or all segments where it touched many."""
    origins = [import_id, *ImportFile.objects.filter(run_id=import_id).values_list("pk", flat=True)]
    touched = _FEW + 1 if _first_count() or _undone(import_id) else _recount(origins, report)
    live = list(Segment.objects.filter(live=True, archived_at=None).values_list("pk", flat=True))
    if touched > _FEW:
        for at, segment_id in enumerate(live, 1):
            segments_fill.recompute(segment_id, reason="import")
            report(at, len(live), "segments")


def _undone(import_id: UUID) -> bool:
    """An import that was undone left no trace of whom it concerned: all sums are compared with the log."""
    if not Import.objects.filter(pk=import_id, state=Import.State.UNDONE).exists():
        return False
    mend_sums()
    return True


def _first_count() -> bool:
    """Nothing was ever counted: the whole log is, in one go. Whether it was."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [activity.LOCK])
        cursor.execute("SELECT EXISTS (SELECT FROM people_activity)")
        if cursor.fetchone()[0]:
            return False
        activity.count_everything(cursor)
        segments_world.bump()
        return True


def _recount(origins: list[Any], report: jobs.Report) -> int:
    """People with events of these origins, or whose profile they changed: counted and evaluated again."""
    done = 0
    for people in _people(origins):
        recount(people)
        done += len(people)
        report(done, None, "people")
    return done


def _people(origins: list[Any]) -> Iterator[list[UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(m.merged_into_id, e.person_id) FROM events_event e LEFT JOIN people_person m"
            " ON m.id = e.person_id WHERE e.origin_id = ANY(%s) AND e.person_id IS NOT NULL GROUP BY 1",
            [origins],
        )
        found = {row[0] for row in cursor.fetchall()}
    found |= set(Person.objects.filter(origin_id__in=origins).values_list("pk", flat=True))
    ordered = sorted(found)
    for begin in range(0, len(ordered), CHUNK):
        yield ordered[begin : begin + CHUNK]

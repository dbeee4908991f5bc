"""The audit line of an import's end, in the transaction that ends it."""

from __future__ import annotations

from amity.access import api as access
from amity.events import api as events
from amity.people import golden_policy, segments_refresh
from amity.people.models import Import, ImportFile

COUNTS = ("created", "updated", "unchanged", "rejected")


def record_end(job: Import, verb: str) -> None:
    """The audit line of an import's end, inside the transaction that ends it."""
    totals: dict[str, int] = {}
    for row in ImportFile.objects.filter(run=job).values(*COUNTS):
        for key in COUNTS:
            totals[key] = totals.get(key, 0) + int(row[key])
    access.record(access.SYSTEM, verb, "import", job.pk, totals)
    segments_refresh.start(job.pk)
    golden_policy.judge_later()
    events.publish("import.finished", job.pk, {"id": str(job.pk), "verb": verb, **totals})

"""Job entry points of the room; each is safe to run twice."""

from __future__ import annotations

from amity.base import jobs
from amity.journeys import decide, learning


@jobs.app.periodic(cron="40 3 * * *")
@jobs.app.task(name="journeys.learn", lock="journeys.learn", retry=jobs.RETRY)
def learn(timestamp: int) -> None:
    """Job, nightly: learn what each kind of action changes. ``timestamp``: when it was due (seconds)."""
    for source in decide.sources():
        learning.learn(source.kind)

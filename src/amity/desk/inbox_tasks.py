"""Job entry points of the inbox; each is safe to run twice, and at the same time."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="desk.wake", queueing_lock="desk.wake")
def wake(timestamp: int) -> None:
    """Open what was put off until now; bring back what was handed over and ran out."""
    from amity.desk import conversations_waking, handing

    close_old_connections()
    while conversations_waking.wake_due() == conversations_waking.BATCH:
        pass
    while handing.return_due() == handing.BATCH:
        pass

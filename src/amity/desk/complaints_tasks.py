"""Job entry points of complaints; safe to run twice, and at the same time."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="desk.complaint_clocks", queueing_lock="desk.complaint_clocks")
def clocks(timestamp: int) -> None:
    """Every five minutes: warn of deadlines that are near, write down those that passed."""
    from amity.desk import complaints_clock

    close_old_connections()
    for tell in (complaints_clock.warn_due, complaints_clock.breach_due):
        while tell() >= complaints_clock.BATCH:
            pass

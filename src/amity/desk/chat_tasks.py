"""Job entry points of ratings and the portal; each is safe to run twice, and at the same time."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="desk.csat", queueing_lock="desk.csat")
def ask_by_mail(timestamp: int) -> None:
    """Ask customers how it was."""
    from amity.desk import csat

    close_old_connections()
    csat.ask_by_mail()

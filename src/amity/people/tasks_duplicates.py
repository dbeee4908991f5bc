"""Job entry points for duplicates: parse, call, done; each is safe to run twice."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.task(name="people.duplicates_scan", retry=jobs.RETRY, lock="people.duplicates")
def scan_duplicates(job_run_id: str) -> None:
    """Find the duplicates of the whole base."""
    from amity.people import duplicates_scan

    close_old_connections()

    jobs.running(job_run_id, duplicates_scan.scan_all)


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="people.duplicates_follow", queueing_lock="people.duplicates_follow")
def follow_duplicates(timestamp: int) -> None:
    """Match what was made or changed since."""
    from amity.people import duplicates_follow

    close_old_connections()

    duplicates_follow.catch_up()

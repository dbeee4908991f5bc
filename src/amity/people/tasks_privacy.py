"""Job entry points of the privacy desk; each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.task(name="people.privacy_erase", retry=jobs.RETRY, lock="people.privacy")
def erase(job_run_id: str, request_id: str) -> None:
    """Erase whom a request is about."""
    from amity.people import privacy_desk

    close_old_connections()

    jobs.running(job_run_id, lambda report: privacy_desk.run(UUID(request_id), report))


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="people.privacy_due", queueing_lock="people.privacy_due")
def start_due(timestamp: int) -> None:
    """Start erasures whose grace period is over."""
    from amity.people import privacy_desk

    close_old_connections()

    privacy_desk.start_due()


@jobs.app.periodic(cron="15 3 * * *")
@jobs.app.task(name="people.privacy_retention", queueing_lock="people.privacy_retention", lock="people.privacy")
def keep_rules(timestamp: int) -> None:
    """Apply the retention rules."""
    from amity.people import privacy_retention

    close_old_connections()

    privacy_retention.run()

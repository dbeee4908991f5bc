"""Jobs of understanding: each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from amity.access import api as access
from amity.base import jobs
from amity.desk import understanding, understanding_training


@jobs.app.task(name=understanding.TASK, retry=jobs.RETRY)
def understand(message_id: str) -> None:
    """Read one message of a customer."""
    understanding.understand_message(UUID(message_id))


@jobs.app.task(name=understanding_training.KIND, lock="desk.learn", retry=jobs.RETRY)
def learn(job_run_id: str, key: str, staff_id: str | None) -> None:
    """Learn from labels, in the name of a staff member; by night only what is not worse goes to work."""

    def work(report: jobs.Report) -> None:
        principal = access.principal_by_id(UUID(staff_id)) if staff_id else access.SYSTEM
        better = None if staff_id else understanding_training.least(key)
        understanding_training.learn(principal, key, report, better)

    jobs.running(job_run_id, work)


@jobs.app.periodic(cron="20 3 * * *")
@jobs.app.task(name="desk.learn_by_night", queueing_lock="desk.learn_by_night")
def learn_by_night(timestamp: int) -> None:
    """Job, daily: learn anew what got enough fresh labels. ``timestamp``: when it was due (seconds)."""
    understanding_training.learn_by_night()

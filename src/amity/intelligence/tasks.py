"""Job entry points of the room: parse, call, done; each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from amity.access import api as access
from amity.base import jobs
from amity.intelligence import registry, scoring, watching
from amity.intelligence.life import subject_id


@jobs.app.task(name="intelligence.train", lock="intelligence.train", retry=jobs.RETRY)
def train(job_run_id: str, target: str, staff_id: str | None) -> None:
    """Learn one target and score its open records, in the name of a staff member."""

    def work(report: jobs.Report) -> None:
        principal = access.principal_by_id(UUID(staff_id)) if staff_id else access.SYSTEM
        scoring.train_and_score(principal, target, report)

    jobs.running(job_run_id, work)


@jobs.app.task(name="intelligence.score", lock="intelligence.train", retry=jobs.RETRY)
def score(job_run_id: str, target: str) -> None:
    """Score one target's open records with its live model."""

    def work(report: jobs.Report) -> None:
        scoring.score_open(target, report)

    jobs.running(job_run_id, work)


@jobs.app.task(name="intelligence.watch", lock="intelligence.train", retry=jobs.RETRY)
def watch(job_run_id: str, target: str) -> None:
    """Look for drift in one target, judge its shadows and keep its proof."""

    def work(report: jobs.Report) -> None:
        watching.watch(target, report)

    jobs.running(job_run_id, work)


@jobs.app.periodic(cron="50 3 * * *")
@jobs.app.task(name="intelligence.watch_all", queueing_lock="intelligence.watch_all")
def watch_all(timestamp: int) -> None:
    """Job, daily: one look per live model. ``timestamp``: when it was due (seconds)."""
    for target in registry.all_live():
        jobs.start("intelligence.watch", "intelligence.watch", subject_id=subject_id(target), target=target)

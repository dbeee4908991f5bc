"""Background work on procrastinate: a job commits with its data, and shows its progress in a `JobRun`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app

from amity.base import clock, live
from amity.base.errors import Refused

log = logging.getLogger("amity.jobs")
RETRY = RetryStrategy(max_attempts=5, exponential_wait=4)
Report = Callable[[int, int | None, str], None]
SELF_HEALING: set[str] = set()  # tasks whose room goes on with dead ones itself; see `healing`


class Stopped(Exception):
    """Raised inside a job when somebody asked it to stop; the work done so far stays."""


def on_app_ready(app: App) -> None:
    """Hook of procrastinate's Django integration; tasks register on import."""


def start(kind: str, task: str, *, subject_id: UUID | None = None, started_by: UUID | None = None, **args: Any) -> UUID:
    """Defer the task named ``task`` with ``args`` in the caller's transaction; returns the id of its progress row.

    By name, because tasks call the work and the work starts tasks: an import both ways would be a cycle.
    """
    from amity.base.models import JobRun

    with transaction.atomic():
        run = JobRun.objects.create(
            kind=kind, subject_id=subject_id, started_by=started_by, language=translation.get_language() or "en"
        )
        run.queue_id = named(task).defer(job_run_id=str(run.id), **args)
        run.save(update_fields=["queue_id"])
    return run.id


def named(task: str, **options: Any) -> Any:
    """The registered task of that name, with its own lock and retry, ready to be deferred."""
    if task not in app.tasks:
        app.perform_import_paths()  # type: ignore[no-untyped-call]
    return app.configure_task(task, allow_unknown=False, **options)


def running(job_run_id: str, work: Callable[[Report], None]) -> None:
    """Run ``work(report)``, keep the progress row truthful; a `Refused` ends the job, a bug is retried by the queue."""
    from amity.base.models import JobRun

    rows = JobRun.objects.filter(pk=job_run_id)
    run = rows.first()
    if run is None or run.state in (JobRun.State.DONE, JobRun.State.STOPPED):
        return
    now = clock.now()

    def note(**values: Any) -> None:
        rows.update(**values)
        live.tell("job", [job_run_id])

    def report(done: int, total: int | None = None, stage: str = "") -> None:
        note(done=done, total=total, stage=stage, beat_at=clock.now())

    note(state="running", started_at=run.started_at or now, attempts=run.attempts + 1, beat_at=now)
    try:
        with translation.override(run.language):
            work(report)
    except Stopped:
        note(state="stopped", finished_at=clock.now())
    except Refused as error:
        note(state="failed", error_code=error.code, error=error.message, finished_at=clock.now())
    except Exception as error:
        log.exception("job.failed", extra={"job_run_id": job_run_id})
        note(state="failed", error_code="bug", error=type(error).__name__, finished_at=clock.now())
        raise
    else:
        note(state="done", finished_at=clock.now())


__all__ = ["RETRY", "SELF_HEALING", "Report", "Stopped", "app", "named", "on_app_ready", "running", "start"]

"""Jobs whose worker was killed go on: once a minute the queue takes them up again, or ends them after five deaths."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import close_old_connections, connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate import sql

from amity.base import clock, jobs
from amity.base.models import JobRun

MAX_ATTEMPTS = 5
_SILENT_S = 60  # a worker says every ten seconds that it lives
_GONE = timedelta(minutes=5)
_STUCK = """
SELECT j.id, j.task_name, j.attempts FROM procrastinate_jobs j
LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
ORDER BY j.id LIMIT 1000
"""
_IN_QUEUE = "SELECT id FROM procrastinate_jobs WHERE id = ANY (%s) AND status IN ('todo', 'doing')"


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="base.heal", queueing_lock="base.heal")
def heal_jobs(timestamp: int) -> None:
    """Job, once a minute. ``timestamp``: when it was due (seconds)."""
    close_old_connections()
    heal()


def heal() -> tuple[int, int]:
    """Queue again what dead workers left behind; (how many go on, how many progress rows were ended)."""
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, [_SILENT_S])
        stuck = cursor.fetchall()
    again = [job_id for job_id, task, attempts in stuck if attempts < MAX_ATTEMPTS and task not in jobs.SELF_HEALING]
    for job_id, _task, _attempts in stuck:
        if job_id in again:
            jobs.app.job_manager.retry_job_by_id(job_id, timezone.now())
        else:
            _finish(job_id)
    JobRun.objects.filter(state=JobRun.State.RUNNING, queue_id__in=again).update(state=JobRun.State.WAITING)
    return len(again), _end_forgotten()


def _finish(job_id: int) -> None:
    connector: Any = jobs.app.job_manager.connector.get_sync_connector()
    connector.execute_query(query=sql.queries["finish_job"], job_id=job_id, status="failed", delete_job=False)


def _end_forgotten() -> int:
    """Progress rows that claim to run while nothing in the queue stands behind them. 2 queries, 3 where some do."""
    silent = JobRun.objects.filter(state=JobRun.State.RUNNING).exclude(beat_at__gte=clock.now() - _GONE)
    found = dict(silent.filter(~Q(queue_id=None)).values_list("queue_id", "pk"))
    with connection.cursor() as cursor:
        cursor.execute(_IN_QUEUE, [list(found)])
        alive = {row[0] for row in cursor.fetchall()}
    gone = [pk for queue_id, pk in found.items() if queue_id not in alive]
    if not gone:
        return 0
    died = _("The process that did this died.")
    return JobRun.objects.filter(pk__in=gone, state=JobRun.State.RUNNING).update(
        state=JobRun.State.FAILED, error_code="worker_died", error=died, finished_at=clock.now()
    )

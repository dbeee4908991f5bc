"""Jobs of killed workers go on by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext

from amity.base import clock, healing, jobs
from amity.base.errors import Refused
from amity.base.models import JobRun

pytestmark = pytest.mark.django_db


def under_way(task: str = "base.undo.run_step", heartbeat: str = "5 minutes", attempts: int = 1, **args: Any) -> JobRun:
    """A job that a worker took and that says it runs; the worker was last heard of ``heartbeat`` ago."""
    run = JobRun.objects.get(pk=jobs.start("people.bulk", task, **args))
    silent = clock.now() - timedelta(minutes=10)
    JobRun.objects.filter(pk=run.pk).update(state="running", attempts=attempts, beat_at=silent)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id", [heartbeat]
        )
        (worker,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
            [worker, attempts, run.queue_id],
        )
    return run


def standing(run: JobRun) -> tuple[str, str, str]:
    """Status in the queue, state of the progress row and its error."""
    run.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [run.queue_id])
        row = cursor.fetchone()
    return row[0] if row else "gone", run.state, run.error_code


def test_what_a_dead_worker_left_is_queued_again_and_a_living_one_is_left_alone() -> None:
    dead, alive = under_way(step_id="1"), under_way(heartbeat="5 seconds", step_id="2")
    assert healing.heal() == (1, 0)
    assert standing(dead) == ("todo", "waiting", "")
    assert standing(alive) == ("doing", "running", "")
    assert healing.heal() == (0, 0)


def test_a_job_that_kills_its_workers_is_given_up_after_five_times() -> None:
    deadly = under_way(attempts=healing.MAX_ATTEMPTS, step_id="1")
    assert healing.heal() == (0, 1)
    assert standing(deadly) == ("failed", "failed", "worker_died")


def test_tasks_that_heal_themselves_are_not_run_twice() -> None:
    dead = under_way("people.import", import_id="018f0000-0000-7000-8000-000000000000")
    assert healing.heal()[0] == 0
    assert standing(dead)[0] == "failed"


def test_a_progress_row_without_a_job_behind_it_is_ended() -> None:
    forgotten = under_way(step_id="1")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [forgotten.queue_id])
    assert healing.heal() == (0, 1)
    assert standing(forgotten) == ("gone", "failed", "worker_died")


def test_a_failure_is_told_in_the_language_of_who_started_the_work() -> None:
    with translation.override("de"):
        started = jobs.start("people.bulk", "base.undo.run_step")

    def refuse(report: jobs.Report) -> None:
        raise Refused("gone", gettext("Cancel"))

    with translation.override("ru"):
        jobs.running(str(started), refuse)
    assert JobRun.objects.get(pk=started).error == "Abbrechen"

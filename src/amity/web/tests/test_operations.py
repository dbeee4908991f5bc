"""Health, metrics, the jobs page and the command line."""

from __future__ import annotations

import inspect
import json

import pytest
from click.testing import CliRunner
from django.db import transaction
from django.test import Client, override_settings

from amity.access import api as access
from amity.access.models import Staff
from amity.base import jobs
from amity.base.models import JobRun
from amity.web import cli
from amity.web.jobs import KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    Staff.objects.create(email="root@example.com", name="Root", role="administrator", scope="all", password="x")
    staff = Staff.objects.create(email="m@example.com", name="Mara", role="manager", scope="all", password="x")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_health_answers_without_signing_in(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "late": []}


def test_metrics_count_requests_by_route_and_show_the_queue(client: Client) -> None:
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'amity_http_requests_total{method="GET",route="healthz",status="200"}' in text
    assert "# TYPE amity_queue gauge" in text


def test_metrics_are_not_for_strangers(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403


def test_metrics_behind_a_proxy_need_the_token(client: Client) -> None:
    from dataclasses import replace

    from django.conf import settings

    with override_settings(CONFIG=replace(settings.CONFIG, trusted_proxies=1, metrics_token="t0p")):
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"Authorization": "Bearer t0p"}).status_code == 200


def _failed_run() -> JobRun:
    return JobRun.objects.create(
        kind="people.import", state="failed", error_code="bug", error="ValueError", done=3, total=9
    )


def test_jobs_page_is_a_fixed_number_of_queries(manager: Client, django_assert_num_queries) -> None:
    for _ in range(3):
        _failed_run()
    manager.get("/jobs/")
    with django_assert_num_queries(_queries(manager)):
        manager.get("/jobs/")
    before = _queries(manager)
    for _ in range(30):
        _failed_run()
    assert _queries(manager) == before


def _queries(client: Client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get("/jobs/").status_code == 200
    return len(captured)


def test_jobs_page_shows_failures_with_what_to_do(manager: Client) -> None:
    _failed_run()
    page = manager.get("/jobs/?state=failed").content.decode()
    assert "Something unexpected happened (ValueError)" in page
    assert "33" in page
    assert "No jobs here" in manager.get("/jobs/?state=done").content.decode()


def test_a_refusal_ends_a_job_with_its_sentence_and_a_bug_is_raised() -> None:
    from amity.base.errors import Refused

    run = JobRun.objects.create(kind="people.import")

    def refuse(report: jobs.Report) -> None:
        report(1, 2, "half")
        raise Refused("no_file", "The file is gone. Upload it again.")

    jobs.running(str(run.id), refuse)
    run.refresh_from_db()
    assert (run.state, run.error_code, run.done, run.total, run.attempts) == ("failed", "no_file", 1, 2, 1)

    def bug(report: jobs.Report) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jobs.running(str(run.id), bug)
    run.refresh_from_db()
    assert (run.state, run.error_code, run.error) == ("failed", "bug", "ZeroDivisionError")


def test_a_done_job_is_not_run_twice() -> None:
    run = JobRun.objects.create(kind="people.import")
    calls = []
    for _ in range(2):
        jobs.running(str(run.id), lambda report: calls.append(1))
    assert calls == [1]


def test_audit_verify_on_the_command_line() -> None:
    with transaction.atomic():
        access.record(access.SYSTEM, "test.made", "thing", "1")
    result = CliRunner().invoke(cli.cli, ["audit", "verify", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output) == {"lines": 1, "intact": True, "broken_at": None}


@pytest.mark.parametrize(
    "words", [["--help"], ["up", "--help"], ["import", "--help"], ["doctor", "--help"], ["--version"]]
)
def test_every_command_explains_itself(words: list[str]) -> None:
    assert CliRunner().invoke(cli.cli, words).exit_code == 0


def test_wrong_usage_is_exit_code_2() -> None:
    assert CliRunner().invoke(cli.cli, ["import"]).exit_code == 2
    assert CliRunner().invoke(cli.cli, ["nothing"]).exit_code == 2


def test_every_job_with_progress_has_a_name_that_people_read() -> None:
    jobs.app.perform_import_paths()
    shown = {name for name, task in jobs.app.tasks.items() if "job_run_id" in inspect.signature(task.func).parameters}
    assert shown - {"base.undo.run_step", *KINDS} == set()  # a step of a change is listed as the change

"""The doctor finds what is missing and says what to do."""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, connections

from amity.base.config import Config
from amity.web import doctor


@pytest.fixture
def config(tmp_path: Path) -> Config:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Config(home=tmp_path, port=port)


@pytest.fixture
def pages(config: Config) -> Iterator[None]:
    """A program that answers /healthz at the configured address, as the pages would."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Keep the tests' output clean."""

    server = http.server.ThreadingHTTPServer((config.host, config.port), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def found(config: Config) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks(config)}


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_healthy_installation_before_its_start(config: Config) -> None:
    checks = found(config)
    assert list(checks) == [
        "settings", "python", "memory", "disk", "front_end", "port",
        "database", "extensions", "migrations", "models", "worker", "queue", "consumers", "segments",
    ]  # fmt: skip
    bad = {check.name: check.detail for check in checks.values() if not check.ok and check.name != "front_end"}
    assert bad == {}
    assert all(bool(check.remedy) is not check.ok for check in checks.values())
    assert "is free" in checks["port"].detail
    assert (config.home / "secret.key").exists()


@pytest.mark.django_db
def test_readable_secret_key(config: Config) -> None:
    found(config)
    (config.home / "secret.key").chmod(0o644)
    check = found(config)["settings"]
    assert not check.ok
    assert f"chmod 600 {config.home / 'secret.key'}" in check.remedy


@pytest.mark.slow
@pytest.mark.django_db
def test_port_of_another_program(config: Config) -> None:
    with socket.create_server((config.host, config.port)):
        check = found(replace(config, host="127.0.0.1"))["port"]
    assert not check.ok
    assert "--port" in check.remedy


@pytest.mark.django_db
def test_pages_without_a_worker(config: Config, pages: None) -> None:
    checks = found(config)
    assert "answers" in checks["port"].detail
    assert not checks["worker"].ok
    assert "amity worker" in checks["worker"].remedy
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 minutes')")
    assert not found(config)["worker"].ok
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert found(config)["worker"].ok


@pytest.mark.django_db
def test_waiting_migration(config: Config) -> None:
    execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    check = found(config)["migrations"]
    assert not check.ok
    assert check.detail == "1 migration waits."
    assert "amity migrate" in check.remedy


@pytest.mark.django_db
def test_missing_extension(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_NEEDED_EXTENSIONS", {"pg_trgm", "dream_search"})
    check = found(config)["extensions"]
    assert not check.ok
    assert check.remedy.endswith("CREATE EXTENSION dream_search;")


@pytest.mark.django_db
def test_stuck_job(config: Config) -> None:
    execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 't', 'todo'), ('q', 't', 'doing')"
    )
    check = found(config)["queue"]
    assert not check.ok
    assert check.detail == "1 job waits. 1 job is stuck."


@pytest.mark.django_db
def test_full_disk_and_little_memory(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_DISK_BYTES", shutil.disk_usage(config.home).total + 1)
    monkeypatch.setattr(doctor, "_MEMORY_BYTES", 1 << 60)
    checks = found(config)
    assert (checks["disk"].ok, checks["memory"].ok) == (False, False)


@pytest.mark.django_db
def test_unreachable_database_leaves_out_what_needs_it(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "connection", _closed_connection())
    checks = found(config)
    assert list(checks)[-1] == "database"
    assert not checks["database"].ok
    assert "AMITY_DATABASE_URL" in checks["database"].remedy


def _closed_connection() -> object:
    """A connection of Django's to a place where no server is."""
    settings = {**connection.settings_dict, "HOST": "/nonexistent"}
    return connections["default"].__class__(settings, "nowhere")


@pytest.mark.django_db
def test_old_postgres(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_POSTGRES_MAJOR", 99)
    check = found(config)["database"]
    assert not check.ok
    assert "PostgreSQL 99" in check.remedy


@pytest.mark.slow
def test_the_doctor_is_read_before_django_has_started() -> None:
    """As `amity doctor` reads it: rooms with models cannot be imported yet."""
    subprocess.run([sys.executable, "-c", "import amity.web.doctor"], check=True)

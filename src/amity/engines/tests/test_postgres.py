"""The life of the embedded Postgres: first start, crash, stale locks, stop, other users."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

import amity
from amity.base.errors import Refused
from amity.engines import api as engines
from amity.engines.postgres import tuning
from amity.engines.postgres.owner import Owner, base_folder

pytestmark = [pytest.mark.slow]

SOURCES = Path(amity.__file__).parent.parent
START = """
import sys
from pathlib import Path
from amity.engines import api as engines
server = engines.embedded_postgres(Path(sys.argv[1]))
print(server.ensure_running(), server.status().pid, sep="\\n")
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def start_elsewhere(home: Path, **options: object) -> subprocess.Popen[str]:
    """Start the server of ``home`` from another process."""
    path = os.pathsep.join([str(SOURCES), str(Path(psycopg.__file__).parent.parent)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [interpreter(), "-c", START, str(home)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, cwd="/", **pipes, **options)


def interpreter() -> str:
    """A Python that an ordinary user can run too: ours, or the system's of the same version."""
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    below_closed = any(not folder.stat().st_mode & 0o001 for folder in Path(sys.executable).resolve().parents)
    return system if below_closed and Path(system).exists() else sys.executable


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def pid_of(server: engines.EmbeddedPostgres) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def wait_for_end(pid: int) -> None:
    for _ in range(400):
        try:
            if not Path(f"/proc/{pid}/cmdline").read_bytes():
                return
        except OSError:
            return
        time.sleep(0.025)
    raise AssertionError(f"process {pid} lives on")


def test_eight_first_starts_at_once_make_one_server(home: Path) -> None:
    starters = [start_elsewhere(home) for _ in range(8)]
    answers = [starter.communicate(timeout=120) for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 8, answers
    assert len({out for out, _ in answers}) == 1
    url = answers[0][0].splitlines()[0]
    assert value(url, "SELECT current_user") == "amity"
    assert value(url, "SELECT count(*) FROM pg_database WHERE datname = 'amity'") == 1


def test_the_application_is_no_superuser_and_has_its_extensions(home: Path) -> None:
    url = engines.embedded_postgres(home).ensure_running()
    assert (
        value(url, "SELECT rolsuper OR rolreplication OR rolcreaterole FROM pg_roles WHERE rolname = 'amity'") is False
    )
    found = value(url, "SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension")
    assert found == ["pg_trgm", "plpgsql", "unaccent", "vector"]
    assert value(url, "SHOW fsync") == "on"
    assert value(url, "SHOW synchronous_commit") == "on"
    assert value(url, "SHOW jit") == "off"
    assert value(url, "SHOW listen_addresses") == ""
    assert value(url, "SELECT lower('ŻÓŁW ЁЖ')") == "żółw ёж"


def test_nobody_else_may_enter_data_or_socket(home: Path) -> None:
    server = engines.embedded_postgres(home)
    server.ensure_running()
    base = (home / "postgres").resolve()
    closed = {name: (base / name).stat().st_mode & 0o077 for name in ("18", "run", "log")}
    assert closed == {"18": 0, "run": 0, "log": 0}


def test_killed_server_comes_back_with_every_committed_row(home: Path) -> None:
    server = engines.embedded_postgres(home)
    url = server.ensure_running()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        connection.commit()
        connection.execute("INSERT INTO kept VALUES (0)")  # never committed
        first = pid_of(server)
        os.kill(first, signal.SIGKILL)
        wait_for_end(connection.info.backend_pid)
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    assert server.ensure_running() == url
    assert pid_of(server) != first
    assert value(url, "SELECT count(*)::int FROM kept") == 1000


def test_lock_of_a_dead_server_whose_id_now_belongs_to_another_program(home: Path) -> None:
    server = engines.embedded_postgres(home)
    url = server.ensure_running()
    pid_file = (home / "postgres").resolve() / "18" / "postmaster.pid"
    text = pid_file.read_text()
    first = pid_of(server)
    os.kill(first, signal.SIGKILL)
    wait_for_end(first)
    stranger = subprocess.Popen(["/bin/sleep", "60"], **owner_of(pid_file.parent).process_arguments())
    try:
        pid_file.write_text(text.replace(str(first), str(stranger.pid), 1))
        assert server.status().running is False
        assert server.ensure_running() == url
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
    assert value(url, "SELECT 1") == 1


def owner_of(folder: Path) -> Owner:
    status = folder.stat()
    return Owner(status.st_uid, status.st_gid, pwd.getpwuid(status.st_uid).pw_name)


def test_stop_is_clean_and_says_whether_there_was_anything_to_stop(home: Path) -> None:
    server = engines.embedded_postgres(home)
    assert server.stop() is False
    server.ensure_running()
    assert server.started_here is True
    base = (home / "postgres").resolve()
    assert server.stop() is True
    assert not (base / "18" / "postmaster.pid").exists()
    assert server.status().running is False
    assert server.stop() is False
    log = "".join(path.read_text() for path in (base / "log").glob("postgres-*.log"))
    assert "database system is shut down" in log


def test_start_while_the_server_waits_for_its_clients_to_leave(home: Path) -> None:
    server = engines.embedded_postgres(home)
    url = server.ensure_running()
    first = pid_of(server)
    with psycopg.connect(url):
        os.kill(first, signal.SIGTERM)  # what the operating system sends before it shuts down
        for _ in range(200):
            if not server.status().ready:
                break
            time.sleep(0.01)
        assert server.ensure_running() == url
    assert pid_of(server) != first
    assert value(url, "SELECT 1") == 1


@pytest.mark.slow
def test_stop_during_crash_recovery_is_bounded(home: Path) -> None:
    server = engines.embedded_postgres(home)
    url = server.ensure_running()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bulk (n int, words text)")
        connection.commit()
        connection.execute("INSERT INTO bulk SELECT n, repeat('x', 200) FROM generate_series(1, 900000) n")
    crashed = pid_of(server)
    os.kill(crashed, signal.SIGKILL)
    wait_for_end(crashed)
    refused: list[Refused] = []

    def start() -> None:
        try:
            engines.embedded_postgres(home).ensure_running()
        except Refused as error:
            refused.append(error)

    starter = threading.Thread(target=start)
    starter.start()
    os.kill(recovery_process(server, starter), signal.SIGSTOP)  # recovery hangs: a fast stop alone would wait for ever
    assert server.stop() is True
    starter.join(timeout=30)
    assert [error.code for error in refused] == ["postgres_not_started"]
    assert value(server.ensure_running(), "SELECT count(*)::int FROM bulk") == 900_000


def recovery_process(server: engines.EmbeddedPostgres, starter: threading.Thread) -> int:
    """Id of the process that replays the log; asserts that it was caught at work."""
    while starter.is_alive():
        pid = server.status().pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if pid else []:
            if b"startup" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise AssertionError("recovery was over before it could be stopped")


def test_long_home_gets_a_short_socket(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    for folder in (deep, deep.parent):
        folder.chmod(0o711)
    server = engines.embedded_postgres(deep)
    try:
        url = server.ensure_running()
        assert "host=/tmp/amity-" in url
        assert value(url, "SELECT 1") == 1
    finally:
        server.stop()
    socket_folder = Path(url.partition("host=")[2])
    assert socket_folder.stat().st_mode & 0o777 == 0o700
    socket_folder.rmdir()


def test_home_with_spaces_and_quotes(home: Path) -> None:
    odd = home / "Amity's own home"
    odd.mkdir()
    odd.chmod(0o711)
    server = engines.embedded_postgres(odd)
    try:
        assert value(server.ensure_running(), "SELECT 1") == 1
    finally:
        assert server.stop() is True


def test_home_that_the_servers_programs_cannot_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="AMITY_HOME") as refusal:
        engines.embedded_postgres(tmp_path / "my $HOME").ensure_running()
    assert refusal.value.code == "home_unusable"


def test_operator_settings_win(home: Path) -> None:
    server = engines.embedded_postgres(home)
    server.ensure_running()
    server.stop()
    local = (home / "postgres").resolve() / "local.conf"
    local.write_text("work_mem = '7MB'\n")
    local.chmod(0o644)
    assert value(server.ensure_running(), "SHOW work_mem") == "7MB"


def test_broken_settings_are_told_in_the_servers_own_words(home: Path) -> None:
    server = engines.embedded_postgres(home)
    server.ensure_running()
    server.stop()
    local = (home / "postgres").resolve() / "local.conf"
    local.write_text("work_mem = 'much'\n")
    local.chmod(0o644)
    with pytest.raises(Refused, match="work_mem") as refusal:
        server.ensure_running()
    assert refusal.value.code == "postgres_not_started"


def test_other_clients_are_counted(home: Path) -> None:
    server = engines.embedded_postgres(home)
    assert server.other_clients() == 0
    url = server.ensure_running()
    assert server.other_clients() == 0
    with psycopg.connect(url):
        assert server.other_clients() == 1


def test_memory_settings_stay_in_their_bounds(tmp_path: Path) -> None:
    text = tuning.server_settings(tmp_path, tmp_path / "run", "18", "")
    lines = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    assert 128 <= int(lines["shared_buffers"].removesuffix("MB")) <= 2048
    assert 64 <= int(lines["maintenance_work_mem"].removesuffix("MB")) <= 512


@as_root
def test_ordinary_user_runs_the_server_as_herself(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own = home / "own"
    own.mkdir(mode=0o700)
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    starter = start_elsewhere(own, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    out, errors = starter.communicate(timeout=60)
    assert starter.returncode == 0, errors
    _url, pid = out.splitlines()
    assert Path(f"/proc/{pid}").stat().st_uid == nobody.pw_uid
    assert (own / "postgres").stat().st_mode & 0o777 == 0o700
    with pytest.raises(Refused) as refusal:
        base_folder(own, Owner(nobody.pw_uid, nobody.pw_gid, "nobody"), lambda _: None)
    os.kill(int(pid), signal.SIGINT)
    wait_for_end(int(pid))
    assert refusal.value.code == "home_foreign"


@as_root
def test_root_with_a_closed_home_keeps_it_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = engines.embedded_postgres(closed)
    url = server.ensure_running()
    base = (closed / "postgres").resolve()
    try:
        assert closed.stat().st_mode & 0o777 == 0o700
        assert base.is_relative_to("/var/lib/amity")
        assert Path(f"/proc/{pid_of(server)}").stat().st_uid != 0
        assert value(url, "SELECT 1") == 1
    finally:
        server.stop()
        shutil.rmtree(base)


@as_root
def test_data_left_by_an_earlier_home_of_the_same_path_is_set_aside(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    user = Owner(*pwd.getpwnam("nobody")[2:4], "nobody")
    stopped: list[Path] = []
    base = base_folder(closed, user, stopped.append)
    (base / "18").mkdir()
    shutil.rmtree(closed)
    again = base_folder(closed, user, stopped.append)
    left = sorted(base.parent.glob(f"{base.name}.left-*"))
    try:
        assert again == base
        assert stopped == [base]
        assert not (again / "18").exists()
        assert [(folder / "18").is_dir() for folder in left] == [True]
    finally:
        for folder in (*left, base):
            shutil.rmtree(folder)


@as_root
def test_a_home_whose_data_is_gone_starts_nothing_empty_and_says_what_to_do(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    user = Owner(*pwd.getpwnam("nobody")[2:4], "nobody")
    base = base_folder(closed, user, lambda _: None)
    shutil.rmtree(base)
    with pytest.raises(Refused, match="amity restore") as refusal:
        base_folder(closed, user, lambda _: None)
    assert (refusal.value.code, base.exists()) == ("state_gone", False)

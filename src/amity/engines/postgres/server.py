"""The embedded server of one installation: found, made, started, stopped; one at a time by a file lock."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from amity.base.errors import Refused
from amity.engines.postgres import binaries, owner
from amity.engines.postgres.cluster import RECOVERY_SECONDS, Cluster

ROLE = "amity"
DATABASE = "amity"
EXTENSIONS = ("pg_trgm", "unaccent", "vector")
_KEEPER = "postgres"
_PROVISION = "1"  # raise it when _provision does more
_LOCK_SECONDS = RECOVERY_SECONDS + 60


@dataclass(frozen=True, slots=True)
class Status:
    """The server as it is now."""

    running: bool
    ready: bool
    pid: int | None
    major: int | None
    data: Path | None
    url: str | None


class EmbeddedPostgres:
    """The Postgres under ``home``; objects are cheap and hold no connection."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().absolute()
        self.started_here = False

    def ensure_running(self) -> str:
        """Make, upgrade and start the server where needed; the URL of the application's database.

        Safe to call from many processes at once. About 1 ms when it runs already, 1-3 s on first start.
        Raises ``Refused`` (codes in docs/operations).
        """
        status = self.status()
        if status.ready and status.url and self._is_provisioned():
            return status.url
        with self._lock():
            return self._start()

    def stop(self) -> bool:
        """Stop cleanly; False when it did not run."""
        base = self._base_if_any()
        if base is None:
            return False
        with self._lock():
            self.started_here = False
            return self._cluster(base).stop()

    def status(self) -> Status:
        """What runs now; changes nothing."""
        base = self._base_if_any()
        if base is None:
            return Status(False, False, None, None, None, None)
        cluster = self._cluster(base)
        pid_file = cluster.running()
        if pid_file is None:
            return Status(False, False, None, cluster.binaries.major, cluster.data, None)
        ready = pid_file.state == "ready"
        url = _url(pid_file.socket_folder, ROLE, DATABASE) if ready else None
        return Status(True, ready, pid_file.pid, cluster.binaries.major, cluster.data, url)

    def other_clients(self) -> int:
        """How many connections to this server other processes hold, 0 when it does not run."""
        cluster = self._present_cluster()
        if cluster is None or cluster.running() is None:
            return 0
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(_keeper_url(cluster), autocommit=True, connect_timeout=10) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _start(self) -> str:
        user = owner.of_server()
        base = owner.base_folder(self.home, user)
        cluster = Cluster(base, *_named(binaries.installed(base)), user)
        if cluster.running() is None:
            if not cluster.exists():
                _create(cluster)
            binaries.prune(base)
            cluster.start()
            self.started_here = True
        else:
            cluster.start()
        if not self._is_provisioned():
            _provision(cluster)
            self._mark(base).write_text(_PROVISION)
        return _url(str(_live_socket(cluster)), ROLE, DATABASE)

    def _cluster(self, base: Path) -> Cluster:
        programs = binaries.of_wheel()
        return Cluster(base, *_named(programs), owner.of_server())

    def _present_cluster(self) -> Cluster | None:
        base = self._base_if_any()
        return None if base is None else self._cluster(base)

    def _base_if_any(self) -> Path | None:
        entry = self.home / "postgres"
        try:
            return entry.resolve() if entry.exists() else None
        except PermissionError as error:
            raise Refused(
                "home_foreign", f"The folder {self.home} belongs to another user: run Amity as them."
            ) from error

    def _mark(self, base: Path) -> Path:
        return base / f"{binaries.of_wheel().major}.provisioned"

    def _is_provisioned(self) -> bool:
        base = self._base_if_any()
        try:
            return base is not None and self._mark(base).read_text() == _PROVISION
        except FileNotFoundError:
            return False

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time; the kernel frees the lock when its holder dies."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            fd = os.open(self.home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except PermissionError as error:
            raise Refused(
                "home_foreign", f"The folder {self.home} belongs to another user: run Amity as them."
            ) from error
        try:
            _take(fd)
            yield
        finally:
            os.close(fd)


def _take(fd: int) -> None:
    give_up = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise Refused(
                    "postgres_busy", "Another process is starting PostgreSQL and does not finish.", 503
                ) from None
            time.sleep(0.02)


def _named(programs: binaries.Binaries) -> tuple[str, binaries.Binaries]:
    return str(programs.major), programs


def _create(cluster: Cluster) -> None:
    """Make the data folder under another name first, so that a half-made one is never taken for real."""
    fresh = Cluster(cluster.base, f"{cluster.name}.new", cluster.binaries, cluster.owner)
    fresh.create()
    fresh.data.rename(cluster.data)


def _provision(cluster: Cluster) -> None:
    """Role, database and extensions; safe to repeat. Extensions go into the template too: tests and restores copy it."""
    with psycopg.connect(_keeper_url(cluster), autocommit=True, connect_timeout=10) as connection:
        role = sql.Identifier(ROLE)
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
    _extend(_keeper_url(cluster, "template1"))
    with psycopg.connect(_keeper_url(cluster), autocommit=True, connect_timeout=10) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))
    _extend(_keeper_url(cluster, DATABASE))


def _extend(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        query = "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)"
        for (name,) in connection.execute(query, [list(EXTENSIONS)]).fetchall():
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def _live_socket(cluster: Cluster) -> Path:
    pid_file = cluster.running()
    if pid_file is None or not pid_file.socket_folder:
        raise Refused("postgres_not_started", f"PostgreSQL in {cluster.data} ended. See {cluster.base / 'log'}.", 503)
    return Path(pid_file.socket_folder)


def _keeper_url(cluster: Cluster, database: str = "postgres") -> str:
    return _url(str(_live_socket(cluster)), _KEEPER, database)


def _url(socket_folder: str, role: str, database: str) -> str:
    return f"postgresql://{role}@/{database}?host={quote(socket_folder, safe='/')}"

"""The embedded server of one installation: found, made, started, stopped; one at a time by a file lock."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from amity.base.errors import Refused
from amity.engines.postgres import binaries, owner, provision, upgrade
from amity.engines.postgres.cluster import RECOVERY_SECONDS, Cluster

_started_by_this_process: set[Path] = set()
_LOCK_SECONDS = RECOVERY_SECONDS + 60


@dataclass(frozen=True, slots=True)
class Status:
    """The server as it is now. ``url`` is None unless it answers."""

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

    @property
    def started_here(self) -> bool:
        """Whether this process started the server (through any object) and has not stopped it since."""
        return self.home in _started_by_this_process

    def ensure_running(self) -> str:
        """Make, upgrade and start the server where needed; the URL of the application's database.

        Safe to call from many processes at once. About 1 ms when it runs already, 1-3 s on first start.
        Raises ``Refused``: its message says what to do.
        """
        status = self.status()
        if status.ready and status.url and self._is_provisioned():
            return status.url
        with self._lock():
            return self._start()

    def stop(self) -> bool:
        """Stop cleanly within about 35 s; False when nothing ran.

        A server that another process is just starting (recovery may take minutes) is not waited for.
        """
        stopped = [cluster.stop() for cluster in self._clusters()]
        if self._base_if_any() is not None:
            with self._lock():
                stopped += [cluster.stop() for cluster in self._clusters()]
        _started_by_this_process.discard(self.home)
        return any(stopped)

    def status(self) -> Status:
        """What runs now; changes nothing."""
        for cluster in reversed(self._clusters()):
            if (pid_file := cluster.running()) is not None:
                current = cluster.name == str(cluster.binaries.major)
                ready = pid_file.state == "ready" and current
                url = cluster.url(provision.DATABASE, provision.ROLE) if ready else None
                return Status(True, ready, pid_file.pid, int(cluster.name), cluster.data, url)
        return Status(False, False, None, None, None, None)

    def other_clients(self) -> int:
        """How many connections other processes hold to this server, 0 when it does not run."""
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        total = 0
        for cluster in self._clusters():
            if (pid_file := cluster.running()) is not None and pid_file.state == "ready":
                with psycopg.connect(cluster.url(), autocommit=True, connect_timeout=10) as connection:
                    row = connection.execute(query).fetchone()
                    total += int(row[0]) if row else 0
        return total

    def _start(self) -> str:
        user = owner.of_server()
        base = owner.base_folder(self.home, user, lambda left: _stop_all(left, user))
        programs = binaries.installed(base)
        cluster = Cluster(base, str(programs.major), programs, user)
        if cluster.running() is None:
            if not cluster.exists():
                upgrade.create_or_upgrade(cluster)
            binaries.prune(base)
            _started_by_this_process.add(self.home)
        cluster.start()
        if not self._is_provisioned():
            provision.provision(cluster)
            self._mark(base).write_text(provision.VERSION)
        return cluster.url(provision.DATABASE, provision.ROLE)

    def _clusters(self) -> list[Cluster]:
        base = self._base_if_any()
        return [] if base is None else upgrade.present_clusters(base, owner.of_server())

    def _base_if_any(self) -> Path | None:
        entry = self.home / "postgres"
        try:
            return entry.resolve() if entry.exists() else None
        except PermissionError as error:
            raise _foreign(self.home) from error

    def _mark(self, base: Path) -> Path:
        return base / f"{binaries.of_wheel().major}.provisioned"

    def _is_provisioned(self) -> bool:
        base = self._base_if_any()
        try:
            return base is not None and self._mark(base).read_text() == provision.VERSION
        except FileNotFoundError:
            return False

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time; the kernel frees the lock when its holder dies."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(self.home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except PermissionError as error:
            raise _foreign(self.home) from error
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
                message = "Another process is starting PostgreSQL and does not finish."
                raise Refused("postgres_busy", message, 503) from None
            time.sleep(0.02)


def _stop_all(base: Path, user: owner.Owner) -> None:
    for cluster in upgrade.present_clusters(base, user):
        cluster.stop()


def _foreign(home: Path) -> Refused:
    return Refused(
        "home_foreign", f"The folder {home} is closed to this user: run Amity as its owner, or set AMITY_HOME."
    )

"""`amity up`: the processes of one machine, started, healed and stopped in order.

Each child leads a process group of its own, so that what it leaves behind when killed can be swept away
before its successor needs the port. Children die with the supervisor (PR_SET_PDEATHSIG). The embedded
Postgres does not: it is watched and healed, and stopped at the end when this process started it and
nobody else is connected; after a kill -9 of the supervisor it runs on safely and is found again.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from amity.base.config import Config
from amity.base.errors import Refused
from amity.base.logs import JsonFormatter
from amity.engines import api as engines
from amity.web.knocking import Knock

_POLL_SECONDS = 0.1
_DATABASE_CHECK_SECONDS = 1.0
_STABLE_SECONDS = 30.0  # a child that lived this long starts anew without waiting
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0
_KILL_SECONDS = 5.0
_WEB_STOP_SECONDS = 15.0
_HEAD_START_SECONDS = 15.0  # so long at most does what works behind the pages wait for their first answer
_WORKER_STOP_SECONDS = 30.0  # running jobs get 20 s to finish their batch
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Program:
    """A child process to keep running; ``stop_seconds`` after SIGTERM it is killed.

    One ``behind`` starts when the pages answer, so that they do not share the processor while they load.
    """

    name: str
    command: Sequence[str]
    stop_seconds: float
    behind: bool = False


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    failures: int = 0


def up(config: Config) -> int:
    """Run web and worker until SIGTERM or SIGINT; returns the exit code.

    The database is expected to be migrated. Raises ``Refused("port_taken")`` before anything starts.
    """
    from django.db import connections

    connections.close_all()
    check_port(config.host, config.port)
    database = None if config.database_url else engines.embedded_postgres(config.home)
    address = f"http://{config.host}:{config.port}/"
    pages = Knock(config.host, config.port, "/healthz")
    return Supervisor(programs(config), database, pages).run(ready=lambda log: log("up.serving", address=address))


def programs(config: Config) -> tuple[Program, ...]:
    """In the order of stopping: first no new requests, then no new jobs."""
    amity = [sys.executable, "-m", "amity"]
    behind = (_WORKER_STOP_SECONDS, True)
    live = (Program("live", [*amity, "live"], _WEB_STOP_SECONDS),) if config.live_port else ()
    intake = (Program("intake", [*amity, "intake"], _WEB_STOP_SECONDS),) if _has_intake(config) else ()
    return (
        Program("web", [*amity, "web"], _WEB_STOP_SECONDS),
        *live,
        *intake,
        Program("consumers", [*amity, "consumers", "--except", "segments"], *behind),
        Program("segments", [*amity, "consumers", "segments"], *behind),
        Program("worker", [*amity, "worker"], *behind),
    )


def _has_intake(config: Config) -> bool:
    """Events also come in by the web process, so a taken port is no reason not to start."""
    if not config.intake_port:
        return False
    try:
        check_port(config.intake_host, config.intake_port)
    except Refused:
        _say("intake.port_taken", port=config.intake_port)
        return False
    return True


def restart_delay(failures: int) -> float:
    """Seconds to wait before start number ``failures`` + 1 in a row: none, then 0.5 doubling up to 30."""
    return 0.0 if failures <= 1 else min(_FIRST_DELAY * 2.0 ** min(failures - 2, 10), _LONGEST_DELAY)


@dataclass(slots=True)
class Supervisor:
    """Keeps ``programs`` and, where given, the embedded ``database`` alive until told to stop; see `Program.behind`."""

    programs: Sequence[Program]
    database: engines.EmbeddedPostgres | None = None
    pages: Knock | None = None
    _children: list[_Child] = field(default_factory=list)
    _stop_signals: int = 0
    _database_checked: float = 0.0

    def run(self, ready: Callable[[Callable[..., None]], None] | None = None) -> int:
        """Block until a stop signal; a second one while stopping kills at once. 0 when all ended in time, else 1."""
        _log_to_stderr()
        handled = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {sign: signal.signal(sign, self._on_signal) for sign in handled}
        now = time.monotonic()
        wait = _HEAD_START_SECONDS if self.pages is not None else 0.0
        self._children = [_Child(each, start_after=now + wait * each.behind) for each in self.programs]
        try:
            self._tend()
            if ready is not None:
                ready(_say)
            while not self._stop_signals:
                time.sleep(_POLL_SECONDS)
                self._tend()
        finally:
            if self.pages is not None:
                self.pages.end()
            clean = self._stop_all()
            for sign, handler in before.items():
                signal.signal(sign, handler)
        _say("up.stopped", clean=clean)
        return 0 if clean else 1

    def _on_signal(self, sign: int, frame: FrameType | None) -> None:
        self._stop_signals += 1

    def _tend(self) -> None:
        self._tend_database()
        if self.pages is not None and self.pages.answered():
            self._let_start()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                _bury(child)
            if child.process is None and time.monotonic() >= child.start_after and not self._stop_signals:
                _start(child)

    def _let_start(self) -> None:
        """The pages answer: what waited for them need not wait any longer."""
        self.pages = None
        for child in self._children:
            if child.program.behind and not child.failures:
                child.start_after = 0.0

    def _tend_database(self) -> None:
        now = time.monotonic()
        if self.database is None or now - self._database_checked < _DATABASE_CHECK_SECONDS:
            return
        self._database_checked = now
        if self.database.status().ready:
            return
        _say("postgres.down")
        try:
            self.database.ensure_running()
        except Refused as error:
            _say("postgres.not_started", code=error.code, detail=str(error))
        else:
            _say("postgres.up", pid=self.database.status().pid)

    def _stop_all(self) -> bool:
        ended = [_stop(child, self._hurried) for child in self._children]  # each of them, whatever the others did
        clean = all(ended)
        if self.database is not None and self.database.started_here:
            clean = self._stop_database(self.database) and clean
        return clean

    def _stop_database(self, database: engines.EmbeddedPostgres) -> bool:
        try:
            if others := database.other_clients():
                _say("postgres.kept", clients=others)
            elif database.stop():
                _say("postgres.stopped")
        except (Refused, OSError) as error:
            _say("postgres.not_stopped", detail=str(error))
            return False
        return True

    def _hurried(self) -> bool:
        return self._stop_signals > 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process (SIGTERM) when ``parent`` dies; Linux only, harmless elsewhere."""
    with contextlib.suppress(AttributeError):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _start(child: _Child) -> None:
    me = os.getpid()
    child.process = subprocess.Popen(  # children are few and this process has one thread: preexec_fn is safe here
        child.program.command,
        stdin=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=lambda: die_with_parent(me),  # noqa: PLW1509
    )
    child.started_at = time.monotonic()
    _say("process.started", program=child.program.name, pid=child.process.pid)


def _bury(child: _Child) -> None:
    """Note a death, end what the dead left behind, and set the time of the next start."""
    assert child.process is not None
    lived = time.monotonic() - child.started_at
    child.failures = 1 if lived >= _STABLE_SECONDS else child.failures + 1
    delay = restart_delay(child.failures)
    _say(
        "process.died",
        program=child.program.name,
        pid=child.process.pid,
        code=child.process.returncode,
        lived_seconds=round(lived, 1),
        restart_in_seconds=delay,
    )
    _signal_group(child.process.pid, signal.SIGKILL)
    child.process = None
    child.start_after = time.monotonic() + delay


def _stop(child: _Child, hurried: Callable[[], bool]) -> bool:
    """SIGTERM, wait, SIGKILL. True when it went by itself."""
    process = child.process
    if process is None:
        return True
    process.send_signal(signal.SIGTERM)
    give_up = time.monotonic() + child.program.stop_seconds
    while process.poll() is None and time.monotonic() < give_up and not hurried():
        time.sleep(_POLL_SECONDS / 2)
    clean = process.poll() is not None
    _signal_group(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_SECONDS)
    _say("process.stopped", program=child.program.name, pid=process.pid, code=process.returncode, clean=clean)
    return clean


def _signal_group(group: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, sign)


def check_port(host: str, port: int) -> None:
    """Raise ``Refused("port_taken")`` when another program listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
                raise
            raise Refused(
                "port_taken",
                f"Cannot listen on {host}:{port} ({error.strerror}). Stop the other program, or choose another "
                f"address: amity up --port {port + 1 if port < 65535 else 8000}",
            ) from error


_log = logging.getLogger("amity.up")


def _log_to_stderr() -> None:
    """These lines are the interface of this process, so they do not depend on the configured level."""
    if not _log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        _log.addHandler(handler)
    _log.propagate = False
    _log.setLevel(logging.INFO)


def _say(event: str, **values: str | float | bool | None) -> None:
    _log.info(event, extra=values)

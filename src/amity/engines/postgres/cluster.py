"""One data folder and the server process over it: make, start, stop, look at."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from amity.base.errors import Refused
from amity.engines.postgres import tuning
from amity.engines.postgres.binaries import Binaries
from amity.engines.postgres.owner import Owner

KEEPER = "postgres"  # the server's superuser; the application itself is the plain role "amity"
STALE_LOCK_SECONDS = 30.0
RECOVERY_SECONDS = 600  # a crash leaves at most max_wal_size (4 GB) to replay
FAST_STOP_SECONDS = 20.0
_IMMEDIATE_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_LIMIT = 107
_ROUTINE = r"redirecting log|Future log output|starting PostgreSQL|listening on|is (shut|shutting) down|ready to accept"
_WAS_STOPPING = "the server of before has stopped"
_STALE_SIGNS = (
    _WAS_STOPPING,
    "pre-existing shared memory block",
    "lock file",
    "could not create shared memory segment",
)


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a running server writes about itself (postmaster.pid)."""

    pid: int
    socket_folder: str
    state: str  # "starting", "ready", "stopping", "standby"; empty when not yet written


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder ``base/name``, served by ``binaries`` as ``owner``."""

    base: Path
    name: str
    binaries: Binaries
    owner: Owner

    @property
    def data(self) -> Path:
        return self.base / self.name

    @property
    def major(self) -> int:
        """Version that the data folder was made with (``PG_VERSION``)."""
        return int((self.data / "PG_VERSION").read_text().strip())

    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def create(self) -> None:
        """``initdb`` into an empty folder. UTF-8, code-point order (stable across C libraries), checksums."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.owner.folder(self.data)
        options = [f"--username={KEEPER}", "--auth=peer", "--encoding=UTF8", "--data-checksums", "--no-instructions"]
        if self.binaries.major >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(["initdb", "-D", str(self.data), "--locale=C.UTF-8", *options])

    def start(self) -> None:
        """Start detached and wait until it answers; a stale lock is waited out for up to 30 s.

        Raises ``Refused("postgres_not_started")`` with the server's own last words.
        """
        give_up = time.monotonic() + STALE_LOCK_SECONDS
        while True:
            self._clear_stale_lock()
            words = self._launch() if self.running() is None else self._await_ready()
            if words is None:
                return
            if not any(sign in words for sign in _STALE_SIGNS) or time.monotonic() > give_up:
                message = f"PostgreSQL in {self.data} did not start. Its last words: {words}"
                raise Refused("postgres_not_started", message, 503)
            time.sleep(0.5)

    def stop(self) -> bool:
        """Stop: fast, after 20 s immediate, at last by force. False when nothing ran. Bounded by about 35 s."""
        pid_file = self.running()
        if pid_file is None:
            return False
        # A fast stop asked for during crash recovery may hang; recovery simply starts again next time.
        patience = FAST_STOP_SECONDS if pid_file.state == "ready" else 5.0
        steps = ((signal.SIGINT, patience), (signal.SIGQUIT, _IMMEDIATE_STOP_SECONDS), (signal.SIGKILL, 5.0))
        for sign, seconds in steps:
            _signal(pid_file.pid, sign)
            if _wait_until(lambda: not _is_postmaster(pid_file.pid, self.data), seconds):
                return True
        raise Refused("postgres_not_stopped", f"PostgreSQL process {pid_file.pid} does not end.", 503)

    def url(self, database: str = KEEPER, role: str = KEEPER) -> str:
        """libpq URL over the live server's socket; by default as the keeper. Raises ``Refused`` when it is down."""
        pid_file = self.running()
        if pid_file is None or not pid_file.socket_folder:
            raise Refused("postgres_not_started", f"PostgreSQL in {self.data} ended. See {self.base / 'log'}.", 503)
        return f"postgresql://{role}@/{quote(database, safe='')}?host={quote(pid_file.socket_folder, safe='/')}"

    def running(self) -> PidFile | None:
        """The live server over this data folder, or None (a left-over file of a dead one counts as None)."""
        pid_file = self._pid_file()
        if pid_file is None or not _is_postmaster(pid_file.pid, self.data):
            return None
        return pid_file

    def socket_folder(self) -> Path:
        """Where the socket goes: beside the data, or a short path under /tmp when that is too long."""
        beside = self.base / "run"
        if len(os.fsencode(beside / _SOCKET_NAME)) <= _SOCKET_LIMIT:
            return self.owner.folder(beside)
        mark = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:12]
        return self.owner.folder(Path(f"/tmp/amity-{self.owner.uid}-{mark}"))  # noqa: S108 - owner and mode are checked

    def _launch(self) -> str | None:
        """One attempt. None when ready, else what the server said."""
        config = self._write_settings()
        log = self.owner.folder(self.base / "log") / "start.log"
        log.unlink(missing_ok=True)
        began = time.time() - 1
        command = [self.binaries.path("pg_ctl"), "start", "-s", "-w", "-t", str(RECOVERY_SECONDS), "-D", str(self.data)]
        command += ["-l", str(log), "-o", f"-c config_file={shlex.quote(str(config))}"]
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=_environment(),
            umask=0o077,
            start_new_session=True,
            timeout=RECOVERY_SECONDS + 30,
            check=False,
            **self.owner.process_arguments(),
        )
        if result.returncode == 0:
            return None
        return self._last_words(began) or result.stderr.strip()

    def _last_words(self, since: float) -> str:
        """What the server complained about after ``since`` (seconds since 1970), from all of its logs."""
        lines: list[str] = []
        for log in sorted((self.base / "log").glob("*.log")):
            if log.stat().st_mtime >= since:
                lines += log.read_text("utf-8", "replace").splitlines()[-20:]
        telling = [line.partition("] ")[2] for line in lines if not re.search(_ROUTINE, line)]
        return " | ".join(telling[-4:])

    def _write_settings(self) -> Path:
        preload = "pg_stat_statements" if self._has_library("pg_stat_statements") else ""
        config = self.base / f"{self.name}.conf"
        _write(config, tuning.server_settings(self.base, self.socket_folder(), self.name, preload))
        _write(self.base / f"{self.name}.hba.conf", tuning.access_rules())
        _write(self.base / f"{self.name}.ident.conf", tuning.user_map(self.owner.name))
        return config

    def _has_library(self, name: str) -> bool:
        answer = self._run(["pg_config", "--pkglibdir"]) if self.binaries.has("pg_config") else ""
        return (Path(answer.strip()) / f"{name}.so").exists()

    def _clear_stale_lock(self) -> None:
        """Remove the locks (data folder, socket) of a server that is certainly gone.

        Postgres itself trusts any live process with the noted id, and after a reboot or in a new container that
        id often belongs to another program. Should backends of the dead server still live, Postgres sees its
        shared memory in use and refuses, whatever this file says.
        """
        for lock in (self.data / "postmaster.pid", self.socket_folder() / f"{_SOCKET_NAME}.lock"):
            pid = _first_number(lock)
            if pid is not None and not _is_postmaster(pid, self.base):
                lock.unlink(missing_ok=True)

    def _await_ready(self) -> str | None:
        """Wait for a server that another process started. None when ready, else why not."""

        def settled() -> bool:
            pid_file = self.running()
            return pid_file is None or pid_file.state in ("ready", "standby", "stopping")

        settled_in_time = _wait_until(settled, RECOVERY_SECONDS)
        pid_file = self.running()
        if pid_file is None or pid_file.state == "stopping":
            self.stop()  # told to stop by somebody, it may wait for its clients for ever
            return _WAS_STOPPING
        return None if settled_in_time else "it is still recovering"

    def _pid_file(self) -> PidFile | None:
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
            return PidFile(
                pid=abs(int(lines[0])),
                socket_folder=lines[4].strip() if len(lines) > 4 else "",
                state=lines[7].strip() if len(lines) > 7 else "",
            )
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _run(self, command: list[str]) -> str:
        program, *arguments = command
        result: subprocess.CompletedProcess[str] = subprocess.run(
            [self.binaries.path(program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            timeout=300,
            check=False,
            **self.owner.process_arguments(),
        )
        if result.returncode:
            raise Refused("postgres_program_failed", f"{program} failed: {result.stderr.strip()[-600:]}", 503)
        return result.stdout


def _environment() -> dict[str, str]:
    """A bare environment: PG* variables of the caller must not steer our server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _is_postmaster(pid: int, folder: Path) -> bool:
    """Whether ``pid`` is a live server over ``folder`` or one below it.

    A zombie is not (nobody may ever reap it in a container), nor is another program that now has this id.
    """
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    if b"-D" not in arguments[:-1]:
        return False
    data = Path(os.fsdecode(arguments[arguments.index(b"-D") + 1]))
    return folder in (data, data.parent)


def _first_number(path: Path) -> int | None:
    try:
        return abs(int(path.read_text("utf-8", "replace").split(maxsplit=1)[0]))
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _signal(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(_POLL_SECONDS)
    return condition()


def _write(path: Path, text: str) -> None:
    """Replace a file at once, readable by the server's user."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.replace(path)

"""Children are healed, stopped in order, and never outlive their supervisor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from amity.base.config import Config
from amity.base.errors import Refused
from amity.web import supervisor
from amity.web.knocking import Knock
from amity.web.supervisor import restart_delay

# A supervisor of small programs. Each notes its pid; deaf ones ignore SIGTERM, "parent" has a child of its own.
DRIVER = """
import sys
from amity.web.supervisor import Program, Supervisor

folder = sys.argv[1]
STAY = "import os,sys,time; open(sys.argv[1],'a').write(str(os.getpid())+chr(10)); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + STAY
PARENT = "import subprocess,sys; subprocess.Popen([sys.executable,'-c',sys.argv[2],sys.argv[1]+'.child']);" + STAY

def program(name, code, stop, *more):
    return Program(name, [sys.executable, "-c", code, folder + "/" + name, *more], stop)

kinds = {
    "web": program("web", STAY, 5),
    "worker": program("worker", STAY, 5),
    "deaf": program("deaf", DEAF, 0.5),
    "patient": program("patient", DEAF, 60),
    "parent": program("parent", PARENT, 5, STAY),
}
sys.exit(Supervisor([kinds[name] for name in sys.argv[2:]]).run())
"""


class Run:
    """A supervisor in a process of its own, with its log lines."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        command = [sys.executable, "-c", DRIVER, str(folder), *names]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.lines: list[dict[str, object]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(json.loads(line))

    def pids(self, name: str, count: int = 1) -> list[int]:
        """Process ids that a program noted, once there are ``count``."""
        path = self.folder / name
        wait(
            lambda: self.process.poll() is not None or (path.exists() and path.read_text().count("\n") >= count),
            f"{count} starts of {name}",
        )
        assert self.process.poll() is None, "the supervisor ended"
        return [int(line) for line in path.read_text().split()]

    def events(self, name: str) -> list[dict[str, object]]:
        return [line for line in self.lines if line["event"] == name]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def wait(condition: object, what: str, seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[type]:
    started: list[Run] = []

    def start(*names: str) -> Run:
        started.append(Run(tmp_path, *names))
        return started[-1]

    yield start  # type: ignore[misc]
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
        run.process.wait()
        assert run.process.stderr is not None


@pytest.mark.slow
def test_killed_child_is_started_again(runs: type) -> None:
    run = runs("web", "worker")
    [first] = run.pids("web")
    [worker] = run.pids("worker")
    os.kill(first, signal.SIGKILL)
    _, second = run.pids("web", 2)
    assert second != first
    assert alive(worker)
    assert run.end() == 0
    wait(lambda: run.events("up.stopped"), "the last line")
    died = run.events("process.died")
    assert [(line["program"], line["pid"], line["code"]) for line in died] == [("web", first, -9)]
    assert not alive(second)
    assert not alive(worker)


@pytest.mark.slow
def test_what_a_killed_child_leaves_behind_is_ended(runs: type) -> None:
    run = runs("parent")
    [parent] = run.pids("parent")
    [grandchild] = run.pids("parent.child")
    os.kill(parent, signal.SIGKILL)
    run.pids("parent", 2)
    wait(lambda: not alive(grandchild), "the end of the orphan")
    assert run.end() == 0


@pytest.mark.slow
def test_stop_goes_in_order_and_says_so(runs: type) -> None:
    run = runs("web", "worker")
    run.pids("web"), run.pids("worker")
    assert run.end() == 0
    wait(lambda: run.events("up.stopped"), "the last line")
    assert [line["program"] for line in run.events("process.stopped")] == ["web", "worker"]
    assert run.lines[-1]["clean"] is True


@pytest.mark.slow
def test_deaf_child_is_killed_after_its_time(runs: type) -> None:
    run = runs("deaf", "worker")
    [deaf] = run.pids("deaf")
    run.pids("worker")
    assert run.end() == 1
    wait(lambda: run.events("up.stopped"), "the last line")
    assert not alive(deaf)
    assert [(line["program"], line["clean"]) for line in run.events("process.stopped")] == [
        ("deaf", False),
        ("worker", True),
    ]


@pytest.mark.slow
def test_second_signal_does_not_wait(runs: type) -> None:
    run = runs("patient")
    [patient] = run.pids("patient")
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # two signals of one moment may arrive as one
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 1
    assert not alive(patient)


@pytest.mark.slow
def test_killed_supervisor_leaves_nobody(runs: type) -> None:
    run = runs("web", "worker")
    pids = [*run.pids("web"), *run.pids("worker")]
    run.process.kill()
    run.process.wait()
    wait(lambda: not any(alive(pid) for pid in pids), "the end of the children")


def test_delays_grow_to_half_a_minute() -> None:
    delays = [restart_delay(failures) for failures in range(1, 11)]
    assert delays == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert restart_delay(10_000) == 30


def test_taken_port_is_refused_before_anything_starts() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=f"127.0.0.1:{port}") as refusal:
            supervisor.check_port("127.0.0.1", port)
    assert refusal.value.code == "port_taken"
    supervisor.check_port("127.0.0.1", port)


def test_an_answer_is_noticed_without_waiting_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        knock = Knock("0.0.0.0", server.getsockname()[1], "/healthz")
        assert not knock.answered()
        first, _address = server.accept()
        assert first.recv(100) == b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"
        assert not knock.answered()
        first.close()  # ended without a word: asked anew
        assert not knock.answered() and not knock.answered()
        second, _address = server.accept()
        second.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        wait(knock.answered, "the answer")
        second.close()
    assert knock.answered()
    assert not Knock("127.0.0.1", 1, "/").answered()


def test_what_works_behind_the_pages_waits_for_them() -> None:
    behind = {each.name for each in supervisor.programs(Config(live_port=8002, intake_port=0)) if each.behind}
    assert behind == {"consumers", "segments", "worker"}


def test_web_stops_before_the_worker() -> None:
    programs = supervisor.programs(Config(intake_port=0, live_port=0))
    assert [program.name for program in programs] == ["web", "consumers", "segments", "worker"]

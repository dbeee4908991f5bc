"""`amity check kill [POINTS]`: kill -9 of worker, web server and Postgres during imports, at random points.

A supervisor's part (starting what has died again) is played here; nobody tells the import to go on. Exit code 1 when a
committed row is lost or an import does not end by itself.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from amity.engines import api as engines
from amity.web import scratch

_ROWS = 30_000
_BATCH = 1_000
_PORT = 8_797
_PATIENCE_S = 180
_TARGETS = ("worker", "web", "postgres")


def main(argv: Sequence[str]) -> int:
    """Run 20 rounds, or as many as asked for; prints the figures."""
    rounds = scratch.asked_number(argv, "kill", __doc__, "points", 20)
    lost = stuck = 0
    with scratch.installation(import_batch_rows=_BATCH, port=_PORT) as environment:
        house = _House(environment)
        try:
            for number in range(rounds):
                target = _TARGETS[number % len(_TARGETS)]
                missing, ended = _round(house, number, target)
                lost += missing
                stuck += not ended
        finally:
            house.end()
    print(f"{rounds} points: {lost} committed rows lost, {rounds - stuck} imports resumed by themselves")
    return 1 if lost or stuck else 0


@dataclass(slots=True)
class _House:
    """The processes of the installation, started again when they have died."""

    environment: Mapping[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def url(self) -> str:
        return engines.embedded_postgres(Path(self.environment["AMITY_HOME"])).ensure_running()

    def keep_up(self) -> None:
        """What a supervisor does: start Postgres and whichever process is not running."""
        self.url()
        for name in ("worker", "web"):
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                command = [sys.executable, "-m", "amity", name]
                self.processes[name] = subprocess.Popen(
                    command,
                    env=dict(self.environment),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )

    def kill(self, target: str) -> None:
        if target == "postgres":
            pid = engines.embedded_postgres(Path(self.environment["AMITY_HOME"])).status().pid
            if pid:
                os.kill(pid, signal.SIGKILL)
            return
        os.killpg(self.processes[target].pid, signal.SIGKILL)

    def end(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _round(house: _House, number: int, target: str) -> tuple[int, bool]:
    """One import, one kill: how many committed rows were missing afterwards, and whether it ended by itself."""
    chance = random.Random()  # noqa: S311 - a test point, not a secret
    import_id = _started(house, number)
    point = chance.randrange(_BATCH, _ROWS - _BATCH)
    house.keep_up()
    _wait(house, import_id, point)
    time.sleep(chance.uniform(0, 0.15))
    house.kill(target)
    house.keep_up()
    committed, present = _progress(house, import_id)
    ended = _wait(house, import_id, _ROWS, state="done")
    rows, people = _progress(house, import_id)
    missing = max(0, committed - present) + (_ROWS - people if ended else 0)
    print(
        f"{number + 1:>3}. kill -9 {target:9} at {committed:>6,} committed rows: {present:>6,} present, "
        f"then {people:,} of {_ROWS:,} people{'' if ended else ', NOT ENDED'}",
        flush=True,
    )
    return missing, ended and rows == _ROWS


def _started(house: _House, number: int) -> str:
    """Propose an import of a file and start it as a job, as the page does."""
    file = Path(house.environment["AMITY_HOME"]) / f"people{number}.csv"
    lines = [f"{row},Anna,Nowak{row},anna{row}@firm{number}.example,Kraków" for row in range(_ROWS)]
    file.write_text("\n".join(["Contact ID,First name,Last name,Email,City", *lines]), "utf-8")
    code = (
        "import django; django.setup(); from pathlib import Path; from amity.people import api as people; "
        "from amity.web.cli_import import actor; "
        f"state = people.imports.start_import(actor(), [Path({str(file)!r})], system='kill{number}'); "
        "people.imports.run_job(actor(), state.id); print(state.id)"
    )
    house.url()
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(house.environment), stdout=subprocess.PIPE, check=True, timeout=120
    )
    return done.stdout.decode().split()[-1]


def _wait(house: _House, import_id: str, rows: int, state: str = "") -> bool:
    """Until the import has landed ``rows`` (and is in ``state``); False when that takes too long."""
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up:
        house.keep_up()
        found = _ask(house, "SELECT i.state, f.rows_done FROM people_import i JOIN people_importfile f ON "
            "f.run_id = i.id "
                            "WHERE i.id = %s", import_id)  # fmt: skip
        if found and int(found[1]) >= rows and state in ("", found[0]):
            return True
        if found and not state and found[0] in ("done", "failed"):
            return False
        time.sleep(0.02 if not state else 0.3)
    return False


def _progress(house: _House, import_id: str) -> tuple[int, int]:
    """Rows that the import says it landed, and people that are there because of it."""
    query = (
        "SELECT f.created, (SELECT count(*) FROM people_person p WHERE p.origin_id = f.run_id) "
        "FROM people_importfile f WHERE f.run_id = %s"
    )
    while (found := _ask(house, query, import_id)) is None:  # Postgres recovers
        time.sleep(0.1)
    return int(found[0]), int(found[1])


def _ask(house: _House, query: str, import_id: str) -> tuple[Any, ...] | None:
    try:
        with psycopg.connect(house.url(), connect_timeout=10) as connection:
            return connection.execute(query, [import_id]).fetchone()
    except psycopg.OperationalError:  # Postgres is just being killed or started
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`amity check kill-events [POINTS]`: kill -9 of intake, consumer and Postgres at random points under load.

Clients behave as SDKs do: what is not answered with 200 is sent again under the same message ids. Every acknowledged
event must be handled, none twice. Negative control: the same with ``synchronous_commit=off`` and Postgres killed, which
may lose what it has acknowledged. Throw-away installation, fsync on; about five seconds a point.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from amity.engines import api as engines
from amity.web import scratch
from amity.web.bench_intake import database_url, free_port, make_source

POINTS = 50
_CONTROL_POINTS = 10
_CLIENTS = 4
_BATCH = 25
_PAUSE_S = 0.02
_PATIENCE_S = 120.0
_KEY = "kill"
_TARGETS = ("intake", "consumer", "postgres")
_EFFECTS = "CREATE TABLE check_effects (message_id text NOT NULL)"


def main(argv: Sequence[str]) -> int:
    """Run the check, or (``--consume``) be its consumer; exit code 1 when an event is lost or an effect doubled."""
    if argv and argv[0] == "--consume":
        return _consume()
    points = scratch.asked_number(argv, "kill-events", __doc__, "points", POINTS)
    lost, doubled, _acknowledged = _run(points, _TARGETS, durable=True)
    control, _doubled, acknowledged = _run(min(points, _CONTROL_POINTS), ("postgres",), durable=False)
    print(f"target 0 acknowledged events lost, 0 effects doubled: {'missed' if lost or doubled else 'reached'}")
    if control:
        print(f"negative control, synchronous_commit=off: {control:,} of {acknowledged:,} acknowledged events lost")
    else:
        print("negative control, synchronous_commit=off: lost nothing on this machine, so it proves nothing here")
    return 1 if lost or doubled else 0


def _run(points: int, targets: Sequence[str], durable: bool) -> tuple[int, int, int]:
    """Acknowledged events lost, effects doubled, and how many events were acknowledged."""
    port = free_port()
    with scratch.installation(intake_port=port, intake_events_per_second=0) as environment:
        house = _House(environment, port)
        url = house.url()
        make_source(url, _KEY)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_EFFECTS)
            if not durable:
                connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = off")
        clients = [_Client(port, number) for number in range(_CLIENTS)]
        try:
            house.keep_up()
            for client in clients:
                client.start()
            for number in range(points):
                _point(house, clients, number, targets[number % len(targets)])
            return _verdict(house, clients)
        finally:
            for client in clients:
                client.stopped.set()
            house.end()


def _point(house: _House, clients: Sequence[_Client], number: int, target: str) -> None:
    """Wait until all runs again, then kill at a random moment."""
    acknowledged, handled = _acknowledged(clients), house.handled()
    _until(house, lambda: _acknowledged(clients) > acknowledged + _BATCH and house.handled() > handled)
    time.sleep(random.uniform(0, 0.4))  # noqa: S311 - a test point, not a secret
    house.kill(target)
    print(f"{number + 1:>3}. kill -9 {target:9} after {_acknowledged(clients):>8,} acknowledged events", flush=True)
    house.keep_up()


def _verdict(house: _House, clients: Sequence[_Client]) -> tuple[int, int, int]:
    for client in clients:
        client.stopped.set()
    for client in clients:
        while client.is_alive():
            house.keep_up()
            client.join(0.2)
    acknowledged = {id_ for client in clients for id_ in client.acknowledged}
    _until(house, house.drained)
    with psycopg.connect(house.url()) as connection:
        effects = [row[0] for row in connection.execute("SELECT message_id FROM check_effects")]
        (facts,) = connection.execute("SELECT count(*) FROM events_event").fetchone()  # type: ignore[misc]
        (received,) = connection.execute("SELECT count(*) FROM events_raw").fetchone()  # type: ignore[misc]
    lost, doubled = len(acknowledged - set(effects)), len(effects) - len(set(effects)) + abs(facts - len(effects))
    repeats = received - len(set(effects))
    print(f"{len(acknowledged):,} events acknowledged, {received:,} received ({repeats:,} of them again), "
          f"{len(effects):,} effects: {lost:,} lost, {doubled:,} doubled; "
          f"{sum(client.retries for client in clients):,} requests were sent again")  # fmt: skip
    return lost, doubled, len(acknowledged)


def _acknowledged(clients: Sequence[_Client]) -> int:
    return sum(len(client.acknowledged) for client in clients)


class _Client(threading.Thread):
    """Sends batch after batch; what is not acknowledged is sent again as it was."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(daemon=True)
        self.port, self.number = port, number
        self.acknowledged: list[str] = []
        self.retries = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        batch = 0
        while not self.stopped.is_set():
            ids = [f"{self.number}-{batch}-{event}" for event in range(_BATCH)]
            give_up = time.monotonic() + _PATIENCE_S
            while not self._sent(ids):
                self.retries += 1
                if time.monotonic() > give_up:
                    return
                time.sleep(0.1)
            self.acknowledged += ids
            batch += 1
            time.sleep(_PAUSE_S)

    def _sent(self, ids: Sequence[str]) -> bool:
        body = json.dumps({"batch": [
            {"type": "track", "event": "Seen", "userId": f"{self.number}-{at % 7}", "messageId": id_}
            for at, id_ in enumerate(ids)
        ]})  # fmt: skip
        key = base64.b64encode(f"{_KEY}:".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/v1/batch", body, {"Authorization": f"Basic {key}"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(slots=True)
class _House:
    """Postgres, intake and consumer, started again when they have died, as the supervisor does."""

    environment: Mapping[str, str]
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def url(self) -> str:
        return database_url(self.environment)

    def keep_up(self) -> None:
        self.url()
        commands = {"intake": ["-m", "amity", "intake"], "consumer": ["-m", "amity.web.check_kill_events", "--consume"]}
        for name, command in commands.items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                if process is not None:
                    _kill_group(process.pid)
                self.processes[name] = subprocess.Popen(
                    [sys.executable, *command], env=dict(self.environment), stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip

    def kill(self, target: str) -> None:
        if target == "postgres":
            pid = engines.embedded_postgres(Path(self.environment["AMITY_HOME"])).status().pid
            if pid:
                os.kill(pid, signal.SIGKILL)
            return
        _kill_group(self.processes[target].pid)
        self.processes[target].wait()

    def handled(self) -> int:
        """Rows that the consumer has committed; 0 while Postgres is away."""
        return self._asked("SELECT coalesce(max(handled), 0) FROM events_cursor WHERE name = 'check'") or 0

    def drained(self) -> bool:
        """Whether the consumer has handled all rows of the log."""
        return self._asked(
            "SELECT count(*) FROM events_raw r, events_cursor c "
            "WHERE c.name = 'check' AND (r.xid, r.id) > (c.xid, c.id)"
        ) == 0  # fmt: skip

    def end(self) -> None:
        for process in self.processes.values():
            _kill_group(process.pid)
            process.wait()

    def _asked(self, query: str) -> int | None:
        try:
            with psycopg.connect(self.url(), connect_timeout=10) as connection:
                row = connection.execute(query).fetchone()
                return None if row is None else int(row[0])
        except psycopg.OperationalError:  # just being killed or started
            return None


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _until(house: _House, true: Any) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while not true():
        if time.monotonic() > give_up:
            raise TimeoutError("The house does not come up again.")
        house.keep_up()
        time.sleep(0.05)


def _consume() -> int:
    import django

    django.setup()
    from amity.events import api as events

    def handle(facts: list[events.Fact], cursor: Any) -> None:
        new = events.unseen(cursor, facts)
        with cursor.copy("COPY check_effects (message_id) FROM STDIN") as sink:
            sink.write("".join(f"{fact.message_id}\n" for fact in new).encode())
        events.append_facts(cursor, [events.Landed(fact) for fact in new])

    stopped = threading.Event()
    events.register_consumer(events.Consumer("check", handle))
    events.run_consumers(["check"], stopped)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`amity check log [EVENTS]`: 16 concurrent writers, one consumer: nothing missed or twice, order per person kept.

Beside it, as negative control, a reader that remembers the last id: it passes over rows that commit after later ids.
Runs in a throw-away installation (embedded Postgres, fsync on); a million events take about two minutes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from amity.web import scratch
from amity.web.bench_intake import database_url

EVENTS = 1_000_000
WRITERS = 16
_PROCESSES = 4
_PERSONS = 50  # of each writer
_MOST_AT_ONCE = 400
_PATIENCE_S = 900
_SOURCE = UUID(int=7)
_EFFECTS = "CREATE TABLE check_effects (n bigserial, person int NOT NULL, number int NOT NULL)"
_VERDICT = """
SELECT count(*), count(DISTINCT (person, number)), count(*) FILTER (WHERE number <= before) FROM (
    SELECT person, number, lag(number) OVER (PARTITION BY person ORDER BY n) AS before FROM check_effects) e
"""


def main(argv: Sequence[str]) -> int:
    """Run the check, or (in a process of its own) one part of it; exit code 1 when anything is missed or doubled."""
    if argv and argv[0] in _PARTS:
        return _PARTS[argv[0]](argv[1:])
    events = scratch.asked_number(argv, "log", __doc__, "events", EVENTS)
    with scratch.installation() as environment:
        url = database_url(environment)
        with psycopg.connect(url) as connection:
            connection.execute(_EFFECTS)
        return _checked(environment, url, events)


def _checked(environment: Mapping[str, str], url: str, events: int) -> int:
    consumer = _start(environment, "--consume")
    naive = _Naive(url)
    naive.start()
    share = events // WRITERS
    began = time.perf_counter()
    writers = [_start(environment, "--write", str(process), str(share)) for process in range(_PROCESSES)]
    failed = [writer.wait(_PATIENCE_S) for writer in writers]
    written = time.perf_counter() - began
    expected = share * WRITERS
    try:
        handled = _settled(url, expected, consumer)
    finally:
        consumer.send_signal(signal.SIGTERM)
        consumer.wait(30)
    passed_over = expected - naive.end(expected)
    with psycopg.connect(url) as connection:
        rows, different, unordered = connection.execute(_VERDICT).fetchone()  # type: ignore[misc]
    missed, twice = expected - different, rows - different
    print(f"{WRITERS} writers: {expected:,} events in {written:.0f} s ({expected / written:,.0f}/s), "
          f"handled after {handled - began:.0f} s")  # fmt: skip
    print(f"(xid, id) cursor: {missed:,} missed, {twice:,} twice, {unordered:,} out of their person's order")
    print(f"negative control, last-id cursor: {passed_over:,} missed ({passed_over / expected:.1%})")
    print(f"target 0 missed, 0 twice, order kept: {'missed' if missed or twice or unordered else 'reached'}")
    return 1 if missed or twice or unordered or any(failed) or not passed_over else 0


class _Naive(threading.Thread):
    """Reads as one would without knowing better: what has an id above the last one."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.seen, self.last = url, 0, 0
        self.stopped = threading.Event()

    def run(self) -> None:
        query = "SELECT count(*), max(id) FROM (SELECT id FROM events_raw WHERE id > %s ORDER BY id LIMIT 5000) next"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE INDEX IF NOT EXISTS check_naive ON events_raw (id)")
            while True:
                ending = self.stopped.is_set()
                found = connection.execute(query, [self.last]).fetchone()
                assert found is not None
                if found[0]:
                    self.seen, self.last = self.seen + found[0], found[1]
                elif ending:
                    return
                else:
                    time.sleep(0.005)

    def end(self, expected: int) -> int:
        """How many it has seen once everything has been there for it to see."""
        self.stopped.set()
        self.join(_PATIENCE_S)
        return self.seen


def _settled(url: str, expected: int, consumer: subprocess.Popen[bytes]) -> float:
    """When the consumer had handled everything (or had nothing left to do)."""
    give_up = time.monotonic() + _PATIENCE_S
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < give_up:
            row = connection.execute("SELECT handled FROM events_cursor WHERE name = 'check'").fetchone()
            if row is not None and row[0] >= expected:
                break
            if consumer.poll() is not None:
                raise RuntimeError("The consumer has ended.")
            time.sleep(0.05)
    return time.perf_counter()


def _start(environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "amity.web.check_log", *arguments], env=dict(environment), stderr=subprocess.DEVNULL
    )


def _write(arguments: Sequence[str]) -> int:
    """Writers of one process, each on a connection of its own: batches of 1 to 400, one after the other's commit."""
    process, share = int(arguments[0]), int(arguments[1])
    _django()
    from amity.events import api as events

    streams = [events.stream() for _n in range(WRITERS // _PROCESSES)]
    threads = [
        threading.Thread(target=_write_all, args=(stream, process * len(streams) + at, share))
        for at, stream in enumerate(streams)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


def _write_all(stream: Any, writer: int, share: int) -> None:
    from amity.events import api as events

    chance = random.Random(writer)  # noqa: S311 - sizes of batches
    at = 0
    while at < share:
        size = min(chance.randint(1, _MOST_AT_ONCE), share - at)
        now = datetime.now(UTC)
        rows = []
        for number in range(at, at + size):
            person = writer * _PERSONS + number % _PERSONS
            body = b'{"event":"Seen","userId":"%d","properties":{"number":%d}}' % (person, number)
            lane = events.lane_of(str(person), "")
            rows.append(events.RawRow(_SOURCE, "track", f"{writer}-{number}", lane, now, body))
        stream.append(rows)
        at += size


def _consume(arguments: Sequence[str]) -> int:
    """The consumer: writes down what it gets, in the order in which it gets it."""
    _django()
    from amity.events import api as events

    def handle(facts: list[events.Fact], cursor: Any) -> None:
        with cursor.copy("COPY check_effects (person, number) FROM STDIN") as sink:
            sink.write("".join(f"{fact.user_id}\t{fact.properties['number']}\n" for fact in facts).encode())

    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_args: stopped.set())
    events.register_consumer(events.Consumer("check", handle))
    events.run_consumers(["check"], stopped)
    return 0


def _django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amity.web.settings")
    django.setup()


_PARTS: dict[str, Callable[[Sequence[str]], int]] = {"--write": _write, "--consume": _consume}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`amity check intake-fuzz [--cases 100000] [--seed 1]`: bad input cannot break the intake.

Seeded cases over keep-alive connections against a real intake in a throw-away installation: damaged JSON, bombs, deep
nesting, huge strings, bad UTF-8, NUL characters, absurd times, wrong types, wrong headers. Every answer must be one
that SDKs understand and no 5xx (but an announced 503); memory must stay bounded; afterwards good events still go in,
the reader of events must say yes or no to every row of the log, and jsonb must hold what it says yes to. About five
minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from amity.web import bench_intake, scratch
from amity.web.fuzz_cases import Case, cases

_ALLOWED = {200, 400, 401, 403, 404, 405, 413, 415, 429, 431, 503}
_MOST_GROWTH_MB = 200
_LINES = 8
_KEY = "bench"


@dataclass(slots=True)
class Outcome:
    """What one run showed."""

    statuses: Counter[int] = field(default_factory=Counter)
    silent: int = 0  # the connection was closed instead of an answer
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main(argv: Sequence[str]) -> int:
    """Run and print; exit code 1 when something broke."""
    if argv and argv[0] == "--parse":
        return _parse_all()
    parser = argparse.ArgumentParser(prog="amity check intake-fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(list(argv))
    port = bench_intake.free_port()
    with scratch.installation(intake_port=port, intake_events_per_second=0) as environment:
        url = bench_intake.database_url(environment)
        bench_intake.make_source(url, _KEY)
        with bench_intake.serving(environment, "intake", port) as child:
            warm = run(port, given.seed + 1, 500)
            before = memory(child.pid)
            outcome = run_many(port, given.seed, given.cases)
            after, peak = memory(child.pid), memory(child.pid, "VmHWM")
            alive = child.poll() is None and _good(port)
        parsed = scratch.python(environment, "amity.web.check_fuzz", "--parse") == 0
    print(
        f"{given.cases:,} cases (seed {given.seed}) in {outcome.seconds:.0f} s: answers "
        f"{dict(sorted(outcome.statuses.items()))}, {outcome.silent} connections closed"
    )
    print(f"memory of the intake: {before:.0f} MiB before, {after:.0f} MiB after, {peak:.0f} MiB at its peak")
    wrong = warm.wrong + outcome.wrong
    for line in wrong[:20]:
        print(f"WRONG {line}")
    ok = not wrong and alive and parsed and peak - before <= _MOST_GROWTH_MB
    print(
        f"server errors: {len(wrong)}; good events still taken: {alive}; every row of the log is read, or refused with "
        f"a reason: {parsed}: {'passed' if ok else 'FAILED'}"
    )
    return 0 if ok else 1


def run_many(port: int, seed: int, count: int) -> Outcome:
    """`run` on `_LINES` connections at once, each with a seed of its own."""
    started = time.monotonic()
    shares = [count // _LINES + (number < count % _LINES) for number in range(_LINES)]
    with ThreadPoolExecutor(_LINES) as pool:
        parts = list(pool.map(lambda number: run(port, seed * 1_000 + number, shares[number]), range(_LINES)))
    whole = Outcome(seconds=time.monotonic() - started)
    for part in parts:
        whole.statuses += part.statuses
        whole.silent += part.silent
        whole.wrong += part.wrong
    return whole


def run(port: int, seed: int, count: int, key: str = _KEY) -> Outcome:
    """Send ``count`` cases one after the other on connections that are renewed when the server closes them."""
    outcome, started = Outcome(), time.monotonic()
    line: socket.socket | None = None
    for number, case in enumerate(cases(seed, count, key)):
        line = line or socket.create_connection(("127.0.0.1", port), timeout=30)
        status, body, closing = exchange(line, case)
        if closing:
            line.close()
            line = None
        if status == 0:
            outcome.silent += 1
            continue
        outcome.statuses[status] += 1
        if problem := _problem(case, status, body):
            outcome.wrong.append(f"seed {seed} case {number} ({case.name}): {problem}")
    if line is not None:
        line.close()
    outcome.seconds = time.monotonic() - started
    return outcome


def _problem(case: Case, status: int, body: bytes) -> str:
    if status not in _ALLOWED:
        return f"answered {status} {body[:100]!r}"
    if case.wanted and status not in case.wanted:
        return f"answered {status} instead of {case.wanted}: {body[:100]!r}"
    if status in (400, 401, 403, 413, 415, 429, 503) and body.startswith(b"{"):
        told = json.loads(body)
        if not (told.get("code") and told.get("message")):
            return f"error without code and message: {body[:100]!r}"
    return ""


def exchange(line: socket.socket, case: Case) -> tuple[int, bytes, bool]:
    """(status, body, whether the connection is done for); status 0 when it was closed without an answer."""
    with contextlib.suppress(OSError):  # refused while still sending: the answer may be waiting all the same
        line.sendall(case.raw)
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            piece = line.recv(65536)
            if not piece:
                return 0, b"", True
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
        while len(body) < length and not case.raw.startswith(b"HEAD"):
            piece = line.recv(65536)
            if not piece:
                break
            body += piece
    except OSError:
        return 0, b"", True
    status = int(head[9:12])
    return status, body, b"connection: close" in head.lower() or case.ends_connection or status in (413, 431)


def memory(pid: int, line: str = "VmRSS") -> float:
    """MiB of a process and its children, resident (or at the peak: ``VmHWM``)."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    total = 0.0
    for one in (str(pid), *found):
        for text in Path(f"/proc/{one}/status").read_text().splitlines():
            if text.startswith(line + ":"):
                total += int(text.split()[1]) / 1024
    return total


def _good(port: int) -> bool:
    event = b'{"userId":"u","event":"Still here"}'
    head = f"POST /v1/t?writeKey={_KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(event)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        return exchange(line, Case("good", head + event))[0] == 200


def _parse_all() -> int:
    """Inside the installation: each row of the log as consumers read and keep it; anything but yes or no is a bug."""
    import django

    django.setup()
    from django.db import connection

    from amity.events import api as events

    refused: Counter[str] = Counter()
    taken: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, count(*) FROM events_quarantine GROUP BY 1 ORDER BY 2 DESC")
        print(f"in quarantine: {dict(cursor.fetchall())}")
        cursor.execute("SELECT source_id, kind, message_id, lane, received_at, body, sent_at, shared FROM events_raw")
        for row in cursor.fetchall():
            try:
                taken.append(_kept(events.parse(_raw(events, row))))
            except events.Bad as bad:
                refused[bad.code] += 1
        for at in range(0, len(taken), 1_000):
            cursor.execute("SELECT count(one::jsonb) FROM unnest(%s::text[]) AS one", [taken[at : at + 1_000]])
    print(f"read as the consumers do: {len(taken):,} events that jsonb holds; refused with a reason: {dict(refused)}")
    return 0


def _kept(fact: Any) -> str:
    """What of an event goes into text and jsonb columns."""
    whole = {name: getattr(fact, name) for name in fact.__struct_fields__}
    return msgspec.json.encode(whole).decode()


def _raw(events: Any, row: Any) -> Any:
    shared = None if row[7] is None else bytes(row[7])
    return events.RawRow(*row[:5], bytes(row[5]), sent_at=row[6], shared=shared)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

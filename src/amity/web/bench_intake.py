"""`amity bench intake [--seconds 60]`: events per second that are durable when they are answered.

One run in a throw-away installation (embedded Postgres, fsync on), beside two ceilings of the same run: a bare ASGI
application under the same server, and raw binary COPY of the same rows. About 2.7 times ``--seconds`` in all.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from amity.base.ids import new_id
from amity.web import load, scratch

_KEY = "bench"
_SINGLE_TARGET, _BATCH_TARGET, _SHARE_TARGET, _P99_TARGET = 5_000, 40_000, 0.5, 0.250
_BATCH = 100
_AUTHORIZATION = base64.b64encode(f"{_KEY}:".encode()).decode()
_SINGLE_CONNECTIONS, _BATCH_CONNECTIONS = 128, 32


def main(argv: Sequence[str]) -> int:
    """Measure and print; exit code 1 when an acknowledged event is missing."""
    if argv and argv[0] in _STEPS:
        return _STEPS[argv[0]](json.loads(argv[1]))
    parser = argparse.ArgumentParser(prog="amity bench intake", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args(list(argv)).seconds
    port = free_port()
    with scratch.installation(intake_port=port, intake_events_per_second=0) as environment:
        url = database_url(environment)
        make_source(url, _KEY)
        print(f"{os.cpu_count()} cores, embedded Postgres, fsync on, events of {len(events(1)[0])} bytes")
        copied = max(_raw_copy(environment, url, seconds / 6, rows) for rows in (1_000, 50_000))
        echo = _echo(environment, seconds / 3)
        with serving(environment, "intake", port):
            single, single_kept = _measured(environment, url, port, seconds, 1)
            batch, batch_kept = _measured(environment, url, port, seconds, _BATCH)
    _verdict(single, batch, echo, copied)
    return 0 if single_kept and batch_kept else 1


def _verdict(single: dict[str, Any], batch: dict[str, Any], echo: float, copied: float) -> None:
    share = batch["events"] / copied
    reached = (
        single["events"] >= _SINGLE_TARGET and batch["events"] >= _BATCH_TARGET and share >= _SHARE_TARGET
        and max(single["p99"], batch["p99"]) <= _P99_TARGET
    )  # fmt: skip
    print(f"single events are {single['events'] / echo:.0%} of the bare echo, batches {share:.0%} of raw COPY")
    print(
        f"target {_SINGLE_TARGET:,}/s single, {_BATCH_TARGET:,}/s in batches and {_SHARE_TARGET:.0%} of raw COPY, "
        f"p99 {_P99_TARGET * 1000:.0f} ms: {'reached' if reached else 'missed'}"
    )


def _measured(
    environment: Mapping[str, str], url: str, port: int, seconds: float, batch: int
) -> tuple[dict[str, Any], bool]:
    _emptied(url)
    found = _loaded(environment, port, seconds, batch)
    with psycopg.connect(url) as connection:
        kept = connection.execute("SELECT count(*) FROM events_raw").fetchone()[0]  # type: ignore[index]
    taken = found["statuses"].get("200", 0) * batch
    what = "single events" if batch == 1 else f"batches of {batch}"
    print(
        f"{what}: {found['events']:,.0f} events/s durable, p50 {found['p50'] * 1000:.1f} ms, p99 "
        f"{found['p99'] * 1000:.1f} ms, worst {found['worst'] * 1000:.0f} ms; answers {found['statuses']}; "
        f"acknowledged {taken:,}, in the log {kept:,}"
    )
    return found, kept >= taken


def _loaded(environment: Mapping[str, str], port: int, seconds: float, batch: int) -> dict[str, Any]:
    return _step(environment, "--load", {"port": port, "seconds": seconds, "batch": batch})


def _step(environment: Mapping[str, str], step: str, order: dict[str, Any]) -> dict[str, Any]:
    """Run one part in a process of its own."""
    command = [sys.executable, "-m", "amity.web.bench_intake", step, json.dumps(order)]
    longest = order["seconds"] + 60
    done = subprocess.run(command, env=dict(environment), stdout=subprocess.PIPE, check=True, timeout=longest)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _generate(order: dict[str, Any]) -> int:
    """In the generator's process: run and print."""
    batch = order["batch"]
    if batch == 1:
        requests = [load.request("/v1/track", event, _AUTHORIZATION) for event in events(5_000)]
    else:
        made = events(100 * batch)
        groups = (made[at : at + batch] for at in range(0, len(made), batch))
        requests = [load.request("/v1/batch", batch_body(group), _AUTHORIZATION) for group in groups]
    connections = _SINGLE_CONNECTIONS if batch == 1 else _BATCH_CONNECTIONS
    found = load.run("127.0.0.1", order["port"], requests, connections, order["seconds"])
    print(
        json.dumps(
            {
                "events": found.per_second * batch, "p50": found.p50, "p99": found.p99, "worst": found.worst,
                "statuses": found.statuses,
            }
        )
    )  # fmt: skip
    return 0


def _raw_copy(environment: Mapping[str, str], url: str, seconds: float, rows: int) -> float:
    """Rows per second of plain binary COPY into the same table, one transaction per ``rows``."""
    _emptied(url)
    speed = _step(environment, "--copy", {"url": url, "seconds": seconds, "rows": rows})["speed"]
    print(f"ceiling, raw binary COPY, {rows:,} rows per transaction: {speed:,.0f} rows/s")
    return float(speed)


def _copy(order: dict[str, Any]) -> int:
    """In a process of its own: the same block of rows again and again."""
    import django

    django.setup()
    from amity.events import api as rooms_events

    bodies = [batch_body(events(_BATCH, seed)) for seed in range(order["rows"] // _BATCH)]
    statement, data = rooms_events.copy_of(new_id(), bodies)
    done, started = 0, time.perf_counter()
    with psycopg.connect(order["url"], autocommit=True) as connection:
        while time.perf_counter() - started < order["seconds"]:
            with connection.cursor() as cursor, cursor.copy(statement) as sink:
                sink.write(data)
            done += order["rows"]
    print(json.dumps({"speed": done / (time.perf_counter() - started)}))
    return 0


def _echo(environment: Mapping[str, str], seconds: float) -> float:
    """Requests per second of an application that only reads the body and answers."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port),
        "--no-ws", "--http", "1", "--log-level", "warning", "amity.web.bench_intake:echo",
    ]  # fmt: skip
    child = subprocess.Popen(command, env=dict(environment))
    try:
        wait_for(port)
        found = _loaded(environment, port, seconds, 1)
    finally:
        child.terminate()
        child.wait(10)
    print(
        f"ceiling, bare ASGI echo under the same server: {found['events']:,.0f} requests/s, "
        f"p99 {found['p99'] * 1000:.1f} ms"
    )
    return float(found["events"])


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """The bare application."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"17")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"success": true}'})


# --- shared with the other measures of the intake ---------------------------------------------------


def events(count: int, seed: int = 1) -> list[bytes]:
    """Track calls of a shop as a browser SDK sends them, each with its own ids."""
    chance = random.Random(seed)  # noqa: S311 - sample data
    made = []
    for number in range(count):
        person = chance.randrange(100_000)
        event = {
            "type": "track", "event": chance.choice(("Product Viewed", "Product Added", "Order Completed")),
            "messageId": f"ajs-next-{seed}-{number}-{chance.getrandbits(64):016x}", "userId": f"user-{person}",
            "anonymousId": f"{chance.getrandbits(128):032x}", "timestamp": "2026-03-01T10:00:00.000Z",
            "properties": {"revenue": chance.randrange(10_000) / 100, "currency": "EUR", "category": "Shoes",
                           "sku": f"sku-{chance.randrange(1000)}"},
            "context": {
                "page": {"url": "https://shop.example.com/checkout", "path": "/checkout", "title": "Checkout"},
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "locale": "en-US",
                "library": {"name": "analytics.js", "version": "next-1.84.3"},
            },
            "integrations": {},
        }  # fmt: skip
        made.append(json.dumps(event, separators=(",", ":")).encode())
    return made


def batch_body(group: Sequence[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(group) + b'],"sentAt":"2026-03-01T10:00:01.000Z"}'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url(environment: Mapping[str, str]) -> str:
    """Of the embedded Postgres of that installation."""
    from amity.engines import api as engines

    return (
        environment.get("AMITY_DATABASE_URL")
        or engines.embedded_postgres(Path(environment["AMITY_HOME"])).ensure_running()
    )


def make_source(url: str, key: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO events_source (id, name, kind, write_key, previous_key, events_per_second, max_event_bytes, "
            "max_batch_bytes, enabled, created_at) VALUES (%s, %s, 'server', %s, '', 0, 0, 0, true, now())",
            [new_id(), key, key],
        )


@contextmanager
def serving(environment: Mapping[str, str], program: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`amity intake` (or web) of that installation, ready to answer."""
    child = subprocess.Popen([sys.executable, "-m", "amity", program], env=dict(environment))
    try:
        wait_for(port, seconds=120.0)
        yield child
    finally:
        child.terminate()
        child.wait(20)


def wait_for(port: int, path: str = "/healthz", seconds: float = 30.0) -> None:
    """Until ``path`` answers 200. Raises ``TimeoutError``."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as made:
                made.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if made.recv(65536)[9:12] == b"200":
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


def _emptied(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE events_raw")


_STEPS = {"--load": _generate, "--copy": _copy}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

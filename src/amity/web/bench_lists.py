"""`amity bench lists`: how long list and record pages take on a million people, in the server, templates included.

Fills a database of its own (`amity_bench`, about 8 GB at full size) beside the real one and keeps it for the next run.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from amity.web import bench_pages, bulk_load

TARGET_MS = 150.0
_ROLES = {"all rows": "scale0@copperleaf.example", "own rows": "scale9@copperleaf.example"}


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds in the server and number of queries of one kind of page.

    ``busy`` is the 95th percentile of processor time (ours and that of our database connection, where it runs on
    this machine): what the page would take on a machine with nothing else to do. 0 where it cannot be known.
    """

    label: str
    reader: str
    p50: float
    p95: float
    worst: float
    busy: float
    queries: int

    @property
    def good(self) -> bool:
        return self.p95 <= TARGET_MS


def main(arguments: list[str]) -> int:
    """Fill the database where needed, measure, print. Exit code 1 when a page misses the target."""
    asked = _parser().parse_args(arguments)
    logging.disable(logging.WARNING)
    use_database(asked.database, asked.fresh)
    size = bulk_load.Size(people=asked.people, events=asked.people * 10, deals=asked.people // 5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM people_person)")
        filled = cursor.fetchone()[0]
    if not filled:
        seconds = bulk_load.load_scale(size, lambda line: print(f"  {line}", file=sys.stderr, flush=True))
        print(f"loaded {size.people:,} people and {size.events:,} events in {seconds:.0f} s", file=sys.stderr)
    figures = []
    for figure in measure(bench_pages.asks(), asked.rounds, asked.only):
        figures.append(figure)
        if not asked.json:
            print(_line(figure), flush=True)
    slow = [figure for figure in figures if not figure.good]
    if asked.json:
        print(json.dumps({"target_ms": TARGET_MS, "figures": [asdict(figure) for figure in figures]}))
    else:
        print(f"\n{len(figures) - len(slow)} of {len(figures)} within p95 <= {TARGET_MS:.0f} ms")
    return 1 if slow else 0


def measure(asks: Iterable[bench_pages.Ask], rounds: int, only: str = "") -> Iterable[Figure]:
    """Each kind of page for somebody who sees all rows and somebody who sees their own; raises where a page fails."""
    clients = {reader: _signed_in(email) for reader, email in _ROLES.items()}
    for ask in asks:
        if only in ask.label:
            for reader, client in list(clients.items())[: 1 if ask.of_all else None]:
                yield _measured(ask, reader, client, rounds)


def _measured(ask: bench_pages.Ask, reader: str, client: Client, rounds: int) -> Figure:
    queries = 0
    for url in ask.urls:
        with CaptureQueriesContext(connection) as captured:
            _get(client, url)
        queries = max(queries, len(captured))
    waited, busy = [], []
    for _ in range(max(2, -(-rounds // len(ask.urls)))):
        for url in ask.urls:
            begin, worked = time.perf_counter(), _processor_seconds()
            _get(client, url)
            waited.append((time.perf_counter() - begin) * 1000)
            busy.append((_processor_seconds() - worked) * 1000)
    return Figure(ask.label, reader, statistics.median(waited), _p95(waited), max(waited), _p95(busy), queries)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _processor_seconds() -> float:
    """Time on a processor so far: this process and its database connection (Linux, same machine)."""
    pid = connection.connection.info.backend_pid
    try:
        served = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
    return time.process_time() + served


def _get(client: Client, url: str) -> None:
    response: Any = client.get(url)
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code}")


def _signed_in(email: str) -> Client:
    """A browser of that staff member, after the second factor's grace began."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(get_user_model()._default_manager.get(email=email), "django.contrib.auth.backends.ModelBackend")
    return client


def use_database(name: str, fresh: bool) -> None:
    """Point this process to database ``name``, made and migrated where missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        exists = cursor.fetchone() is not None
        if exists and fresh:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            exists = False
        if not exists:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    connections.close_all()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0, interactive=False)


def _line(figure: Figure) -> str:
    mark = "" if figure.good else "  SLOW"
    spread = f"p50 {figure.p50:7.1f}  p95 {figure.p95:7.1f}  max {figure.worst:7.1f}  busy {figure.busy:6.1f} ms"
    return f"{figure.label:<44} {figure.reader:<9} {spread}  {figure.queries:3d} queries{mark}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amity bench lists", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="how many people to load; ten events for each")
    parser.add_argument("--rounds", type=int, default=20, help="requests for one figure")
    parser.add_argument("--only", default="", help="only pages whose label has this in it")
    parser.add_argument("--database", default="amity_bench", help="database to fill and measure")
    parser.add_argument("--fresh", action="store_true", help="drop that database first")
    parser.add_argument("--json", action="store_true")
    return parser

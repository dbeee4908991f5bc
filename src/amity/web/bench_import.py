"""`amity bench import [ROWS]`: time and memory of a big people file, and the same again with the importer killed.

Runs in throw-away installations with the embedded Postgres (fsync on). Exit code 1 when the killed import ends
differently.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from amity.web import scratch

_TARGET_S, _TARGET_MB = 60, 1024
_STEPS = {"--run": "run", "--go-on": "go_on"}
_CONTENT = """
SELECT md5(coalesce(string_agg(md5(ROW(p.key, p.display_name, p.given_name, p.family_name, p.email, p.phone, c.name,
  p.city, p.country, p.lead_status, p.lead_created_at, p.source, p.traits, p.search)::text), '' ORDER BY p.key), ''))
FROM people_person p LEFT JOIN people_company c ON c.id = p.company_id
"""
_MARKS = """
SELECT md5(coalesce(string_agg(md5(ROW(p.key, i.kind, i.value)::text), '' ORDER BY p.key, i.kind, i.value), ''))
FROM people_identifier i JOIN people_person p ON p.id = i.person_id
"""


def main(argv: Sequence[str]) -> int:
    """Measure ``argv[0]`` rows (default a million); prints the figures."""
    if argv and argv[0] in _STEPS:
        return _inside(argv[0], argv[1])
    rows = int(argv[0]) if argv else 1_000_000
    with scratch.installation() as environment:
        file = _generated(environment, rows)
        whole = _measured(environment, file, rows)
    with scratch.installation() as environment:
        killed = _killed(environment, _generated(environment, rows), rows)
    same = whole["digest"] == killed["digest"]
    print(f"killed at row {killed['killed_at']:,}, gone on with: {'the same content' if same else 'DIFFERENT CONTENT'}")
    fast = whole["seconds"] <= _TARGET_S and whole["peak_mb"] <= _TARGET_MB
    print(f"target {_TARGET_S} s and {_TARGET_MB} MiB for a million rows: {'reached' if fast else 'missed'}")
    return 0 if same else 1


def _generated(environment: Mapping[str, str], rows: int) -> Path:
    from amity.web.bulk import people_csv

    path = Path(environment["AMITY_HOME"]) / "people.csv"
    people_csv(path, rows, seed=1)
    return path


def _measured(environment: Mapping[str, str], file: Path, rows: int) -> dict[str, Any]:
    found = _child(environment, "--run", file)
    print(
        f"{rows:,} rows: read and recognised in {found['proposed_s']:.1f} s, landed in {found['landed_s']:.1f} "
        f"s, together "
        f"{found['seconds']:.1f} s = {rows / found['seconds']:,.0f} rows/s"
    )
    print(
        f"memory of the importing process at its peak: {found['peak_mb']:.0f} MiB; created "
        f"{found['created']:,}, {found['notes']}"
    )
    return found


def _killed(environment: Mapping[str, str], file: Path, rows: int) -> dict[str, Any]:
    """Kill -9 the importer at a random row, then go on with what died."""
    chance = random.Random()  # noqa: S311 - a test point, not a secret
    command = [sys.executable, "-m", "amity.web.bench_import", "--run", str(file)]
    child = subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL)
    point = chance.uniform(0.1, 0.9) * rows
    while child.poll() is None and _rows_done(environment) < point:
        time.sleep(0.05)
    time.sleep(chance.uniform(0, 1))
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    at = _rows_done(environment)
    return {**_child(environment, "--go-on", file), "killed_at": at}


def _rows_done(environment: Mapping[str, str]) -> int:
    import psycopg

    from amity.engines import api as engines

    url = engines.embedded_postgres(Path(environment["AMITY_HOME"])).ensure_running()
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT coalesce(sum(rows_done), 0) FROM people_importfile").fetchone()
    return int(row[0]) if row else 0


def _child(environment: Mapping[str, str], step: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "amity.web.bench_import", step, str(file)]
    done = subprocess.run(command, env=dict(environment), stdout=subprocess.PIPE, check=True, timeout=3600)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _inside(step: str, file: str) -> int:
    """In the importing process: import (or go on), then print one JSON line."""
    import django

    django.setup()
    from amity.people import api as people
    from amity.web.cli_import import actor

    began = time.perf_counter()
    if step == "--run":
        state = people.imports.start_import(actor(), [Path(file)])
    else:
        state = people.imports.listing(actor(), 1)[0]
    proposed = time.perf_counter()
    state = people.imports.run_now(actor(), state.id, _silent)
    ended = time.perf_counter()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    (landed,) = state.files
    print(json.dumps({
        "state": state.state, "proposed_s": proposed - began, "landed_s": ended - proposed, "seconds": ended - began,
        "peak_mb": peak / 1024, "created": landed.created, "notes": dict(landed.notes), "digest": _digest(),
    }))  # fmt: skip
    return 0


def _silent(done: int, total: int | None = None, stage: str = "") -> None:
    """Figures only."""


def _digest() -> list[str]:
    """What is in the base, without ids and times of its own."""
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for query in (_CONTENT, _MARKS):
            cursor.execute(query)
            found.append(str(cursor.fetchone()[0]))
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename IN ('people_person', 'people_identifier')")
        found.append(str(cursor.fetchone()[0]))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

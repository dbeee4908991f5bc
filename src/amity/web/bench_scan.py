"""`amity bench scan [ROWS]`: find the duplicates among generated people, Splink alone beside it; then one by one.

A million people in four languages, 18 % of them worse copies of others. Targets: 3 minutes and 4 GiB on two cores,
precision 0.998, recall 0.95; one new person against the base in 50 ms (95th percentile). About ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from amity.people import api as people

_SECONDS, _MIB, _PRECISION, _RECALL, _SINGLE_MS = 180, 4096, 0.998, 0.95, 50
_LIMIT_S = 1_200


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="amity bench scan")
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-splink", action="store_true")
    parser.add_argument("--step", choices=("ours", "splink"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(list(argv))
    if options.step:
        import django

        django.setup()
        print(json.dumps(people.matching.measured(options.file, "person", options.step)))
        return 0
    with tempfile.TemporaryDirectory(prefix="amity-scan-") as folder:
        file = Path(folder) / "people.parquet"
        generated(options.rows).write_parquet(file)
        ours = _measured("ours", file)
        baselines = {} if options.no_splink else {"splink_default": _measured("splink", file)}
    result = {"records": options.rows, **ours, "baselines": baselines}
    print(json.dumps(result) if options.json else _in_words(result))
    return 0


def generated(rows: int, seed: int = 1) -> pl.DataFrame:
    """The people: first, last, email, phone, city, born, and ``person`` who they are."""
    from amity.web import bulk

    chance = np.random.default_rng(seed)
    return people.matching.with_duplicates(bulk.numbered(chance, bulk.name_pool(), 0, rows), seed=seed)


def _measured(step: str, file: Path) -> dict[str, Any]:
    """Run one step in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "amity.web.bench_scan", "--step", step, "--file", str(file)]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, check=True, timeout=_LIMIT_S, env={**os.environ, "POLARS_MAX_THREADS": "2"}
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not done after {_LIMIT_S} s"}
    except subprocess.CalledProcessError as error:
        return {"error": f"ended with code {error.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _in_words(result: dict[str, Any]) -> str:
    lines = [f"{result['records']:,} people, 18 % of them worse copies"]
    for who, one in (("amity", result), *result["baselines"].items()):
        if "error" in one:
            lines.append(f"{who:15} {one['error']}")
            continue
        lines.append(
            f"{who:15} {one['seconds']:7.1f} s, {one['peak_mib']:6,d} MiB, precision {one['precision']:.4f}, "
            f"recall {one['recall']:.4f}, F1 {one['f1']:.4f}, B³ {one['b3_f1']:.4f}, largest {one['largest_cluster']}"
        )
    good = result["seconds"] <= _SECONDS and result["peak_mib"] <= _MIB
    good = good and result["precision"] >= _PRECISION and result["recall"] >= _RECALL
    lines.append(f"target {_SECONDS} s, {_MIB} MiB, {_PRECISION}, {_RECALL}: {'reached' if good else 'missed'}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

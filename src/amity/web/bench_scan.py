"""`amity bench scan [ROWS]`: find the duplicates among generated people, Splink alone beside it; then one by one.

A million people in four languages, 18 % of them worse copies of others, a fifth living with somebody of their family.
They are loaded into a database of its own (`amity_bench_scan`, about 3 GB, dropped at the end); the time of a scan
includes reading them and writing the pairs, that of Splink only its own work on the same table in memory. Targets:
3 minutes and 4 GiB on two cores, precision 0.998 and recall 0.95 of the pairs that are called certain; one record
against the base in 50 ms (95th percentile).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

_SECONDS, _MIB, _PRECISION, _RECALL, _SINGLE_MS = 180, 4096, 0.998, 0.95, 50
_LIMIT_S = 2_400
_DATABASE = "amity_bench_scan"
_SINGLES = 300
_COPY = (
    "COPY people_person (id, given_name, family_name, display_name, email, phone, city, traits, origins, key, search, "
    "middle_name, job_title, country, language, source, lead_status, observed_at, created_at, updated_at) "
    "FROM STDIN (FORMAT csv, NULL '\\N')"
)


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
        print(json.dumps(_STEPS[options.step](options.file)))
        return 0
    with tempfile.TemporaryDirectory(prefix="amity-scan-") as folder:
        file = Path(folder) / "people.parquet"
        generated(options.rows).write_parquet(file)
        ours = _measured("ours", file)
        baselines = {} if options.no_splink else {"splink_default": _measured("splink", file)}
    result = {"records": options.rows, **ours, "baselines": baselines}
    print(json.dumps(result) if options.json else _in_words(result))
    return 0 if _good(result) else 1


def generated(rows: int, seed: int = 1) -> pl.DataFrame:
    """The people: first, last, email, phone, city, street, postcode, born, and ``person`` who they are."""
    from amity.people import api as people
    from amity.web import bulk

    chance = np.random.default_rng(seed)
    return people.matching.with_duplicates(bulk.numbered(chance, bulk.name_pool(), 0, rows), seed=seed)


def ours(file: Path) -> dict[str, Any]:
    """Load, file the keys, scan, then single records; figures of each."""
    from amity.people import api as people
    from amity.web.bench_lists import use_database

    table = pl.read_parquet(file)
    use_database(_DATABASE, True)
    try:
        began = time.perf_counter()
        ids = _loaded(table)
        loaded = time.perf_counter()
        people.duplicates.file_all()
        filed = time.perf_counter()
        found = people.duplicates.scan_person_base()
        seconds = time.perf_counter() - filed
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        figures = _figures(table, ids, found)
        single = _singles(table, ids)
    finally:
        _drop()
    return {
        **figures, "seconds": round(seconds, 1), "peak_mib": peak, "single_p50_ms": round(statistics.median(single), 1),
        "single_p95_ms": round(statistics.quantiles(single, n=20)[-1], 1), "load_seconds": round(loaded - began, 1),
        "keys_seconds": round(filed - loaded, 1),
    }  # fmt: skip


def splink(file: Path) -> dict[str, Any]:
    """Splink's documented defaults on the same table."""
    from amity.people import api as people

    return people.matching.measured(file, "person", "splink")


def _loaded(table: pl.DataFrame) -> list[str]:
    from django.db import connection

    now = "2026-01-01T00:00:00Z"
    traits = pl.struct(birth_date="born", address="street", postcode="postcode").struct.json_encode()
    rows = table.with_row_index("n").select(
        id=pl.format("00000000-0000-7000-8000-{}", pl.col("n").cast(pl.String).str.pad_start(12, "0")),
        first=pl.col("first").fill_null(""),
        last=pl.col("last").fill_null(""),
        shown=pl.format("{} {}", pl.col("first").fill_null(""), pl.col("last").fill_null("")),
        email=pl.col("email").fill_null(""),
        phone=pl.col("phone").fill_null(""),
        city=pl.col("city").fill_null(""),
        traits=traits,
        origins=pl.lit("{}"),
        key=pl.lit("\\N"),
        **{f"e{at}": pl.lit("") for at in range(6)},
        lead=pl.lit("none"),
        a=pl.lit(now),
        b=pl.lit(now),
        c=pl.lit(now),
    )
    with connection.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            for part in rows.iter_slices(100_000):
                copy.write(part.write_csv(include_header=False, quote_style="necessary"))
        cursor.execute("ANALYZE people_person")
    return rows["id"].to_list()


def _figures(table: pl.DataFrame, ids: list[str], found: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Precision and recall of the pairs called certain, and of those together with the ones left to reviewers."""
    place = {pk: at for at, pk in enumerate(ids)}
    who = table["person"].to_numpy()
    sizes = np.bincount(who)
    true = int((sizes * (sizes - 1) // 2).sum())
    result: dict[str, Any] = {"true_pairs": true}
    for name, bands in (("", ("certain",)), ("reviewed_", ("certain", "review"))):
        right = [who[place[left]] == who[place[right]] for left, right, band in found if band in bands]
        good = int(sum(right))
        precision, recall = good / max(len(right), 1), good / max(true, 1)
        result |= {f"{name}precision": round(precision, 5), f"{name}recall": round(recall, 5)}
        result[f"{name}f1"] = round(2 * precision * recall / max(precision + recall, 1e-9), 5)
        result[f"{name}pairs_found"] = len(right)
    return result


def _singles(table: pl.DataFrame, ids: list[str]) -> list[float]:
    """Milliseconds of single records, each as somebody would type it again."""
    from amity.people import api as people

    rows = table.sample(_SINGLES + 10, seed=3)
    taken = []
    for row in rows.iter_rows(named=True):
        record = {
            "name": f"{row['first']} {row['last']}", "email": row["email"] or "", "phone": row["phone"] or "",
            "city": row["city"] or "", "birth_date": row["born"] or "", "street": row["street"] or "",
        }  # fmt: skip
        began = time.perf_counter()
        people.duplicates.like(record)
        taken.append((time.perf_counter() - began) * 1000)
    return taken[10:]


def _drop() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("people_pair", "people_matchkey", "people_matchdue"):
            cursor.execute(f"TRUNCATE {table}")
        cursor.execute("TRUNCATE people_person CASCADE")


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


def _good(result: dict[str, Any]) -> bool:
    if "error" in result:
        return False
    quick = result["seconds"] <= _SECONDS and result["peak_mib"] <= _MIB and result["single_p95_ms"] <= _SINGLE_MS
    return bool(quick and result["precision"] >= _PRECISION and result["recall"] >= _RECALL)


def _in_words(result: dict[str, Any]) -> str:
    lines = [f"{result['records']:,} people, 18 % of them worse copies, a fifth living with their family"]
    for who, one in (("amity", result), *result["baselines"].items()):
        if "error" in one:
            lines.append(f"{who:15} {one['error']}")
            continue
        lines.append(
            f"{who:15} {one['seconds']:7.1f} s, {one['peak_mib']:6,d} MiB, precision {one['precision']:.4f}, "
            f"recall {one['recall']:.4f}, F1 {one['f1']:.4f}"
        )
    if "error" not in result:
        lines += [
            f"with the pairs left to reviewers: precision {result['reviewed_precision']:.4f}, recall "
            f"{result['reviewed_recall']:.4f}, {result['reviewed_pairs_found'] - result['pairs_found']:,} to review",
            f"one record against the base: {result['single_p50_ms']} ms, 95th percentile {result['single_p95_ms']} ms",
            f"loading {result['load_seconds']} s, filing keys {result['keys_seconds']} s",
        ]
    goal = f"target {_SECONDS} s, {_MIB} MiB, {_PRECISION}, {_RECALL}, {_SINGLE_MS} ms"
    return "\n".join([*lines, f"{goal}: {'reached' if _good(result) else 'missed'}"])


_STEPS = {"ours": ours, "splink": splink}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`amity quality bench` (any labelled table) and `amity bench dedupe` (the known public sets), beside Splink."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from amity.base.errors import Refused
from amity.base.tables import read_table
from amity.people.matching import splink_baseline, truth
from amity.people.matching.columns import Ints
from amity.people.matching.engine import match
from amity.people.matching.splink_baseline import Tuned
from amity.people.matching.tables import without_ids

_SHOWN = ("precision", "recall", "f1", "b3_f1", "blocking_recall", "largest_cluster", "seconds")
_BASELINE_LIMIT = 200_000  # records


def bench_files(
    left: Path, right: Path | None, pairs: Path | None, truth_column: str | None, baselines: bool = True
) -> dict[str, Any]:
    """Figures of one labelled table (``truth_column``, or ``pairs`` of its ids) or of two with ``pairs``."""
    table = read_table(left, typed=False)
    other = read_table(right, typed=False) if right else None
    if pairs is not None:
        known = truth.by_pairs(table, other, read_table(pairs, typed=False))
    elif truth_column and other is None:
        known = truth.by_column(table, truth_column)
    else:
        raise Refused("no_truth", "Name --truth COLUMN for one table, or --pairs FILE.")
    return bench_tables(table, other, known, None, baselines)


def bench_tables(
    left: pl.DataFrame, right: pl.DataFrame | None, known: truth.Truth, tuned: Tuned | None, baselines: bool = True
) -> dict[str, Any]:
    """Figures of our matcher, and of Splink beside it."""
    began = time.perf_counter()
    found = match(left, right, known.ids)
    seconds = time.perf_counter() - began
    result: dict[str, Any] = truth.figures(known, found.same, found.pairs)
    result |= {"seconds": round(seconds, 2), "peak_mib": round(peak_mib(), 1), "records": known.total}
    result |= {"true_pairs": len(known.pairs), "columns": {one.name: one.kind for one in found.records.columns}}
    result["baselines"] = _baselines(left, right, known, tuned) if baselines else {}
    return result


def measured(file: Path, column: str, step: str) -> dict[str, Any]:
    """Figures of one matcher (``ours``, ``splink``) on a table whose truth is in ``column``."""
    table = read_table(file, typed=False)
    known = truth.by_column(table, column)
    began = time.perf_counter()
    if step == "splink":
        result: dict[str, Any] = truth.figures(known, splink_baseline.default(without_ids(table, known.ids), None))
    else:
        found = match(table, None, known.ids)
        result = truth.figures(known, found.same, found.pairs)
    return {**result, "seconds": round(time.perf_counter() - began, 1), "peak_mib": round(peak_mib())}


def peak_mib() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _baselines(
    left: pl.DataFrame, right: pl.DataFrame | None, known: truth.Truth, tuned: Tuned | None
) -> dict[str, Any]:
    if not splink_baseline.available():
        return {"note": "Splink is not installed: pip install 'amity[splink]'"}
    if known.total > _BASELINE_LIMIT:
        return {"note": f"left out above {_BASELINE_LIMIT:,} records"}
    if right is None:
        left = without_ids(left, known.ids)
    else:
        left, right = (table.drop(known.ids & set(table.columns)) for table in (left, right))
    plans: dict[str, Callable[[], Ints]] = {"splink_default": lambda: splink_baseline.default(left, right)}
    if tuned is not None:
        plan = tuned
        plans["splink_tuned"] = lambda: splink_baseline.run(left, right, plan)
    return {name: _timed(run, known) for name, run in plans.items()}


def _timed(run: Callable[[], Ints], known: truth.Truth) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        same = run()
    except Exception as error:  # a baseline that cannot cope with a table is a result, not a bug of ours
        return {"error": f"{type(error).__name__}: {error}"[:300], "seconds": round(time.perf_counter() - began, 2)}
    return {**truth.figures(known, same), "seconds": round(time.perf_counter() - began, 2)}


def in_words(name: str, result: Mapping[str, Any]) -> str:
    """One line per matcher."""
    rows = [("amity", result), *((key, value) for key, value in result["baselines"].items() if key != "note")]
    lines = [f"{name[:22]:22} {who:15} " + _line(figures) for who, figures in rows]
    return "\n".join([*lines, *([result["baselines"]["note"]] if "note" in result["baselines"] else [])])


def heading() -> str:
    return f"{'set':22} {'matcher':15} " + " ".join(f"{key.replace('_', ' ')[-9:]:>9}" for key in _SHOWN)


def _line(figures: Mapping[str, Any]) -> str:
    if "error" in figures:
        return str(figures["error"])
    cells = []
    for key in _SHOWN:
        value = figures.get(key)
        cells.append("        –" if value is None else f"{value:9.4f}" if isinstance(value, float) else f"{value:9d}")
    return " ".join(cells)


def main(argv: Sequence[str]) -> int:
    """`amity bench dedupe --data FOLDER [SET…]`: the labelled sets in one table."""
    from amity.people.matching.bench_sets import SETS

    parser = argparse.ArgumentParser(prog="amity bench dedupe")
    parser.add_argument("--data", type=Path, required=True, help="Folder with the E_* sets.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("sets", nargs="*", help="Only these.")
    options = parser.parse_args(list(argv))
    results = {}
    if not options.json:
        print(heading(), flush=True)
    for one in SETS:
        if options.sets and one.name not in options.sets:
            continue
        left, right, known = one.read(options.data)
        results[one.name] = bench_tables(left, right, known, one.tuned)
        if not options.json:
            print(in_words(one.name, results[one.name]), flush=True)
    behind = [name for name, result in results.items() if _behind(result)]
    unknown = [name for name, result in results.items() if "f1" not in result["baselines"].get("splink_tuned", {})]
    if options.json:
        print(json.dumps({"sets": results, "behind": behind, "without_tuned_baseline": unknown}))
    else:
        print(f"target: F1 at least the hand-tuned model's on each: {'reached' if not behind else 'missed on '}"
              + ", ".join(behind))  # fmt: skip
        if unknown:
            print(f"no figure of the hand-tuned model, so nothing is shown, on {', '.join(unknown)}")
    return 1 if behind or unknown else 0


def _behind(result: Mapping[str, Any]) -> bool:
    best = result["baselines"].get("splink_tuned", {}).get("f1", 0.0)
    return bool(round(result["f1"], 4) < round(best, 4))

"""The export on disk: CSV files (UTF-8, comma), activities as JSON lines."""

from __future__ import annotations

import csv
import json
from dataclasses import fields
from pathlib import Path

from amity.web.sample.plant import Planted
from amity.web.sample.tables import Export, Row


def files(folder: Path, export: Export) -> dict[str, int]:
    """Write every table into ``folder``; number of rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for table in fields(export):
        rows: list[Row] = getattr(export, table.name)
        name = f"{table.name}.jsonl" if table.name == "activities" else f"{table.name}.csv"
        (_json_lines if name.endswith(".jsonl") else _csv)(folder / name, rows)
        written[name] = len(rows)
    return written


def planted(path: Path, what: Planted) -> None:
    """Write the truth about the export, for checks; it does not belong into the imported folder."""
    truth = {
        "counts": what.counts, "rows": what.rows, "afterwards": what.afterwards, "ids": what.ids, "pairs": what.pairs,
        "meant": what.meant, "tricky": what.tricky,
    }  # fmt: skip
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _json_lines(path: Path, rows: list[Row]) -> None:
    """Empty values are left out."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) + "\n")

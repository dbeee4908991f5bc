"""Reading one table from a file for a bench: CSV, TSV, JSON lines or Parquet, plain or gzipped."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import polars as pl

from amity.base.errors import Refused

_INFER = 20_000
MAX_BYTES = 2 * 1024**3


def read_table(path: Path) -> pl.DataFrame:
    """The table in ``path``; raises ``Refused`` when there is none or its kind is unknown."""
    if not path.is_file():
        raise Refused("no_file", f"There is no file {path}.", 404)
    if path.stat().st_size > MAX_BYTES:
        raise Refused("too_large", f"{path.name} is larger than 2 GiB: give a sample of its rows.", 413)
    suffixes = [s.lower() for s in path.suffixes]
    kind = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else (suffixes or [""])[-1]
    if kind == ".parquet":
        return pl.read_parquet(path)
    data = gzip.decompress(path.read_bytes()) if suffixes[-1:] == [".gz"] else path.read_bytes()
    if kind in (".jsonl", ".ndjson"):
        return pl.read_ndjson(data, infer_schema_length=_INFER)
    if kind == ".json":
        return pl.read_json(data, infer_schema_length=_INFER) if data.lstrip()[:1] == b"[" else pl.read_ndjson(data)
    if kind in (".csv", ".tsv", ".txt"):
        return _read_csv(data)
    raise Refused(
        "unknown_format", f"{path.name}: give a CSV, TSV, JSON lines or Parquet file (or one of them as .gz)."
    )


def _read_csv(data: bytes) -> pl.DataFrame:
    options: dict[str, Any] = {"separator": _separator(data), "encoding": "utf8-lossy", "try_parse_dates": False}
    try:
        return pl.read_csv(data, infer_schema_length=_INFER, **options)
    except pl.exceptions.ComputeError:
        # Texts with a lone quotation mark, as tab-separated files often hold them.
        return pl.read_csv(data, infer_schema_length=None, quote_char=None, **options)


def _separator(data: bytes) -> str:
    first = data[:65_536].split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(",;\t|", key=first.count)

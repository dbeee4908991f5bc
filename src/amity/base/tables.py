"""One table from a file: CSV of any kind, JSON lines, a JSON array or Parquet, also gzipped; told by its content."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections import Counter
from pathlib import Path

import polars as pl

from amity.base import encodings
from amity.base.errors import Refused

MAX_BYTES = 2 * 1024**3
_HEAD = 256 * 1024
_INFER = 20_000
_LINES = 50  # of the head, that tell what parts the columns
_REGULAR = 0.5  # share of them with one number of columns, from which on narrower first lines are a title


def read_table(path: Path, *, typed: bool = True) -> pl.DataFrame:
    """The table in ``path``; ``typed``: numbers as numbers, else every value as text. Held in memory.

    Raises ``Refused``: ``no_file``, ``too_large``, ``broken_file``, ``bad_json``, ``unknown_format``.
    """
    data = _bytes(path)
    if data[:4] == b"PAR1":
        table = pl.read_parquet(io.BytesIO(data))
        return table if typed else _as_text(table)
    text = _utf8(data, path.name)
    if text.lstrip()[:1] in (b"{", b"["):
        return _of_json(text, path.name, typed)
    return _of_csv(text, path.name, typed)


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise Refused("no_file", f"There is no file {path}.", 404)
    if path.stat().st_size > MAX_BYTES:
        raise Refused("too_large", f"{path.name} is larger than 2 GiB: give a sample of its rows.", 413)
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            data = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused("broken_file", f"{path.name} is a broken gzip file: copy it again.") from error
    if len(data) > MAX_BYTES:
        raise Refused("too_large", f"{path.name} is larger than 2 GiB unpacked: give a sample of its rows.", 413)
    return data


def _utf8(data: bytes, name: str) -> bytes:
    doubtful, _bad, _good = encodings.suspects([data])
    try:
        return b"".join(encodings.to_utf8([data], encodings.detect(data[:_HEAD], doubtful)))
    except Refused as error:
        text = f"{name}: give a CSV, TSV, JSON lines or Parquet file (or one of them as .gz)."
        raise Refused("unknown_format", text) from error


def _of_csv(text: bytes, name: str, typed: bool) -> pl.DataFrame:
    separator, skip = _shape(text[:_HEAD].decode("utf-8", "replace"))
    for quote in ('"', None):  # without quotes: texts with a lone quotation mark, as tab-separated files often hold
        try:
            return pl.read_csv(
                text, separator=separator, skip_rows=skip, quote_char=quote, encoding="utf8-lossy",
                infer_schema=typed, infer_schema_length=_INFER if quote else None, truncate_ragged_lines=True,
            )  # fmt: skip
        except pl.exceptions.NoDataError as error:
            raise Refused("empty_file", f"{name} is empty: give a file with a line of headings and rows.") from error
        except pl.exceptions.ComputeError as error:
            if quote is None:
                raise Refused("unknown_format", f"{name} cannot be read as a table: {str(error)[:200]}") from error
    raise AssertionError("unreachable")


def _shape(head: str) -> tuple[str, int]:
    """What parts the columns, and how many lines stand before the headings (a title, "sep=;")."""
    lines = head.splitlines()[:_LINES]
    if lines and lines[0].lower().startswith("sep="):
        return lines[0][4:5] or ",", 1
    best = (0.0, 0, ",", 0)
    for separator in ",;\t|":
        widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
        usual, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        share = times / len(widths) if usual > 1 else 0.0
        title = widths.index(usual) if share >= _REGULAR else 0
        if (share, usual) > best[:2] and share:
            best = (share, usual, separator, title)
    return best[2], best[3]


def _of_json(text: bytes, name: str, typed: bool) -> pl.DataFrame:
    try:
        whole = text.lstrip()[:1] == b"["
        if typed:
            return pl.read_json(text) if whole else pl.read_ndjson(text, infer_schema_length=_INFER)
        rows = json.loads(text) if whole else [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise Refused("bad_json", f"{name} is neither JSON lines nor a JSON array: {str(error)[:200]}.") from error
    if not all(isinstance(row, dict) for row in rows):
        raise Refused("bad_json", f"{name}: every JSON value must be an object with the columns' names.")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return pl.DataFrame({key: pl.Series([_told(row.get(key)) for row in rows], dtype=pl.String) for key in columns})


def _told(value: object) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_text(table: pl.DataFrame) -> pl.DataFrame:
    plain = [name for name, kind in table.schema.items() if not kind.is_nested()]
    joined = [name for name, kind in table.schema.items() if kind.is_nested()]
    return table.with_columns(
        pl.col(plain).cast(pl.String),
        *(
            pl.col(name).map_elements(lambda value: " ".join(map(str, value)), return_dtype=pl.String)
            for name in joined
        ),
    )

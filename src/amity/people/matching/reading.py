"""One table of text from a file: CSV of any kind, JSON lines, a JSON array or Parquet, also gzipped."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import polars as pl

from amity.base.errors import Refused
from amity.people.imports import encodings, sniff

MAX_BYTES = 2 * 1024**3
_HEAD = 256 * 1024


def read_table(path: Path) -> pl.DataFrame:
    """The table in ``path``, every value as text; told by its content, not by its name. Raises ``Refused``."""
    if not path.is_file():
        raise Refused("no_file", f"There is no file {path}.", 404)
    if path.stat().st_size > MAX_BYTES:
        raise Refused("too_large", f"{path.name} is larger than 2 GiB: give a sample of its rows.", 413)
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"PAR1":
        return _as_text(pl.read_parquet(io.BytesIO(data)))
    text = _utf8(data)
    start = text.lstrip()[:1]
    if start in (b"{", b"["):
        return _of_json(text, path.name)
    shape = sniff.shape_of(text[:_HEAD])
    body = text.split(b"\n", shape.lines)[-1] if shape.lines else text
    table = pl.read_csv(
        body,
        separator=shape.separator,
        has_header=False,
        infer_schema=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    names = [*shape.columns, *(f"Column {at + 1}" for at in range(len(shape.columns), table.width))]
    return table.rename(dict(zip(table.columns, names, strict=False)))


def _utf8(data: bytes) -> bytes:
    suspects, _bad, _good = encodings.suspects([data])
    encoding = encodings.detect(data[:_HEAD], suspects)
    return b"".join(encodings.to_utf8([data], encoding))


def _of_json(text: bytes, name: str) -> pl.DataFrame:
    try:
        if text.lstrip()[:1] == b"[":
            rows = json.loads(text)
        else:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise Refused("bad_json", f"{name} is neither JSON lines nor a JSON array: {error}.") from error
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return pl.DataFrame({key: [_told(row.get(key)) for row in rows] for key in columns}, schema_overrides=None)


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

"""Frames on their way into the database: temporary tables filled by COPY."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

TYPES: Mapping[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Int64: "bigint",
    pl.Int32: "integer",
    pl.Float64: "double precision",
    pl.Date: "date",
}


def stage(cursor: Any, name: str, frame: pl.DataFrame, types: Mapping[str, str] | None = None) -> None:
    """Make the temporary table ``name`` anew and COPY ``frame`` into it; ``types`` are SQL types by column."""
    types = types or {}
    columns = ", ".join(f'"{column}" {types.get(column) or _type_of(dtype)}' for column, dtype in frame.schema.items())
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    cursor.execute(f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP")
    copy(cursor, name, frame)


def copy(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY ``frame`` into ``table``; nulls are nulls, empty texts stay empty texts."""
    if frame.height:
        Packed(table, frame).send(cursor)


class Packed:
    """Rows of a table in the form that COPY takes, so that they can be packed while the server is busy with others."""

    def __init__(self, table: str, frame: pl.DataFrame) -> None:
        columns = ", ".join(f'"{column}"' for column in frame.columns)
        self._query, self._text = f"COPY {table} ({columns}) FROM STDIN", _written(frame)
        if not _plain(self._text, frame):
            self._text = _written(frame.with_columns(_escaped(frame)))

    def send(self, cursor: Any) -> None:
        """COPY them."""
        with cursor.copy(self._query) as sink:
            sink.write(self._text)


def _written(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_csv(out, include_header=False, separator="\t", quote_style="never", null_value="\\N")
    return out.getvalue()


def _plain(text: bytes, frame: pl.DataFrame) -> bool:
    """Whether no value holds a mark that means something to COPY: the marks there are those between the values."""
    rows, nulls = frame.height, sum(frame.null_count().row(0))
    return (
        text.count(b"\t") == rows * (frame.width - 1)
        and text.count(b"\n") == rows
        and text.count(b"\\") == nulls
        and b"\r" not in text
    )


def _escaped(frame: pl.DataFrame) -> list[pl.Expr]:
    """Texts as COPY's own format wants them, which Postgres reads in three quarters of the time of CSV."""
    found = []
    for name in (column for column, dtype in frame.schema.items() if dtype == pl.String):
        if frame[name].str.contains(r"[\\\t\n\r]").any():
            text = pl.col(name).str.replace_all("\\", r"\\", literal=True)
            for mark, letter in (("\t", "t"), ("\n", "n"), ("\r", "r")):
                text = text.str.replace_all(mark, f"\\{letter}", literal=True)
            found.append(text)
    return found


def drop(cursor: Any, names: Iterable[str]) -> None:
    """Remove temporary tables, should they exist."""
    cursor.execute("DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in names))


def _type_of(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Datetime):
        return "timestamptz"
    return TYPES.get(type(dtype), "text")

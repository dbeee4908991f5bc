"""Rows that found no home, kept with their reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.people.imports import records
from amity.people.imports.feed import Load
from amity.people.imports.keys import hex_id, new_ids
from amity.people.imports.reading import Batch
from amity.people.imports.staging import copy
from amity.people.imports.values import csv_safe
from amity.people.imports.words import bags
from amity.people.models import ImportFile, ImportReject

SCHEMA: dict[str, Any] = {"row_number": pl.Int64, "code": pl.String, "row": pl.String}
_REASONS: dict[str, str | Promise] = {
    **records.REASONS,
    "no_name": gettext_lazy("The row names nobody: it has neither a name nor anything that could stand for one."),
    "no_order": gettext_lazy("The row does not say which order it belongs to."),
    "no_time": gettext_lazy("The row does not say when it happened."),
    "unique": gettext_lazy("Another record already has a value of this row that only one record may have."),
    "erased_before": gettext_lazy("This person was erased here, and is not taken again (see Privacy, settings)."),
    "database": gettext_lazy("The database did not take the row."),
}


def told(code: str, kept: str = "") -> str:
    """The sentence for a rejection in the active language; ``kept``: the one that older imports stored themselves."""
    return str(_REASONS.get(code) or kept or code)


def sentences() -> dict[str, str]:
    """The sentences of all codes in the active language."""
    return {code: str(text) for code, text in _REASONS.items()}


def none() -> pl.DataFrame:
    """No rejected rows."""
    return pl.DataFrame(schema=SCHEMA)


def of_rows(load: Load, numbers: pl.Series, codes: pl.Series) -> pl.DataFrame:
    """Rejected rows of a batch with all their original cells."""
    frame = load.batch.frame.with_columns(load.batch.numbers.cast(pl.Int64).alias("row_number:"))
    wanted = pl.DataFrame({"row_number:": numbers.cast(pl.Int64), "code": codes})
    rows = wanted.join(frame, on="row_number:", how="left", maintain_order="left")
    cells = bags(rows, {column: column for column in load.batch.frame.columns}).fill_null("{}")
    return pl.DataFrame({"row_number": rows["row_number:"], "code": rows["code"], "row": cells}, schema=SCHEMA)


def of_reader(batch: Batch) -> pl.DataFrame:
    """Rows that could not even be read; what stood there is kept as ``raw``."""
    if not batch.rejected:
        return none()
    raw = bags(pl.DataFrame({"raw": [item.raw for item in batch.rejected]}), {"raw": "raw"}).fill_null("{}")
    columns = [(item.row, item.code) for item in batch.rejected]
    frame = pl.DataFrame(columns, schema=["row_number", "code"], orient="row")
    return pl.DataFrame({**frame.to_dict(as_series=True), "row": raw}, schema=SCHEMA)


def of_error(load: Load, numbers: pl.Series, error: DatabaseError) -> pl.DataFrame:
    """The one row that the database refused."""
    state = getattr(error.__cause__, "sqlstate", "") or ""
    code = "unique" if state == "23505" else "database"
    return of_rows(load, numbers, pl.Series([code] * numbers.len(), dtype=pl.String))


def keep(cursor: Any, file: ImportFile, refused: pl.DataFrame) -> None:
    """Store rejected rows by the code of their reason: the sentence is for whoever reads it (`told`)."""
    if not refused.height:
        return
    own = (new_ids(refused.height).alias("id"), pl.lit(hex_id(file.pk)).alias("file_id"), pl.lit("").alias("reason"))
    frame = refused.with_columns(*own)
    copy(cursor, "people_importreject", frame)


def as_csv(file: ImportFile) -> Iterator[str]:
    """The rejected rows as CSV lines: row number, reason, then the file's own columns; no cell is a formula.

    All words are put into the caller's language here: lines are read when that may no longer be the active one.
    """
    columns = list(file.source.get("columns", []))
    return _lines(file, columns, _line([_("Row"), _("Reason"), *columns, _("As read")]), sentences())


def _lines(file: ImportFile, columns: list[str], heading: str, words: dict[str, str]) -> Iterator[str]:
    yield heading
    rows = ImportReject.objects.filter(file=file).order_by("row_number")
    for number, code, kept, row in rows.values_list("row_number", "code", "reason", "row").iterator(chunk_size=2_000):
        cells = [str(row.get(column) or "") for column in columns]
        yield _line([str(number), words.get(code) or kept or code, *cells, str(row.get("raw") or "")])


def _line(cells: list[str]) -> str:
    quoted = ('"' + csv_safe(cell).replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + "\r\n"

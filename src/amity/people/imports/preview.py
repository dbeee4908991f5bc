"""Rows that an import would reject, before it runs: as the reader and the nouns see them, without the database."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from amity.people.imports import reading, rejects
from amity.people.imports.homes import Home
from amity.people.imports.nouns import noun
from amity.people.imports.reading import Batch, Source
from amity.people.imports.service import ImportedFile
from amity.people.imports.values import ROW, Mapping, convert, csv_safe

_Line = tuple[int, str, list[str], str]  # row number, code of the reason, cells, the row as read


def rejected_csv(file: ImportedFile) -> Iterator[str]:
    """CSV lines like those of the finished import: row number, reason, the file's own columns, the row as read.

    Streams the whole file: about four seconds per 100,000 rows of a dozen columns.
    """
    source = Source.from_json(dict(file.source))
    heading = _written([_("Row"), _("Reason"), *source.columns, _("As read")])
    return _lines(file, source, heading, rejects.sentences())  # in the caller's language, whenever they are read


def _lines(file: ImportedFile, source: Source, heading: str, words: dict[str, str]) -> Iterator[str]:
    yield heading
    home = noun(file.noun).land if file.noun else None
    mapping = _mapping(file)
    for batch in reading.batches(source):
        lines = _unread(batch, len(source.columns))
        if isinstance(home, Home) and mapping is not None:
            lines += _faulty(batch, home, mapping)
        for number, code, cells, raw in sorted(lines):
            yield _written([str(number), words.get(code, code), *cells, raw])


def _mapping(file: ImportedFile) -> Mapping | None:
    if not file.noun:
        return None
    columns = file.mapping["columns"]
    ordered = {column: columns[column] for column in file.columns if column in columns}
    return Mapping.from_json({**file.mapping, "columns": ordered})


def _unread(batch: Batch, width: int) -> list[_Line]:
    return [(item.row, item.code, [""] * width, item.raw) for item in batch.rejected]


def _faulty(batch: Batch, home: Home, mapping: Mapping) -> list[_Line]:
    typed = convert(batch.frame, batch.numbers, mapping).frame
    codes = home.faults(typed)
    if not codes.is_not_null().any():
        return []
    reasons = dict(zip(typed[ROW].to_list(), codes.to_list(), strict=True))
    numbers = batch.numbers.to_list()
    return [
        (number, reasons[number], [cell or "" for cell in cells], "")
        for number, cells in zip(numbers, batch.frame.iter_rows(), strict=True)
        if reasons.get(number)
    ]


def _written(cells: list[str]) -> str:
    quoted = ('"' + csv_safe(cell).replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + "\r\n"

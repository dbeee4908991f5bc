"""Opens any export file and streams it as batches of texts; every row is either taken or rejected with a reason."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
from django.utils.translation import gettext as _

from amity.base import encodings
from amity.base.errors import Refused
from amity.people.imports import jsonrows, records, sheets, streams
from amity.people.imports.records import Layout, Rejected
from amity.people.imports.sniff import Shape, shape_of, unique

BATCH_ROWS = 50_000
SAMPLE_ROWS = 20_000
_SAMPLE_READ = 2_000_000  # rows looked at to draw a sample

_NOT_TABLES = tuple(
    f".{ending}"
    for ending in (
        *("md", "rst", "html", "htm", "xml", "pdf", "doc", "docx", "ppt", "pptx", "eml", "msg"),
        *("png", "jpg", "jpeg", "gif", "svg", "py", "sql", "tar", "exe"),
    )
)

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")

Format = Literal["csv", "sheet", "jsonl", "json"]


@dataclass(frozen=True, slots=True)
class Source:
    """One table: a file, a zip member or a sheet. ``n_rows`` counts data rows, good and bad.

    ``header_lines`` are the lines (CSV) or rows (sheet) before the data; ``sha256`` and ``size`` (bytes)
    are of the unpacked content.
    """

    path: Path
    member: str
    sheet: str
    name: str
    format: Format
    encoding: str
    separator: str
    sha256: str
    size: int
    n_rows: int
    columns: tuple[str, ...]
    has_header: bool
    header_lines: int

    def as_json(self) -> dict[str, Any]:
        """A plain dict to store."""
        return asdict(self) | {"path": str(self.path), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Source:
        """The opposite of ``as_json``."""
        return cls(**value | {"path": Path(value["path"]), "columns": tuple(value["columns"])})


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of a source. ``frame`` has the source's columns as strings, null where empty;

    ``numbers[i]`` is the row number (from 1) of ``frame`` row ``i``; rejected rows have numbers of their own,
    so ``first_row <= number <= last_row`` and ``len(frame) + len(rejected) == last_row - first_row + 1``.
    Resume with ``skip_rows=last_row``.
    """

    first_row: int
    last_row: int
    frame: pl.DataFrame
    numbers: pl.Series
    rejected: tuple[Rejected, ...]


def sources(path: Path, *, name: str = "", max_bytes: int = streams.MAX_BYTES) -> list[Source]:
    """The tables in a file, each fully counted; reads the file about three times.

    Raises ``Refused`` with code ``file_empty``, ``file_binary``, ``file_not_table``, ``file_corrupt``,
    ``file_truncated``, ``file_locked``, ``file_bomb``, ``file_too_large``, ``file_too_many``, ``file_no_lines``,
    ``file_not_json`` or ``file_packed_workbook``; the sentence names the file.
    """
    name = name or path.name
    try:
        return _sources(path, name, max_bytes)
    except Refused as error:
        raise Refused(error.code, f"“{name}”: {error.message}", error.status) from error


def _sources(path: Path, name: str, max_bytes: int) -> list[Source]:
    if not path.stat().st_size:
        raise _empty()
    packing = streams.outer(path)
    if packing in ("sheet", "ole"):
        return _sheet_sources(path, name)
    if _is_prose(name):
        raise Refused("file_not_table", _("This is a text, not a table: it is left out."))
    if packing != "zip":
        return [_text_source(path, "", name, max_bytes)]
    names = [info.filename for info in streams.members(path, max_bytes) if info.file_size]
    if any(member.lower().endswith(_WORKBOOKS) for member in names):
        raise Refused(
            "file_packed_workbook", _("The archive holds a workbook: unpack it and import the workbook itself.")
        )
    found = [_text_source(path, member, f"{name}/{member}", max_bytes) for member in names if not _is_prose(member)]
    if not found:
        raise _empty()
    return found


def batches(source: Source, *, skip_rows: int = 0, size: int = BATCH_ROWS) -> Iterator[Batch]:
    """The source's rows after the first ``skip_rows``, ``size`` at a time; memory is bounded by the batch."""
    if source.format == "csv":
        yield from _csv_batches(source, skip_rows, size)
    else:
        yield from _row_batches(source, skip_rows, size)


def sample(source: Source, n: int = SAMPLE_ROWS) -> pl.DataFrame:
    """Up to about ``n`` good rows, evenly spread over the first two million."""
    step = max(1, -(-min(source.n_rows, _SAMPLE_READ) // n))
    parts = [pl.DataFrame(schema=dict.fromkeys(source.columns, pl.String))]
    if source.format == "csv":  # only the rows that are drawn are parsed
        for chunk in _chunks(source, 0, BATCH_ROWS):
            parts.append(_frame(chunk.good[::step], source))
            if chunk.numbers and chunk.numbers[-1] >= _SAMPLE_READ:
                break
        return pl.concat(parts)
    for batch in batches(source):
        parts.append(batch.frame.gather_every(step))
        if batch.last_row >= _SAMPLE_READ:
            break
    return pl.concat(parts)


def _text_source(path: Path, member: str, name: str, max_bytes: int) -> Source:
    digest, size = streams.fingerprint(path, member, max_bytes)
    if not size:
        raise _empty()
    encoding = _encoding(path, member, max_bytes)
    head = _head(path, member, encoding, max_bytes)
    form = _format(head)
    shape = shape_of(head) if form == "csv" else Shape("", (), True, 0)
    draft = Source(
        path,
        member,
        "",
        name,
        form,
        encoding,
        shape.separator,
        digest,
        size,
        0,
        shape.columns,
        shape.has_header,
        shape.lines,
    )
    counted = _counted(draft, max_bytes)
    if not counted.columns or not counted.n_rows:
        raise _empty()
    return counted


def _counted(draft: Source, max_bytes: int) -> Source:
    values = {name: getattr(draft, name) for name in Source.__dataclass_fields__}
    if draft.format == "csv":
        values["n_rows"] = sum(len(chunk) for chunk in _chunks(draft, 0, BATCH_ROWS, max_bytes))
    else:
        raw, values["n_rows"] = jsonrows.names(_json_rows(draft, 0, max_bytes))
        values["columns"] = unique(list(raw))
    return Source(**values)


def _sheet_sources(path: Path, name: str) -> list[Source]:
    digest, size = streams.fingerprint(path)
    names = sheets.sheet_names(path)
    found = []
    for sheet in names:
        shape, n_rows = sheets.sheet_shape(path, sheet)
        if not n_rows:
            continue
        title = name if len(names) == 1 else f"{name}/{sheet}"
        source = Source(
            path,
            "",
            sheet,
            title,
            "sheet",
            "utf-8",
            "",
            digest,
            size,
            n_rows,
            shape.columns,
            shape.has_header,
            shape.lines,
        )
        found.append(source)
    if not found:
        raise _empty()
    return found


def _is_prose(name: str) -> bool:
    """Files that lie beside tables and are none: read-me files, licences, pictures, pages."""
    base = name.rsplit("/", 1)[-1].lower().removesuffix(".gz")
    return base.endswith(_NOT_TABLES) or base.split(".")[0] in ("readme", "license", "licence", "changelog")


def _encoding(path: Path, member: str, max_bytes: int) -> str:
    with streams.opened(path, member, max_bytes) as stream:
        head = stream.read(encodings.SAMPLE)
        first = encodings.detect(head)
        if first != "utf-8":
            return first
        bad_lines, bad, good = encodings.suspects(itertools.chain([head], streams.blocks(stream)))
    if good > 10 * bad:
        return "utf-8"
    return encodings.detect(head, bad_lines)


def _head(path: Path, member: str, encoding: str, max_bytes: int) -> bytes:
    with streams.opened(path, member, max_bytes) as stream:
        text = b"".join(encodings.to_utf8(itertools.islice(streams.blocks(stream), 1), encoding))
    text = text[: encodings.SAMPLE * 2]
    return text[: text.rfind(b"\n") + 1] or text if len(text) == encodings.SAMPLE * 2 else text


def _format(head: bytes) -> Format:
    text = head.lstrip()
    if text.startswith(b"["):
        return "json"
    if not text.startswith(b"{"):
        return "csv"
    first, _newline, rest = text.partition(b"\n")
    return "jsonl" if jsonrows.is_object(first) and not (_holds_list(text) and not rest.strip()) else "json"


def _holds_list(text: bytes) -> bool:
    """An answer of an API: one object with a list of objects inside."""
    return bool(re.match(rb'\{[^{\[]*"[^"]+"\s*:\s*\[\s*\{', text))


def _blocks(source: Source, max_bytes: int) -> Iterator[bytes]:
    with streams.opened(source.path, source.member, max_bytes) as stream:
        yield from _unix(encodings.to_utf8(streams.blocks(stream), source.encoding))


def _unix(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Line ends of old Macs become ours; a file is of that kind when its first block holds no other."""
    first = next(blocks, b"")
    mac = b"\n" not in first and b"\r" in first
    for block in itertools.chain([first], blocks):
        yield block.replace(b"\r", b"\n") if mac else block


def _chunks(source: Source, skip_rows: int, size: int, max_bytes: int = streams.MAX_BYTES) -> Iterator[records.Chunk]:
    layout = Layout(source.separator, len(source.columns), source.header_lines)
    return records.chunks(_blocks(source, max_bytes), layout, skip_rows=skip_rows, size=size)


def _csv_batches(source: Source, skip_rows: int, size: int) -> Iterator[Batch]:
    first = skip_rows + 1
    for chunk in _chunks(source, skip_rows, size):
        frame = _frame(chunk.good, source)
        batch = _without_blank(first, len(chunk), frame, pl.Series(chunk.numbers, dtype=pl.Int64), chunk.rejected)
        yield batch
        first = batch.last_row + 1


def _frame(lines: list[bytes], source: Source) -> pl.DataFrame:
    schema = dict.fromkeys(source.columns, pl.String)
    if not lines:
        return pl.DataFrame(schema=schema)
    try:
        frame = pl.read_csv(
            b"\n".join(lines), has_header=False, separator=source.separator, schema=schema, raise_if_empty=False
        )
    except pl.exceptions.ComputeError:
        frame = pl.DataFrame(schema=schema)
    return frame if frame.height == len(lines) else _slow_frame(lines, source)


def _slow_frame(lines: list[bytes], source: Source) -> pl.DataFrame:
    """The same by Python's reader, should the fast one disagree about the number of rows."""
    blank = [""] * len(source.columns)
    readers = (csv.reader(io.StringIO(line.decode(), newline=""), delimiter=source.separator) for line in lines)
    cells = [next(reader, blank) for reader in readers]
    schema = dict.fromkeys(source.columns, pl.String)
    return pl.DataFrame(cells, schema=schema, orient="row").with_columns(pl.all().replace("", None))


def _without_blank(first: int, count: int, frame: pl.DataFrame, numbers: pl.Series, rejected: list[Rejected]) -> Batch:
    """A batch whose rows without any value are rejected as empty."""
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    if not filled.all():
        blank = [Rejected(row, "empty", "") for row in numbers.filter(~filled)]
        rejected = sorted([*rejected, *blank], key=lambda item: item.row)
        frame, numbers = frame.filter(filled), numbers.filter(filled)
    return Batch(first, first + count - 1, frame, numbers, tuple(rejected))


def _json_rows(source: Source, skip_rows: int, max_bytes: int = streams.MAX_BYTES) -> Iterator[jsonrows.Row]:
    blocks = _blocks(source, max_bytes)
    if source.format == "jsonl":
        return jsonrows.line_rows(blocks, skip_rows)
    return jsonrows.array_rows(blocks, skip_rows)


def _row_batches(source: Source, skip_rows: int, size: int) -> Iterator[Batch]:
    first, rows = skip_rows + 1, _cells(source, skip_rows)
    while part := list(itertools.islice(rows, size)):
        good = [(number, content) for number, content in part if isinstance(content, list)]
        rejected = [content for _number, content in part if isinstance(content, Rejected)]
        schema = dict.fromkeys(source.columns, pl.String)
        frame = pl.DataFrame([cells for _number, cells in good], schema=schema, orient="row")
        frame = frame.with_columns(pl.all().replace("", None))
        numbers = pl.Series([number for number, _cells in good], dtype=pl.Int64)
        batch = _without_blank(first, len(part), frame, numbers, rejected)
        yield batch
        first = batch.last_row + 1


def _cells(source: Source, skip_rows: int) -> Iterator[tuple[int, list[str] | Rejected]]:
    if source.format == "sheet":
        shape = Shape("", source.columns, source.has_header, source.header_lines)
        yield from sheets.sheet_rows(source.path, source.sheet, shape, skip_rows)
        return
    for number, content in _json_rows(source, skip_rows):
        if isinstance(content, dict):
            yield number, [content.get(name, "") for name in source.columns]
        else:
            yield number, content


def _empty() -> Refused:
    return Refused("file_empty", _("The file holds no rows: check the export and try again."))

"""Cuts delimited text into records: good ones pass, broken ones are named with their row and never shift the rest."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from django.utils.translation import gettext as _

from amity.base.errors import Refused

MAX_RECORD = 256 * 1024  # bytes of one record, with line breaks inside its cells
MAX_LINE = 64 * 1024 * 1024
RAW_KEPT = 2_000  # characters of a rejected row kept for the person


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken. ``row`` counts data rows from 1; ``code`` is stable, ``reason`` is for people."""

    row: int
    code: str
    reason: str
    raw: str


@dataclass(slots=True)
class Chunk:
    """Records that belong together: ``good`` as clean CSV lines with their ``numbers``, and what was refused."""

    good: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.good) + len(self.rejected)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited file is written. ``header_lines`` are skipped before the first data row."""

    separator: str
    width: int
    header_lines: int


def chunks(blocks: Iterable[bytes], layout: Layout, *, skip_rows: int, size: int) -> Iterator[Chunk]:
    """Chunks of at most ``size`` rows (good and rejected), starting after ``skip_rows`` rows."""
    cutter = _Cutter(layout, skip_rows)
    chunk = Chunk()
    for lines, last in _lines(blocks):
        for record in cutter.records(lines, last):
            _add(chunk, record)
            if len(chunk) >= size:
                yield chunk
                chunk = Chunk()
    if len(chunk):
        yield chunk


def head_records(text: bytes, separator: str, limit: int = 200) -> list[list[str]]:
    """The first records of ``text`` as lists of cells, leniently read, for sniffing."""
    reader = csv.reader(io.StringIO(text.decode("utf-8", "replace").replace("\x00", ""), newline=""), delimiter=separator)
    found: list[list[str]] = []
    try:
        for cells in reader:
            found.append(cells)
            if len(found) >= limit:
                break
    except csv.Error:
        return found
    return found


type _Record = tuple[int, bytes | Rejected]


class _Cutter:
    """Walks over lines, joining those that a quoted cell spans."""

    def __init__(self, layout: Layout, skip_rows: int) -> None:
        self.separator = layout.separator.encode()
        self.extra = layout.width - 1
        self.width = layout.width
        self.to_drop = layout.header_lines
        self.skip_rows = skip_rows
        self.row = 0
        self.carry: list[bytes] = []
        self.quoted = _quoted_cell(layout.separator)

    def records(self, lines: list[bytes], last: bool) -> Iterator[_Record]:
        lines = self.carry + lines
        self.carry = []
        if self.to_drop:
            dropped = min(self.to_drop, len(lines))
            self.to_drop -= dropped
            lines = lines[dropped:]
        at, end = 0, len(lines)
        separator, extra, skip = self.separator, self.extra, self.skip_rows
        while at < end:
            line = lines[at]
            if b'"' not in line and line.count(separator) == extra and line.isascii() and b"\x00" not in line:
                at += 1
                if extra or line:
                    self.row += 1
                    if self.row > skip:
                        yield self.row, line
                continue
            took, content = self._irregular(lines, at, last)
            if took == 0:
                self.carry = lines[at:]
                return
            at += took
            if content is not None:
                self.row += 1
                if self.row > skip:
                    yield self.row, content if isinstance(content, bytes) else self._reject(*content)

    def _irregular(self, lines: list[bytes], at: int, last: bool) -> tuple[int, bytes | tuple[str, bytes] | None]:
        """How many lines the record takes (0: more lines are needed) and its content, or a reason against it."""
        line = lines[at]
        if not line or line.isspace():
            return 1, None
        if b'"' not in line:
            return 1, self._plain(line)
        took, joined = 1, line
        while True:
            cells = self._cells(joined)
            if cells is None:
                return 1, ("unclosed_quote", line)
            if cells is not _OPEN:
                break
            if at + took >= len(lines):
                return (1, ("unclosed_quote", line)) if last else (0, None)
            took, joined = self._extend(lines, at, took)
            if len(joined) > MAX_RECORD:
                return 1, ("unclosed_quote", line)
        if took > 1 and len(cells) != self.width:
            return 1, ("unclosed_quote", line)
        return took, self._checked(cells, joined)

    def _extend(self, lines: list[bytes], at: int, took: int) -> tuple[int, bytes]:
        """Add lines up to the next one that holds a quotation mark (only such a line can close the cell)."""
        until = at + took
        total = 0
        while until < len(lines) and b'"' not in lines[until] and total < MAX_RECORD:
            total += len(lines[until])
            until += 1
        until = min(until + 1, len(lines))
        return until - at, b"\n".join(lines[at:until])

    def _plain(self, line: bytes) -> bytes | tuple[str, bytes]:
        return self._checked(line.split(self.separator), line, regular=True)

    def _checked(self, cells: list[bytes], raw: bytes, regular: bool = False) -> bytes | tuple[str, bytes]:
        if b"\x00" in raw:
            return "nul", raw
        try:
            raw.decode()
        except UnicodeDecodeError:
            return "encoding", raw
        if len(cells) < self.width:
            return "too_few", raw
        if len(cells) > self.width:
            if any(cell.strip() for cell in cells[self.width :]):
                return "too_many", raw
            cells = cells[: self.width]
        elif regular:
            return raw
        return _written(cells, self.separator)

    def _cells(self, record: bytes) -> list[bytes] | None:
        """The cells of a record, ``_OPEN`` where a quoted cell does not end in it, None where it is malformed."""
        cells: list[bytes] = []
        at, separator, size = 0, self.separator, len(record)
        while True:
            if record.startswith(b'"', at):
                match = self.quoted.match(record, at)
                if not match:
                    return _OPEN if _is_open(record, at) else None
                cells.append(match[1].replace(b'""', b'"'))
                at = match.end()
            else:
                end = record.find(separator, at)
                end = size if end < 0 else end
                if b"\n" in record[at:end]:
                    return None
                cells.append(record[at:end])
                at = end
            if at >= size:
                return cells
            at += len(separator)

    def _reject(self, code: str, raw: bytes) -> Rejected:
        return Rejected(self.row, code, reason(code), raw[:RAW_KEPT].decode("utf-8", "replace").replace("\x00", "\ufffd"))


_OPEN: list[bytes] = []


def reason(code: str) -> str:
    """The sentence for a rejection code."""
    return {
        "unclosed_quote": _("A quotation mark is opened but not closed."),
        "nul": _("The row contains NUL characters."),
        "encoding": _("The row contains bytes that are not valid in the file's encoding."),
        "too_few": _("The row has fewer cells than the table has columns."),
        "too_many": _("The row has more cells than the table has columns."),
        "not_json": _("The line is not valid JSON."),
        "not_object": _("The line is not a JSON object with named values."),
        "empty": _("The row is empty."),
    }[code]


def _add(chunk: Chunk, record: _Record) -> None:
    number, content = record
    if isinstance(content, Rejected):
        chunk.rejected.append(content)
    else:
        chunk.good.append(content)
        chunk.numbers.append(number)


def _lines(blocks: Iterable[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """Lists of whole lines without their ends; the flag marks the last list."""
    carry = b""
    for block in blocks:
        text = (carry + block).replace(b"\r\n", b"\n")
        cut = text.rfind(b"\n")
        if cut < 0:
            carry = text
            if len(carry) > MAX_LINE:
                raise Refused("file_no_lines", _("The file has no line ends: it is not a table."))
            continue
        carry = text[cut + 1 :]
        yield text[:cut].split(b"\n"), False
    yield ([carry.removesuffix(b"\r")] if carry else []), True


@cache
def _quoted_cell(separator: str) -> re.Pattern[bytes]:
    sep = re.escape(separator.encode())
    return re.compile(rb'"((?:[^"]|"")*)"[ ]*(?=' + sep + rb"|\Z)", re.DOTALL)


def _is_open(record: bytes, at: int) -> bool:
    """Whether the quoted cell that starts at ``at`` runs to the end of the record without closing."""
    return len(re.sub(b'""', b"", record[at + 1 :]).split(b'"', 1)) == 1


def _written(cells: list[bytes], separator: bytes) -> bytes:
    """Cells as one clean CSV record: quoted where needed."""
    out = []
    for cell in cells:
        if b'"' in cell or separator in cell or b"\n" in cell or b"\r" in cell:
            cell = b'"' + cell.replace(b'"', b'""') + b'"'
        out.append(cell)
    return separator.join(out)

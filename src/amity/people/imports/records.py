"""Cuts delimited text into records: good ones pass, broken ones are named with their row and never shift the rest."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base.encodings import is_utf8
from amity.base.errors import Refused

MAX_RECORD = 256 * 1024  # bytes of one record, with line breaks inside its cells
MAX_LINE = 64 * 1024 * 1024
_LINE_END, _QUOTE = ord("\n"), ord('"')
RAW_KEPT = 2_000  # characters of a rejected row kept for the person


# What each code of `Rejected` says, in the language of whoever reads it.
REASONS: dict[str, str | Promise] = {
    "unclosed_quote": gettext_lazy(
        "A quotation mark is opened but not closed, or stands in the middle of a quoted cell."
    ),
    "nul": gettext_lazy("The row contains NUL characters."),
    "encoding": gettext_lazy("The row contains bytes that are not valid in the file's encoding."),
    "too_few": gettext_lazy("The row has fewer cells than the table has columns."),
    "too_many": gettext_lazy("The row has more cells than the table has columns."),
    "not_json": gettext_lazy("The line is not valid JSON."),
    "not_object": gettext_lazy("The line is not a JSON object with named values."),
    "empty": gettext_lazy("The row is empty."),
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken. ``row`` counts data rows from 1; ``code`` is stable, `REASONS` has its sentence."""

    row: int
    code: str
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
    for lines, clean, last in _lines(blocks):
        for first, good, refused in cutter.runs(lines, clean, last):
            if refused:
                chunk.rejected.append(refused)
            at = 0
            while at < len(good):
                take = good[at : at + size - len(chunk)]
                chunk.good += take
                chunk.numbers += range(first + at, first + at + len(take))
                at += len(take)
                if len(chunk) >= size:
                    yield chunk
                    chunk = Chunk()
            if len(chunk) >= size:
                yield chunk
                chunk = Chunk()
    if len(chunk):
        yield chunk


def head_records(text: bytes, separator: str, limit: int = 200) -> list[list[str]]:
    """The first records of ``text`` as lists of cells, leniently read, for sniffing."""
    clean = text.decode("utf-8", "replace").replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(clean, newline=""), delimiter=separator)
    found: list[list[str]] = []
    try:
        for cells in reader:
            found.append(cells)
            if len(found) >= limit:
                break
    except csv.Error:
        return found
    return found


_Run = tuple[int, list[bytes], Rejected | None]  # first row, good lines in sequence, or one rejection


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
        self.clean = True
        self.quoted = _quoted_cell(layout.separator)

    def runs(self, lines: list[bytes], clean: bool, last: bool) -> Iterator[_Run]:
        """Runs of rows; ``clean``: the lines are valid UTF-8 without NULs."""
        self.clean = clean and (self.clean or not self.carry)
        lines = self.carry + lines
        self.carry = []
        dropped = min(self.to_drop, len(lines))
        self.to_drop -= dropped
        at = dropped
        for odd in [*self._odd(lines, dropped), len(lines)]:
            if odd < at:  # inside a record that spans lines
                continue
            yield from self._regular_run(lines[at:odd])
            at = odd
            if at == len(lines):
                return
            took, content = self._irregular(lines, at, last)
            if took == 0:
                self.carry = lines[at:]
                return
            at += took
            yield from self._odd_run(content)

    def _odd(self, lines: list[bytes], start: int) -> list[int]:
        """Places of lines that need a closer look."""
        if not self.clean:
            return list(range(start, len(lines)))
        odd = _irregular_lines(lines, self.separator, self.extra)
        return [int(at) for at in odd if at >= start]

    def _regular_run(self, lines: list[bytes]) -> Iterator[_Run]:
        first = self.row + 1
        self.row += len(lines)
        skipped = max(0, self.skip_rows + 1 - first)
        if lines[skipped:]:
            yield first + skipped, lines[skipped:], None

    def _odd_run(self, content: bytes | tuple[str, bytes] | None) -> Iterator[_Run]:
        if content is None:
            return
        self.row += 1
        if self.row <= self.skip_rows:
            return
        if isinstance(content, bytes):
            yield self.row, [content], None
        else:
            yield self.row, [], rejected(self.row, *content)

    def _irregular(self, lines: list[bytes], at: int, last: bool) -> tuple[int, bytes | tuple[str, bytes] | None]:
        """How many lines the record takes (0: more lines are needed) and its content, or a reason against it."""
        line = lines[at]
        if not line.strip():
            return 1, None
        if b'"' not in line:
            return 1, self._checked(line.split(self.separator), line, regular=True)
        took, joined, cells = 1, line, self._cells(line)
        while cells is _OPEN and at + took < len(lines) and len(joined) <= MAX_RECORD:
            took, joined = self._extend(lines, at, took)
            cells = self._cells(joined)
        if cells is _OPEN and not last and len(joined) <= MAX_RECORD:
            return 0, None
        if cells is None or cells is _OPEN or (took > 1 and len(cells) != self.width):
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

    def _checked(self, cells: list[bytes], raw: bytes, regular: bool = False) -> bytes | tuple[str, bytes]:
        if not self.clean and b"\x00" in raw:
            return "nul", raw
        if not self.clean and not is_utf8(raw):
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


_OPEN: list[bytes] = []


def rejected(row: int, code: str, raw: bytes) -> Rejected:
    """A rejection with the start of the row, safe to store as text."""
    return Rejected(row, code, raw[:RAW_KEPT].decode("utf-8", "replace").replace("\x00", "\ufffd"))


def _lines(blocks: Iterable[bytes]) -> Iterator[tuple[list[bytes], bool, bool]]:
    """Lists of whole lines without their ends, whether they are clean text, and whether they are the last."""
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
        text = text[:cut]
        yield text.split(b"\n"), _is_clean(text), False
    yield ([carry.removesuffix(b"\r")] if carry else []), _is_clean(carry), True


def _is_clean(text: bytes) -> bool:
    return b"\x00" not in text and (text.isascii() or is_utf8(text))


def _irregular_lines(lines: list[bytes], separator: bytes, extra: int) -> np.ndarray:
    """Indices of lines that are not ``extra`` + 1 cells with every quotation mark in its place; all lines at once."""
    if len(separator) != 1:
        return np.arange(len(lines))
    text = np.frombuffer(b"\n%b\n" % b"\n".join(lines), dtype=np.uint8)
    ends = np.flatnonzero(text == _LINE_END)[: len(lines) + 1]
    separators, quotes = np.flatnonzero(text == separator[0]), np.flatnonzero(text == _QUOTE)
    first, count = _by_line(quotes, ends)
    _first, found = _by_line(separators, ends)
    if not len(quotes):
        bad = found != extra
    else:
        line = np.repeat(np.arange(len(lines)), found)
        outside = (np.searchsorted(quotes, separators) - first[line]) % 2 == 0
        bad = np.bincount(line[outside], minlength=len(lines)) != extra
        bad |= count % 2 == 1
        bad[np.repeat(np.arange(len(lines)), count)[~_well_placed(text, quotes, first, count, separator[0])]] = True
    if not extra:  # in a table of one column a blank line looks regular
        bad |= np.fromiter((not line.strip() for line in lines), dtype=bool, count=len(lines))
    return np.flatnonzero(bad)


def _by_line(places: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each line between two ``ends`` how many ``places`` come before it, and how many are in it."""
    before = np.searchsorted(places, ends)
    return before[:-1], np.diff(before)


def _well_placed(
    text: np.ndarray, quotes: np.ndarray, first: np.ndarray, count: np.ndarray, separator: int
) -> np.ndarray:
    """Which quotation marks open a cell at its start, close it at its end, or are one of a doubled pair."""
    opening = (np.arange(len(quotes)) - np.repeat(first, count)) % 2 == 0
    beside = text[np.where(opening, quotes - 1, quotes + 1)]
    return np.asarray((beside == separator) | (beside == _QUOTE) | (beside == _LINE_END))


@cache
def _quoted_cell(separator: str) -> re.Pattern[bytes]:
    sep = re.escape(separator.encode())
    return re.compile(rb'"((?:[^"]|"")*)"[ ]*(?=' + sep + rb"|\Z)", re.DOTALL)


def _is_open(record: bytes, at: int) -> bool:
    """Whether the quoted cell that starts at ``at`` runs to the end of the record without closing."""
    return len(re.sub(b'""', b"", record[at + 1 :]).split(b'"', 1)) == 1


def _written(cells: list[bytes], separator: bytes) -> bytes:
    """Cells as one clean CSV record: quoted where needed."""
    if cells == [b""]:
        return b'""'  # an empty line would be no record
    needs = re.compile(rb'["\r\n]|' + re.escape(separator)).search
    return separator.join(b'"' + cell.replace(b'"', b'""') + b'"' if needs(cell) else cell for cell in cells)

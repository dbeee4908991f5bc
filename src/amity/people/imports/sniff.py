"""How a delimited file is laid out: separator, where the table starts, and whether it has a header row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from amity.people.imports.records import head_records
from amity.people.imports.vocabulary import is_known_header

SEPARATORS = (",", ";", "\t", "|", "\x1f", "\x01", "^", "~", ":")
MAX_COLUMNS = 2_000
_HEAD_ROWS = 200
_PREAMBLE = 20
_VALUE = re.compile(
    r"""^(?:[-+]?[\d\s.,'’]+\s?(?:%|[€$£₽]|zł|руб\.?|[A-Z]{3})?   # number or money
    |[€$£₽]\s?[\d\s.,]+
    |\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T\s].*)?                  # date
    |[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}                                # e-mail
    |\+?[\d\s()\-]{7,}                                            # phone
    |[0-9a-fA-F]{8}-?[0-9a-fA-F-]{16,}                            # hash, uuid
    |https?://\S+)$""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What sniffing found. ``lines``: physical lines before the first data row."""

    separator: str
    columns: tuple[str, ...]
    has_header: bool
    lines: int


def shape_of(head: bytes) -> Shape:
    """The shape of a delimited text (UTF-8, any part of the start of the file)."""
    declared = re.match(rb'^"?sep=(.)"?\r?\n', head)
    skipped = 1 if declared else 0
    text = head[declared.end() :] if declared else head
    separator = declared[1].decode("latin-1") if declared else _separator(text)
    records, lines = _with_lines(text, separator)
    if not records:
        return Shape(separator, (), False, skipped)
    width = _width(records)
    start = next((at for at, cells in enumerate(records[:_PREAMBLE]) if len(cells) >= min(width, 2) and any(cells)), 0)
    body = [_fitted(cells, width) for cells in records[start:] if any(cells)]
    columns, has_header = headings(body, width)
    before = lines[start] if has_header else (lines[start - 1] if start else 0)
    return Shape(separator, columns, has_header, before + skipped)


def headings(rows: list[list[str]], width: int) -> tuple[tuple[str, ...], bool]:
    """Column names from the first row where it is a header, else by position; always unique, never blank."""
    if not rows:
        return tuple(f"Column {at + 1}" for at in range(width)), False
    if not _is_header(rows[0], rows[1:]):
        return tuple(f"Column {at + 1}" for at in range(width)), False
    return unique(rows[0] + [""] * (width - len(rows[0]))), True


def unique(names: list[str]) -> tuple[str, ...]:
    """Names as they are, blank ones by position, repeated ones numbered: ``Phone``, ``Phone (2)``."""
    taken: set[str] = set()
    for at, raw in enumerate(names):
        base = " ".join(raw.replace("\x00", "").split()) or f"Column {at + 1}"
        name, copy = base, 2
        while name in taken:
            name, copy = f"{base} ({copy})", copy + 1
        taken.add(name)
        names[at] = name
    return tuple(names)


def is_value(cell: str) -> bool:
    """Whether a cell looks like data (number, date, e-mail, phone, hash) rather than a heading."""
    return bool(_VALUE.match(cell.strip())) and bool(re.search(r"\d|@", cell))


def _separator(text: bytes) -> str:
    best, best_score = ",", 0.0
    for rank, separator in enumerate(SEPARATORS):
        records = [cells for cells in head_records(text, separator, _HEAD_ROWS) if any(cells)]
        if not records:
            continue
        widths = Counter(len(cells) for cells in records)
        width, count = max(widths.items(), key=lambda item: (item[1] * min(item[0], 2), item[0]))
        if width < 2:
            continue
        share = count / len(records)
        score = share * (1 + min(width, 50) ** 0.5) * (0.97**rank) * (0.5 if separator in ":^~" else 1.0)
        if score > best_score:
            best, best_score = separator, score
    return best


def _width(records: list[list[str]]) -> int:
    widths = Counter(len(cells) for cells in records if any(cells))
    if not widths:
        return 1
    return min(max(widths.items(), key=lambda item: (item[1] * min(item[0], 2), item[0]))[0], MAX_COLUMNS)


def _with_lines(text: bytes, separator: str) -> tuple[list[list[str]], list[int]]:
    """The first records and, for each, the number of physical lines up to its end."""
    decoded = text.decode("utf-8", "replace").replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=separator)
    records: list[list[str]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            records.append(cells)
            lines.append(reader.line_num)
            if len(records) >= _HEAD_ROWS:
                break
    except csv.Error:
        pass
    return records, lines


def _fitted(cells: list[str], width: int) -> list[str]:
    return (cells + [""] * width)[:width]


def _is_header(first: list[str], rest: list[list[str]]) -> bool:
    filled = [cell.strip() for cell in first if cell.strip()]
    if not filled:
        return False
    known = sum(is_known_header(cell) for cell in filled)
    values = sum(is_value(cell) for cell in filled)
    if values and values >= max(1, len(filled) // 4) and known < max(2, len(filled) // 3):
        return not _same_below(first, rest)
    if known:
        return True
    return not _repeated_below(first, rest)


def _same_below(first: list[str], rest: list[list[str]]) -> bool:
    """Whether value-like cells of the first row stand over value-like cells (so it is data too)."""
    pairs = [
        is_value(row[at])
        for at, cell in enumerate(first)
        if is_value(cell)
        for row in rest[:20]
        if at < len(row) and row[at]
    ]
    return not pairs or sum(pairs) >= 0.5 * len(pairs)


def _repeated_below(first: list[str], rest: list[list[str]]) -> bool:
    """Whether the first row's words occur again under themselves, as headings never do."""
    hits = sum(any(at < len(row) and row[at] == cell for row in rest) for at, cell in enumerate(first) if cell.strip())
    return hits > 0 and hits * 3 >= len([cell for cell in first if cell.strip()])

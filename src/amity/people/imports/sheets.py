"""Workbooks (XLSX, XLSM, XLS, ODS): each non-empty sheet is a table of texts."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from amity.base.errors import Refused
from amity.people.imports.sniff import Shape, headings
from amity.people.imports.streams import check_growth

MAX_PACKED = 100 * 1024 * 1024
MAX_UNPACKED = 2 * 1024**3
MAX_CELLS = 40_000_000
_PREAMBLE = 20


def sheet_names(path: Path) -> list[str]:
    """Visible sheets that hold cells; raises ``Refused`` for locked, broken or too large workbooks."""
    with _workbook(path) as book:
        visible = [meta.name for meta in book.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
        return [name for name in visible if (book.get_sheet_by_name(name).total_height or 0) > 0]


def sheet_shape(path: Path, sheet: str) -> tuple[Shape, int]:
    """The shape of a sheet and its number of data rows (blank rows are none)."""
    rows = [row for row in _rows(path, sheet) if any(row)]
    if not rows:
        return Shape("", (), False, 0), 0
    width = max(len(row) for row in rows)
    start = _start(rows, width)
    columns, has_header = headings([list(row) for row in rows[start : start + 200]], width)
    lines = start + (1 if has_header else 0)
    return Shape("", columns, has_header, lines), len(rows) - lines


def sheet_rows(path: Path, sheet: str, shape: Shape, skip_rows: int) -> Iterator[tuple[int, list[str]]]:
    """Numbered data rows of a sheet, padded to its width."""
    width, row = len(shape.columns), -shape.lines
    for cells in _rows(path, sheet):
        if not any(cells):
            continue
        row += 1
        if row > skip_rows and row > 0:
            yield row, (cells + [""] * width)[:width]


def _rows(path: Path, sheet: str) -> Iterator[list[str]]:
    with _workbook(path) as book:
        table = book.get_sheet_by_name(sheet)
        cells = (table.total_height or 0) * (table.total_width or 0)
        if cells > MAX_CELLS:
            message = _("The sheet has more than %(limit)s million cells: export it as CSV.")
            raise Refused("file_too_large", message % {"limit": MAX_CELLS // 1_000_000}, 413)
        for row in table.to_python(skip_empty_area=True):
            yield [_text(cell) for cell in row]


def _workbook(path: Path) -> CalamineWorkbook:
    size = path.stat().st_size
    if size > MAX_PACKED:
        message = _("The workbook is larger than %(limit)s MB: export it as CSV.")
        raise Refused("file_too_large", message % {"limit": MAX_PACKED // 1024**2}, 413)
    try:
        _check_unpacked(path, size)
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise _locked() from error
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        if "password" in str(error).lower() or _is_encrypted(path):
            raise _locked() from error
        raise Refused("file_corrupt", _("The workbook is damaged and cannot be opened. Export it again.")) from error


def _check_unpacked(path: Path, size: int) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_growth(sum(info.file_size for info in archive.infolist()), size, MAX_UNPACKED)


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return "EncryptedPackage".encode("utf-16-le") in file.read(1024 * 1024)


def _locked() -> Refused:
    return Refused("file_locked", _("The workbook is locked with a password: save it without one and import it again."))


def _start(rows: list[list[str]], width: int) -> int:
    """The first row that is wide enough to be a header; titles above the table are narrower."""
    need = min(width, max(2, width // 2))
    for at, row in enumerate(rows[:_PREAMBLE]):
        if sum(bool(cell) for cell in row) >= need:
            return at
    return 0


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ") if cell.time() != dt.time() else cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)

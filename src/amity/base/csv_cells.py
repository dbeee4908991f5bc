"""CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"


def csv_safe(value: Any) -> str:
    """``value`` as a cell; text that a spreadsheet would run as a formula gets an apostrophe (OWASP: CSV injection).

    Numbers stay numbers: "-5" and "+48600100200" are left alone.
    """
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if isinstance(value, str) and text.startswith(_FORMULA) and not text[1:].replace(".", "", 1).isdigit():
        return "'" + text
    return text


def lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """CSV lines (RFC 4180, UTF-8 with BOM for Excel), one at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def flushed() -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode()

    buffer.write(_BOM)
    writer.writerow([csv_safe(each) for each in header])
    yield flushed()
    for row in rows:
        writer.writerow([csv_safe(each) for each in row])
        yield flushed()

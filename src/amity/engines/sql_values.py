"""Values of databases as JSON has them, and positions that survive being stored as JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

MAX_CELL = 1_000_000
_PLAIN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (bool | int, lambda value: value),
    (str, lambda value: value[:MAX_CELL].replace("\x00", "")),
    (float, lambda value: value if math.isfinite(value) else None),
    (Decimal, lambda value: _number(value)),  # noqa: PLW0108 (defined below)
    (datetime, lambda value: (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()),
    (date | time, lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (bytes | bytearray | memoryview, lambda value: base64.b64encode(bytes(value)[:MAX_CELL]).decode()),
    (dict, lambda value: {str(name): plain(part) for name, part in value.items()}),
    (list | tuple | set | frozenset, lambda value: [plain(part) for part in value]),
)


def plain(value: Any) -> Any:
    """A database value as JSON: times ISO 8601 in UTC, exact numbers, bytes as base64, text of a million letters."""
    if value is None:
        return None
    return next((make(value) for kinds, make in _PLAIN if isinstance(value, kinds)), str(value)[:MAX_CELL])


def marked(value: Any) -> Any:
    """A value of a cursor or key column as JSON from which `unmarked` makes the very same value."""
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    return value if isinstance(value, bool | int | float) or value is None else str(value)


def unmarked(value: Any) -> Any:
    """The opposite of `marked`."""
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    readers: dict[str, Callable[[str], Any]] = {
        "time": datetime.fromisoformat, "date": date.fromisoformat, "number": Decimal, "bytes": base64.b64decode,
    }  # fmt: skip
    return readers[kind](text)


def earlier(value: Any, by: int) -> Any:
    """A `marked` position moved back by seconds (times), days (dates, at least one) or steps (whole numbers).

    A position of another kind cannot be moved and stays.
    """
    plain_value = unmarked(value)
    if isinstance(plain_value, datetime):
        return marked(plain_value - timedelta(seconds=by))
    if isinstance(plain_value, date):
        return marked(plain_value - timedelta(days=max(1, by // 86_400)))
    return plain_value - by if isinstance(plain_value, int) and not isinstance(plain_value, bool) else value


def _number(value: Decimal) -> int | float | str | None:
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) < Decimal(2) ** 63:
        return int(value)
    return float(value) if len(value.as_tuple().digits) <= 15 else str(value)

"""The one clock of the house, so that tests can fix it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

_fixed: datetime | None = None


def now() -> datetime:
    """Current time, aware, UTC."""
    return _fixed if _fixed is not None else datetime.now(UTC)


def today() -> date:
    """Current date in UTC."""
    return now().date()


@contextmanager
def fixed_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at ``moment`` (aware) inside the block; nested blocks restore the outer one."""
    global _fixed
    if moment.tzinfo is None:
        raise ValueError("fixed_at needs an aware datetime")
    before, _fixed = _fixed, moment.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before

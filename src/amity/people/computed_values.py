"""What a computed value is: a measure and what to read of it, the same in SQL and in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Any

from amity.people.measures import Spec
from amity.people.segments_values import DAY_US

KINDS = {
    "count": "number", "sum": "number", "average": "number", "first": "time", "last": "time",
    "days_since_first": "number", "days_since_last": "number", "decayed": "number", "most_frequent": "text",
}  # fmt: skip
NEAR = 1_000  # µs around a moment that is worked out in floating point


@dataclass(frozen=True, slots=True)
class Value:
    """``of`` one of `KINDS`, over the events of ``spec``. Unknown without events; counts and sums are 0 then."""

    of: str
    spec: Spec

    @property
    def kind(self) -> str:
        return KINDS[self.of]

    def sql(self, row: str, now_us: int) -> str:
        """The value in SQL; ``row`` is the alias of the measure's row (nulls where there is none). Times in µs."""
        if self.of == "average":
            return f"({row}.total::float8 / {row}.n::float8)"
        if self.of == "decayed":
            return f"coalesce({self._faded(row, now_us)}, 0)"
        if self.of.startswith("days_since"):
            return f"(({now_us} - {row}.{self._edge})::float8 / {DAY_US})"
        if self.kind == "number":
            return f"coalesce({row}.{'n' if self.of == 'count' else 'total'}, 0)::float8"
        return f"{row}.{self._edge if self.kind == 'time' else 'top'}"

    def _faded(self, row: str, now_us: int) -> str:
        half = f"{self._half!r}::float8"
        ages = f"({now_us} - {row}.last_us)"
        faded = f"{row}.decayed * power(2, -{ages}::float8 / {half})"
        return f"CASE WHEN abs({row}.decayed) < 1e-30 OR {ages} > 100 * {half} THEN 0 ELSE {faded} END"

    @property
    def _half(self) -> float:
        return (self.spec.half_life_days or 1.0) * DAY_US

    def of_row(self, row: Any, now_us: int) -> float | int | str | None:
        """The value from a row with n, total, decayed, first_us, last_us, top; None: nobody knows."""
        if row is None:
            return 0.0 if self.of in ("count", "sum", "decayed") else None
        if self.kind == "text":
            return None if row.top is None else str(row.top)
        if self.kind == "time":
            return int(getattr(row, self._edge))
        return self._number(row, now_us)

    def _number(self, row: Any, now_us: int) -> float:
        if self.of == "decayed":
            age = now_us - row.last_us
            faint = abs(row.decayed) < 1e-30 or age > 100 * self._half
            return 0.0 if faint else float(row.decayed * 2 ** (-age / self._half))
        if self.of.startswith("days_since"):
            return float(now_us - getattr(row, self._edge)) / DAY_US
        if self.of == "average":
            return float(row.total) / float(row.n)
        return float(row.n if self.of == "count" else row.total)

    @property
    def _edge(self) -> str:
        return "first_us" if self.of.endswith("first") else "last_us"

    def flips(self, row: Any, level: float, now_us: int) -> int | None:
        """When the value may pass ``level`` by time alone (µs), None: never. Maybe `NEAR` early, never late."""
        if row is None:
            return None
        if self.of.startswith("days_since"):
            at = getattr(row, self._edge) + level * DAY_US
        elif self.of == "decayed" and (halves := _halves(float(row.decayed), level)) is not None:
            at = row.last_us + halves * self._half
        else:
            return None
        return max(int(at) - NEAR, now_us + 1) if int(at) + NEAR > now_us else None


def _halves(decayed: float, level: float) -> float | None:
    """After how many half-lives a decayed value passes ``level``; it is 0 after a hundred. None: never."""
    if abs(decayed) < 1e-30:
        return None
    if level == 0:
        return 100.0
    return min(log2(decayed / level), 100.0) if decayed / level >= 1 else None

"""The one table of the bench: a line per figure, with Amity's value, its interval, and what stands beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

Say = Callable[[str], None]
Z90 = 1.645


@dataclass(frozen=True, slots=True)
class Line:
    """``met`` None: nothing was promised. ``low``..``high``: 90 % interval over splits, seeds or draws."""

    part: str
    data: str
    figure: str
    amity: float
    low: float | None = None
    high: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)
    met: bool | None = None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **asdict(self),
            "amity": float(self.amity),
            "beside": {name: float(value) for name, value in self.beside.items()},
            "met": None if self.met is None else bool(self.met),
        }


def mean_line(
    part: str, data: str, figure: str, own: Sequence[float], beside: Mapping[str, Sequence[float]],
    met: Callable[[float, Mapping[str, float]], bool] | None = None, note: str = "",
) -> Line:  # fmt: skip
    """A line from values per split: means with a 90 % interval."""
    values = np.asarray(own, dtype=np.float64)
    mean = float(values.mean())
    half = Z90 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    others = {name: float(np.mean(v)) for name, v in beside.items()}
    return Line(
        part, data, figure, mean, mean - half, mean + half, others, met(mean, others) if met is not None else None, note
    )


def header() -> str:
    """The heading of the printed table."""
    return f"{'part':10s} {'data':24s} {'figure':22s} {'amity':>9s} {'90 % interval':>19s}  ok  beside"


def printed(line: Line) -> str:
    """One line of the printed table."""
    interval = "" if line.low is None or line.high is None else f"{_short(line.low)} – {_short(line.high)}"
    verdict = {None: "  ", True: "ok", False: "NO"}[line.met]
    others = ", ".join(f"{name} {_short(value)}" for name, value in line.beside.items())
    note = f"  [{line.note}]" if line.note else ""
    return f"{line.part:10s} {line.data:24s} {line.figure:22s} {_short(line.amity):>9s} {interval:>19s}  {verdict}  {others}{note}"  # noqa: E501


def _short(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def timed(part: str, lines: Iterator[Line]) -> Iterator[Line]:
    """Pass lines through and add how long the part took."""
    started = time.perf_counter()
    yield from lines
    yield Line(part, "all", "seconds", time.perf_counter() - started)

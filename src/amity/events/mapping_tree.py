"""A sample as lines to click: each value with its path, indented as the document is nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amity.events.mapping_paths import Path, Root, Sample, Step, written
from amity.events.mapping_values import as_text

MAX_LINES, MAX_DEPTH, SHOWN = 300, 8, 120


@dataclass(frozen=True, slots=True)
class Line:
    """``value`` is empty for a container; ``count`` is how many it holds."""

    depth: int
    name: str
    path: str
    value: str
    count: int
    leaf: bool


def lines_of(sample: Sample) -> list[Line]:
    """Body first, then headers and query, at most 300 lines."""
    found = [*_lines("$", (), "$", sample.body, 0)]
    for root, values in (("@header", sample.headers), ("@query", sample.query)):
        found += [
            Line(0, f"{root[1:]}: {name}", _path(root, (name,)), value[:SHOWN], 0, True)
            for name, value in values.items()
        ]
    return found[:MAX_LINES]


def paths_of(lines: list[Line]) -> list[str]:
    """Paths to suggest while typing."""
    return [line.path for line in lines]


def _lines(root: Root, steps: tuple[Step, ...], name: str, value: Any, depth: int) -> Iterator[Line]:
    if isinstance(value, Mapping | list):
        yield Line(min(depth, MAX_DEPTH), name, _path(root, steps), "", len(value), False)
        parts = value.items() if isinstance(value, Mapping) else enumerate(value[:3])
        for key, part in list(parts)[:MAX_LINES]:
            yield from _lines(root, (*steps, key), str(key), part, depth + 1) if depth < 20 else ()
        return
    text = "null" if value is None else as_text(value)
    yield Line(min(depth, MAX_DEPTH), name, _path(root, steps), text[:SHOWN], 0, True)


def _path(root: Any, steps: tuple[Step, ...]) -> str:
    return written(Path(root, steps))

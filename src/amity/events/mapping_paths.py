"""Paths into a payload, JSONPath-like: ``$.customer.email``, ``$['odd key']``, ``$.items[*].sku``, ``$.items[-1]``,
``$.answers[?type=='email'].email``; ``@header.x-topic``, ``@query.shop``, and ``@item`` in a rule for each element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from django.utils.translation import gettext as _

from amity.base.errors import Refused

MAX_LENGTH, MAX_STEPS, MAX_FOUND = 500, 30, 1_000
Root = Literal["$", "@header", "@query", "@item"]
_START = re.compile(r"(\$|@header|@query|@item)(?=$|[.\[])")
_NAME = re.compile(r"\.([^.\[\]\s'\"|{}]+)")
_INDEX = re.compile(r"\[(-?\d{1,6})\]")
_QUOTED = re.compile(r"""\[("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]""")
_FILTER = re.compile(r"""\[\?@?\.?([^='"\[\]]{1,100}?)\s*==\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]""")


@dataclass(frozen=True, slots=True)
class Every:
    """All elements of a list: ``[*]``."""


@dataclass(frozen=True, slots=True)
class Where:
    """The elements whose field (dots allowed) has this text: ``[?type=='email']``."""

    field: str
    value: str


Step = str | int | Every | Where


@dataclass(frozen=True, slots=True)
class Path:
    """A root and steps from it. ``many``: may find several values."""

    root: Root
    steps: tuple[Step, ...]

    @property
    def many(self) -> bool:
        return any(isinstance(step, Every) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload: its document, its headers (lower-case names) and query, the bytes it came as, one element of it.

    ``known_as``: the `mapping.body_hash` it had when it came first; kept when it is replayed from a copy.
    """

    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    item: Any = None
    known_as: str = ""


def is_path(text: str) -> bool:
    """Whether ``text`` starts as a path does; anything else is a constant."""
    return bool(_START.match(text))


@lru_cache(maxsize=4_096)
def path_of(text: str) -> Path:
    """Read a path; raises ``Refused("bad_path")`` naming the place where it stops making sense."""
    start = _START.match(text)
    if start is None or len(text) > MAX_LENGTH:
        raise _wrong(text, 0)
    at, steps = start.end(), list[Step]()
    while at < len(text):
        step, end = _step(text, at)
        steps.append(step.lower() if start[1] == "@header" and isinstance(step, str) else step)
        at = end
    if len(steps) > MAX_STEPS:
        raise _wrong(text, at)
    root: Any = start[1]
    return Path(root, tuple(steps))


def written(path: Path) -> str:
    """The text of a path; ``path_of(written(path)) == path``."""
    return path.root + "".join(map(_written, path.steps))


def found(path: Path, sample: Sample) -> list[Any]:
    """All values at ``path``, at most 1,000; empty when there is none."""
    roots = {"$": sample.body, "@header": sample.headers, "@query": sample.query, "@item": sample.item}
    values = [roots[path.root]]
    for step in path.steps:
        values = [value for each in values for value in _inside(each, step)][:MAX_FOUND]
    return values


def _step(text: str, at: int) -> tuple[Step, int]:
    name = _NAME.match(text, at)
    if name:
        return name[1], name.end()
    index = _INDEX.match(text, at)
    if index:
        return int(index[1]), index.end()
    if text.startswith("[*]", at):
        return Every(), at + 3
    quoted = _QUOTED.match(text, at)
    if quoted:
        return _unquoted(quoted[1], text, at), quoted.end()
    where = _FILTER.match(text, at)
    if where:
        return Where(where[1].strip(), _unquoted(where[2], text, at)), where.end()
    raise _wrong(text, at)


def _unquoted(text: str, whole: str, at: int) -> str:
    inner = text[1:-1]
    if text[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    try:
        value = json.loads(f'"{inner}"', strict=False)
    except ValueError as error:
        raise _wrong(whole, at) from error
    return str(value)


def _written(step: Step) -> str:
    if isinstance(step, Every):
        return "[*]"
    if isinstance(step, int):
        return f"[{step}]"
    if isinstance(step, Where):
        return f"[?{step.field}=={json.dumps(step.value)}]"
    return f".{step}" if _NAME.fullmatch(f".{step}") else f"[{json.dumps(step)}]"


def _inside(value: Any, step: Step) -> Iterator[Any]:
    if isinstance(step, str):
        if isinstance(value, Mapping) and step in value:
            yield value[step]
    elif isinstance(value, list):
        if isinstance(step, int):
            yield from value[step : step + 1 or None]
        elif isinstance(step, Every):
            yield from value
        else:
            yield from (each for each in value if _text_at(each, step.field) == step.value)


def _text_at(value: Any, dotted: str) -> str | None:
    for name in dotted.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value if isinstance(value, str) else json.dumps(value)


def _wrong(text: str, at: int) -> Refused:
    message = _("“{path}” is not a path: it cannot be read from character {place} on. Example: $.customer.email")
    return Refused("bad_path", message.format(path=text[:80], place=at + 1))

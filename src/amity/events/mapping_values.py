"""Expressions of a mapping: a path, a constant, or a text with paths in braces; then conversions after ``|``.

``$.amount | cents``, ``Order {$.type}``, ``$.email | lower``. A constant is any text that does not start like a path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.events.mapping_paths import MAX_LENGTH, Path, Sample, found, is_path, path_of

MAX_TEXT = 8_000


class _Missing:
    """Nothing there: not even null."""

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
_BRACED = re.compile(r"\{((?:\$|@header|@query|@item)[^{}]*)\}")
_PIPE = re.compile(r"\s*\|\s*(?=[a-z]+\s*(?:\||$))")
_EPOCHS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))  # at least this: that many ticks in a second
_YEARS = range(1970, 2201)


class BadValue(ValueError):
    """A value that cannot be what the rule wants of it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Texts and paths in their order (one path alone keeps its type), then conversions."""

    parts: tuple[str | Path, ...]
    pipes: tuple[str, ...]


@lru_cache(maxsize=4_096)
def expression_of(text: str) -> Expression:
    """Read an expression; raises ``Refused`` ``bad_path`` or ``bad_conversion``."""
    if len(text) > MAX_LENGTH:
        raise Refused("bad_path", _("An expression has at most {most} characters.").format(most=MAX_LENGTH))
    whole = text.strip()
    dynamic = is_path(whole) or _BRACED.search(whole) is not None
    head, *pipes = _PIPE.split(whole) if dynamic else [whole]
    unknown = next((name for name in pipes if name not in CONVERSIONS), "")
    if unknown:
        message = _("There is no conversion “{name}”. Known: {known}.")
        raise Refused("bad_conversion", message.format(name=unknown, known=", ".join(sorted(CONVERSIONS))))
    if is_path(head):
        return Expression((path_of(head),), tuple(pipes))
    pieces = _BRACED.split(head)
    parts = [path_of(piece.strip()) if n % 2 else piece for n, piece in enumerate(pieces) if n % 2 or piece]
    return Expression(tuple(parts), tuple(pipes))


def value_of(text: str, sample: Sample) -> Any:
    """The value of an expression; `MISSING` when its path finds nothing. Raises ``BadValue`` from a conversion."""
    expression = expression_of(text)
    value = _plain(expression, sample)
    for name in expression.pipes:
        if value is MISSING or value is None:
            return value
        value = CONVERSIONS[name](value)
    return value


def text_of(text: str, sample: Sample) -> str:
    """The value as text without blanks around it; empty when missing, null or a container."""
    return as_text(value_of(text, sample))


def as_text(value: Any) -> str:
    """A scalar as people write it: no ``1.0`` for a whole number, no ``True``."""
    if value is MISSING or value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).replace("\x00", "").strip()[:MAX_TEXT]


def time_of(value: Any) -> datetime:
    """A time from ISO 8601, RFC 2822 or seconds, milli-, micro- or nanoseconds since 1970; without a zone: UTC.

    Raises ``BadValue``.
    """
    number = _number_or_none(value)
    try:
        moment = _from_epoch(number) if number is not None else _from_text(as_text(value))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError, IndexError) as error:
        raise BadValue(_("“{value}” is not a time.").format(value=str(value)[:40])) from error
    if moment.year not in _YEARS:
        raise BadValue(_("“{value}” is not a time.").format(value=str(value)[:40]))
    return moment


def _plain(expression: Expression, sample: Sample) -> Any:
    parts = expression.parts
    if len(parts) == 1 and isinstance(parts[0], Path):
        values = found(parts[0], sample)
        if parts[0].many:
            return values or MISSING
        return values[0] if values else MISSING
    texts = [part if isinstance(part, str) else as_text(next(iter(found(part, sample)), MISSING)) for part in parts]
    if any(isinstance(part, Path) and not text for part, text in zip(parts, texts, strict=True)):
        return MISSING  # half a name is worse than none
    return "".join(texts) if texts else MISSING


def _from_epoch(number: float) -> datetime:
    ticks = next(ticks for least, ticks in _EPOCHS if abs(number) >= least)
    return datetime.fromtimestamp(number / ticks, UTC)


def _from_text(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number_or_none(value: Any) -> float | None:
    if isinstance(value, bool) or value is None or value is MISSING:
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    return float(text) if re.fullmatch(r"\d{9,19}(\.\d{1,9})?", text) else None


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = re.sub(r"[\s\u00a0\u202f']", "", as_text(value))
    if "," in text and "." in text:  # the later one is the decimal sign
        text = text.replace("," if text.rfind(",") < text.rfind(".") else ".", "")
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise BadValue(_("“{value}” is not a number.").format(value=str(value)[:40])) from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 18:
        raise BadValue(_("“{value}” is not a number.").format(value=str(value)[:40]))
    return int(number) if number == number.to_integral_value() else float(number)


def _cents(value: Any) -> int | float:
    minor = Decimal(str(_number(value))) / 100
    return int(minor) if minor == minor.to_integral_value() else float(minor)


def _first(value: Any) -> Any:
    return (value[0] if value else MISSING) if isinstance(value, list) else value


def _last(value: Any) -> Any:
    return (value[-1] if value else MISSING) if isinstance(value, list) else value


def _joined(value: Any) -> str:
    return ", ".join(filter(None, map(as_text, value))) if isinstance(value, list) else as_text(value)


def _read(value: Any) -> Any:
    """JSON inside a text field."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise BadValue(_("“{value}” is not JSON.").format(value=value[:40])) from error


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "lower": lambda value: as_text(value).lower(),
    "upper": lambda value: as_text(value).upper(),
    "text": as_text,
    "number": _number,
    "cents": _cents,
    "time": lambda value: time_of(value).isoformat(),
    "first": _first,
    "last": _last,
    "join": _joined,
    "count": lambda value: len(value) if isinstance(value, list | dict) else 1,
    "json": _read,
}

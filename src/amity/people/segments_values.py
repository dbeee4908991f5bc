"""What the comparisons of a definition mean, twice: as SQL for everybody, as Python for a few; tests hold them equal.

A value is text (as ``jsonb ->>`` tells it, None where unknown), a number (float) or a time (microseconds since 1970).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from amity.people.segments_grammar import Test, moment

DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
NUMBER = "^[+-]?[0-9]{1,15}([.][0-9]{1,15})?$"
# A day that exists, from 1900 to 2099, maybe with time and zone: what passes can be cast without an error.
TIME = (
    "^((19|20)[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))|(19(0[48]|[2468][048]|[13579][26])|20([02468][048]|[13579][26]))-02-29)"
    "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?)?$"
)
_NUMBER, _TIME = re.compile(NUMBER), re.compile(TIME)
_SIGNS = {"is": "=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda a, b: bool(a == b),
    "gt": lambda a, b: bool(a > b), "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b), "le": lambda a, b: bool(a <= b),
}  # fmt: skip
NEGATED = {"is_not": "is", "not_contains": "contains", "not_within_days": "within_days", "unknown": "known"}


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICRO


def days_us(days: float) -> int:
    """Days as microseconds."""
    return round(days * DAY_US)


@dataclass(slots=True)
class Params:
    """Named parameters of one statement."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        """The placeholder of a new parameter."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value is read in SQL: ``kind`` text, number or time (a bigint of microseconds), and the expression.

    ``filled``: a text column that is never null and empty where unknown; comparisons stay plain, as statistics are kept
    for them.
    """

    kind: str
    sql: str
    filled: bool = False

    @property
    def value(self) -> str:
        """The expression, null where unknown."""
        return f"nullif({self.sql}, '')" if self.filled else self.sql


def sql_test(test: Test, source: Source, now: datetime, params: Params) -> str:
    """A condition that is true or false, never null."""
    plain = _plain(test, source, params) if source.filled else ""
    if plain:
        return plain
    positive = NEGATED.get(test.op)
    known = Source(source.kind, source.value)
    inner = _sql(Test(positive or test.op, test.value), known, now, params)
    return f"(({inner}) IS {'NOT ' if positive else ''}TRUE)"


def _plain(test: Test, source: Source, params: Params) -> str:
    """The usual comparisons of a column that is never null; "" for the others."""
    op, value, x = test.op, test.value, source.sql
    if op in ("known", "unknown"):
        return f"{x} {'<>' if op == 'known' else '='} ''"
    if op in ("is", "is_not") and isinstance(value, str) and value:
        return f"{x} {'=' if op == 'is' else '<>'} {params.add(value)}"
    if op == "one_of" and isinstance(value, tuple) and all(isinstance(each, str) and each for each in value):
        return f"{x} IN ({', '.join(params.add(each) for each in value)})"
    return ""


def _sql(test: Test, source: Source, now: datetime, params: Params) -> str:
    op, value, x = test.op, test.value, source.sql
    if op == "known":
        return f"{x} IS NOT NULL"
    if op == "one_of":
        assert isinstance(value, tuple)
        return " OR ".join(f"({_sql(Test('is', each), source, now, params)})" for each in value)
    if op in ("contains", "starts"):
        look = "strpos(lower({x}), {v}) > 0" if op == "contains" else "starts_with(lower({x}), {v})"
        return look.format(x=x, v=params.add(lowered(str(value))))
    if op == "is" and isinstance(value, str):
        return f"{x} = {params.add(value)}"
    return _sql_compared(op, value, source, now, params)


def _sql_compared(op: str, value: Any, source: Source, now: datetime, params: Params) -> str:
    if op == "between":
        return _sql_between(value, source, params)
    if op in _SIGNS:
        return _sql_number(source, _SIGNS[op], value, params)
    return _sql_time(op, value, source, now, params)


def _sql_between(value: Any, source: Source, params: Params) -> str:
    low, high = value
    if isinstance(low, str):
        edges = (params.add(micros(moment(each))) for each in (low, high))
        return f"{us_expression(source)} BETWEEN {' AND '.join(edges)}"
    return f"{_sql_number(source, '>=', low, params)} AND {_sql_number(source, '<=', high, params)}"


def _sql_number(source: Source, sign: str, value: Any, params: Params) -> str:
    if source.kind == "number":
        return f"{source.sql} {sign} {params.add(float(value))}::float8"
    x = source.sql
    return f"CASE WHEN {x} ~ '{NUMBER}' THEN ({x})::numeric END {sign} {params.add(Decimal(str(value)))}::numeric"


def _sql_time(op: str, value: Any, source: Source, now: datetime, params: Params) -> str:
    us = us_expression(source)
    if op == "within_days":
        until = micros(now)
        return f"{us} BETWEEN {params.add(until - days_us(value))} AND {params.add(until)}"
    return f"{us} {'<' if op == 'before' else '>'} {params.add(micros(moment(value)))}"


def us_expression(source: Source) -> str:
    """SQL for a value as a moment (microseconds), null where it is none."""
    if source.kind == "time":
        return source.sql
    x = source.sql
    return f"CASE WHEN {x} ~ '{TIME}' THEN {us_of(f'({x})::timestamptz')} END"


def us_of(sql: str) -> str:
    """SQL for the microseconds since 1970 of a timestamptz."""
    return f"(extract(epoch FROM {sql}) * 1000000)::bigint"


def holds(test: Test, kind: str, value: Any, now: datetime) -> bool:
    """The same in Python: ``value`` is text, a float, microseconds, or None."""
    positive = NEGATED.get(test.op)
    if positive:
        return not _holds(Test(positive, test.value), kind, value, now)
    return _holds(test, kind, value, now)


def _holds(test: Test, kind: str, value: Any, now: datetime) -> bool:
    op, wanted = test.op, test.value
    if value is None or op == "known":
        return value is not None
    if op == "one_of":
        assert isinstance(wanted, tuple)
        return any(_holds(Test("is", each), kind, value, now) for each in wanted)
    if op in ("contains", "starts"):
        text, part = lowered(value), lowered(str(wanted))
        return part in text if op == "contains" else text.startswith(part)
    if op == "is" and isinstance(wanted, str):
        return bool(value == wanted)
    return _compared(op, wanted, kind, value, now)


def _compared(op: str, wanted: Any, kind: str, value: Any, now: datetime) -> bool:
    if op == "between":
        return _between(kind, value, wanted)
    if op in _COMPARE:
        return _number_is(kind, value, _COMPARE[op], wanted)
    return _time_holds(op, wanted, _moment_us(kind, value), now)


def _between(kind: str, value: Any, wanted: Any) -> bool:
    low, high = wanted
    if isinstance(low, str):
        at = _moment_us(kind, value)
        return at is not None and micros(moment(low)) <= at <= micros(moment(high))
    return _number_is(kind, value, _COMPARE["ge"], low) and _number_is(kind, value, _COMPARE["le"], high)


def _time_holds(op: str, wanted: Any, at: int | None, now: datetime) -> bool:
    if at is None:
        return False
    if op == "within_days":
        until = micros(now)
        return until - days_us(wanted) <= at <= until
    edge = micros(moment(wanted))
    return at < edge if op == "before" else at > edge


def flip(test: Test, kind: str, value: Any, now: datetime) -> int | None:
    """When time alone changes the answer next (microseconds), None: never."""
    if test.op not in ("within_days", "not_within_days") or value is None:
        return None
    at = _moment_us(kind, value)
    if at is None:
        return None
    until = micros(now)
    if at > until:
        return at
    assert isinstance(test.value, int | float)
    end = at + days_us(test.value) + 1
    return end if end > until else None


def _number_is(kind: str, value: Any, compare: Callable[[Any, Any], bool], wanted: Any) -> bool:
    if kind == "number":
        return compare(float(value), float(wanted))
    found = number_of(value)
    return found is not None and compare(found, Decimal(str(wanted)))


def number_of(text: str | None) -> Decimal | None:
    """The number that a text spells, as SQL would read it."""
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def amount_of(text: str | None) -> Decimal:
    """What an event adds to a sum: six decimals, 0 where it is no number."""
    found = number_of(text)
    return Decimal(0) if found is None else found.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def sql_amount(text_sql: str) -> str:
    """`amount_of` in SQL."""
    return f"CASE WHEN {text_sql} ~ '{NUMBER}' THEN round(({text_sql})::numeric, 6) ELSE 0 END"


def _moment_us(kind: str, value: Any) -> int | None:
    if kind == "time":
        return int(value)
    return micros(moment(value)) if _TIME.fullmatch(value) else None


def lowered(text: str) -> str:
    """Lower case letter by letter, as Postgres does."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def text_of(value: Any) -> str | None:
    """A JSON value as ``jsonb ->>`` tells it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(", ", ": "))


def _sorted(value: Any) -> Any:
    """Keys in the order of jsonb: by length in bytes, then by bytes."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _sorted(value[key]) for key in keys}
    return [_sorted(each) for each in value] if isinstance(value, list) else value

"""What a segment's definition may say: JSON in, a tree of frozen conditions out, every fault with its place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.base.ids import read_id

MAX_DEPTH, MAX_NODES, MAX_LIST, MAX_TEXT = 5, 100, 200, 500
MAX_DAYS = 36_500
Scalar = str | int | float
Value = Scalar | tuple[Scalar, ...] | None
NUMBER_OPS = ("gt", "ge", "lt", "le")
TEXT_OPS = ("contains", "not_contains", "starts")
TIME_OPS = ("before", "after", "within_days", "not_within_days")
OPS = ("is", "is_not", *TEXT_OPS, *NUMBER_OPS, "between", "known", "unknown", "one_of", *TIME_OPS)
_LASTING = tuple(op for op in OPS if not op.endswith("within_days"))  # what an event is does not change with time
COUNT_OPS = ("ge", "le", "eq")


class BadDefinition(Refused):
    """A definition that cannot be understood; ``pointer`` is the JSON pointer of the place, e.g. ``/all/0/op``."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__("bad_segment", message, 422)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison of one value: ``op`` and what it is compared with (a tuple for between and one_of)."""

    op: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Only events whose property passes a test."""

    property: str
    test: Test


@dataclass(frozen=True, slots=True)
class Trait:
    """A field, computed value or trait passes a test."""

    name: str
    test: Test


@dataclass(frozen=True, slots=True)
class Follow:
    """Only events after which (not) another one came, within so many days."""

    event: str
    within_days: float | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Did:
    """Somebody did something: so often, in a window, with a sum, first or last at some time, followed by something."""

    event: str
    do: bool = True
    times: tuple[str, int] = ("ge", 1)
    within_days: float | None = None
    between: tuple[str, str] | None = None
    where: tuple[Filter, ...] = ()
    sum: tuple[str, str, float] | None = None  # property, op, value
    first: Test | None = None
    last: Test | None = None
    follow: Follow | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody is in another segment."""

    segment: UUID


@dataclass(frozen=True, slots=True)
class Custom:
    """A condition of a registered kind; ``body`` is its checked JSON, as text so that it can be compared."""

    kind: str
    body: str

    @property
    def value(self) -> Any:
        return json.loads(self.body)


Leaf = Trait | Did | Other | Custom


@dataclass(frozen=True, slots=True)
class Group:
    """All, any or none of its nodes hold."""

    mode: str
    nodes: tuple[Node, ...]


Node = Group | Trait | Did | Other | Custom
Kinds = dict[str, Callable[[Any, str], Any]]  # kind → check(body, pointer) → normal form
Typed = Callable[[str], str]  # name of a field, computed value or trait → text, number, time
_OPS_OF = {
    "text": OPS,
    "number": ("is", "is_not", *NUMBER_OPS, "between", "known", "unknown", "one_of"),
    "time": ("between", "known", "unknown", *TIME_OPS),
}


@dataclass(slots=True)
class Reader:
    """Reads one definition; ``kinds`` check the conditions that other rooms own."""

    kinds: Kinds
    typed: Typed
    nodes: int = 0

    def read(self, definition: Any) -> Group:
        """The tree of a whole definition; raises `BadDefinition`."""
        node = self.node(definition, "", 1)
        if not isinstance(node, Group):
            raise BadDefinition("", _("A segment begins with a group: all, any or none."))
        return node

    def node(self, given: Any, at: str, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise BadDefinition(at, _("A segment has at most {n} conditions.").format(n=MAX_NODES))
        if not isinstance(given, dict) or not given:
            raise BadDefinition(at, _("A condition is an object."))
        for mode in ("all", "any", "none"):
            if mode in given:
                return self._group(given, mode, at, depth)
        if "trait" in given:
            return self._trait(given, at)
        if "event" in given:
            return _did(given, at)
        if "segment" in given:
            return _other(given, at)
        for kind, check in self.kinds.items():
            if kind in given:
                _only(given, (kind,), at)
                return Custom(kind, json.dumps(check(given[kind], f"{at}/{kind}"), sort_keys=True, ensure_ascii=False))
        raise BadDefinition(at, _("This is no known kind of condition."))

    def _group(self, given: dict[str, Any], mode: str, at: str, depth: int) -> Group:
        _only(given, (mode,), at)
        nodes = given[mode]
        if depth > MAX_DEPTH:
            raise BadDefinition(at, _("Groups may be nested {n} deep at most.").format(n=MAX_DEPTH))
        if not isinstance(nodes, list):
            raise BadDefinition(f"{at}/{mode}", _("A group holds a list of conditions."))
        return Group(mode, tuple(self.node(each, f"{at}/{mode}/{n}", depth + 1) for n, each in enumerate(nodes)))

    def _trait(self, given: dict[str, Any], at: str) -> Trait:
        _only(given, ("trait", "op", "value"), at)
        name = _name(given["trait"], f"{at}/trait")
        kind = self.typed(name)
        test = _test(given, at, _OPS_OF[kind])
        values = test.value if isinstance(test.value, tuple) else (test.value,)
        if kind == "number" and any(isinstance(each, str) for each in values):
            raise BadDefinition(f"{at}/value", _("Give a number."))
        if kind == "time" and test.op == "between" and not all(isinstance(each, str) for each in values):
            raise BadDefinition(f"{at}/value", _("Give a date such as 2026-05-31."))
        return Trait(name, test)


def leaves(node: Node) -> Iterator[Leaf]:
    """All conditions of a tree."""
    if isinstance(node, Group):
        for each in node.nodes:
            yield from leaves(each)
    else:
        yield node


def moment(text: str) -> datetime:
    """An ISO date or time as aware UTC; raises ``ValueError``."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _test(given: dict[str, Any], at: str, ops: tuple[str, ...] = OPS) -> Test:
    op = given.get("op")
    if op not in ops:
        raise BadDefinition(f"{at}/op", _("Choose one of: {ops}.").format(ops=", ".join(ops)))
    if op in ("known", "unknown"):
        if given.get("value") is not None:
            raise BadDefinition(f"{at}/value", _("Nothing is compared here: leave the value out."))
        return Test(op)
    return Test(op, _value(op, given.get("value"), f"{at}/value"))


def _value(op: str, given: Any, at: str) -> Value:
    check = _CHECKS.get(op)
    return check(given, at) if check else _scalar(given, at)


def _list(given: Any, at: str) -> Value:
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_LIST:
        raise BadDefinition(at, _("Give a list of 1 to {n} values.").format(n=MAX_LIST))
    return tuple(_scalar(each, f"{at}/{n}") for n, each in enumerate(given))


def _part(given: Any, at: str) -> Value:
    text = _text_value(given, at)
    if not text:
        raise BadDefinition(at, _("Say what to look for."))
    return text


def _pair(given: Any, at: str) -> tuple[Scalar, ...]:
    if not isinstance(given, list) or len(given) != 2:
        raise BadDefinition(at, _("Give two values: from and to."))
    if all(isinstance(each, str) for each in given):
        return tuple(_time(each, f"{at}/{n}") for n, each in enumerate(given))
    return tuple(_number(each, f"{at}/{n}") for n, each in enumerate(given))


_EVENT_KEYS = (
    "event", "do", "times", "within_days", "between", "where", "sum", "first", "last", "followed_by", "not_followed_by",
)  # fmt: skip


def _did(given: dict[str, Any], at: str) -> Did:
    _only(given, _EVENT_KEYS, at)
    if not isinstance(given.get("do", True), bool):
        raise BadDefinition(f"{at}/do", _("Say true or false."))
    if given.get("within_days") is not None and given.get("between") is not None:
        raise BadDefinition(f"{at}/between", _("Choose one window: within_days or between."))
    between = given.get("between")
    within = given.get("within_days")
    if between is not None:
        if not isinstance(between, list) or len(between) != 2:
            raise BadDefinition(f"{at}/between", _("Give two values: from and to."))
        between = (_time(between[0], f"{at}/between/0"), _time(between[1], f"{at}/between/1"))
    return Did(
        event=_name(given["event"], f"{at}/event"),
        do=given.get("do", True),
        times=_times(given.get("times"), f"{at}/times"),
        within_days=None if within is None else _days(within, f"{at}/within_days"),
        between=between,
        where=read_where(given.get("where"), f"{at}/where"),
        sum=_sum(given.get("sum"), f"{at}/sum"),
        first=_when(given.get("first"), f"{at}/first"),
        last=_when(given.get("last"), f"{at}/last"),
        follow=_follow(given, at),
    )


def _times(given: Any, at: str) -> tuple[str, int]:
    if given is None:
        return ("ge", 1)
    _object(given, ("op", "n"), at)
    if given.get("op") not in COUNT_OPS:
        raise BadDefinition(f"{at}/op", _("Choose one of: {ops}.").format(ops=", ".join(COUNT_OPS)))
    n = given.get("n")
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n <= 1_000_000_000:
        raise BadDefinition(f"{at}/n", _("Give a whole number."))
    return (given["op"], n)


def read_where(given: Any, at: str) -> tuple[Filter, ...]:
    """Conditions on properties; raises `BadDefinition`."""
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > 10:
        raise BadDefinition(at, _("Give a list of at most {n} conditions.").format(n=10))
    found = []
    for n, each in enumerate(given):
        _object(each, ("property", "op", "value"), f"{at}/{n}")
        found.append(Filter(_name(each.get("property"), f"{at}/{n}/property"), _test(each, f"{at}/{n}", _LASTING)))
    return tuple(found)


def _sum(given: Any, at: str) -> tuple[str, str, float] | None:
    if given is None:
        return None
    _object(given, ("property", "op", "value"), at)
    if given.get("op") not in NUMBER_OPS:
        raise BadDefinition(f"{at}/op", _("Choose one of: {ops}.").format(ops=", ".join(NUMBER_OPS)))
    value = float(_number(given.get("value"), f"{at}/value"))
    return (_name(given.get("property"), f"{at}/property"), given["op"], value)


def _when(given: Any, at: str) -> Test | None:
    if given is None:
        return None
    _object(given, ("op", "value"), at)
    return _test(given, at, TIME_OPS)


def _follow(given: dict[str, Any], at: str) -> Follow | None:
    if given.get("followed_by") is not None and given.get("not_followed_by") is not None:
        raise BadDefinition(f"{at}/not_followed_by", _("Choose one: followed by or not followed by."))
    for key in ("followed_by", "not_followed_by"):
        each = given.get(key)
        if each is not None:
            _object(each, ("event", "within_days"), f"{at}/{key}")
            days = each.get("within_days")
            within = None if days is None else _days(days, f"{at}/{key}/within_days")
            return Follow(_name(each.get("event"), f"{at}/{key}/event"), within, key == "not_followed_by")
    return None


def _other(given: dict[str, Any], at: str) -> Other:
    _only(given, ("segment",), at)
    found = read_id(given["segment"])
    if found is None:
        raise BadDefinition(f"{at}/segment", _("This is not the id of a segment."))
    return Other(found)


def _only(given: dict[str, Any], known: tuple[str, ...], at: str) -> None:
    unknown = [key for key in given if key not in known]
    if unknown:
        raise BadDefinition(f"{at}/{unknown[0]}", _("Unknown: {name}.").format(name=str(unknown[0])[:60]))


def _object(given: Any, known: tuple[str, ...], at: str) -> None:
    if not isinstance(given, dict):
        raise BadDefinition(at, _("A condition is an object."))
    _only(given, known, at)


def _name(given: Any, at: str) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > 200 or "\x00" in given:
        raise BadDefinition(at, _("Give a name of 1 to {n} characters.").format(n=200))
    return given


def _scalar(given: Any, at: str) -> Scalar:
    if isinstance(given, bool):
        return "true" if given else "false"  # as jsonb tells them; 1 == True would confuse look-ups by equality
    return _text_value(given, at) if isinstance(given, str) else _number(given, at)


def _text_value(given: Any, at: str) -> str:
    if not isinstance(given, str) or len(given) > MAX_TEXT or "\x00" in given:
        raise BadDefinition(at, _("Give a text of at most {n} characters.").format(n=MAX_TEXT))
    return given


def _number(given: Any, at: str) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given) or abs(given) >= 1e15:
        raise BadDefinition(at, _("Give a number."))
    return given


def _days(given: Any, at: str) -> float:
    days = float(_number(given, at))
    if not 0 < days <= MAX_DAYS:
        raise BadDefinition(at, _("Give a number of days from 1 to {n}.").format(n=MAX_DAYS))
    return days


def _time(given: Any, at: str) -> str:
    try:
        return moment(given).isoformat() if isinstance(given, str) and len(given) <= 40 else _bad_time(at)
    except (ValueError, OverflowError) as error:
        raise BadDefinition(at, _("Give a date such as 2026-05-31.")) from error


def _bad_time(at: str) -> str:
    raise BadDefinition(at, _("Give a date such as 2026-05-31."))


_CHECKS: dict[str, Callable[[Any, str], Value]] = {
    **dict.fromkeys(NUMBER_OPS, _number),
    **dict.fromkeys(TEXT_OPS, _part),
    **dict.fromkeys(("within_days", "not_within_days"), _days),
    **dict.fromkeys(("before", "after"), _time),
    "between": _pair,
    "one_of": _list,
}

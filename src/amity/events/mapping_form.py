"""The mapping editor as a plain form: rules to fields and back. Every button posts all of it, so nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.events.mapping import KINDS, MAX_CONDITIONS, MAX_FIELDS, MAX_RULES, OPERATORS
from amity.events.mapping_paths import MAX_LENGTH

Json = dict[str, Any]
_SPARE = 1  # empty lines below what is there; each test on the sample gives new ones
_KIND_LABELS = {
    "track": _("track: something happened"), "identify": _("identify: who it is"), "group": _("group: which company"),
    "page": _("page: a page was seen"), "screen": _("screen: a screen was seen"), "alias": _("alias: two ids are one"),
}  # fmt: skip
_OPERATOR_LABELS = {
    "is": _("is"), "is_not": _("is not"), "contains": _("contains"), "starts": _("starts with"),
    "one_of": _("is one of"), "known": _("is there"), "unknown": _("is not there"),
}  # fmt: skip
KIND_CHOICES = [(kind, _KIND_LABELS[kind]) for kind in KINDS]
OPERATOR_CHOICES = [(operator, _OPERATOR_LABELS[operator]) for operator in OPERATORS]
# Field, label, example
_MAIN: tuple[tuple[str, str | Promise, str], ...] = (
    ("event", _("Event name"), "$.type"),
    ("user_id", _("User id"), "$.customer.id"),
    ("email", _("E-mail"), "$.customer.email"),
    ("anonymous_id", _("Anonymous id"), "$.visitor"),
    ("time", _("Time"), "$.created_at"),
    ("message_id", _("Message id"), "$.id"),
)
_RARE: tuple[tuple[str, str | Promise, str], ...] = (
    ("group_id", _("Group id"), "$.company.id"),
    ("previous_id", _("Previous id"), "$.old_id"),
    ("each", _("One event for each of"), "$.items[*]"),
    ("rest", _("All other fields of"), "$"),
)
_PLAIN = ("key", "name", "kind", *(name for name, _label, _example in (*_MAIN, *_RARE)))


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    label: str | Promise
    value: str
    example: str


@dataclass(frozen=True, slots=True)
class Line:
    """Two or three inputs side by side: ``names`` of the fields and their values."""

    names: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleForm:
    """One rule as its card shows it."""

    number: int
    key: str
    name: str
    kind: str
    main: list[Input]
    rare: list[Input]
    conditions: list[Line]
    properties: list[Line]
    traits: list[Line]
    rare_open: bool = field(default=False)


def forms_of(draft: Json) -> list[RuleForm]:
    """The cards of a draft."""
    return [_form(number, rule) for number, rule in enumerate(draft.get("rules", []))]


def read(post: Mapping[str, str]) -> Json:
    """The draft that a posted form spells (not checked yet), after the button that was pressed did its part."""
    numbers = sorted({int(found[1]) for name in post if (found := re.match(r"r(\d{1,3})\.", name))})[: MAX_RULES + 1]
    rules = [_rule(post, number) for number in numbers]
    do, _sep, what = post.get("do", "").partition(":")
    if do == "remove" and what.isdigit():
        rules = [rule for number, rule in zip(numbers, rules, strict=True) if number != int(what)]
    if do == "add":
        rules.append(empty(rules))
    return {"rules": rules}


def empty(rules: list[Json]) -> Json:
    """A new rule with a key that no other has."""
    taken = {rule.get("key") for rule in rules}
    key = next(f"r{number}" for number in range(1, 10_000) if f"r{number}" not in taken)
    return {"key": key, "kind": "track"}


def _form(number: int, rule: Json) -> RuleForm:
    def inputs(told: tuple[tuple[str, str | Promise, str], ...]) -> list[Input]:
        return [Input(f"r{number}.{name}", label, rule.get(name, ""), example) for name, label, example in told]

    conditions = [(each["path"], each.get("op", "is"), each.get("value", "")) for each in rule.get("when", [])]
    rare = inputs(_RARE)
    return RuleForm(
        number, rule["key"], rule.get("name", ""), rule.get("kind", "track"), inputs(_MAIN), rare,
        _lines(f"r{number}.w", ("path", "op", "value"), conditions),
        _lines(f"r{number}.p", ("name", "value"), list(rule.get("properties", {}).items())),
        _lines(f"r{number}.t", ("name", "value"), list(rule.get("traits", {}).items())),
        any(each.value for each in rare),
    )  # fmt: skip


def _lines(prefix: str, parts: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[Line]:
    spare = [("", "is", "")[: len(parts)] if len(parts) == 3 else ("", "")] * _SPARE
    return [
        Line(tuple(f"{prefix}{number}.{part}" for part in parts), tuple(map(str, row)))
        for number, row in enumerate([*rows, *spare])
    ]


def _rule(post: Mapping[str, str], number: int) -> Json:
    rule: Json = {name: _text(post, f"r{number}.{name}") for name in _PLAIN}
    rule["kind"] = rule["kind"] or "track"
    rule["when"] = [
        {"path": _text(post, f"{at}.path"), "op": _text(post, f"{at}.op") or "is", "value": _text(post, f"{at}.value")}
        for at in (f"r{number}.w{line}" for line in range(MAX_CONDITIONS + _SPARE))
        if _text(post, f"{at}.path")
    ]
    for name, letter in (("properties", "p"), ("traits", "t")):
        lines = [f"r{number}.{letter}{line}" for line in range(MAX_FIELDS + _SPARE)]
        rule[name] = {
            _text(post, f"{at}.name"): _text(post, f"{at}.value") for at in lines if _text(post, f"{at}.name")
        }
    return {name: value for name, value in rule.items() if value}


def _text(post: Mapping[str, str], name: str) -> str:
    return post.get(name, "").strip()[: MAX_LENGTH + 1]

"""Filters of a list: each reads its own parameters of the URL, narrows the rows and says in words what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from amity.base import words
from amity.base.searching import prefix_query

MAX_CHOICES = 20
MAX_TEXT = 120
Choices = Iterable[tuple[str, str | Promise]]


class Reader(Protocol):
    """Whoever looks at a list; `access.Principal` is one."""

    @property
    def staff_id(self) -> UUID | None: ...

    def may(self, permission: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Active:
    """A filter in use: its parameters (as in the URL), its condition, and the chip that tells of it."""

    key: str
    params: tuple[tuple[str, str], ...]
    where: Q
    label: str
    told: str


@dataclass(frozen=True, slots=True)
class Control:
    """What the filter's form control needs: ``template`` and its values."""

    template: str
    key: str
    label: str | Promise
    values: tuple[str, ...] = ()
    choices: tuple[tuple[str, str | Promise, bool], ...] = ()
    first: str = ""
    last: str = ""
    prominent: bool = False


class Filter(Protocol):
    """One thing that a list can be narrowed by."""

    @property
    def key(self) -> str: ...

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None: ...

    def control(self, params: QueryDict, choices: Choices) -> Control: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One or more of a few values. ``choices`` is a fixed tuple or a function of the reader (1 query)."""

    key: str
    label: str | Promise
    field: str
    choices: Callable[[Reader], Choices] | Choices = ()
    prominent: bool = False
    where: Callable[[list[str], Reader], Q] | None = None

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None:
        known = {str(value): label for value, label in choices}
        picked = list(dict.fromkeys(v for v in params.getlist(self.key)[:MAX_CHOICES] if v in known))
        if not picked:
            return None
        where = self.where(picked, reader) if self.where else Q(**{f"{self.field}__in": picked})
        told = ", ".join(str(known[value]) for value in picked)
        return Active(self.key, tuple((self.key, value) for value in picked), where, str(self.label), told)

    def control(self, params: QueryDict, choices: Choices) -> Control:
        picked = params.getlist(self.key)
        options = tuple((str(value), label, str(value) in picked) for value, label in choices)
        return Control("base/list_choice.html", self.key, self.label, choices=options, prominent=self.prominent)


@dataclass(frozen=True, slots=True)
class Text:
    """The column contains what was typed, upper or lower case.

    The column must be among the words that rows are searched by: the search index finds the few rows that are read.
    """

    key: str
    label: str | Promise
    field: str

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None:
        value = params.get(self.key, "").strip()[:MAX_TEXT]
        if not value:
            return None
        where = Q(**{f"{self.field}__icontains": value})
        words = prefix_query(value)
        if words is not None:
            where &= Q(search_vector=words)
        return Active(self.key, ((self.key, value),), where, str(self.label), value)

    def control(self, params: QueryDict, choices: Choices) -> Control:
        return Control("base/list_text.html", self.key, self.label, first=params.get(self.key, ""))


@dataclass(frozen=True, slots=True)
class Days:
    """A span of days, both ends included (UTC); ``date_only`` for a date column."""

    key: str
    label: str | Promise
    field: str
    date_only: bool = False

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None:
        first, last = _day(params.get(f"{self.key}_from")), _day(params.get(f"{self.key}_to"))
        where, used = Q(), []
        if first:
            where &= Q(**{f"{self.field}__gte": first if self.date_only else _midnight(first)})
            used.append((f"{self.key}_from", first.isoformat()))
        if last:
            after = last + timedelta(days=1)
            where &= Q(**{f"{self.field}__lt": after if self.date_only else _midnight(after)})
            used.append((f"{self.key}_to", last.isoformat()))
        if not used:
            return None
        return Active(self.key, tuple(used), where, str(self.label), _span(first, last))

    def control(self, params: QueryDict, choices: Choices) -> Control:
        first, last = params.get(f"{self.key}_from", ""), params.get(f"{self.key}_to", "")
        return Control("base/list_days.html", self.key, self.label, first=first, last=last)


@dataclass(frozen=True, slots=True)
class Number:
    """A span of numbers, both ends included; ``scale`` turns what is typed into what is stored (100: money)."""

    key: str
    label: str | Promise
    field: str
    scale: int = 1

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None:
        low, high = _number(params.get(f"{self.key}_min")), _number(params.get(f"{self.key}_max"))
        where, used = Q(), []
        if low is not None:
            where &= Q(**{f"{self.field}__gte": int(low * self.scale)})
            used.append((f"{self.key}_min", str(low)))
        if high is not None:
            where &= Q(**{f"{self.field}__lte": int(high * self.scale)})
            used.append((f"{self.key}_max", str(high)))
        if not used:
            return None
        told = _span(
            words.number(float(low)) if low is not None else "", words.number(float(high)) if high is not None else ""
        )
        return Active(self.key, tuple(used), where, str(self.label), told)

    def control(self, params: QueryDict, choices: Choices) -> Control:
        first, last = params.get(f"{self.key}_min", ""), params.get(f"{self.key}_max", "")
        return Control("base/list_number.html", self.key, self.label, first=first, last=last)


@dataclass(frozen=True, slots=True)
class Has:
    """Has a value, or has none. Empty text and null both count as none; ``absent`` overrides what "none" means."""

    key: str
    label: str | Promise
    absent: Q

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None:
        value = params.get(self.key, "")
        if value not in ("yes", "no"):
            return None
        where = self.absent if value == "no" else ~self.absent
        return Active(self.key, ((self.key, value),), where, str(self.label), _("yes") if value == "yes" else _("no"))

    def control(self, params: QueryDict, choices: Choices) -> Control:
        value = params.get(self.key, "")
        options = (("yes", _("yes"), value == "yes"), ("no", _("no"), value == "no"))
        return Control("base/list_choice.html", self.key, self.label, choices=options)


@dataclass(frozen=True, slots=True)
class Trait:
    """A custom field inside a jsonb column equals what was typed (as text, number or yes/no)."""

    name: str
    column: str

    @property
    def key(self) -> str:
        return f"t.{self.name}"

    def read(self, params: QueryDict, choices: Choices, reader: Reader) -> Active | None:
        value = params.get(self.key, "").strip()[:MAX_TEXT]
        if not value:
            return None
        where = Q()
        for form in _forms_of(value):
            where |= Q(**{f"{self.column}__contains": {self.name: form}})
        return Active(self.key, ((self.key, value),), where, self.name, value)

    def control(self, params: QueryDict, choices: Choices) -> Control:
        return Control("base/list_text.html", self.key, self.name, first=params.get(self.key, ""))


def nothing_in(field: str, *, text: bool = True) -> Q:
    """The condition "no value in ``field``"."""
    return Q(**{field: ""}) if text else Q(**{f"{field}__isnull": True})


def owned_by(picked: list[str], reader: Reader, field: str = "owner_id") -> Q:
    """Rows of the picked owners; "me" is the reader, "none" nobody."""
    where = Q()
    ids = [reader.staff_id if value == "me" else value for value in picked if value != "none"]
    if ids:
        where |= Q(**{f"{field}__in": ids})
    if "none" in picked:
        where |= Q(**{f"{field}__isnull": True})
    return where


def _forms_of(value: str) -> list[Any]:
    forms: list[Any] = [value]
    number = _number(value)
    if number is not None:
        forms.append(int(number) if number == number.to_integral_value() else float(number))
    if value.lower() in ("true", "false"):
        forms.append(value.lower() == "true")
    return forms


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").strip().replace(" ", "").replace("\u00a0", "").replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def _span(first: Any, last: Any) -> str:
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    return _("from %(first)s") % {"first": first} if first else _("to %(last)s") % {"last": last}

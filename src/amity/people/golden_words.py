"""The values of a profile in words: what fields are called, whence values come, why they hold, who fixed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base import clock
from amity.base.ids import read_id
from amity.people.called import Names, Wanted
from amity.people.golden_reading import Shown, Value
from amity.people.profiles import ChangeView
from amity.people.told_changes import label_of, told_changes, wanted_by

REASONS: Mapping[str, str | Promise] = {
    "pinned": gettext_lazy("pinned"),
    "checked": gettext_lazy("verified"),
    "trusted": gettext_lazy("its source is trusted more"),
    "proved": gettext_lazy("its sender had verified it"),
    "known": gettext_lazy("said by a known person, not by a visitor"),
    "latest": gettext_lazy("the latest"),
    "first": gettext_lazy("the first"),
    "tie": gettext_lazy("said at the same moment"),
    "only": gettext_lazy("the only value"),
    "same": gettext_lazy("all say so"),
    "own": gettext_lazy("the surviving one’s own"),
    "fills": gettext_lazy("fills a gap"),
    "kept": gettext_lazy("the value that is here"),
    "manual": gettext_lazy("entered by hand"),
}


@dataclass(frozen=True, slots=True)
class Other:
    """A value that does not hold. ``number`` and ``at`` say which one it is."""

    value: Any
    source: str
    observed_at: datetime | None
    number: int
    at: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Who fixed a value, and when."""

    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A value as the page shows it."""

    key: str
    label: str
    value: Any
    source: str
    observed_at: datetime | None
    why: str
    pinned: Mark | None
    checked: Mark | None
    others: tuple[Other, ...]

    @property
    def pin_label(self) -> str:
        words = _("Unpin: {field}") if self.pinned else _("Pin: {field}")
        return words.format(field=self.label)

    @property
    def check_label(self) -> str:
        words = _("No longer verified: {field}") if self.checked else _("Mark as verified: {field}")
        return words.format(field=self.label)


def wanted_by_values(shown: Sequence[Shown]) -> Wanted:
    """Whose names it takes to tell these values."""
    values = _values(shown)
    marks = [read_id(by) for each in shown for by, _at in _marks(each)]
    return wanted_by(_changes(values)) + Wanted(staff=marks, sources=[each.origin_id for each in values])


def told_values(shown: Sequence[Shown], names: Names) -> list[Told]:
    """Every value of a profile (`golden_reading.values_of`) in words, with the names that are `wanted_by_values`."""
    values = _values(shown)
    words = told_changes(_changes(values), names)
    said = {id(value): one.after for value, one in zip(values, words, strict=True)}
    return [_told(each, said, names.sources, names.staff) for each in shown]


def _values(shown: Sequence[Shown]) -> list[Value]:
    return [value for each in shown for value in (each.value, *each.others)]


def _told(each: Shown, said: Mapping[int, Any], sources: Mapping[UUID, str], staff: Mapping[UUID, str]) -> Told:
    others = tuple(
        Other(said[id(other)], _source(other, sources), other.observed_at, number, other.at)
        for number, other in enumerate(each.others)
    )
    why = "" if each.pinned or each.checked else str(REASONS.get(each.why, ""))
    return Told(
        each.value.key, label_of(each.name), said[id(each.value)], _source(each.value, sources), each.value.observed_at,
        why, _mark(each.pinned, staff), _mark(each.checked, staff), others,
    )  # fmt: skip


def _source(value: Value, sources: Mapping[UUID, str]) -> str:
    if value.manual:
        return _("Entered by hand")
    return sources.get(value.origin_id or UUID(int=0), "") or _("Source unknown")


def _mark(mark: tuple[str, str] | None, staff: Mapping[UUID, str]) -> Mark | None:
    if mark is None:
        return None
    return Mark(staff.get(read_id(mark[0]) or UUID(int=0), "Amity"), parse_datetime(mark[1]))


def _marks(each: Shown) -> Sequence[tuple[str, str]]:
    return [mark for mark in (each.pinned, each.checked) if mark]


def _changes(values: Sequence[Value]) -> list[ChangeView]:
    now = clock.now()
    return [ChangeView(each.key.lstrip(":"), None, each.value, None, None, now) for each in values]

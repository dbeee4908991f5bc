"""Conditions, facts and reasons in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amity.base.words import number
from amity.people.segments_grammar import Did, Filter, Group, Test, Trait, moment

_OPS = {
    "is": gettext_lazy("{name} is {value}"),
    "is_not": gettext_lazy("{name} is not {value}"),
    "contains": gettext_lazy("{name} contains {value}"),
    "not_contains": gettext_lazy("{name} does not contain {value}"),
    "starts": gettext_lazy("{name} starts with {value}"),
    "gt": gettext_lazy("{name} is more than {value}"),
    "ge": gettext_lazy("{name} is at least {value}"),
    "lt": gettext_lazy("{name} is less than {value}"),
    "le": gettext_lazy("{name} is at most {value}"),
    "between": gettext_lazy("{name} is between {low} and {high}"),
    "known": gettext_lazy("{name} is known"),
    "unknown": gettext_lazy("{name} is unknown"),
    "one_of": gettext_lazy("{name} is one of {value}"),
    "before": gettext_lazy("{name} is before {value}"),
    "after": gettext_lazy("{name} is after {value}"),
    "within_days": gettext_lazy("{name} is in the last {value} days"),
    "not_within_days": gettext_lazy("{name} is not in the last {value} days"),
}
_GROUPS = {
    "all": gettext_lazy("All of these"),
    "any": gettext_lazy("Any of these"),
    "none": gettext_lazy("None of these"),
}
_REASONS = {
    "time:": gettext_lazy("Time passed"),
    "person:new": gettext_lazy("New profile"),
    "person:merged": gettext_lazy("Profiles were joined"),
    "field:archived_at": gettext_lazy("Archived or restored"),
    "field:anonymous": gettext_lazy("Became known"),
    "filled": gettext_lazy("The segment was filled"),
    "recomputed": gettext_lazy("The segment was recomputed"),
    "definition": gettext_lazy("The segment was changed"),
    "import": gettext_lazy("An import"),
    "check": gettext_lazy("Put right by the nightly check"),
}


def group_words(group: Group) -> str:
    return str(_GROUPS[group.mode])


def trait_words(leaf: Trait, label: str) -> str:
    """A condition on a field, trait or computed value."""
    return _test_words(leaf.test, label)


def did_words(leaf: Did) -> str:
    """A condition on events, as a sentence."""
    op, n = leaf.times
    name = f"“{leaf.event}”" if leaf.event != "*" else _("anything")
    if not leaf.do:
        told = _("Did not do {event}").format(event=name)
    elif (op, n) == ("ge", 1):
        told = _("Did {event}").format(event=name)
    else:
        told = _TIMES[op](n).format(event=name, n=number(n))
    parts = [told]
    if leaf.within_days is not None:
        parts.append(_("in the last {n} days").format(n=_days(leaf.within_days)))
    if leaf.between:
        low, high = (day(moment(each)) for each in leaf.between)
        parts.append(_("between {low} and {high}").format(low=low, high=high))
    parts += [_("where {test}").format(test=_filter(each)) for each in leaf.where]
    if leaf.sum:
        prop, op, value = leaf.sum
        parts.append(_("and the sum: {test}").format(test=_test_words(Test(op, value), prop)))
    if leaf.first:
        parts.append(_("and {test}").format(test=_test_words(leaf.first, _("the first time"))))
    if leaf.last:
        parts.append(_("and {test}").format(test=_test_words(leaf.last, _("the last time"))))
    if leaf.follow:
        told = _("not followed by “{event}”") if leaf.follow.negated else _("followed by “{event}”")
        parts.append(told.format(event=leaf.follow.event))
        if leaf.follow.within_days is not None:
            parts.append(_("within {n} days").format(n=_days(leaf.follow.within_days)))
    return ", ".join(parts)


_TIMES: dict[str, Callable[[int], str]] = {
    "ge": lambda n: ngettext("Did {event} at least {n} time", "Did {event} at least {n} times", n),
    "le": lambda n: ngettext("Did {event} at most {n} time", "Did {event} at most {n} times", n),
    "eq": lambda n: ngettext("Did {event} exactly {n} time", "Did {event} exactly {n} times", n),
}


def fact_of_value(value: Any, kind: str) -> str:
    """What is known of a value."""
    if value is None or value == "":
        return _("Unknown.")
    if kind == "time":
        return _("It is {value}.").format(value=day(datetime.fromtimestamp(value / 1e6, UTC)))
    if kind == "number":
        return _("It is {value}.").format(value=number(round(value, 2)))
    return _("It is {value}.").format(value=f"“{value}”")


def fact_of_events(n: int, first: datetime | None, last: datetime | None, total: float | None) -> str:
    """What is known of events that count."""
    if not n or first is None or last is None:
        return _("It never happened.")
    told = ngettext("It happened {n} time, on {last}.", "It happened {n} times, last on {last}.", n)
    parts = [told.format(n=number(n), last=day(last).removesuffix("."))]  # "p.m." ends it already
    if total is not None:
        parts.append(_("Sum: {value}.").format(value=number(round(total, 2))))
    return " ".join(parts)


def reason_words(reason: str) -> str:
    """Why somebody moved: stored as names, told in words."""
    told = []
    for name in reason.split("\n"):
        kind, _sep, rest = name.partition(":")
        if name in _REASONS:
            told.append(str(_REASONS[name]))
        elif kind == "event":
            told.append(_("Event “{name}”").format(name=rest))
        elif kind in ("trait", "field"):
            told.append(_("“{name}” changed").format(name=rest))
        elif kind == "deal":
            told.append(_("A deal changed"))
        else:
            told.append(name)
    return ", ".join(told)


def day(at: datetime) -> str:
    """A moment in the reader's zone and language."""
    return str(date_format(localtime(at), "DATETIME_FORMAT"))


def _filter(each: Filter) -> str:
    return _test_words(each.test, each.property)


def _test_words(test: Test, name: str) -> str:
    value = test.value
    low = high = ""
    if test.op == "between" and isinstance(value, tuple):
        low, high = (_told(each) for each in value)
    return str(_OPS[test.op]).format(name=name, value=_told(value), low=low, high=high)


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_told(each) for each in value)
    if isinstance(value, str):
        return f"“{value}”"
    return "" if value is None else _days(value)


def _days(value: float) -> str:
    return number(value)

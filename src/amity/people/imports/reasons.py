"""Reasons for proposals: codes that are stored, sentences that are shown in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is proposed; ``code`` and ``params`` are JSON-able."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """``{code, params}``."""
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Reason:
        """The opposite of ``as_json``."""
        return cls(value["code"], value.get("params", {}))

    def text(self) -> str:
        """The sentence in the active language; raises ``KeyError`` for an unknown code."""
        params = dict(self.params)
        if self.code == "dates":
            params |= {"order": _orders()[params["order"]], "why": _whys()[params["why"]]}
        return _sentences()[self.code] % params


def _sentences() -> dict[str, str]:
    return {
        "name": _("the heading says so"),
        "similar": _("the heading is like “%(phrase)s”"),
        "content": _("the values look like it"),
        "reference": _("%(share)s%% of the values are in “%(column)s” of %(table)s"),
        "custom": _("no known field fits, kept as a field of its own"),
        "empty": _("the column is empty"),
        "chosen": _("chosen by you"),
        "noun_fields": _("%(count)s of %(total)s columns are known here: %(columns)s"),
        "noun_file": _("the file is called so, and %(count)s of %(total)s columns are known here"),
        "noun_unknown": _("nothing here is recognised: choose what the rows are, or leave the file out"),
        "dates": _("dates in “%(column)s” are read as %(order)s: %(why)s"),
        "nulls": _("in “%(column)s” these mean nothing: %(texts)s"),
        "outcomes": _("“%(column)s” tells the outcome: %(won)s won, %(lost)s lost, the rest open"),
        "won_only": _("the table holds closed deals only, so each of them is taken as won"),
        "leads": _("the rows are leads without an outcome, so each of them is taken as open"),
        "squeezed": _("“%(value)s” is taken for “%(known)s” of %(table)s"),
        "no_identity": _("no column tells the rows apart: importing a changed file again adds rows"),
    }


def _orders() -> dict[str, str]:
    return {
        "ymd": _("year, month, day"),
        "dmy": _("day, month, year"),
        "mdy": _("month, day, year"),
        "serial": _("spreadsheet days"),
        "epoch": _("seconds since 1970"),
        "epoch_ms": _("milliseconds since 1970"),
    }


def _whys() -> dict[str, str]:
    """Why a date order was chosen; the codes are those of ``dates.order_of``."""
    return {
        "above_12_first": _("first numbers go above 12"),
        "above_12_second": _("second numbers go above 12"),
        "above_31": _("first numbers go above 31"),
        "american": _("slashes as in American dates, and nothing contradicts"),
        "compact": _("eight digits"),
        "epoch": _("the size of the numbers"),
        "epoch_ms": _("the size of the numbers"),
        "serial": _("the size of the numbers"),
        "short_year": _("the last number varies like a day"),
        "sorted": _("so the column is sorted by time"),
        "usual": _("the usual order, and nothing contradicts"),
        "year_first": _("the year stands first"),
    }

"""Page: what drives winning here, and which campaigns moved it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import words
from amity.intelligence import api, key_factors_reading
from amity.intelligence import training as learning
from amity.intelligence.columns import NOT_CHOSEN
from amity.intelligence.key_factors import Factor

TREND = 0.005  # of the whole weight; smaller changes are not told


@require_GET
def page(request: access.StaffRequest, key: str) -> HttpResponse:
    """Key factors and campaigns of one model. A fixed number of queries, most of them once an hour."""
    access.require(request.principal, "models.view")
    source = learning.source_of(key)
    told = key_factors_reading.told(key)
    context: dict[str, Any] = {"target": api.Target(key, source.label(), source.subject_kind), "told": told}
    if told:
        context["factors"] = [_factor(each, source) for each in told.factors]
        context["most"] = max((each["share"] for each in context["factors"]), default=1.0)
        context["lifts"] = [(source.column_label(column), each) for column, each in told.lifts]
    return render(request, "intelligence/factors.html", context)


def _factor(factor: Factor, source: learning.LabelSource) -> dict[str, Any]:
    rising = factor.trend is not None and abs(factor.trend) >= TREND
    return {
        "label": source.column_label(factor.column),
        "share": factor.share,
        "trend": factor.trend if rising else None,
        "new": factor.trend is None,
        "levels": [(_value(each.value), each) for each in factor.levels],
    }


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        low, high = (words.number(round(part, 2)) for part in value)
        return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}
    known = {"✓": _("filled in"), "…": _("another value"), "true": _("yes"), "false": _("no")}
    known[NOT_CHOSEN] = _("not chosen")
    return _("empty") if value is None else known.get(str(value), str(value))

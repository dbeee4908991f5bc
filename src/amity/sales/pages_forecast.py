"""The forecast page: what will be won this month and quarter, by whom, and how right earlier forecasts were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import clock, words
from amity.base.pages import page
from amity.events import api as events
from amity.sales import contacts_forecast, forecasting, forecasting_kept
from amity.sales.forecasting import Line, Outlooks, Period
from amity.sales.models import Stage

WIDTH = 160  # of an interval's bar
MENTIONED = 0.5  # contacts: hours that stay below it in all seven days are left out of the table
CHANNELS = {"call": _l("Calls"), "mail": _l("Mails"), "message": _l("Messages"), "form": _l("Forms")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with the geometry of its bar (x in 0–160) and where its numbers lead."""

    line: Line
    low: int
    middle: int
    width: int
    done_url: str
    open_url: str


@require_GET
def show(request: access.StaffRequest) -> HttpResponse:
    """The forecast of one period. About 10 queries whatever there is; see `forecasting.outlooks` for time."""
    access.require(request.principal, "deals.view")
    today = clock.now().date()
    period = forecasting.period_of(request.GET.get("period", ""), today)
    found = forecasting.outlooks(request.principal, period)
    stages = _stages_of_pipelines()
    blocks = [_block(request.principal, each, stages) for each in found]
    context = {"period": period, "name": period_name(period), "tabs": _tabs(period, today), "blocks": blocks}
    context["learning"] = any(each.learning for each in found)
    kept = contacts_forecast.kept(request.principal)
    names = {key: str(label) for key, label in CHANNELS.items()} | events.names_of_lines(each.channel for each in kept)
    context["channels"] = [_channel(each, names) for each in kept if each.channel in names]
    return page(request, "sales/forecast.html", context, part="sales/_forecast.html")


def _channel(found: contacts_forecast.Channel, names: dict[str, str]) -> dict[str, Any]:
    """A channel or queue with its name and its hours as rows of a table, those with no contacts in sight left out."""
    hours = list(zip(*(day.hours for day in found.days), strict=True))
    rows = [(f"{row[0].hour:02d}:00", row) for row in hours if any(each.high >= MENTIONED for each in row)]
    return {"found": found, "name": names[found.channel], "rows": rows}


def period_name(period: Period) -> str:
    """ "1 October 2026 – 31 December 2026" as the reader's language writes days."""
    return f"{words.day(period.start)} – {words.day(period.last)}"


def _tabs(chosen: Period, today: date) -> list[dict[str, Any]]:
    names = (_("This month"), _("Next month"), _("This quarter"), _("Next quarter"))
    pairs = zip(names, forecasting.periods(today), strict=True)
    return [{"name": name, "key": each.key, "current": each == chosen} for name, each in pairs]


def _block(principal: access.Principal, found: Outlooks, stages: dict[UUID, list[UUID]]) -> dict[str, Any]:
    most = max((line.high or 0 for line in found.lines), default=0) or 1
    lines = [_shown(line, found.period, stages, most) for line in found.lines]
    track = forecasting_kept.track(principal, found.currency)
    past = [(row, period_name(Period(row.span, row.starts_on, row.ends_on))) for row in track.rows]
    return {
        "currency": found.currency, "whole": lines[0], "lines": lines, "learned_at": found.learned_at, "track": track,
        "learning": found.learning,
        "past": [(row, name, row.low <= (row.happened or 0) <= row.high) for row, name in past],
    }  # fmt: skip


def _shown(line: Line, period: Period, stages: dict[UUID, list[UUID]], most: int) -> Shown:
    low, middle, high = (round((value or 0) / most * WIDTH) for value in (line.low, line.middle, line.high))
    scope: dict[str, Any] = {}
    if line.scope == "team":
        scope = {"team": [line.scope_id]}
    elif line.scope == "pipeline" and line.scope_id:
        scope = {"stage": stages.get(line.scope_id, [])}
    until = min(period.last, clock.now().date() + timedelta(days=1))
    done = {"status": "won", "closed_from": period.start, "closed_to": until, **scope}
    urls = [f"{reverse('deals')}?{urlencode(each, doseq=True)}" for each in (done, {"status": "open", **scope})]
    return Shown(line, low, middle, max(high - low, 2), *urls)


def _stages_of_pipelines() -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for pipeline, stage in Stage.objects.order_by("position").values_list("pipeline_id", "id"):
        found.setdefault(pipeline, []).append(stage)
    return found

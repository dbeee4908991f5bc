"""Forecasts are kept every day and held against what happened: did the interval hold, was P50 nearer than others?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Q

from amity.access import api as access
from amity.base import clock
from amity.sales import forecasting
from amity.sales.forecasting import Line, Period
from amity.sales.forecasting_facts import Facts, day_of, places, read
from amity.sales.models import ForecastKept

REPLAYED = 6  # months that are told from what was known then, where nothing was kept
_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Track:
    """Past forecasts of the caller's whole or teams, newest first; errors as a share of what happened, 0–1."""

    rows: list[ForecastKept]
    held: float | None
    error: float | None
    stage_weighted: float | None
    naive: float | None


def keep_today() -> int:
    """Learn, keep today's forecasts of every scope, fill in what happened; returns how many were kept. By night."""
    forecasting.learn_all()
    today, found, kept = clock.now().date(), read(Q(), places(), moves=True), 0
    scopes = forecasting.all_scopes()
    models = forecasting.newest_models(found)
    for code, facts in found.items():
        learned = forecasting.learned_of(models.get(code))
        for period in forecasting.periods(today):
            lines = forecasting.outlook_of(facts, period, scopes, learned, day_of(clock.now()))
            kept += _keep(lines, period, today)
        kept += _replay(facts, scopes, today)
        _fill_in(facts, today)
    return kept


def track(principal: access.Principal, currency: str) -> Track:
    """How right forecasts of periods that are over were: the first one of each period and scope. 1 query.

    Only who sees all deals of a scope sees how its forecasts fared.
    """
    seen = Q(scope="team", scope_id__in=list(principal.team_ids)) if principal.scope == "team" else Q(pk=None)
    rows = ForecastKept.objects.filter(Q() if principal.scope == "all" else seen, currency=currency)
    over = rows.exclude(happened=None).order_by("scope", "scope_id", "span", "starts_on", "made_on")
    first = over.distinct("scope", "scope_id", "span", "starts_on")
    return _track(sorted(first, key=lambda row: (row.ends_on, row.span, row.scope), reverse=True))


def _track(rows: list[ForecastKept]) -> Track:
    if not rows:
        return Track([], None, None, None, None)
    happened = np.array([row.happened for row in rows], dtype=np.float64)
    held = np.mean([row.low <= (row.happened or 0) <= row.high for row in rows])
    total = max(float(happened.sum()), 1.0)
    off = {
        name: float(np.abs(np.array([getattr(row, name) for row in rows]) - happened).sum()) / total
        for name in ("middle", "stage_weighted", "naive")
    }
    shown = [row for row in rows if row.scope == "all" or len({r.scope_id for r in rows}) == 1] or rows
    return Track(shown[:_SHOWN], float(held), off["middle"], off["stage_weighted"], off["naive"])


def _keep(lines: Iterable[Line], period: Period, day: date, **more: Any) -> int:
    """Write lines down, once a day each; those without a forecast are left out."""
    rows = [
        ForecastKept(
            made_on=day, scope=line.scope, scope_id=line.scope_id, currency=line.currency, span=period.span,
            starts_on=period.start, ends_on=period.until, low=line.low or 0, middle=line.middle, high=line.high or 0,
            stage_weighted=line.stage_weighted, naive=line.naive, commit=line.commit, **more,
        )
        for line in lines
        if line.middle is not None
    ]  # fmt: skip
    return len(ForecastKept.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500))


def _replay(facts: Facts, scopes: Sequence[forecasting.Scope], today: date) -> int:
    """Forecasts of past months and quarters that nobody kept, from what was known on their first day."""
    kept = 0
    known = set(ForecastKept.objects.filter(currency=facts.currency).values_list("span", "starts_on"))
    for period in _past(today):
        if (period.span, period.start) in known:
            continue
        then = facts.as_of(day_of(period.start))
        learned = forecasting.coming.learn(then.money, day_of(period.start)) if then.ids else None
        lines = forecasting.outlook_of(then, period, scopes, learned, day_of(period.start)) if learned else []
        kept += _keep(lines, period, period.start, replayed=True)
    return kept


def _past(today: date) -> list[Period]:
    """The last months, and the quarters that ended among them."""
    found, month = [], forecasting.periods(today)[0]
    for _back in range(REPLAYED):
        month = forecasting.before(month)
        found.append(month)
    quarters = [forecasting.before(forecasting.periods(today)[2])]
    quarters.append(forecasting.before(quarters[0]))
    return found + quarters


def _fill_in(facts: Facts, today: date) -> None:
    """What was won in periods that are over."""
    rows = list(ForecastKept.objects.filter(currency=facts.currency, happened=None, ends_on__lte=today))
    for row in rows:
        money = facts.money.take(facts.where(row.scope, row.scope_id))
        row.happened = round(forecasting.coming.done(money, day_of(row.starts_on), day_of(row.ends_on)))
    ForecastKept.objects.bulk_update(rows, ["happened"], batch_size=500)


__all__ = ["Track", "keep_today", "track"]

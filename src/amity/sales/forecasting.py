"""Revenue to come per team, pipeline and period: P10, P50, P90 beside stage-weighted, commit and the last period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.models import JobRun
from amity.intelligence import api as intelligence
from amity.sales.forecasting_facts import Facts, Place, day_of, places, read
from amity.sales.models import ForecastModel, Pipeline

Array = NDArray[np.float64]
coming = intelligence.pipeline_forecast
Scope = tuple[str, UUID | None, str]
COMMITTED = 0.5  # from this place in the pipeline on, what salespeople expect counts as commit
LEARN = "sales.learn_forecast"
_AGAIN = timedelta(hours=1)
_KEPT_MODELS = 30
SPANS = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class Period:
    """A month or quarter; ``until`` is the first day after it."""

    span: str
    start: date
    until: date

    @property
    def key(self) -> str:
        return f"{self.span}-{self.start.isoformat()}"

    @property
    def last(self) -> date:
        return self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One scope in one period, minor units of ``currency``; P10 to P90 include what is ``done`` already.

    ``low`` to ``high`` are None while too few deals are decided.
    """

    scope: str
    scope_id: UUID | None
    name: str
    currency: str
    low: int | None
    middle: int | None
    high: int | None
    done: int
    from_open: int | None
    from_new: int | None
    stage_weighted: int
    commit: int
    naive: int
    open_deals: int


@dataclass(frozen=True, slots=True)
class Outlooks:
    """All scopes of one period and currency; the first line is the whole."""

    period: Period
    currency: str
    lines: list[Line]
    learned_at: datetime | None
    learning: bool = False  # the first time, in the background


def periods(today: date) -> list[Period]:
    """This and the next month, this and the next quarter."""
    month = today.replace(day=1)
    quarter = month.replace(month=(month.month - 1) // 3 * 3 + 1)
    starts = [("month", month), ("month", _later(month, 1)), ("quarter", quarter), ("quarter", _later(quarter, 3))]
    return [Period(span, start, _later(start, SPANS[span])) for span, start in starts]


def period_of(key: str, today: date) -> Period:
    """The period that a link names, or this quarter."""
    known = {each.key: each for each in periods(today)}
    return known.get(key) or periods(today)[2]


def before(period: Period) -> Period:
    """The period of that span before."""
    return Period(period.span, _later(period.start, -SPANS[period.span]), period.start)


def outlooks(principal: access.Principal, period: Period) -> list[Outlooks]:
    """What the caller's own rows promise, per currency. 6 queries; 0.2 s for 10,000 open deals in 20 teams.

    Raises ``Forbidden``. Learned from all deals of the house: sums say nothing about a single one. Where nothing was
    learned yet, learning starts in the background, which takes two queries more.
    """
    access.require(principal, "deals.view")
    where_of = places()
    found = read(access.rows_of(principal) & _late(period), where_of)
    scopes, models = all_scopes(), newest_models(found)
    learning = any(_unlearned(facts, models.get(code)) for code, facts in found.items())
    if learning:
        start_learning()
    return [_outlook(facts, period, scopes, models.get(code)) for code, facts in found.items()]


def start_learning() -> None:
    """Learn in the background, once at a time and at most once an hour. 2 queries."""
    states = (JobRun.State.WAITING, JobRun.State.RUNNING)
    runs = JobRun.objects.filter(kind=LEARN).filter(Q(state__in=states) | Q(created_at__gt=clock.now() - _AGAIN))
    if not runs.exists():
        jobs.start(LEARN, LEARN)


def _unlearned(facts: Facts, row: ForecastModel | None) -> bool:
    """Nothing was learned yet; or too little was known then, an hour ago, and enough may be known now."""
    if row is None:
        return True
    decided = int(np.sum(~np.isnan(facts.money.deals.won)))
    return not row.artefact and decided >= intelligence.survival.LEAST_DECIDED and row.learned_at < clock.now() - _AGAIN


def newest_models(currencies: Mapping[str, Facts]) -> dict[str, ForecastModel]:
    """What was learned last, by currency. 1 query."""
    rows = ForecastModel.objects.filter(currency__in=list(currencies)).order_by("currency", "-learned_at")
    return {row.currency: row for row in rows.distinct("currency")}


def learn_all() -> dict[str, ForecastModel]:
    """Learn from every deal, and keep it. Seconds for 10,000 deals; not within a transaction that others wait for."""
    made = {}
    now = clock.now()
    for code, facts in read(Q(), places(), moves=True).items():
        learned = coming.learn(facts.money, day_of(now))
        artefact = learned.as_dict() if learned else {}
        made[code] = ForecastModel.objects.create(currency=code, artefact=artefact, learned_at=now)
        old = ForecastModel.objects.filter(currency=code).order_by("-learned_at").values_list("id", flat=True)
        ForecastModel.objects.filter(id__in=list(old[_KEPT_MODELS:])).delete()
    return made


def learned_of(row: ForecastModel | None) -> coming.Learned | None:
    """The model in a row, None where too few deals were decided."""
    return coming.Learned.from_dict(row.artefact) if row and row.artefact else None


def outlook_of(
    facts: Facts, period: Period, scopes: Sequence[Scope], learned: coming.Learned | None, now: float
) -> list[Line]:
    """A line for every scope that has deals, the whole first; ``now`` in days since 1970.

    Open deals are as old as they were at midnight (UTC): while nothing happens, the page reads the same all day.
    """
    start, end, today = day_of(period.start), day_of(period.until), float(np.floor(now))
    still = np.isnan(facts.money.deals.won)
    deals = facts.money.deals.take(still)
    chance = coming.within(learned, deals, today, start, end) if learned else np.zeros(int(still.sum()))
    new = coming.expected_new(learned, today, start, end) if learned else 0.0
    lines = []
    for scope in scopes:
        mask = facts.where(scope[0], scope[1])
        if mask.any() or scope[0] == "all":
            lines.append(_line(facts, mask, scope, (now, start, end), learned, chance[mask[still]], new))
    return lines


def all_scopes() -> list[Scope]:
    """The whole, every team, every pipeline where there are several. 2 queries."""
    pipelines = list(Pipeline.objects.filter(archived_at=None).order_by("position", "name").values_list("id", "name"))
    scopes: list[Scope] = [("all", None, _("All deals"))]
    scopes += [("team", key, name) for key, name in access.team_choices()]
    return scopes + ([("pipeline", key, name) for key, name in pipelines] if len(pipelines) > 1 else [])


def _outlook(facts: Facts, period: Period, scopes: Sequence[Scope], row: ForecastModel | None) -> Outlooks:
    lines = outlook_of(facts, period, scopes, learned_of(row), day_of(clock.now()))
    learned_at = row.learned_at if row and row.artefact else None
    return Outlooks(period, facts.currency, lines, learned_at, learning=row is None)


def _line(
    facts: Facts, mask: NDArray[np.bool_], scope: Scope, when: tuple[float, float, float],
    learned: coming.Learned | None, chance: Array, new: float,
) -> Line:  # fmt: skip
    now, start, end = when
    today = float(np.floor(now))
    money = facts.money.take(mask)
    still = coming.open_of(money)
    before = coming.done(money, start, now)
    made = None
    if learned:
        rate = coming.rate_of(money.deals.opened, today)
        made = coming.revenue_of(learned, chance, coming.stakes(learned, still), before, new * rate)
    cycle = learned.cycle if learned else 60.0
    due = still.deals.due - 1  # the expected day itself
    said = (due >= start) & (due < end) & (np.nan_to_num(still.deals.stage) >= COMMITTED)
    weighted = before + coming.stage_weighted(still, _weights(still.deals.stage), cycle, today, start, end)
    return Line(
        scope=scope[0],
        scope_id=scope[1],
        name=scope[2],
        currency=facts.currency,
        low=round(made.low) if made else None,
        middle=round(made.middle) if made else None,
        high=round(made.high) if made else None,
        done=round(before),
        from_open=round(made.from_open) if made else None,
        from_new=round(made.from_new) if made else None,
        stage_weighted=round(weighted),
        commit=round(before + float(np.nansum(still.stake[said]))),
        naive=round(coming.naive(money, now, start, end)),
        open_deals=len(still.stake),
    )


def _weights(stage: Array) -> Array:
    """The fixed share per stage that most products come with: 10 % for the first to 90 % for the last open one."""
    return np.asarray(0.1 + 0.8 * np.nan_to_num(stage, nan=0.5))


def _late(period: Period) -> Q:
    """Open deals, and closed ones of the last seven months: for the rate of new deals and the period before."""
    since = datetime.combine(min(period.start, clock.now().date()), datetime.min.time(), UTC) - timedelta(days=215)
    return Q(status="open") | Q(closed_at__gte=since) | Q(opened_at__gte=since)


def _later(first: date, months: int) -> date:
    """The first of a month, ``months`` later."""
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


__all__ = [
    "COMMITTED",
    "LEARN",
    "Line",
    "Outlooks",
    "Period",
    "Place",
    "Scope",
    "all_scopes",
    "before",
    "coming",
    "learn_all",
    "learned_of",
    "newest_models",
    "outlook_of",
    "outlooks",
    "period_of",
    "periods",
    "start_learning",
]  # fmt: skip

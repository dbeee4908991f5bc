"""Must show 4: revenue of the next month and quarter from opportunities, beside stage-weighted and the last period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence import pipeline_forecast as forecast
from amity.intelligence.bench import DEALS, deals_table
from amity.intelligence.benches.table import Line, Say
from amity.intelligence.pipeline_forecast import Learned, Money
from amity.intelligence.survival import NO_DAY, Deals

Array = NDArray[np.float64]
ORIGINS = ("2017-06-01", "2017-07-01", "2017-08-01", "2017-09-01", "2017-10-01")
SPANS = {"month": 1, "quarter": 3}
SCOPES = ("regional_office", "manager")


@dataclass(frozen=True, slots=True)
class Guess:
    """One scope, origin and span: what happened and what was said."""

    scope: str
    actual: float
    low: float
    middle: float
    high: float
    stage_weighted: float
    naive: float


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """Five origins a month apart; each sees only what was known then. All deals, three regions, six managers."""
    money, scopes = opportunities(deals_table(data / DEALS))
    origins = ORIGINS[-2:] if quick else ORIGINS
    yield from measured("CRM opportunities", money, scopes, origins, say)


def opportunities(table: pl.DataFrame) -> tuple[Money, dict[str, Array]]:
    """The opportunities as numbers, the list price at stake until a deal is won, and the scopes as masks."""
    opened, closed = (_days(table[name]) for name in ("engage_date", "close_date"))
    stage = table["deal_stage"].to_list()
    won = np.array([{"Won": 1.0, "Lost": 0.0}.get(each, np.nan) for each in stage])
    n = len(opened)
    deals = Deals(
        opened, np.where(np.isnan(won), np.nan, closed), won, np.full(n, np.nan), np.full(n, NO_DAY), np.zeros(n)
    )
    stake, got = (table[name].cast(pl.Float64).to_numpy() for name in ("sales_price", "close_value"))
    masks = {"all": np.ones(n, dtype=bool)}
    for column in SCOPES:
        names = table[column].to_numpy()
        masks |= {f"{column}: {name}": names == name for name in sorted(set(names) - {None})}
    started = ~np.isnan(opened)
    return Money(deals, stake, np.where(won == 1, got, np.nan)).take(started), {k: m[started] for k, m in masks.items()}


def measured(name: str, money: Money, scopes: Mapping[str, Array], origins: Sequence[str], say: Say) -> Iterator[Line]:
    """Lines per span for any opportunities: mean absolute percentage errors of P50, and how often P10 to P90 held."""
    for span, months in SPANS.items():
        found = [g for origin in origins for g in guesses(money, scopes, origin, months, say)]
        for title, some in (("all deals", [g for g in found if g.scope == "all"]),
                            ("per team", [g for g in found if g.scope != "all"])):  # fmt: skip
            yield _error(f"{name}, {title}", span, some)
        held = np.array([g.low <= g.actual <= g.high for g in found])
        half = 1.645 * float(np.sqrt(held.mean() * (1 - held.mean()) / len(held)))
        rate = float(held.mean())
        yield Line("pipeline", name, f"P10 to P90 holds, {span}", rate, rate - half, rate + half,
                   {"promised": 0.8}, note=f"{len(held)} forecasts")  # fmt: skip


def guesses(money: Money, scopes: Mapping[str, Array], origin: str, months: int, say: Say) -> Iterator[Guess]:
    """One origin: learned from all deals as known then, forecast for every scope."""
    first = np.datetime64(origin, "M")
    now, end = (float(m.astype("datetime64[D]").astype(int)) for m in (first, first + months))
    learned = forecast.learn(money, now)
    if learned is None:
        return
    for scope, mask in scopes.items():
        guess = _guess(scope, learned, money.take(np.asarray(mask)), now, end)
        if scope == "all":
            say(f"   {origin} {months} months: {guess} bias {learned.bias:.2f} shock {learned.shock:.2f}")
        yield guess


def _guess(scope: str, learned: Learned, money: Money, now: float, end: float) -> Guess:
    known = forecast.as_of(money, now)
    still = forecast.open_of(known)
    made = forecast.revenue(learned, still, now, now, end, forecast.rate_of(known.deals.opened, now))
    weight = np.full(len(still.stake), learned.survival.base)
    return Guess(
        scope, forecast.done(money, now, end), made.low, made.middle, made.high,
        forecast.stage_weighted(still, weight, learned.cycle, now, now, end), forecast.naive(known, now, now, end),
    )  # fmt: skip


def _error(name: str, span: str, found: Sequence[Guess]) -> Line:
    actual = np.array([g.actual for g in found])
    off = {
        which: np.abs(np.array([getattr(g, which) for g in found]) - actual) / actual * 100
        for which in ("middle", "stage_weighted", "naive")
    }
    own = off.pop("middle")
    half = 1.645 * float(own.std(ddof=1)) / len(own) ** 0.5
    beside = {which: float(errors.mean()) for which, errors in off.items()}
    mean = float(own.mean())
    return Line("pipeline", name, f"revenue of the next {span}, MAPE", mean, mean - half, mean + half, beside,
                mean <= min(beside.values()), f"{len(own)} forecasts")  # fmt: skip


def _days(column: pl.Series) -> Array:
    days = column.cast(pl.String).str.to_date("%d-%m-%y", strict=False)
    if days.null_count() == len(days):
        days = column.cast(pl.String).str.to_date("%Y-%m-%d", strict=False)
    return days.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy()

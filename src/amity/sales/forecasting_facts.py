"""Deals as the forecast counts them: days, places in the pipeline, money in one currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import F, FloatField, Func, Q
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from amity.base.config import exchange_rates
from amity.intelligence import api as intelligence
from amity.sales.models import Deal, DealStatus, Stage, StageChange

Array = NDArray[np.float64]
TARGET = "deal"
_DAY = 86_400.0
_EPOCH = date(1970, 1, 1).toordinal()
_COLUMNS = (
    "id", "begun", "ended", "status", "stage_id", "team_id", "value_minor", "product__price_minor", "currency",
    "product__currency", "expected_close_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stage stands: ``share`` 0 (first) to 1 (last open one)."""

    pipeline_id: UUID
    share: float


@dataclass(frozen=True)
class Facts:
    """Deals of one currency (the house's and all with a rate to it; or one without a rate), row i the same deal."""

    currency: str
    ids: list[UUID]
    money: intelligence.pipeline_forecast.Money
    team: list[UUID | None]
    pipeline: list[UUID | None]

    def where(self, scope: str, scope_id: UUID | None) -> NDArray[np.bool_]:
        """Rows of the whole, one team or one pipeline, (n,)."""
        if scope == "all":
            return np.ones(len(self.ids), dtype=bool)
        rows = self.rows_of[scope].get(scope_id)
        found = np.zeros(len(self.ids), dtype=bool)
        if rows is not None:
            found[rows] = True
        return found

    @cached_property
    def rows_of(self) -> dict[str, dict[UUID | None, list[int]]]:
        """Row numbers by team and by pipeline."""
        found: dict[str, dict[UUID | None, list[int]]] = {"team": {}, "pipeline": {}}
        for name, column in (("team", self.team), ("pipeline", self.pipeline)):
            for row, each in enumerate(column):
                found[name].setdefault(each, []).append(row)
        return found

    def as_of(self, day: float) -> Facts:
        """What was known on a day; teams, values and expected days as they are now."""
        kept = np.flatnonzero(self.money.deals.opened < day)
        ids, team, pipeline = ([each[i] for i in kept] for each in (self.ids, self.team, self.pipeline))
        known = intelligence.pipeline_forecast.as_of(self.money, day)
        return Facts(self.currency, ids, known, team, pipeline)  # type: ignore[arg-type]


def places() -> dict[UUID, Place]:
    """Every stage's place in its pipeline. 1 query."""
    rows = list(Stage.objects.order_by("position").values_list("id", "pipeline_id", "status"))
    found = {}
    for stage_id, pipeline_id, status in rows:
        steps = [s for s, p, state in rows if p == pipeline_id and state == DealStatus.OPEN]
        at = steps.index(stage_id) if status == DealStatus.OPEN else len(steps)
        found[stage_id] = Place(pipeline_id, min(at / max(len(steps) - 1, 1), 1.0))
    return found


def read(where: Q, where_of: Mapping[UUID, Place], *, moves: bool = False) -> dict[str, Facts]:
    """Deals that are not archived by currency. 3 queries, one more for ``moves``; 0.15 s for 10,000 deals.

    What is at stake is the deal's value, or its product's list price.
    """
    begun, ended = _days(Coalesce("opened_at", "created_at")), _days(F("closed_at"))
    deals = Deal.objects.filter(where, archived_at=None).annotate(begun=begun, ended=ended)
    rows = list(deals.values_list(*_COLUMNS))
    lifts, placed = intelligence.lifts(TARGET), intelligence.knows(TARGET, "stage")
    rates = exchange_rates(settings.CONFIG)
    by_currency: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        code = _code(row)
        by_currency.setdefault(settings.CONFIG.currency if code in rates else code, []).append(row)
    changes = _changes() if moves else {}
    return {
        code: _facts(code, some, where_of, rates, lifts, changes, placed) for code, some in sorted(by_currency.items())
    }


def day_of(moment: datetime | date | None) -> float:
    """Days since 1970-01-01 UTC; NaN for nothing."""
    if moment is None:
        return float("nan")
    if isinstance(moment, datetime):
        return moment.timestamp() / _DAY
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp() / _DAY


def _days(moment: Any) -> Func:
    """Days since 1970 of a moment, in the database: reading time zones row by row takes longer than the query."""
    return Func(moment, template="extract(epoch FROM %(expressions)s)::float8 / 86400", output_field=FloatField())


def _code(row: Sequence[Any]) -> str:
    own = row[8] if row[6] is not None else row[9]
    return own or settings.CONFIG.currency


def _facts(
    code: str, rows: list[tuple[Any, ...]], where_of: Mapping[UUID, Place], rates: Mapping[str, float],
    lifts: Mapping[UUID, intelligence.Lift], changes: Mapping[UUID, list[tuple[float, UUID]]],
    placed: bool,
) -> Facts:  # fmt: skip
    ids = [row[0] for row in rows]
    won = np.array([{DealStatus.WON: 1.0, DealStatus.LOST: 0.0}.get(row[3], np.nan) for row in rows])
    opened = np.array([row[1] for row in rows], dtype=np.float64)
    closed = np.where(np.isnan(won), np.nan, np.array([row[2] for row in rows], dtype=np.float64))
    stage = np.array([where_of[row[4]].share if row[4] in where_of else np.nan for row in rows])
    due = np.array([row[10].toordinal() - _EPOCH + 1 if row[10] else np.inf for row in rows])
    lift = np.array([lifts[i].value if i in lifts else 0.0 for i in ids]) if lifts else np.zeros(len(ids))
    stake = np.array([_stake(row, rates) for row in rows])
    seen = enumerate(ids) if changes else ()
    moves = np.array(
        [(i, day, where_of[to].share) for i, deal in seen for day, to in changes.get(deal, ()) if to in where_of]
    ).reshape(-1, 3)
    deals = intelligence.survival.Deals(
        opened, closed, won, np.where(np.isnan(won), stage, np.nan), due, lift, moves, placed
    )
    pipeline = [where_of[row[4]].pipeline_id if row[4] in where_of else None for row in rows]
    money = intelligence.pipeline_forecast.Money(deals, stake, np.where(won == 1, stake, np.nan))
    return Facts(code, ids, money, [row[5] for row in rows], pipeline)


def _stake(row: Sequence[Any], rates: Mapping[str, float]) -> float:
    minor = row[6] if row[6] is not None else row[7]
    return float("nan") if minor is None else minor * rates.get(_code(row), 1.0)


def _changes() -> dict[UUID, list[tuple[float, UUID]]]:
    """Moves that people made here, by deal. 1 query."""
    found: dict[UUID, list[tuple[float, UUID]]] = {}
    rows = StageChange.objects.order_by("changed_at").values_list(
        "deal_id", "changed_at", "after_id", "origin_id", "before_id"
    )
    for deal, moment, after, origin, before in rows.iterator(chunk_size=5_000):
        if origin is None or before is not None:  # an import's first line says where a deal ended, not where it began
            found.setdefault(deal, []).append((day_of(moment), after))
    return found

"""One open deal by a day: won, lost or still open, the past deals most like it, and what goes with a better chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from amity.access import api as access
from amity.base import clock
from amity.base.config import exchange_rates
from amity.intelligence import api as intelligence
from amity.sales import forecasting, learning
from amity.sales.deals import DealView
from amity.sales.forecasting_facts import TARGET, day_of
from amity.sales.models import Deal, DealStatus, ForecastModel, Stage

LOOKED_AT, SHOWN = 400, 4
SOONEST = 21  # days: an end of a quarter nearer than this is no horizon
LEAST_RAISE = 0.02
LEAST_MOVED = 30  # moves below which stages say what was assumed, not what was seen
DISCOUNT = 0.9
UNSCORED = 0.3  # standard error of the log-odds of a deal that no model has scored

Array = NDArray[np.float64]
Seen = tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class ByDate:
    """The deal's prospects by ``day``; ``slips``: still open past its own expected day."""

    day: date
    outlook: intelligence.survival.Outlook
    slips: float | None


@dataclass(frozen=True, slots=True)
class Alike:
    """A decided deal that the model sees alike."""

    id: UUID
    title: str
    won: bool
    value_minor: int | None
    currency: str
    days: int


@dataclass(frozen=True, slots=True)
class Change:
    """What goes with a better chance: words, and the chance with it, 0–1."""

    text: str
    won: float


def panel(principal: access.Principal, view: DealView) -> dict[str, Any]:
    """Everything that the panel shows; empty for a deal that is closed or archived. 13 queries; 0.3 s.

    The caller has been shown the deal.
    """
    if view.status != DealStatus.OPEN or view.archived_at:
        return {}
    now = clock.now()
    today, moment = now.date(), day_of(now)
    learned = forecasting.learned_of(_newest(view))
    lift = intelligence.lifts(TARGET, [view.id]).get(view.id)
    placed = lift is not None and intelligence.knows(TARGET, "stage")
    deal, steps = _deal(view, moment, lift.value if lift else 0.0, placed)
    further = steps[1][1] if len(steps) > 1 else ""
    rows, seen = _rows(principal, view, further)
    similar = _alike(rows, seen)
    if learned is None:
        return {"by": None, "similar": similar}
    day = _horizon(today)
    until = day_of(day) + 1
    found = intelligence.survival.outlook(learned.survival, deal, moment, until, lift.error if lift else UNSCORED)
    by = ByDate(day, found, _slips(learned, deal, moment, view.expected_close_on, today))
    lifts = seen[1][-3:] if seen else np.zeros(3)
    change = _change(learned, deal, steps, (moment, until), found.won, lifts) if found.sure else None
    return {"by": by, "similar": similar, "change": change, "decided": learned.survival.decided}


def _rows(principal: access.Principal, view: DealView, further: str) -> tuple[list[dict[str, Any]], Seen | None]:
    """The deal and the newest decided ones that the reader sees; how the model sees them, and three variants of the
    deal after them: one stage further, one task more, a tenth less value. 8 queries."""
    decided = Deal.objects.filter(access.rows_of(principal), archived_at=None, closed_at__isnull=False)
    late = decided.exclude(status=DealStatus.OPEN).order_by("-closed_at").values("pk")[:LOOKED_AT]
    rows, table, opened = learning.seen_by_model(Deal.objects.filter(Q(pk=view.id) | Q(pk__in=late)))
    first = next(i for i, row in enumerate(rows) if row["id"] == view.id)
    order = [first, *(i for i in range(len(rows)) if i != first)]
    own = table[first]
    variants = [
        _with(own, "stage", pl.lit(further)) if further else own,
        _with(own, "tasks", pl.col("tasks").fill_null(0) + 1),
        _with(own, "value", pl.col("value") * DISCOUNT),
    ]
    seen = intelligence.beside(
        TARGET, pl.concat([table[order], *variants]), opened[[*order] + [first] * 3], clock.now()
    )
    return [rows[i] for i in order], seen


def _with(own: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    """The row with another value; as it is where the column is missing or of another type."""
    kind = own.schema.get(column)
    if kind is None or (kind == pl.String) != (column == "stage"):
        return own
    return own.with_columns(value.cast(kind).alias(column))


def _newest(view: DealView) -> ForecastModel | None:
    """What was learned last for the deal's money. 1 query."""
    house = settings.CONFIG.currency
    code = view.currency if view.currency and view.currency not in exchange_rates(settings.CONFIG) else house
    return ForecastModel.objects.filter(currency=code).order_by("-learned_at").first()


def _deal(
    view: DealView, moment: float, lift: float, placed: bool
) -> tuple[intelligence.survival.Deals, list[tuple[float, str]]]:
    """The deal as numbers, and the open stages of its pipeline (place, name) from its own on. 1 query."""
    stages = Stage.objects.filter(pipeline__stages__id=view.stage_id, status=DealStatus.OPEN, archived_at=None)
    names = list(stages.order_by("position").values_list("id", "name"))
    ids = [pk for pk, _name in names]
    at = ids.index(view.stage_id) if view.stage_id in ids else 0
    places = [i / max(len(ids) - 1, 1) for i in range(len(ids))] or [0.5]
    due = day_of(view.expected_close_on) + 1 if view.expected_close_on else np.inf
    unknown = np.array([np.nan])
    opened = min(day_of(view.opened_at or view.created_at), moment)
    deal = intelligence.survival.Deals(
        np.array([opened]), unknown, unknown, np.array([places[min(at, len(places) - 1)]]), np.array([due]),
        np.array([lift]), placed=placed,
    )  # fmt: skip
    return deal, [(places[i], names[i][1]) for i in range(at, len(ids))]


def _horizon(today: date) -> date:
    """The last day of this quarter, or of the next one when that is near."""
    this, following = forecasting.periods(today)[2:]
    return this.last if (this.last - today).days >= SOONEST else following.last


def _slips(
    learned: forecasting.coming.Learned, deal: intelligence.survival.Deals, now: float, due: date | None, today: date
) -> float | None:
    """Chance to be still open after its expected day; None without one that lies ahead."""
    if due is None or due <= today:
        return None
    found = intelligence.survival.chances(learned.survival, deal, now, np.array([day_of(due) + 1]))
    return float(1 - found.won[0, 0] - found.lost[0, 0])


def _alike(rows: list[dict[str, Any]], seen: Seen | None) -> list[Alike]:
    """The decided deals nearest to the first row: by what the model makes of them, else by product and size."""
    far = seen[0][: len(rows)] if seen else _unlike(rows)
    nearest = [int(i) for i in np.argsort(far, kind="stable") if i][:SHOWN]
    return [_told(rows[i]) for i in nearest]


def _unlike(rows: list[dict[str, Any]]) -> Array:
    sizes = np.log1p([float(row["value_minor"] or row["product__price_minor"] or 0) for row in rows])
    other = np.array([row["product__name"] != rows[0]["product__name"] for row in rows], dtype=np.float64)
    return np.asarray(np.abs(sizes - sizes[0]) + other)


def _told(row: dict[str, Any]) -> Alike:
    days = max((row["closed_at"] - (row["opened_at"] or row["closed_at"])).days, 0)
    won = row["status"] == DealStatus.WON
    return Alike(row["id"], row["title"], won, row["value_minor"], row["currency"], days)


def _change(
    learned: forecasting.coming.Learned, deal: intelligence.survival.Deals, steps: list[tuple[float, str]],
    when: tuple[float, float], won: float, lifts: Array,
) -> Change | None:  # fmt: skip
    """The one of few changes that goes with the best chance; None where none raises it by two points.

    Only what a salesperson can change about the deal: its stage, a next task, its price. Never anything of a person.
    ``lifts`` (3,): what the model says of these three, in log-odds against the deal as it is.
    """
    now, day = when
    tried: list[tuple[str, intelligence.survival.Deals]] = []
    if len(steps) > 1 and (learned.survival.moved >= LEAST_MOVED or deal.placed):
        text = _("Deals that had come as far as “%(stage)s” by this age") % {"stage": steps[1][1]}
        tried.append((text, replace(deal, stage=np.array([steps[1][0]]), lift=deal.lift + lifts[0])))
    for text, lift in ((_("Deals with one task more"), lifts[1]), (_("Deals worth a tenth less"), lifts[2])):
        if lift > 0:
            tried.append((text, replace(deal, lift=deal.lift + lift)))
    found = [
        Change(text, float(intelligence.survival.chances(learned.survival, each, now, np.array([day])).won[0, 0]))
        for text, each in tried
    ]
    best = max(found, key=lambda each: each.won, default=None)
    return best if best and best.won >= won + LEAST_RAISE else None

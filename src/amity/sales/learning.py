"""The label source of deals: which are won. Registered with `intelligence` in this room's `apps.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base.config import exchange_rates
from amity.intelligence import api as intelligence
from amity.sales.learning_past import as_they_were
from amity.sales.models import Deal, DealStatus

_CHUNK = 5_000
_FEW = 5  # deals of a currency below which its median says nothing
_PLAIN = {
    "owner": "owner__name",
    "team": "team__name",
    "source": "source",
    "product": "product__name",
    "product_family": "product__family",
    "product_price": "product__price_minor",
    "value": "value_minor",
    "currency": "currency",
    "job_title": "person__job_title",
    "person_country": "person__country",
    "person_source": "person__source",
    "company": "company__name",
    "company_industry": "company__industry",
    "company_country": "company__country",
    "company_employees": "company__employees",
    "company_revenue": "company__revenue_minor",
    "company_founded": "company__founded_year",
    "opened_at": "opened_at",
    "lost_reason": "lost_reason",
}
_LABELS = {
    "owner": gettext_lazy("Owner"),
    "team": gettext_lazy("Team"),
    "source": gettext_lazy("Source"),
    "product": gettext_lazy("Product"),
    "product_family": gettext_lazy("Product family"),
    "product_price": gettext_lazy("List price"),
    "value": gettext_lazy("Value"),
    "currency": gettext_lazy("Currency"),
    "job_title": gettext_lazy("Contact's job title"),
    "person_country": gettext_lazy("Contact's country"),
    "person_source": gettext_lazy("Contact's source"),
    "company": gettext_lazy("Company"),
    "company_industry": gettext_lazy("Company's industry"),
    "company_country": gettext_lazy("Company's country"),
    "company_employees": gettext_lazy("Company's employees"),
    "company_revenue": gettext_lazy("Company's revenue"),
    "company_founded": gettext_lazy("Company founded in"),
    "opened_at": gettext_lazy("Opened"),
    "lost_reason": gettext_lazy("Why it was lost"),
    "stage": gettext_lazy("Stage"),
    "moves": gettext_lazy("Moves between stages"),
    "tasks": gettext_lazy("Tasks"),
}
_MONEY = ("value", "product_price", "company_revenue")
_TIMES = ("closed_at", "expected_close_on", "status", "id", "custom")


class Deals:
    """Open, won and lost deals. At stake is the deal's value, or its product's list price where that is empty."""

    key = "deal"
    subject_kind = "deal"

    def label(self) -> str:
        return _("Deals")

    def load(self, ids: Sequence[UUID] | None = None) -> intelligence.Frame:
        """All deals (or those of ``ids``) that are not archived, in a stable order, decided ones as they were while
        they were open. 1 query read in chunks, and 6 per 5,000 deals."""
        deals = Deal.objects.filter(archived_at=None).order_by("id").values(*_TIMES, *_PLAIN.values())
        deals = deals if ids is None else deals.filter(pk__in=ids)
        rows = list(deals.iterator(chunk_size=_CHUNK))
        as_they_were(rows)
        outcome = np.array([_outcome(row["status"]) for row in rows], dtype=np.float64)
        return intelligence.Frame(
            ids=[row["id"] for row in rows],
            columns=intelligence.table_of(_columns(row) for row in rows),
            outcome=outcome,
            to_score=np.isnan(outcome),
            opened_at=_moments("opened_at", rows),
            decided_at=_moments("closed_at", rows),
            value_minor=_stakes(rows),
        )

    def visible(self, principal: access.Principal, ids: Sequence[UUID]) -> set[UUID]:
        rows = Deal.objects.filter(access.rows_of(principal), pk__in=ids, archived_at=None)
        return set(rows.values_list("id", flat=True))

    def lately(self, limit: int) -> list[tuple[UUID, bool, datetime]]:
        """The latest decisions: which deal, whether won, when. 1 query."""
        decided = (DealStatus.WON, DealStatus.LOST)
        deals = Deal.objects.filter(archived_at=None, status__in=decided, closed_at__isnull=False)
        rows = deals.order_by("-closed_at", "-id").values_list("id", "status", "closed_at")[:limit]
        return [(pk, status == DealStatus.WON, at) for pk, status, at in rows if at is not None]

    def names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """What people call them. 1 query."""
        rows = Deal.objects.filter(pk__in=ids).values_list("id", "title")
        return {pk: title or _("Untitled deal") for pk, title in rows}

    def column_label(self, column: str) -> str:
        return str(_LABELS.get(column, column))


def seen_by_model(deals: Any) -> tuple[list[dict[str, Any]], pl.DataFrame, pl.Series]:
    """Some deals as raw rows, and the way the model sees them: columns, when opened. 1 query."""
    rows = list(deals.values(*_TIMES, *_PLAIN.values(), "title"))
    as_they_were(rows)
    return rows, intelligence.table_of(_columns(row) for row in rows), _moments("opened_at", rows)


def _outcome(status: str) -> float:
    return {DealStatus.WON: 1.0, DealStatus.LOST: 0.0}.get(DealStatus(status), float("nan"))


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {name: None if row[path] == "" else row[path] for name, path in _PLAIN.items()}
    for name in _MONEY:  # as people read it; reasons show the value
        known[name] = None if known[name] is None else known[name] / 100
    known |= {name: row.get(f"{name}_then") for name in ("stage", "moves", "tasks")}
    own = {name: value for name, value in (row["custom"] or {}).items() if name not in known}
    return {**own, **known}


def _stakes(rows: list[dict[str, Any]]) -> list[int | None]:
    """What is at stake, made comparable across currencies so that deals can be ranked beside each other.

    A currency without a rate in the settings is scaled by medians: its middle deal weighs as much as the house's.
    """
    stakes = [row["value_minor"] or row["product__price_minor"] for row in rows]
    codes = [row["currency"] or settings.CONFIG.currency for row in rows]
    rates = _rates(stakes, codes)
    return [None if s is None else round(s * rates[code]) for s, code in zip(stakes, codes, strict=True)]


def _rates(stakes: list[int | None], codes: list[str]) -> dict[str, float]:
    by_code: dict[str, list[int]] = {code: [] for code in codes}
    for stake, code in zip(stakes, codes, strict=True):
        if stake:
            by_code[code].append(stake)
    house = settings.CONFIG.currency
    middle = {code: median(values) for code, values in by_code.items() if len(values) >= _FEW}
    rates = {c: middle[house] / m if house in middle and c != house else 1.0 for c, m in middle.items()}
    return dict.fromkeys(by_code, 1.0) | rates | exchange_rates(settings.CONFIG)


def _moments(name: str, rows: list[dict[str, Any]]) -> pl.Series:
    plain = [_plain(row[name]) for row in rows]
    return pl.Series(name, plain, dtype=pl.Datetime("us"))


def _plain(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)

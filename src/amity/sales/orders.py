"""Orders of a person or company, and those that hold a product, for reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q

from amity.access import api as access
from amity.sales.models import Order, OrderLine

MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as pages and the API see it; ``total_minor`` in minor units of ``currency``."""

    id: UUID
    number: str
    total_minor: int | None
    currency: str
    status: str
    ordered_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """One product of an order."""

    order_id: UUID
    product_id: UUID | None
    product: str
    quantity: Decimal
    price_minor: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class SoldView:
    """An order line together with its order, as the page of the product tells it."""

    number: str
    status: str
    ordered_at: datetime | None
    person_id: UUID | None
    company_id: UUID | None
    quantity: Decimal
    price_minor: int | None
    currency: str


FIELDS = tuple(OrderView.__dataclass_fields__)
_LINE_FIELDS = ("order_id", "product_id", "quantity", "price_minor", "currency")
_SOLD_FIELDS = tuple(SoldView.__dataclass_fields__)
_ORDER_OF_LINE = ("number", "status", "ordered_at", "person_id", "company_id")


def orders_of(*, person_id: UUID | None = None, company_id: UUID | None = None, limit: int = 20) -> list[OrderView]:
    """Orders of a person or company that the caller has been shown, newest first. 1 query."""
    rows = Order.objects.filter(**({"person_id": person_id} if person_id else {"company_id": company_id}))
    return [OrderView(**row) for row in rows.order_by(F("ordered_at").desc(nulls_last=True)).values(*FIELDS)[:limit]]


def orders_by_id(principal: access.Principal, ids: Iterable[UUID]) -> dict[UUID, tuple[OrderView, UUID | None]]:
    """Those of ``ids`` that ``principal`` sees, each with whose it is. 1 query."""
    rows = Order.objects.filter(in_sight_as_order(principal), pk__in=list(ids)).values(*FIELDS, "person_id")
    return {row["id"]: (OrderView(**{n: row[n] for n in FIELDS}), row["person_id"]) for row in rows}


def in_sight_as_order(principal: access.Principal) -> Q:
    """Orders of people and companies in sight."""
    if principal.scope == "all":
        return Q()
    return access.rows_of(principal, "person__owner_id", "person__team_id") | access.rows_of(
        principal, "company__owner_id", "company__team_id"
    )


def lines_of(order_ids: Iterable[UUID]) -> dict[UUID, list[LineView]]:
    """Lines of orders that the caller has been shown, at most 200 in all. 1 query."""
    rows = OrderLine.objects.filter(order_id__in=list(order_ids) or [UUID(int=0)]).order_by("id")
    lines: dict[UUID, list[LineView]] = {}
    for row in rows.values(*_LINE_FIELDS, "product__name")[:MAX_LINES]:
        name = row.pop("product__name") or ""
        lines.setdefault(row["order_id"], []).append(LineView(product=name, **row))
    return lines


def sold(principal: access.Principal, product_id: UUID, limit: int = 20) -> tuple[list[SoldView], int, int]:
    """Newest lines with a product, how many lines and orders there are: of people and companies in sight. 2 queries."""
    rows = OrderLine.objects.filter(_in_sight(principal), product_id=product_id)
    newest = rows.order_by(F("order__ordered_at").desc(nulls_last=True), "-id")
    found = newest.annotate(**{name: F(f"order__{name}") for name in _ORDER_OF_LINE}).values(*_SOLD_FIELDS)
    counts = rows.aggregate(lines=Count("pk"), orders=Count("order_id", distinct=True))
    return [SoldView(**row) for row in found[:limit]], counts["lines"], counts["orders"]


def _in_sight(principal: access.Principal) -> Q:
    """Orders have no owner: whoever sees the person or the company sees them."""
    if principal.scope == "all":
        return Q()
    whose = ("order__person", "order__company")
    person, company = (access.rows_of(principal, f"{who}__owner_id", f"{who}__team_id") for who in whose)
    return person | company

"""Orders of a person or company, for reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from amity.sales.models import Order


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as pages and the API see it; ``total_minor`` in minor units of ``currency``."""

    id: UUID
    number: str
    total_minor: int | None
    currency: str
    status: str
    ordered_at: datetime | None


FIELDS = tuple(OrderView.__dataclass_fields__)


def orders_of(*, person_id: UUID | None = None, company_id: UUID | None = None, limit: int = 20) -> list[OrderView]:
    """Orders of a person or company that the caller has been shown, newest first. 1 query."""
    rows = Order.objects.filter(**({"person_id": person_id} if person_id else {"company_id": company_id}))
    return [OrderView(**row) for row in rows.order_by(F("ordered_at").desc(nulls_last=True)).values(*FIELDS)[:limit]]

"""Products: what is sold, for how much, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import NotFound
from amity.base.searching import fold
from amity.sales.models import Product

# What old systems call the number of pieces left (words without accents, as `fold` gives them).
_STOCK = frozenset({
    "stock", "in stock", "on stock", "stock level", "stock quantity", "stock qty", "units in stock", "inventory",
    "on hand", "qty on hand", "quantity on hand", "bestand", "lagerbestand", "stan", "stan magazynowy",
    "ilosc w magazynie", "ostatok", "zapas",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as pages and the API see it."""

    id: UUID
    name: str
    sku: str
    family: str
    price_minor: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class ProductRecord(ProductView):
    """A product with everything that its page tells."""

    custom: Mapping[str, Any]
    tax: int | None
    stock_kept: Decimal | None
    reserved: Decimal
    origin_id: UUID | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @property
    def stock(self) -> Any:
        """How many are there: as counted here, else as another system tells; None where no stock is kept."""
        return self.stock_kept if self.stock_kept is not None else mirrored(self.custom)


FIELDS = tuple(ProductView.__dataclass_fields__)
RECORD_FIELDS = tuple(ProductRecord.__dataclass_fields__)


def get_product(principal: access.Principal, product_id: UUID) -> ProductView:
    """The product; raises `NotFound`. 1 query."""
    access.require(principal, "deals.view")
    row = Product.objects.filter(pk=product_id).values(*FIELDS).first()
    if row is None:
        raise NotFound(_("This product is not here."))
    return ProductView(**row)


def get_product_record(principal: access.Principal, product_id: UUID) -> ProductRecord:
    """The product with its own fields; raises `NotFound`. 1 query."""
    access.require(principal, "deals.view")
    rows = Product.objects.filter(pk=product_id).annotate(stock_kept=F("stock"))
    row = rows.values(*RECORD_FIELDS).first()
    if row is None:
        raise NotFound(_("This product is not here."))
    return ProductRecord(**row)


def mirrored(custom: Mapping[str, Any]) -> Any:
    """The custom field in which another system tells how many are left, None where none does."""
    named = (value for name, value in custom.items() if fold(name) in _STOCK)
    return next((value for value in named if value not in (None, "")), None)


def product_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of products by id. 1 query, always."""
    rows = Product.objects.filter(pk__in={i for i in ids if i} or [UUID(int=0)])
    return dict(rows.values_list("pk", "name"))


def product_choices(limit: int = 500) -> list[tuple[UUID, str]]:
    """Products to choose from, by name. 1 query."""
    return list(Product.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")[:limit])

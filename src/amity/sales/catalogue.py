"""Products: what is sold, for how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import NotFound
from amity.sales.models import Product


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as pages and the API see it."""

    id: UUID
    name: str
    sku: str
    family: str
    price_minor: int | None
    currency: str


FIELDS = tuple(ProductView.__dataclass_fields__)


def get_product(principal: access.Principal, product_id: UUID) -> ProductView:
    """The product; raises `NotFound`. 1 query."""
    access.require(principal, "deals.view")
    row = Product.objects.filter(pk=product_id).values(*FIELDS).first()
    if row is None:
        raise NotFound(_("This product is not here."))
    return ProductView(**row)


def product_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of products by id. 1 query, always."""
    rows = Product.objects.filter(pk__in={i for i in ids if i} or [UUID(int=0)])
    return dict(rows.values_list("pk", "name"))


def product_choices(limit: int = 500) -> list[tuple[UUID, str]]:
    """Products to choose from, by name. 1 query."""
    return list(Product.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")[:limit])

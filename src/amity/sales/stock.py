"""Stock: how many of a product are there and how many are promised, with every change kept and undoable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import undo
from amity.base.errors import NotFound, Refused
from amity.sales.catalogue import mirrored
from amity.sales.models import Product, StockMove

COUNT = "stock.count"
WHY = {
    "counted": gettext_lazy("Counted"),
    "reserved": gettext_lazy("Reserved for an order"),
    "released": gettext_lazy("No longer reserved"),
    "undone": gettext_lazy("Undone"),
}


@dataclass(frozen=True, slots=True)
class MoveView:
    """One change of the stock of a product."""

    stock: Decimal
    reserved: Decimal
    why: str
    actor_id: UUID | None
    at: datetime

    @property
    def label(self) -> str:
        return str(WHY.get(self.why, self.why))


def moves_of(product_id: UUID, limit: int = 30) -> list[MoveView]:
    """Changes of a product's stock, newest first. 1 query."""
    rows = StockMove.objects.filter(product_id=product_id).order_by("-at", "-id")
    return [MoveView(**row) for row in rows.values(*MoveView.__dataclass_fields__)[:limit]]


def count(principal: access.Principal, product_id: UUID, there: Decimal | None, group: UUID | None = None) -> UUID:
    """So many were counted (None: no stock is kept); returns the undo group."""
    if there is not None and not 0 <= there < 10**10:
        raise Refused("stock_number", _("A stock is not less than zero."))
    told = None if there is None else str(there)
    return undo.perform(principal, COUNT, {"ids": [str(product_id)], "stock": told}, group)


def count_one(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the stock as counted."""
    access.require(principal, "deals.edit")
    product = Product.objects.select_for_update().filter(pk=args["ids"][0]).first()
    if product is None:
        raise NotFound(_("This product is not here."))
    was = product.stock
    product.stock = None if args["stock"] is None else Decimal(args["stock"])
    product.save(update_fields=["stock"])
    _note(principal, product, (product.stock or Decimal(0)) - (was or Decimal(0)), "counted")
    access.record(principal, "change", "product", product.pk, {"fields": ["stock"]})
    return {"was": None if was is None else str(was)}


def uncount(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the stock before, unless somebody counted again."""
    product = Product.objects.select_for_update().get(pk=args["ids"][0])
    now = None if args["stock"] is None else Decimal(args["stock"])
    if product.stock == now:
        was = None if before["was"] is None else Decimal(before["was"])
        product.stock = was
        product.save(update_fields=["stock"])
        _note(principal, product, (was or Decimal(0)) - (now or Decimal(0)), "undone")
    access.record(principal, "undo", "product", args["ids"][0])


def reserve(principal: access.Principal, order_id: UUID, wanted: Mapping[UUID, Decimal]) -> None:
    """Keep so many of these products for an order; of those whose stock is kept. In the caller's transaction."""
    rows = Product.objects.select_for_update().filter(pk__in=list(wanted)).order_by("pk")
    for product in [row for row in rows if row.stock is not None or mirrored(row.custom) is not None]:
        Product.objects.filter(pk=product.pk).update(reserved=F("reserved") + wanted[product.pk])
        StockMove.objects.create(
            product=product, order_id=order_id, reserved=wanted[product.pk], why="reserved", actor_id=principal.staff_id
        )


def release(principal: access.Principal, order_id: UUID) -> None:
    """Nothing is kept for this order any more."""
    rows = StockMove.objects.filter(order_id=order_id).order_by("product_id").values("product_id")
    for row in rows.annotate(kept=Sum("reserved")).exclude(kept=0):
        Product.objects.filter(pk=row["product_id"]).update(reserved=F("reserved") - row["kept"])
        StockMove.objects.create(
            product_id=row["product_id"], reserved=-row["kept"], why="released", actor_id=principal.staff_id
        )


def _note(principal: access.Principal, product: Product, stock: Decimal, why: str) -> None:
    StockMove.objects.create(product=product, stock=stock, why=why, actor_id=principal.staff_id)

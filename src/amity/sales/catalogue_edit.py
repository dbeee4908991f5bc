"""Products made and changed by hand, each with undo; stock has its own history (`stock`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.base.searching import search_text
from amity.sales.models import Product
from amity.sales.quotes import MAX_PRICE
from amity.sales.quotes_money import WHOLE

SET = "products.set"
EDITABLE = ("name", "sku", "family", "price_minor", "currency", "tax", "archived_at")


def save_product(principal: access.Principal, product_id: UUID | None, values: Mapping[str, Any]) -> tuple[UUID, UUID]:
    """A new product, or other values of one: (its id, undo group). Raises `Refused` without a name."""
    told = {name: undo.plain(value) for name, value in values.items() if name in EDITABLE}
    if "name" in told and not str(told["name"]).strip():
        raise Refused("product_name", _("Give the product a name."))
    if not 0 <= (told.get("price_minor") or 0) <= MAX_PRICE:
        raise Refused("product_price", _("A price is not less than zero."))
    if not 0 <= (told.get("tax") or 0) <= WHOLE:
        raise Refused("product_tax", _("A tax rate is between 0 and 100 %."))
    made = product_id or new_id()
    return made, undo.perform(principal, SET, {"ids": [str(made)], "new": product_id is None, "values": told})


def set_one(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the product as given."""
    access.require(principal, "deals.edit")
    product = Product.objects.select_for_update().filter(pk=args["ids"][0]).first()
    if product is None and not args["new"]:
        raise NotFound(_("This product is not here."))
    row = product or Product(pk=UUID(args["ids"][0]))
    before = {name: undo.plain(getattr(row, name)) for name in args["values"]} if product else {}
    _put(row, args["values"])
    access.record(principal, "change" if product else "create", "product", row.pk, {"fields": sorted(args["values"])})
    return before


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: what nobody changed since; a new product that nothing was sold of is gone."""
    row = Product.objects.select_for_update().filter(pk=args["ids"][0]).first()
    if row is not None and args["new"]:
        _put(row, {"archived_at": clock.now().isoformat()})
    elif row is not None:
        _put(row, {name: was for name, was in before.items() if undo.plain(getattr(row, name)) == args["values"][name]})
    access.record(principal, "undo", "product", args["ids"][0])


def _put(row: Product, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        field: Any = Product._meta.get_field(name)
        setattr(row, name, field.to_python(value))
    row.search = search_text([row.name, row.sku, row.family])
    row.updated_at = clock.now()
    row.save()

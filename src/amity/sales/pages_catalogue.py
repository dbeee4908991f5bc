"""Pages that make and change products, and count what is there."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amity.access import api as access
from amity.base.errors import NotFound, Refused
from amity.base.pages import page, toast
from amity.sales import catalogue_edit, stock
from amity.sales.models import Product
from amity.sales.quotes_forms import ProductForm, amount, minor, number, plain


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest) -> HttpResponse:
    """A new product. Undo in the toast."""
    return _form(request, None)


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, product_id: UUID) -> HttpResponse:
    """Change a product and its stock, and see how the stock moved. Undo in the toast."""
    access.require(request.principal, "deals.edit")
    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        raise NotFound(_("This product is not here."))
    return _form(request, product)


def _form(request: access.StaffRequest, product: Product | None) -> HttpResponse:
    access.require(request.principal, "deals.edit")
    form = ProductForm(request.POST or None, initial=_initial(product))
    if request.method == "POST" and form.is_valid():
        try:
            made, group = _save(request.principal, product, form)
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("product", args=[made]))
    moves = stock.moves_of(product.pk) if product else []
    names = access.staff_names(each.actor_id for each in moves)
    told = [(each, names.get(each.actor_id or UUID(int=0), "")) for each in moves]
    return page(request, "sales/product_form.html", {"form": form, "record": product, "moves": told})


def _save(principal: access.Principal, product: Product | None, form: ProductForm) -> tuple[UUID, UUID]:
    data = form.cleaned_data
    currency = data["currency"].upper()
    values = {
        "name": data["name"].strip(), "sku": data["sku"].strip(), "family": data["family"].strip(),
        "currency": currency,
        "price_minor": minor(data["price"], currency, _("Price")) if data["price"].strip() else None,
        "tax": int(number(data["tax"], _("Tax")) * 100) if data["tax"].strip() else None,
    }  # fmt: skip
    there = number(data["stock"], _("In stock")) if data["stock"].strip() else None
    with transaction.atomic():  # a stock that is none makes no product
        made, group = catalogue_edit.save_product(principal, product.pk if product else None, values)
        if there != (product.stock if product else None):
            stock.count(principal, made, there, group)
    return made, group


def _initial(product: Product | None) -> dict[str, object]:
    if product is None:
        return {"currency": settings.CONFIG.currency}
    code = product.currency or settings.CONFIG.currency
    return {
        "name": product.name, "sku": product.sku, "family": product.family, "currency": code,
        "price": "" if product.price_minor is None else amount(product.price_minor, code),
        "tax": "" if product.tax is None else plain(Decimal(product.tax) / 100),
        "stock": "" if product.stock is None else plain(product.stock),
    }  # fmt: skip

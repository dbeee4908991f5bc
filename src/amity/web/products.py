"""The page of one product: what it costs, what is left of it, and which deals and orders it is part of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base.pages import page
from amity.people import api as people
from amity.sales import api as sales


@require_GET
def show(request: access.StaffRequest, product_id: UUID) -> HttpResponse:
    """A product with the newest deals and orders in the reader’s sight. 8 queries, however many there are."""
    view = sales.get_product_record(request.principal, product_id)
    sources = people.origin_names([view.origin_id])
    context = {
        "record": view,
        "used": _used(request.principal, product_id),
        "goes_with": {"url": reverse("product_offers", args=[product_id])}
        if request.principal.may("models.view")
        else None,
        "found": {"custom": sorted(view.custom.items()), "source": sources.get(view.origin_id or UUID(int=0), "")},
    }
    return page(request, "web/product.html", context)


def _used(principal: access.Principal, product_id: UUID) -> dict[str, Any]:
    """Deals and order lines with the names around them, as far as the reader sees those. 6 queries."""
    deals, outcomes = sales.deals_with(principal, product_id)
    lines, line_count, order_count = sales.sold(principal, product_id)
    shown: list[sales.DealView | sales.SoldView] = [*deals, *lines]
    names = people.names([each.person_id for each in shown], principal)
    firms = people.company_names([each.company_id for each in shown], principal)

    def around(each: sales.DealView | sales.SoldView) -> tuple[Any, str | None, str | None]:
        return each, names.get(each.person_id or UUID(int=0)), firms.get(each.company_id or UUID(int=0))

    return {
        "deals": [around(each) for each in deals],
        "deal_count": sum(outcomes.values()),
        "outcomes": [(sales.STATUS_TAGS[status], status.label, outcomes.get(status, 0)) for status in sales.DealStatus],
        "lines": [around(each) for each in lines],
        "line_count": line_count,
        "order_count": order_count,
    }

"""What to offer next, beside a person, a deal or a product: fetched after the page, and a page of its own."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base.pages import page
from amity.people import api as people
from amity.sales import catalogue, deals, recommending

_NOBODY = recommending.Offers([], "")


@require_GET
def offers(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """Next products for the person, for the person of the deal, or what goes with the product. At most 12 queries."""
    access.require(request.principal, "models.view")
    name, answer = _answer(request.principal, kind, record_id)
    title = _("Goes with it") if kind == "product" else _("What to offer next")
    context = {"name": name, "title": title, "answer": answer, "back": reverse(kind, args=[record_id])}
    return page(request, "sales/offers.html", context, part="sales/_offers.html")


def _answer(principal: access.Principal, kind: str, record_id: UUID) -> tuple[str, recommending.Offers]:
    if kind == "product":
        return catalogue.get_product(principal, record_id).name, recommending.similar(record_id)
    if kind == "person":
        return people.get_person(principal, record_id).name, recommending.for_person(record_id)
    deal = deals.get_deal(principal, record_id)
    seen = deal.person_id is not None and deal.person_id in people.visible_people(principal, [deal.person_id])
    return deal.name, recommending.for_person(deal.person_id) if seen and deal.person_id else _NOBODY

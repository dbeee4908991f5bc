"""An order on paper, for the customer who lost theirs."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound
from amity.people import api as people
from amity.sales import documents, letterheads
from amity.sales.orders import lines_of, orders_by_id


def paper_of(principal: access.Principal, order_id: UUID, language: str) -> tuple[str, bytes]:
    """The name and the PDF of an order in sight; raises `NotFound`. 4 queries. Prices as they are in the order."""
    found = orders_by_id(principal, [order_id]).get(order_id)
    if found is None:
        raise NotFound(_("This record is not here, or not among the records that you see."))
    order, person_id = found
    lines = []
    for each in lines_of([order.id]).get(order.id, []):
        price = each.price_minor or 0
        lines.append(documents.Line(each.product or "–", each.quantity, price, int(each.quantity * price), 0))
    if not lines:
        lines = [documents.Line(order.number, Decimal(1), order.total_minor or 0, order.total_minor or 0, 0)]
    made = order.ordered_at or clock.now()
    name = people.names([person_id]).get(person_id, "") if person_id else ""
    with translation.override(language):
        heading = _("Order number")
    document = documents.Document(
        heading=heading, recipient=name, currency=order.currency or "EUR", lines=lines, made=made, number=order.number,
        dated=made.date(),
    )  # fmt: skip
    from amity.sales.documents_sheet import pdf  # its libraries take a second to import

    return f"{order.number or 'order'}.pdf", pdf(document, letterheads.paper(), language)

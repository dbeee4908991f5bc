"""What becomes of a quote that was sent: accepted, it is an order with its stock reserved; declined; or undone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.people import api as people
from amity.sales import notes_facts, stock
from amity.sales.models import Order, OrderLine, Quote
from amity.sales.quotes import FIELDS, QuoteView, heard, locked
from amity.sales.quotes_money import half_up

ANSWER = "quotes.answer"
_SALT = "sales.quotes.answer"


def answer(principal: access.Principal, quote_id: UUID, accepted: bool, by: str = "") -> UUID:
    """Write down the customer's answer; returns the undo group. Raises `Refused` unless the quote waits for one."""
    return undo.perform(principal, ANSWER, {"ids": [str(quote_id)], "accepted": accepted, "by": by[:300]})


def link_of(quote_id: UUID) -> str:
    """The address under which the customer reads and answers a quote that was sent."""
    return people.consent.public_url(reverse("quote_public", args=[_token(quote_id)]))


def read_link(token: str) -> QuoteView:
    """Whose quote this link opens; raises ``Refused("bad_link")``. A newer version closes the link of the old one."""
    try:
        told, _colon, secret = signing.Signer(salt=_SALT, sep="~").unsign(token).partition(".")
        row = Quote.objects.filter(pk=UUID(hex=told), archived_at=None).values(*FIELDS, "secret").first()
    except (signing.BadSignature, ValueError):
        row = None
    if row is None or not row["secret"] or not constant_time_compare(row.pop("secret"), secret):
        raise Refused("bad_link", _("This link is not complete, or there is a newer quote. Ask for a new link."), 404)
    return QuoteView(**row)


def answer_by_link(token: str, accepted: bool, by: str) -> None:
    """The customer answers; refused after the quote's last day."""
    view = read_link(token)
    if view.expired:
        raise Refused("quote_expired", _("This quote is no longer valid. Ask for a new one."), 409)
    with transaction.atomic():
        decide(access.SYSTEM, {"ids": [str(view.id)], "accepted": accepted, "by": by.replace("\x00", "").strip()[:300]})


def decide(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the answer; a yes makes an order and reserves what it needs."""
    quote = locked(principal, UUID(args["ids"][0]))
    if quote.status != Quote.Status.SENT:
        raise Refused("quote_not_open", _("This quote does not wait for an answer."), 409)
    accepted = bool(args["accepted"])
    quote.status = Quote.Status.ACCEPTED if accepted else Quote.Status.DECLINED
    quote.answered_at, quote.answered_by = clock.now(), args.get("by", "")
    order = _order(principal, quote) if accepted else None
    quote.order = order
    quote.save(update_fields=["status", "answered_at", "answered_by", "order"])
    ids = {"person_id": quote.person_id, "company_id": quote.company_id, "deal_id": quote.deal_id}
    told = {
        "quote": str(quote.pk),
        "number": quote.number,
        "total_minor": quote.total_minor,
        "currency": quote.currency,
    }
    fact = notes_facts.tell(f"quote {quote.status}", ids, principal.staff_id, quote.answered_at, told)
    access.record(principal, str(quote.status), "quote", quote.pk, {"order": str(order.pk) if order else ""})
    heard(quote)
    return {"order": str(order.pk) if order else "", "fact": str(fact)}


def undecide(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the quote waits again; its order is gone and nothing is reserved for it."""
    quote = Quote.objects.select_for_update().get(pk=args["ids"][0])
    notes_facts.take_back([UUID(before["fact"])])
    if before["order"]:
        stock.release(principal, UUID(before["order"]))
        Order.objects.filter(pk=before["order"]).delete()
    quote.status, quote.answered_at, quote.answered_by, quote.order_id = Quote.Status.SENT, None, "", None
    later = Quote.objects.filter(number=quote.number, version__gt=quote.version).exclude(status=Quote.Status.DRAFT)
    if later.exists():  # sent meanwhile: one version of a quote can be answered
        quote.status, quote.secret = Quote.Status.REPLACED, ""
    quote.save(update_fields=["status", "answered_at", "answered_by", "order", "secret"])
    access.record(principal, "undo", "quote", quote.pk)
    heard(quote)


def _order(principal: access.Principal, quote: Quote) -> Order:
    """The order that a quote becomes: number and lines as they were offered, prices after discount, net of tax."""
    view_number = quote.number if quote.version == 1 else f"{quote.number}-{quote.version}"
    order = Order.objects.create(
        number=view_number, person_id=quote.person_id, company_id=quote.company_id, total_minor=quote.total_minor,
        currency=quote.currency, status=_("Accepted"), ordered_at=clock.now(),
    )  # fmt: skip
    lines = list(quote.lines.order_by("position"))
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, product_id=line.product_id, quantity=line.quantity, currency=quote.currency,
            price_minor=half_up(Decimal(line.net_minor) / line.quantity),
        )
        for line in lines
    )  # fmt: skip
    wanted: dict[UUID, Decimal] = {}
    for line in lines:
        if line.product_id:
            wanted[line.product_id] = wanted.get(line.product_id, Decimal(0)) + line.quantity
    stock.reserve(principal, order.pk, wanted)
    return order


def _token(quote_id: UUID) -> str:
    secret = Quote.objects.values_list("secret", flat=True).get(pk=quote_id)
    return signing.Signer(salt=_SALT, sep="~").sign(f"{quote_id.hex}.{secret}")

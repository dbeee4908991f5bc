"""Records that conversations are linked to: what deals, orders and tasks are called, and which to offer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.base import words
from amity.base.errors import Refused
from amity.base.searching import prefix_query, words_of
from amity.desk import api as desk
from amity.desk.api import ConversationView
from amity.people import api as people
from amity.sales import api as sales

MOST = 10
MOST_NAMED = 200  # newest orders that a number in a message is looked for among
Near = Sequence[tuple[UUID, str]]


def register() -> None:
    """Called once, from ``apps.py``."""
    desk.linking.register_kind("deal", desk.linking.Linkable(_("Deal"), "target-arrow", _deals, _near_deals))
    desk.linking.register_kind("order", desk.linking.Linkable(_("Order"), "package", _orders, _near_orders))
    desk.refunds.register_orders(_refundable)
    desk.understanding.register_linker("order", _named_orders)
    desk.linking.register_kind("task", desk.linking.Linkable(_("Task"), "checkbox", _tasks, _near_tasks))


def _deals(principal: access.Principal, ids: Sequence[UUID]) -> desk.linking.Named:
    if not principal.may("deals.view"):
        return {}
    return {pk: (deal.name, reverse("deal", args=[pk])) for pk, deal in sales.deals_by_id(principal, ids).items()}


def _orders(principal: access.Principal, ids: Sequence[UUID]) -> desk.linking.Named:
    if not principal.may("deals.view"):
        return {}
    found = sales.orders_by_id(principal, ids)
    return {
        pk: (_told(order), reverse("person", args=[whose]) + "#orders" if whose else "")
        for pk, (order, whose) in found.items()
    }


def _tasks(principal: access.Principal, ids: Sequence[UUID]) -> desk.linking.Named:
    found = sales.tasks_by_id(principal, ids)
    return {pk: (task.subject, reverse("task", args=[pk])) for pk, task in found.items()}


def _near_deals(principal: access.Principal, view: ConversationView, typed: str) -> Near:
    if not principal.may("deals.view"):
        return []
    if words_of(typed):
        rows = sales.deal_rows(principal).filter(search_vector=prefix_query(typed))
        return list(rows.order_by("-updated_at", "-pk").values_list("pk", "title")[:MOST])
    own = sales.deals_of(principal, person_id=view.person_id, limit=MOST) if view.person_id else []
    firm = _company_of(principal, view)
    theirs = sales.deals_of(principal, company_id=firm, limit=MOST) if firm else []
    return list({deal.id: deal.name for deal in [*own, *theirs]}.items())[:MOST]


def _near_orders(principal: access.Principal, view: ConversationView, typed: str) -> Near:
    if view.person_id is None or not principal.may("deals.view"):
        return []
    firm = _company_of(principal, view)
    most = MOST_NAMED if typed else MOST
    offered = sales.orders_of(person_id=view.person_id, limit=most)
    offered += sales.orders_of(company_id=firm, limit=most) if firm else []
    wanted = {each.id: each for each in offered if _plain(typed) in _plain(each.number)}
    seen = _orders(principal, list(wanted))
    return [(pk, _told(each)) for pk, each in wanted.items() if pk in seen][:MOST]


def _near_tasks(principal: access.Principal, view: ConversationView, typed: str) -> Near:
    if view.person_id is None:
        return []
    offered = sales.open_tasks("person", view.person_id, MOST_NAMED if typed else MOST)
    seen = sales.tasks_by_id(principal, [each.id for each in offered])
    wanted = typed.casefold()
    fitting = [each for each in offered if each.id in seen and wanted in each.subject.casefold()]
    return [(each.id, each.subject) for each in fitting[:MOST]]


def _company_of(principal: access.Principal, view: ConversationView) -> UUID | None:
    """Where the customer works, if the reader sees them. 1 query."""
    try:
        return people.get_person(principal, view.person_id).company_id if view.person_id else None
    except Refused:
        return None


def _named_orders(person_id: UUID | None, values: list[str]) -> dict[str, str]:
    """Order numbers of a message that are those of its writer's own orders. 1 query."""
    if person_id is None:
        return {}
    own = {_plain(order.number) for order in sales.orders_of(person_id=person_id, limit=MOST_NAMED)}
    url = reverse("person", args=[person_id]) + "#orders"
    return {value: url for value in values if _plain(value) and _plain(value) in own}


def _plain(number: str) -> str:
    """An order number as it is compared: customers leave dashes out."""
    return "".join(sign for sign in number.upper() if sign.isalnum())


def _told(order: sales.OrderView) -> str:
    day = words.day(timezone.localdate(order.ordered_at)) if order.ordered_at else ""
    value = words.money(order.total_minor, order.currency) if order.total_minor is not None else ""
    return " · ".join(part for part in (order.number, day, value) if part)


def _refundable(
    principal: access.Principal, person_id: UUID | None, order_id: UUID | None
) -> list[desk.refunds.OrderFact]:
    """Orders of a person that money can be given back for, newest first; or the one that is asked for."""
    if person_id is None or not principal.may("deals.view"):
        return []
    wanted = [order_id] if order_id else [each.id for each in sales.orders_of(person_id=person_id, limit=MOST)]
    found = sales.orders_by_id(principal, wanted)
    return [
        desk.refunds.OrderFact(pk, _told(found[pk][0]), found[pk][0].total_minor, found[pk][0].currency)
        for pk in wanted
        if pk in found and found[pk][1] == person_id
    ]

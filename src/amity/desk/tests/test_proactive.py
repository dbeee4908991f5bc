"""Cards from the customer's own numbers: at most three, each with its numbers, silent once they were put aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock, undo
from amity.base.ids import new_id
from amity.base.models import UndoStep
from amity.desk import proactive
from amity.desk.proactive import Fact, Known
from amity.desk.proactive_rules import bill_high, order_late, payment_failed, plan_options
from amity.desk.tests.talking import customer
from amity.events.models import Event

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def known(*facts: tuple[str, int, dict[str, Any]], traits: dict[str, Any] | None = None) -> Known:
    """(name, days ago, data), in any order."""
    made = [Fact(new_id(), "event", name, data, NOW - timedelta(days=days)) for name, days, data in facts]
    return Known(sorted(made, key=lambda each: each.at, reverse=True), traits or {}, NOW, NOW)


def bill(days: int, total: float, **lines: float) -> tuple[str, int, dict[str, Any]]:
    parts = [{"name": name, "amount": amount} for name, amount in lines.items()]
    return "Invoice issued", days, {"total": total, "currency": "EUR", "lines": parts}


def test_a_bill_above_normal_names_what_grew() -> None:
    card = bill_high(
        known(bill(2, 62, base=30, roaming=32), *(bill(30 * n, 31, base=30, roaming=1) for n in (1, 2, 3)))
    )
    assert card is not None and (card.title, card.text) == (
        "Bill 100% above normal", "The newest bill is €62; usual are €31.",
    )  # fmt: skip
    assert card.lines == ("roaming: +€31",)
    assert bill_high(known(bill(2, 33), bill(30, 31), bill(60, 31), bill(90, 31))) is None
    assert bill_high(known(bill(2, 62), bill(30, 31), bill(60, 31))) is None
    assert bill_high(known(bill(2, 62), bill(30, 20), bill(60, 60), bill(90, 31), bill(120, 58))) is None


def test_a_failed_payment_is_one_until_another_goes_through() -> None:
    failed = ("Payment failed", 3, {"amount": "12.50", "currency": "EUR", "reason": "card expired"})
    card = payment_failed(known(failed))
    assert card is not None and (card.text, card.lines) == (
        "A payment of €12.50 did not go through.",
        ("card expired",),
    )
    assert payment_failed(known(failed, ("Payment received", 1, {"amount": 12.5}))) is None


def test_an_order_is_late_once_its_day_has_passed_and_until_it_arrives() -> None:
    order = ("Order placed", 9, {"order_id": "A7", "promised_at": "2026-11-20"})
    card = order_late(known(order))
    assert card is not None and "A7" in card.text
    assert order_late(known(order, ("Order delivered", 1, {"order_id": "A7"}))) is None
    assert order_late(known(("Order placed", 9, {"order_id": "A7", "promised_at": "2026-11-23"}))) is None


@pytest.mark.parametrize(
    ("usage", "title"), [(95, "A larger plan may fit better"), (10, "A smaller plan may do"), (50, "")]
)
def test_plans_are_spoken_of_where_they_do_not_fit(usage: int, title: str) -> None:
    card = plan_options(known(traits={"usage": usage, "allowance": 100}))
    assert (card.title if card else "") == title


def happened(person: Any, name: str, days: int, **data: Any) -> None:
    Event.objects.create(
        kind="event", name=name, source="shop", message_id=str(new_id()), person_id=person, data=data,
        occurred_at=clock.now() - timedelta(days=days),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db
def test_dismissing_silences_a_kind_for_the_person_and_ranks_it_lower_for_others(client: Client) -> None:
    staff = hire("Boss", "manager", "all")
    me = access.principal_of(staff)
    client.force_login(staff)
    olga, egon = customer("Olga"), customer("Egon")
    for person in (olga, egon):
        happened(person, "Payment failed", 2, amount=5, currency="EUR")
    page = reverse("person_cards", args=[olga])
    assert "A payment of €5 did not go through." in client.get(page).content.decode()
    before = proactive.cards_of(me, egon)[0].weight
    client.post(reverse("person_cards_word", args=[olga]), {"kind": "payment_failed", "word": "dismissed"})
    assert proactive.cards_of(me, olga) == [] and client.get(page).content.decode().strip() == '<div id="cards"></div>'
    assert proactive.cards_of(me, egon)[0].weight < before
    undo.put_back(me, UndoStep.objects.get(kind=proactive.CHANGE).group_id)
    assert len(proactive.cards_of(me, olga)) == 1
    proactive.use(me, olga, "payment_failed")
    assert proactive.cards_of(me, egon)[0].weight > before

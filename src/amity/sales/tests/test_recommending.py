"""What to offer next: learned from orders, answered for people and strangers, ruled out by policy, with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from amity.access import api as access
from amity.access.api import SYSTEM
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.events.models import Event
from amity.intelligence import customers_goods
from amity.people.models import Person
from amity.sales import customer_orders, recommending
from amity.sales.models import Order, OrderLine, Product

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SETS = (("Tea", "Kettle", "Cup", "Honey"), ("Paper", "Pen", "Ink", "Desk"), ("Bread", "Butter", "Jam", "Knife"))


def quietly(done: int, total: int | None = None, stage: str = "") -> None:
    """Nobody looks at the progress."""


@pytest.fixture
def goods() -> dict[str, Product]:
    """Three sets that go together; of each twelve customers bought three, the fourth differs. Bread is bought again."""
    made = {name: Product.objects.create(name=name, sku=f"SKU-{name}") for each in SETS for name in each}
    for each in SETS:
        for n in range(12):
            who = Person.objects.create(display_name=f"{each[0]} {n}")
            for place, name in enumerate(each):
                if place != 1 + n % 3:
                    buys(who, made[name], 30 - (n + place) % 4)
            if each[0] == "Bread":
                buys(who, made["Bread"], 3)
    customers_goods.train_products(SYSTEM, quietly)
    return made


def buys(who: Person, product: Product, days_ago: int, status: str = "") -> None:
    at = clock.now() - timedelta(days=days_ago)
    order = Order.objects.create(person=who, total_minor=100, currency="EUR", ordered_at=at, status=status)
    OrderLine.objects.create(order=order, product=product, price_minor=100, currency="EUR")


def happens(who: Person, name: str, **data: object) -> None:
    Event.objects.create(
        kind="track", name=name, source="shop", message_id=f"{who.pk}{name}{data}", person_id=who.pk, data=data,
        occurred_at=clock.now(),
    )  # fmt: skip


def names(answer: recommending.Offers) -> list[str]:
    return [each.name for each in answer.offers]


def test_what_goes_with_a_basket_comes_first_with_its_reason(goods: dict[str, Product]) -> None:
    answer = recommending.for_basket(["SKU-Tea"], 3)
    assert set(names(answer)) == {"Kettle", "Cup", "Honey"} and {each.people for each in answer.offers} == {8}
    assert answer.offers[0].reason == "Goes with Tea: 8 customers have both"
    assert "Tea" not in names(answer) and names(recommending.for_basket([str(goods["Tea"].pk)], 3)) == names(answer)
    stranger = recommending.for_basket([], 2)
    assert set(names(stranger)) < {"Tea", "Paper", "Bread"} and stranger.offers[0].reason == "12 customers have it"
    assert names(recommending.similar(goods["Pen"].pk, 1)) == ["Paper"]


def test_what_is_bought_looked_at_or_in_the_cart_counts_at_once(goods: dict[str, Product]) -> None:
    who = Person.objects.create(display_name="New")
    buys(who, goods["Tea"], 0)
    buys(who, goods["Pen"], 0, "Cancelled")
    answer = recommending.for_person(who.pk)
    assert set(names(answer)[:3]) == {"Kettle", "Cup", "Honey"} and "Tea" not in names(answer)
    assert {each.because for each in answer.offers[:3]} == {"Tea"}
    happens(who, "Product Added", products=[{"product_id": "unknown"}, {"sku": "SKU-Paper"}])
    reasons = {each.name: each.because for each in recommending.for_person(who.pk, 10).offers}
    assert reasons["Kettle"] == "Tea" and reasons["Pen"] == "Paper"
    buys(who, goods["Bread"], 0)
    assert "Bread" in names(recommending.for_person(who.pk, 20))  # people come back for it


def test_policy_rules_out_archived_sold_out_and_offers_amid_a_complaint(goods: dict[str, Product]) -> None:
    who = Person.objects.create(display_name="New")
    buys(who, goods["Tea"], 0)
    assert "Kettle" in names(recommending.for_person(who.pk))
    Product.objects.filter(name="Kettle").update(stock=2, reserved=2)
    assert "Kettle" not in names(recommending.for_person(who.pk))
    Product.objects.filter(name="Kettle").update(reserved=1)
    assert "Kettle" in names(recommending.for_person(who.pk))
    Product.objects.filter(name="Kettle").update(archived_at=clock.now())
    assert "Kettle" not in names(recommending.for_person(who.pk))
    Event.objects.create(
        kind="complaint", name="complaint", source="desk", message_id="1", person_id=who.pk, occurred_at=clock.now()
    )
    answer = recommending.for_person(who.pk)
    assert answer.silent == "complaint" and not answer.offers and answer.note


def asking(role: str, **more: str) -> Callable[..., Any]:
    """Calls the API as a new staff member with this role."""
    secret = access.create_token(access.principal_of(hire(role, role, **more)), "shop", sorted(access.SCOPES))[1]

    def ask(path: str, **body: object) -> Any:
        head = {"Authorization": f"Bearer {secret}"}
        if body:
            return Client().post(path, json.dumps(body), content_type="application/json", headers=head)
        return Client().get(path, headers=head)

    return ask


def test_the_api_answers_for_people_in_sight_and_for_baskets(goods: dict[str, Product]) -> None:
    ask, theirs = asking("manager"), Person.objects.create(display_name="Customer")
    buys(theirs, goods["Paper"], 1)
    told = ask("/v1/recommendations", person_id=str(theirs.pk), limit=2).json()
    assert told["silent"] == "" and told["offers"][0]["name"] in SETS[1] and told["offers"][0]["people"] == 8
    assert ask("/v1/recommendations", basket=["SKU-Bread"]).json()["offers"][0]["name"] in SETS[2]
    assert ask("/v1/recommendations", limit=0).status_code == 422
    assert ask(f"/v1/products/{goods['Pen'].pk}/similar").json()["offers"][0]["name"] == "Paper"
    assert asking("salesperson", scope="own")("/v1/recommendations", person_id=str(theirs.pk)).status_code == 404


def test_the_newest_choices_are_read_none_of_the_future_and_the_same_give_the_same_hash(
    goods: dict[str, Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = [customers_goods.train_products(SYSTEM, quietly) for _time in range(2)]
    assert len({each.artefact_hash for each in learned if each}) == 1
    buys(Person.objects.create(display_name="Ahead"), goods["Tea"], -5)
    monkeypatch.setattr(customer_orders, "MOST_CHOICES", 12)
    assert set(customer_orders.Orders().choices()["product"]) == {str(goods["Bread"].pk)}


def test_nothing_learned_is_nothing_offered() -> None:
    product = Product.objects.create(name="Tea")
    assert customers_goods.train_products(SYSTEM, quietly) is None
    answer = recommending.for_basket([str(product.pk)])
    assert answer.silent == "not_learned" and answer.note == "Nothing learned yet"

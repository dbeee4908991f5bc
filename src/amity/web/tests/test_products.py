"""The page of a product: what it costs, what is left, and which deals and orders it is part of."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.ids import new_id
from amity.sales.models import Order, OrderLine, Product
from amity.web.tests.records import browser_of, company, deal, manager, person, queries_of

pytestmark = pytest.mark.django_db
DOOR = 3  # session, staff member, teams
PAGE = 8


@pytest.fixture
def mia() -> Staff:
    return manager()


@pytest.fixture
def desk(mia: Staff) -> Client:
    return browser_of(mia)


def product(name: str = "Grinder", **more: Any) -> Product:
    return Product.objects.create(name=name, search=name.lower(), **more)


def ordered(what: Product, number: str, lines: int = 1, **about: Any) -> Order:
    order = Order.objects.create(number=number, ordered_at=clock.now(), currency="EUR", **about)
    for n in range(lines):
        OrderLine.objects.create(order=order, product=what, quantity=n + 2, price_minor=12_300, currency="EUR")
    return order


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_product_tells_its_fields_stock_deals_and_orders(desk: Client, mia: Staff) -> None:
    custom = {"Colour": "red", "Units in stock": 17}
    what = product(sku="GR-1", family="Machines", price_minor=12_300, currency="EUR", custom=custom)
    anna, firm = person("Anna Kowalska", mia), company("Kowal Works", mia)
    made = deal(mia, "Two grinders", product_id=what.pk, company_id=firm.pk, value_minor=24_600, currency="EUR")
    ordered(what, "O-77", person=anna)
    html = text_of(desk, f"/products/{what.pk}/")
    told = plain(html)
    for expected in ("Grinder", "€123", "GR-1", "Machines", "In stock 17", "Colour red", "Two grinders", "O-77",
                     "Kowal Works", "Anna Kowalska", "2 ×", "Open: 1"):  # fmt: skip
        assert expected in told
    for link in (f"/deals/{made.pk}/", f"/people/{anna.pk}/", f"/companies/{firm.pk}/", "/products/"):
        assert f'href="{link}"' in html


def test_without_stock_use_or_fields_the_page_says_so(desk: Client) -> None:
    told = plain(text_of(desk, f"/products/{product(archived_at=clock.now()).pk}/"))
    assert "In stock" not in told
    for expected in ("No deals with this product", "No orders with this product", "No custom fields.", "Archived"):
        assert expected in told
    assert desk.get(f"/products/{new_id()}/").status_code == 404


@pytest.mark.slow
def test_the_page_costs_the_same_however_much_is_sold(desk: Client, mia: Staff) -> None:
    what = product()
    url = f"/products/{what.pk}/"
    bare = queries_of(desk, url)
    for n in range(22):
        someone = person(f"Person {n}", mia, company=company(f"Firm {n}", mia))
        deal(mia, f"Deal {n}", product_id=what.pk, person_id=someone.pk)
        ordered(what, f"O-{n}", 2, person=someone)
    assert (bare, queries_of(desk, url)) == (DOOR + PAGE, DOOR + PAGE)
    told = plain(text_of(desk, url))
    assert "20 of 22 are shown" in told
    assert "The newest are shown." in told
    assert told.count("Deal ") == 20


def test_deals_orders_and_names_out_of_sight_are_not_told(mia: Staff) -> None:
    what, ann = product(), hire("Ann", "salesperson", "own")
    hidden_firm, mine = company("Hidden Ltd", mia), person("Own Customer", ann)
    deal(mia, "Secret plan", product_id=what.pk)
    deal(ann, "My plan", product_id=what.pk)
    ordered(what, "O-hidden", company=hidden_firm)
    ordered(what, "O-nobody")
    ordered(what, "O-mine", person=mine)
    ordered(what, "O-shared", person=mine, company=hidden_firm)
    told = plain(text_of(browser_of(ann), f"/products/{what.pk}/"))
    for expected in ("My plan", "O-mine", "O-shared", "Own Customer", "Open: 1"):
        assert expected in told
    for hidden in ("Secret plan", "O-hidden", "O-nobody", "Hidden Ltd"):
        assert hidden not in told
    everything = plain(text_of(browser_of(mia), f"/products/{what.pk}/"))
    assert "Secret plan" in everything and "O-nobody" in everything


def test_a_team_sees_the_orders_of_its_customers(mia: Staff) -> None:
    from amity.access.tests.staffing import team

    north, what = team("North"), product()
    tea, ben = hire("Tea", "salesperson", "team", team=north), hire("Ben", "salesperson", "own", team=north)
    ordered(what, "O-ben", person=person("Bens", ben, team=north))
    ordered(what, "O-mia", person=person("Mias", mia))
    told = plain(text_of(browser_of(tea), f"/products/{what.pk}/"))
    assert "O-ben" in told
    assert "O-mia" not in told


def test_lists_deals_orders_and_search_lead_to_the_product(desk: Client, mia: Staff) -> None:
    what, anna = product(), person("Anna", mia)
    made = deal(mia, product_id=what.pk, person_id=anna.pk)
    ordered(what, "O-1", 7, person=anna)
    link = f'href="/products/{what.pk}/"'
    for page in ("/products/", "/deals/?cols=title&cols=product", f"/deals/{made.pk}/", "/search?q=grinder"):
        assert link in text_of(desk, page), page
    orders = text_of(desk, f"/people/{anna.pk}/")
    assert link in orders
    assert "7 lines in all" in orders
    assert "3 ×" in plain(orders)

"""Products made and changed by hand, with price, tax and stock, each step taken back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from amity.access.api import principal_of
from amity.base import undo
from amity.sales.models import Product, StockMove
from amity.web.tests.records import browser_of, manager

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_product_is_made_changed_counted_and_taken_back() -> None:
    mia = manager()
    desk = browser_of(mia)
    form = {"name": "Pen", "price": "1,50", "currency": "eur", "tax": "23", "stock": "10"}
    assert "New product" in desk.get("/products/").content.decode()
    assert "not a number" in desk.post("/products/new", form | {"price": "x"}).content.decode()
    desk.post("/products/new", form)
    pen = Product.objects.get()
    assert (pen.price_minor, pen.currency, pen.tax, pen.stock) == (150, "EUR", 2300, 10)
    desk.post(f"/products/{pen.pk}/edit", form | {"price": "2", "stock": "7.5"})
    pen.refresh_from_db()
    assert (pen.price_minor, pen.stock) == (200, Decimal("7.5"))
    assert "Counted" in desk.get(f"/products/{pen.pk}/edit").content.decode()
    undo.put_back(principal_of(mia), undo.UndoStep.objects.order_by("-id")[0].group_id)
    pen.refresh_from_db()
    assert (pen.price_minor, pen.stock) == (150, 10)
    assert [move.stock for move in StockMove.objects.order_by("id")] == [10, Decimal("-2.5"), Decimal("2.5")]
    assert "10" in desk.get(f"/products/{pen.pk}/").content.decode()


def test_a_stock_or_rate_that_is_none_makes_no_product() -> None:
    desk = browser_of(manager())
    form = {"name": "Pen", "price": "1,50", "currency": "eur", "tax": "23", "stock": "10"}
    for bad in ({"stock": "-1"}, {"price": "-2"}, {"tax": "999999999"}):
        assert desk.post("/products/new", form | bad).status_code == 200
    assert not Product.objects.exists()

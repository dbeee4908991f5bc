"""Deals, products and orders land from files, and decide the leads they came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from amity.people.imports import journal
from amity.people.models import Person
from amity.people.tests.import_files import counts, everything, landed, quiet
from amity.sales.models import Deal, Order, OrderLine, Product, Stage, StageChange

pytestmark = pytest.mark.django_db
LEADS = ("person", {"Lead": "external_id", "Since": "lead_created_at"}, [("a1", "2025-01-01"), ("a2", "2025-01-02")])
LEAD_OPTIONS = {"constants": {"lead_status": "open"}, "dates": {"Since": "ymd"}}
PRODUCTS = ("product", {"Article": "external_id", "Product": "name", "Price": "price"}, [("P1", "GTX Pro", "4821.50")])
DEALS = {
    "No": "external_id",
    "Stage": "stage",
    "Product": "product",
    "Account": "company",
    "Value": "value",
    "Opened": "opened_at",
    "Closed": "closed_at",
    "Quarter": "custom:category",
}
OPTIONS = {"outcomes": {"Won": "won", "Lost": "lost", "Talk": "open"}, "dates": {"Opened": "ymd", "Closed": "ymd"}}
WON = ("1", "Won", "GTXPro", "Isdom", "1054.25", "2025-01-05", "2025-02-06", "Q1")
OPEN = ("2", "Talk", "GTX Pro", "isdom", "", "2025-01-07", "", "")
LOST = ("3", "Lost", "Other", "", "0", "2025-01-08", "2025-03-01", "")


def test_deals_bring_their_pipeline_product_company_and_history(tmp_path: Path) -> None:
    job = landed(tmp_path, ("deal", DEALS, [WON, OPEN, LOST]), PRODUCTS, **OPTIONS)
    assert counts(job) == [(3, 0, 0, 0), (1, 0, 0, 0)]
    won = Deal.objects.get(key="import:no:1")
    assert (won.status, won.value_minor, won.currency, won.custom) == ("won", 105425, "EUR", {"Quarter": "Q1"})
    assert (won.product.name, won.company.name, won.title) == ("GTX Pro", "Isdom", "Isdom · GTXPro")
    assert Deal.objects.filter(company=won.company).count() == 2
    assert list(Product.objects.order_by("name").values_list("name", flat=True)) == ["GTX Pro", "Other"]
    stages = list(Stage.objects.order_by("position").values_list("name", "status"))
    assert stages == [("Talk", "open"), ("Won", "won"), ("Lost", "lost")]
    moves = StageChange.objects.filter(deal=won).order_by("changed_at")
    assert [(m.before and m.before.name, m.after.name, m.changed_at.date().isoformat()) for m in moves] == [
        (None, "Talk", "2025-01-05"),
        ("Talk", "Won", "2025-02-06"),
    ]


def test_deals_twice_are_deals_once_and_a_won_one_moves(tmp_path: Path) -> None:
    sheet = ("deal", DEALS, [WON, OPEN, LOST])
    landed(tmp_path, sheet, **OPTIONS)
    before = everything()
    assert counts(landed(tmp_path, sheet, **OPTIONS)) == [(0, 0, 3, 0)]
    assert everything() == before
    later = ("2", "Won", "GTX Pro", "isdom", "99", "2025-01-07", "2025-04-01", "")
    job = landed(tmp_path, ("deal", DEALS, [WON, later, LOST]), **OPTIONS)
    assert counts(job) == [(0, 1, 2, 0)]
    deal = Deal.objects.get(key="import:no:2")
    assert (deal.status, deal.stage.name, deal.value_minor) == ("won", "Won", 9900)
    last = StageChange.objects.filter(deal=deal).order_by("-changed_at").first()
    assert (last.before.name, last.after.name, last.changed_at.date().isoformat()) == ("Talk", "Won", "2025-04-01")
    journal.undo(job.pk, quiet)
    assert everything() == before


def test_equal_deals_without_a_number_are_separate_sales(tmp_path: Path) -> None:
    columns = {name: to for name, to in DEALS.items() if to != "external_id"}
    job = landed(tmp_path, ("deal", columns, [WON[1:], WON[1:], OPEN[1:]]), **OPTIONS)
    assert counts(job) == [(3, 0, 0, 0)]
    assert counts(landed(tmp_path, ("deal", columns, [WON[1:], WON[1:], OPEN[1:]]), **OPTIONS)) == [(0, 0, 3, 0)]


def test_a_closed_deal_decides_its_lead_and_the_lead_list_does_not_reopen_it(tmp_path: Path) -> None:
    landed(tmp_path, LEADS, **LEAD_OPTIONS)
    before = everything()
    deals = ("deal", {"Lead": "person", "Won on": "closed_at"}, [("a1", "2025-02-01")])
    job = landed(tmp_path, deals, constants={"status": "won"}, dates={"Won on": "ymd"})
    states = dict(Person.objects.values_list("key", "lead_status"))
    assert states == {"import:lead:a1": "converted", "import:lead:a2": "open"}
    decided = Person.objects.get(key="import:lead:a1")
    assert decided.lead_decided_at.date().isoformat() == "2025-02-01"
    assert counts(landed(tmp_path, LEADS, **LEAD_OPTIONS)) == [(0, 0, 2, 0)]
    journal.undo(job.pk, quiet)
    assert everything() == before


@pytest.mark.slow
def test_orders_and_lines_find_each_other(tmp_path: Path) -> None:
    orders = ("order", {"Order": "external_id", "Client": "company", "Date": "ordered_at", "Sum": "total"},
              [("O1", "Isdom", "2025-01-01", "10.50")])  # fmt: skip
    lines = ("order_line", {"Order": "order", "Item": "product", "Qty": "quantity", "Price": "price"},
             [("O1", "gtx pro", "2", "5.25"), ("O2", "New thing", "1", "1"), ("", "Lost", "1", "1")])  # fmt: skip
    sheets = (orders, lines, PRODUCTS)
    job = landed(tmp_path, *sheets, dates={"Date": "ymd"})
    assert counts(job) == [(1, 0, 0, 0), (2, 0, 0, 1), (1, 0, 0, 0)]
    line = OrderLine.objects.get(order__number="O1")
    assert (line.product.name, line.quantity, line.price_minor, line.order.total_minor) == ("GTX Pro", 2, 525, 1050)
    assert set(Order.objects.values_list("number", flat=True)) == {"O1", "O2"}
    again = landed(tmp_path, *sheets, dates={"Date": "ymd"})
    assert [row[:2] for row in counts(again)] == [(0, 0), (0, 0), (0, 0)]
    for done in (again, job):
        journal.undo(done.pk, quiet)
    assert not Order.objects.exists()
    assert not Product.objects.exists()

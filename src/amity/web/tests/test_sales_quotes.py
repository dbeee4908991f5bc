"""Quotes: exact money, numbers without gaps, paper, mail through the gate, an answer by link, orders, stock, undo."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from amity.access import api as access
from amity.access.api import principal_of
from amity.access.models import Staff
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.channels import letters
from amity.channels.models import Outgoing
from amity.engines.mail import as_bytes
from amity.sales import documents, documents_sheet, letterheads, quotes, quotes_answers, quotes_sending, stock
from amity.sales.models import Order, Product, Quote, StockMove
from amity.sales.quotes import Wanted
from amity.sales.quotes_forms import minor, number
from amity.sales.quotes_money import line_sums, major_of, minor_of, sum_of
from amity.web.tests.records import browser_of, deal, manager, person

RATES = st.sampled_from([0, 500, 700, 800, 1900, 2000, 2300, 2550])
LINES = st.tuples(
    st.decimals("0.001", "99999", places=3), st.integers(0, 10**9), st.integers(0, 10_000), RATES
)  # fmt: skip


@given(st.lists(LINES, max_size=12))
def test_each_line_is_rounded_half_up_and_the_total_is_the_sum_of_the_lines(lines: list[Any]) -> None:
    sums = [line_sums(*line) for line in lines]
    for (quantity, price, discount, tax), told in zip(lines, sums, strict=True):
        exact = Fraction(quantity) * price * (10_000 - discount) / 10_000
        assert told.net == int(exact + Fraction(1, 2))
        assert told.tax == int(Fraction(told.net * tax, 10_000) + Fraction(1, 2))
    whole = sum_of(sums)
    assert whole.total == sum(each.net for each in sums) + sum(each.tax for each in sums)


def test_numbers_are_read_as_people_type_them() -> None:
    assert [number("1 234,50"), number("0.5"), minor("12,34", "EUR"), minor("500", "JPY")] == [
        Decimal("1234.50"), Decimal("0.5"), 1234, 500
    ]  # fmt: skip
    for text, currency in (("12.345", "EUR"), ("1.5", "JPY"), ("abc", "EUR"), ("nan", "EUR"), ("1e99", "EUR")):
        with pytest.raises(Refused, match="not a number"):
            minor(text, currency)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ru", "pl", "de"])
def test_paper_has_every_letter_and_is_the_same_file_twice(language: str) -> None:
    lines = [documents.Line("Кофе, źdźbło, Größe €", Decimal("1.5"), 999, 1499, 345, 500, 2300)] * 60
    made = datetime(2026, 1, 2, tzinfo=UTC)
    document = documents.Document("Quote", "Анна\nŁódź", "EUR", lines, made, "2026-0001", date(2026, 1, 2))
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(picture, "PNG")
    paper = documents.Paper("Café GmbH", "Straße 1", "DE1", "a@b.test", "IBAN", picture.getvalue())
    first = documents_sheet.pdf(document, paper, language)
    assert first.startswith(b"%PDF-1.")
    assert first == documents_sheet.pdf(document, paper, language)
    assert len(re.findall(rb"/Type /Page\b", first)) > 1
    assert not documents.readable_logo(b"<svg onload=alert(1)>")


def two_lines(pen: Product) -> list[Wanted]:
    return [Wanted("Pen", Decimal(3), 1000, pen.pk, 1000, 2300), Wanted("Work", Decimal("1.5"), 5001, tax=800)]


def drafted(mia: Staff, **about: Any) -> tuple[access.Principal, Any, Product]:
    me = principal_of(mia)
    anna = person("Anna", mia, email="anna@kunde.test", language="pl")
    pen = Product.objects.create(name="Pen", price_minor=1000, currency="EUR", stock=10)
    made, _group = quotes.create(me, "deal", deal(mia, "Office", person_id=anna.pk, **about).pk)
    quotes.change(me, made, {"title": "Office"}, two_lines(pen))
    return me, made, pen


@pytest.mark.slow
@pytest.mark.django_db
def test_a_quote_is_written_mailed_and_answered_and_all_of_it_taken_back() -> None:
    mia = manager()
    me, made, pen = drafted(mia)
    desk = browser_of(mia)
    drawn = desk.get(f"/quotes/{made}/").content.decode()
    assert 'value="Pen"' in drawn
    form = {"language": "pl", "currency": "eur", "line_name": ["Pen", ""], "line_quantity": ["4", ""],
            "line_price": ["", ""], "line_discount": ["", ""], "line_tax": ["23", ""]}  # fmt: skip
    saved: Any = desk.post(f"/quotes/{made}/", form, follow=True)
    view = quotes.get_quote(me, made)
    assert (view.net_minor, view.tax_minor, view.total_minor) == (4000, 920, 4920)
    desk.post(re.search(r'data-undo="([^"]+)"', saved.content.decode()).group(1))  # type: ignore[union-attr]
    view = quotes.get_quote(me, made)
    assert [(each.net_minor, each.tax_minor) for each in quotes.lines_of(made)] == [(2700, 621), (7502, 600)]
    assert (view.net_minor, view.tax_minor, view.total_minor) == (10202, 1221, 11423)

    desk.post(f"/quotes/{made}/sending", {"mail": "1", "words": "Hello {Anna}"})
    view = quotes.get_quote(me, made)
    assert (view.status, view.number) == ("sent", f"{clock.today().year}-0001")
    row = Outgoing.objects.get()
    assert (row.state, row.purpose, row.files[0]["type"]) == ("queued", "service", "application/pdf")
    assert b"Content-Type: application/pdf" in as_bytes(letters.letter_of(row))
    assert desk.get(f"/quotes/{made}/paper.pdf").content.startswith(b"%PDF")
    assert view.number in desk.get("/quotes/").content.decode()

    link = re.search(r"/answers/quotes/\S+/", row.body).group()  # type: ignore[union-attr]
    customer = Client()
    assert b"Office" in customer.get(link).content
    assert customer.get(link + "paper.pdf").status_code == 200
    assert quotes.get_quote(me, made).status == "sent"
    customer.post(link, {"answer": "yes", "by": "Anna N."})
    view = quotes.get_quote(me, made)
    assert (view.status, view.answered_by) == ("accepted", "Anna N.")
    assert (Order.objects.get().total_minor, Order.objects.get().lines.count()) == (11423, 2)
    pen.refresh_from_db()
    assert pen.reserved == 3
    assert Client().get(link.replace("~", "~x")).status_code == 404


@pytest.mark.slow
@pytest.mark.django_db
def test_an_answer_is_taken_back_with_its_order_and_what_it_reserved() -> None:
    me, made, pen = drafted(manager())
    quotes_sending.send(me, made, by_mail=False)
    group = quotes_answers.answer(me, made, accepted=True)
    undo.put_back(me, group)
    pen.refresh_from_db()
    assert (pen.reserved, Order.objects.count(), quotes.get_quote(me, made).status) == (0, 0, "sent")
    assert [each.why for each in stock.moves_of(pen.pk)] == ["released", "reserved"]
    counted = stock.count(me, pen.pk, Decimal(7))
    undo.put_back(me, counted)
    pen.refresh_from_db()
    assert (pen.stock, StockMove.objects.count()) == (10, 4)


@pytest.mark.slow
@pytest.mark.django_db
def test_numbers_have_no_gaps_versions_share_one_and_the_old_link_closes() -> None:
    mia = manager()
    me, made, _pen = drafted(mia)
    dropped, _group = quotes.create(me, "deal", Quote.objects.get(pk=made).deal_id)  # type: ignore[arg-type]
    quotes.archive(me, dropped)
    quotes_sending.send(me, made, by_mail=False)
    old_link = quotes_answers.link_of(made).split("/answers/quotes/")[1].rstrip("/")
    with pytest.raises(Refused, match="stays as it is"):
        quotes.change(me, made, {"title": "Other"})
    second = quotes.new_version(me, made)
    assert quotes.new_version(me, made) == second
    quotes_sending.send(me, second, by_mail=False)
    year = clock.today().year
    assert [(q.name, q.status) for q in quotes.quotes(me)] == [(f"{year}-0001-2", "sent"), (f"{year}-0001", "replaced")]
    with pytest.raises(Refused, match="newer quote"):
        quotes_answers.read_link(old_link)
    with clock.fixed_at(clock.now() + timedelta(days=60)):
        assert quotes.get_quote(me, second).status_label == "Expired"
        token = quotes_answers.link_of(second).split("/answers/quotes/")[1].rstrip("/")
        with pytest.raises(Refused, match="no longer valid"):
            quotes_answers.answer_by_link(token, True, "Anna")


@pytest.mark.slow
@pytest.mark.django_db
def test_who_does_not_see_the_quote_finds_nothing_and_our_paper_is_changed_by_managers() -> None:
    mia, eve = manager(), manager("Eve", scope="own")
    _me, made, _pen = drafted(mia)
    with pytest.raises(NotFound):
        quotes.get_quote(principal_of(eve), made)
    desk = browser_of(mia)
    words = {"name": "Café GmbH", "valid_days": "14", "rates": "0; 7; 19"}
    desk.post("/quotes/letterhead", words)
    assert "Café GmbH" in desk.get("/quotes/letterhead").content.decode()
    assert letterheads.letterhead().rates == [0, 700, 1900]
    assert desk.get(f"/deals/{Quote.objects.get(pk=made).deal_id}/").status_code == 200


@pytest.mark.slow
@pytest.mark.django_db
def test_lines_out_of_bounds_are_refused_and_a_dropped_version_does_not_stand_in_the_way() -> None:
    mia = manager()
    me, made, _pen = drafted(mia)
    for line in (Wanted("Pen", Decimal(10**8), 10**12), Wanted("Pen", Decimal("0.0001"), 5)):
        with pytest.raises(Refused):
            quotes.change(me, made, {}, [line])
    with pytest.raises(NotFound):
        quotes.change(me, made, {}, [Wanted("Pen", Decimal(1), 5, made)])
    quotes_sending.send(me, made, by_mail=False)
    dropped = quotes.new_version(me, made)
    quotes.archive(me, dropped)
    second = quotes.new_version(me, made)
    assert quotes.get_quote(me, second).version == 3
    said = quotes_answers.answer(me, made, accepted=True)
    quotes_sending.send(me, second, by_mail=False)
    undo.put_back(me, said)
    assert quotes.get_quote(me, made).status == "replaced"


@pytest.mark.slow
@pytest.mark.django_db
def test_only_a_yes_or_no_by_link_is_an_answer_and_the_second_click_changes_nothing() -> None:
    me, made, _pen = drafted(manager())
    quotes_sending.send(me, made, by_mail=False)
    link, customer = quotes_answers.link_of(made).replace("http://localhost", ""), Client()
    link = link[link.index("/answers/") :]
    assert customer.post(link, {"by": "Anna"}).status_code == 302
    assert quotes.get_quote(me, made).status == "sent"
    for _click in range(2):
        assert customer.post(link, {"answer": "yes", "by": "An\x00na"}).status_code == 302
    assert (Order.objects.count(), quotes.get_quote(me, made).answered_by) == (1, "Anna")


def test_a_picture_that_is_cut_off_is_no_logo() -> None:
    picture = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(picture, "JPEG")
    assert documents.readable_logo(picture.getvalue())
    assert not documents.readable_logo(picture.getvalue()[:2000])


def test_amounts_are_read_in_the_minor_units_of_their_currency() -> None:
    for text, currency, minor_units in (("5", "JPY", 5), ("5", "eur", 500), ("1.234", "KWD", 1234), ("5", "", 500)):
        assert minor_of(Decimal(text), currency) == minor_units
        assert major_of(minor_units, currency) == Decimal(text)

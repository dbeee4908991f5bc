"""What messages name, in four languages; written forms come back as the value they were written from."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.intelligence.language.entities import Entity, Kind, entities, iban_is_valid

TODAY = date(2026, 11, 22)
_MONTHS = """
en January February March April May June July August September October November December
ru января февраля марта апреля мая июня июля августа сентября октября ноября декабря
pl stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
de Januar Februar März April Mai Juni Juli August September Oktober November Dezember
"""
MONTHS = {line.split()[0]: line.split()[1:] for line in _MONTHS.strip().splitlines()}


def found(text: str, language: str) -> list[tuple[str, str]]:
    return [(each.kind.value, each.value) for each in entities(text, language, TODAY)]


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "My order no. A-1042 of November 3rd cost $1,299.90", ["A-1042", "2026-11-03", "1299.90 USD"]),
        ("ru", "Заказ № 55812 от 12 марта 2025, сумма 1 250,50 руб.", ["55812", "2025-03-12", "1250.50 RUB"]),
        ("pl", "Zamówienie nr ZX/2026/17 z 5.01.2026 za 49,99 zł", ["ZX/2026/17", "2026-01-05", "49.99 PLN"]),
        ("de", "Bestellung 4711 vom 1. Dezember über 1.234,56 €", ["4711", "2026-12-01", "1234.56 EUR"]),
        ("de", "IBAN DE89 3704 0044 0532 0130 00 bitte", ["DE89370400440532013000"]),
        ("en", "Call me tomorrow on 020 7946 0958", ["2026-11-23", "+442079460958"]),
        ("ru", "Мой номер 8 (916) 123-45-67", ["+79161234567"]),
        ("pl", "proszę dzwonić: 601 234 567", ["+48601234567"]),
        ("de", "am 31.02.2026 um 10 Uhr, in order of size", []),
    ],
)
def test_what_a_customer_names_is_found(language: str, text: str, wanted: list[str]) -> None:
    assert [value for _, value in found(text, language)] == wanted


def test_an_account_with_a_wrong_check_sum_is_none() -> None:
    assert iban_is_valid("PL61109010140000071219812874")
    assert found("PL62 1090 1014 0000 0712 1981 2874", "pl") != [("iban", "PL62109010140000071219812874")]


@settings(deadline=None, max_examples=100)
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(sorted(MONTHS)))
def test_a_day_written_in_words_comes_back(day: date, language: str) -> None:
    dot = "." if language == "de" else ""
    text = f"x {day.day}{dot} {MONTHS[language][day.month - 1]} {day.year} x"
    assert found(text, language) == [("date", day.isoformat())]


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 99_999_999),
    st.sampled_from([(",", ".", "$", "USD"), (".", ",", " €", "EUR"), (" ", ",", " zł", "PLN")]),
)
def test_a_sum_of_money_comes_back_however_its_thousands_are_marked(
    cents: int, style: tuple[str, str, str, str]
) -> None:
    thousands, point, money, currency = style
    number = f"{cents // 100:,}".replace(",", thousands) + f"{point}{cents % 100:02d}"
    text = f"cena {money}{number} x" if money == "$" else f"cena {number}{money} x"
    assert found(text, "pl") == [("amount", f"{cents // 100}.{cents % 100:02d} {currency}")]


@settings(deadline=None, max_examples=200)
@given(
    st.text(st.sampled_from("DEPL0123456789 .,/-€$zł№#+order заказ mai"), max_size=60),
    st.sampled_from(["en", "ru", "pl", "de"]),
)
def test_any_text_gives_things_in_order_that_lie_in_it_and_do_not_overlap(text: str, language: str) -> None:
    named: list[Entity] = entities(text, language, TODAY)
    ends = [0, *(each.end for each in named)]
    assert all(end <= each.start < each.end <= len(text) for end, each in zip(ends, named, strict=False))
    assert all(iban_is_valid(each.value) for each in named if each.kind is Kind.IBAN)

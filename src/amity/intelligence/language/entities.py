"""What a message names: order numbers, amounts, dates, phone numbers and bank accounts, in four languages.

Pure: the same text, language and day give the same answer. What could be read in two ways is read as writers of that
language mean it; what does not check out (a day that is none, an account with a wrong check sum) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import phonenumbers


class Kind(StrEnum):
    """Kinds of things named."""

    IBAN = "iban"
    AMOUNT = "amount"
    DATE = "date"
    ORDER = "order"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Entity:
    """``text[start:end]`` and its plain ``value``: account without blanks, "1234.50 EUR", ISO date, number, E.164."""

    kind: Kind
    start: int
    end: int
    value: str


_REGIONS = {"en": "GB", "ru": "RU", "pl": "PL", "de": "DE"}
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", re.I)
_IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "BY": 28, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GE": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IT": 27, "KZ": 20, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MD": 24, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_MONEY = {
    "EUR": r"€|EUR|euros?|евро", "USD": r"\$|USD|dollars?|доллар(?:ов|а)?|dolar(?:ów|y|a)?", "GBP": r"£|GBP|pounds?",
    "PLN": r"zł(?:otych|ote|oty)?|PLN", "RUB": r"₽|RUB|руб(?:лей|ля|ль)?\.?|р\.", "CHF": r"CHF|Franken",
}  # fmt: skip
_ANY_MONEY = "|".join(_MONEY.values())
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?:(?P<before>{_ANY_MONEY})\s?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s?(?P<after>{_ANY_MONEY})(?!\w))",
    re.I,
)
_MONTHS = [
    "jan|янв|sty|jän",
    "feb|фев|lut",
    "mar|мар|mär|mrz",
    "apr|апр|kwi",
    "may|мая|май|maj|mai",
    "jun|июн|cze",
    "jul|июл|lip",
    "aug|авг|sie",
    "sep|сен|wrz",
    "oct|окт|paź|okt",
    "nov|ноя|lis",
    "dec|дек|gru|dez",
]
_WORDY = re.compile(
    r"\b(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>[^\W\d_]{3,12})\.?(?:,?\s+(?P<year>\d{4}))?\b"
)
_ENGLISH = re.compile(r"\b(?P<month>[^\W\d_]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{4}))?\b")
_ISO = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
_DOTTED = re.compile(r"(?<![\d.])(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4}|\d{2})(?![\d.]*\d)")
_RELATIVE = {
    "today": 0, "tomorrow": 1, "yesterday": -1, "сегодня": 0, "завтра": 1, "вчера": -1, "dzisiaj": 0, "dziś": 0,
    "jutro": 1, "wczoraj": -1, "heute": 0, "morgen": 1, "gestern": -1,
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_ORDER = re.compile(
    r"\b(?:order|invoice|ticket|заказ\w*|сч[её]т\w*|накладн\w*|zamówieni\w*|faktur\w*|zgłoszeni\w*|bestell\w*|"
    r"auftrag\w*|rechnung\w*)"
    r"(?:\s*(?:is|number|no|num|nr|numer|nummer|номер|за|lautet|to|ist)\b\.?){0,2}\s*[:№#]{0,2}\s*"
    r"(?P<value>(?=[\w/-]*\d)[A-ZА-Я0-9](?:[\w/-]{1,22}[A-ZА-Я0-9])?)(?!\w)|(?<!\w)[#№]\s?(?P<bare>\d[\d-]{2,18}\d)(?!\w)",
    re.I,
)


def entities(text: str, language: str, today: date) -> list[Entity]:
    """All that is named, in order, without overlaps; ``language``: en, ru, pl or de."""
    found: list[Entity] = []
    taken = [False] * len(text)
    for each in (*_ibans(text), *_amounts(text), *_dates(text, today), *_orders(text), *_phones(text, language)):
        if not any(taken[each.start : each.end]):
            taken[each.start : each.end] = [True] * (each.end - each.start)
            found.append(each)
    return sorted(found, key=lambda entity: entity.start)


def iban_is_valid(value: str) -> bool:
    """Length of its country and check sum 97 (ISO 13616)."""
    if _IBAN_LENGTHS.get(value[:2], len(value)) != len(value) or not value.isascii() or not value.isalnum():
        return False
    return int("".join(str(int(letter, 36)) for letter in value[4:] + value[:4])) % 97 == 1


def _ibans(text: str) -> Iterator[Entity]:
    for match in _IBAN.finditer(text):
        end = match.end()
        while end - match.start() >= 15:  # what follows may be a word of four letters
            value = text[match.start() : end].replace(" ", "").upper()
            if iban_is_valid(value):
                yield Entity(Kind.IBAN, match.start(), end, value)
                break
            end = text.rfind(" ", match.start(), end)


def _amounts(text: str) -> Iterator[Entity]:
    for match in _AMOUNT.finditer(text):
        written, money = match["a"] or match["b"], match["before"] or match["after"]
        currency = next(code for code, words in _MONEY.items() if re.fullmatch(words, money, re.I))
        yield Entity(Kind.AMOUNT, match.start(), match.end(), f"{_plain_number(written)} {currency}")


def _plain_number(written: str) -> str:
    """Two digits after the last mark are cents, three are thousands: "1.234,5" becomes "1234.50"."""
    marked = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", written)
    assert marked is not None
    return f"{int(re.sub(r'[^0-9]', '', marked[1]))}.{(marked[2] or '').ljust(2, '0')}"


def _dates(text: str, today: date) -> Iterator[Entity]:
    for pattern in (_ISO, _DOTTED, _WORDY, _ENGLISH):
        for match in pattern.finditer(text):
            month = int(match["month"]) if match["month"].isdecimal() else _month(match["month"])
            day = _day(match["year"], month, int(match["day"]), today)
            if day is not None:
                yield Entity(Kind.DATE, match.start(), match.end(), day.isoformat())
    for match in _WORD.finditer(text):
        ahead = _RELATIVE.get(match[0].lower())
        if ahead is not None:
            yield Entity(Kind.DATE, match.start(), match.end(), (today + timedelta(days=ahead)).isoformat())


def _month(word: str) -> int:
    """1 to 12 by how the word begins, else 0."""
    begins = word.lower()
    return next(
        (n for n, stems in enumerate(_MONTHS, 1) if any(begins.startswith(stem) for stem in stems.split("|"))), 0
    )


def _day(year: str | None, month: int, day: int, today: date) -> date | None:
    """The day, or nothing where there is none; without a year the one nearest to today."""
    years = (
        [today.year - 1, today.year, today.year + 1] if year is None else [int(year) + (2000 if len(year) == 2 else 0)]
    )
    possible = []
    for each in years:
        try:
            possible.append(date(each, month, day))
        except ValueError:
            continue
    return min(possible, key=lambda found: abs(found - today), default=None)


def _orders(text: str) -> Iterator[Entity]:
    for match in _ORDER.finditer(text):
        group = "value" if match["value"] else "bare"
        yield Entity(Kind.ORDER, match.start(group), match.end(group), match[group].upper())


def _phones(text: str, language: str) -> Iterator[Entity]:
    for match in phonenumbers.PhoneNumberMatcher(text, _REGIONS.get(language)):
        value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        yield Entity(Kind.PHONE, match.start, match.end, value)

"""Numbers and money in any spelling: the decimal mark is decided once for a whole column."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import polars as pl
from babel.numbers import get_currency_precision, list_currencies

Decimal = Literal[".", ","]

_SYMBOLS = {
    "€": "EUR", "$": "USD", "£": "GBP", "₽": "RUB", "zł": "PLN", "zl": "PLN", "руб": "RUB", "руб.": "RUB", "р.": "RUB",
    "₴": "UAH", "грн": "UAH", "¥": "JPY", "₹": "INR", "₸": "KZT", "тг": "KZT", "kč": "CZK", "fr.": "CHF", "euro": "EUR",
    "us$": "USD", "eur": "EUR", "rur": "RUB", "евро": "EUR", "рублей": "RUB", "złotych": "PLN", "r$": "BRL", "₺": "TRY",
}  # fmt: skip
_UNIT = r"(?i)(тыс\.?|tys\.?|tsd\.?|k|млн\.?|mln\.?|mio\.?|m|млрд\.?|mld\.?|mrd\.?|bn|b)$"
_THOUSANDS = ("тыс", "tys", "tsd", "k")
_MILLIONS = ("млн", "mln", "mio", "m")
_LETTERS = r"\p{L}+\.?|[^\d.,\-+()]+"


def decimal_of(texts: pl.Series) -> tuple[Decimal, str]:
    """The decimal mark of a column of numbers and the reason for it."""
    bare = texts.drop_nulls().str.replace_all(_LETTERS, "")
    both = bare.filter(bare.str.contains(",", literal=True) & bare.str.contains(".", literal=True))
    if both.len():
        comma_last = both.str.contains(r"\.\d{3}(?:\.\d{3})*,\d*$").sum()
        if comma_last * 2 > both.len():
            return ",", "points group thousands"
        return ".", "commas group thousands"
    commas = bare.filter(bare.str.contains(",", literal=True))
    if not commas.len():
        points = bare.filter(bare.str.contains(".", literal=True))
        grouped = points.str.contains(r"^[-+(]?[1-9]\d{0,2}(?:\.\d{3})+\)?$")
        if grouped.all() and (points.str.count_matches(r"\.") > 1).any():
            return ",", "points group thousands"
        return ".", "no comma in the column"
    grouped = commas.str.contains(r"^[-+(]?[1-9]\d{0,2}(?:,\d{3})+\)?$")
    if grouped.all():
        return ".", "commas stand before groups of three"
    return ",", "commas are followed by one, two or more than three digits"


def parse(texts: pl.Series, decimal: Decimal = ".") -> pl.Series:
    """Numbers as floats; null where the text is no number. Signs of money and per cent are dropped."""
    plain = (
        texts.cast(pl.Float64, strict=False) if decimal == "." else pl.Series([None] * texts.len(), dtype=pl.Float64)
    )
    if plain.null_count() == texts.null_count():
        return _finite(plain).alias(texts.name)
    frame = texts.to_frame("text").with_columns(pl.col("text").str.strip_chars().str.to_lowercase())
    symbols = sorted((re.escape(symbol) for symbol in _SYMBOLS), key=len, reverse=True)
    money = "|".join([*symbols, *sorted(code.lower() for code in list_currencies())])
    cut = rf"(?i)^(?:{money})\s*|\s*(?:{money}|%)$"
    body = pl.col("text").str.replace_all("[\u2212\u2013]", "-").str.replace_all(cut, "")
    frame = frame.with_columns(body.str.strip_chars().alias("body"))
    frame = frame.with_columns(pl.col("body").str.extract(_UNIT).str.strip_chars(".").alias("unit"))
    bare = pl.col("body").str.replace(_UNIT, "").str.strip_chars()
    digits = _closed_up(bare).str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^([\d.,]+)-$", "-$1")
    frame = frame.with_columns(_grouped(digits, decimal).cast(pl.Float64, strict=False).alias("number"))
    scale = (
        pl.when(pl.col("unit").is_null()).then(1.0)
        .when(pl.col("unit").is_in(_THOUSANDS)).then(1e3)
        .when(pl.col("unit").is_in(_MILLIONS)).then(1e6)
        .otherwise(1e9)
    )  # fmt: skip
    found = frame.select(pl.col("number") * scale).to_series()
    return _finite(plain.fill_null(found)).alias(texts.name)


def minor_units(numbers: pl.Series, currencies: pl.Series | None, default: str) -> pl.Series:
    """Amounts as whole minor units (cents), rounded half to even, by each row's currency or ``default``."""
    if currencies is None:
        return _rounded(numbers * 10 ** get_currency_precision(default))
    codes = currencies.fill_null(default)
    powers = {code: 10 ** get_currency_precision(code) for code in codes.unique().to_list()}
    return _rounded(numbers * codes.replace_strict(powers, return_dtype=pl.Float64))


def currency_in(texts: pl.Series) -> str:
    """The currency named by most of the amounts themselves (``€ 12``, ``12 PLN``); empty where none is."""
    marks = texts.drop_nulls().head(2000).str.replace_all(r"[\d\s.,\-+()'’%]+", " ").str.strip_chars()
    codes = [code for code in (currency_code(mark) for mark in marks.to_list()) if code]
    return max(set(codes), key=codes.count) if len(codes) * 2 > marks.len() else ""


@cache
def currency_code(text: str) -> str:
    """ISO 4217 code for a code, a symbol or a word; empty where unknown."""
    word = text.strip().lower()
    if word.upper() in list_currencies():
        return "RUB" if word == "rur" else word.upper()
    return _SYMBOLS.get(word, "")


def _closed_up(digits: pl.Expr) -> pl.Expr:
    """Without the spaces or apostrophes that group thousands; null where they group something else, as in phones."""
    gap = r"[\s\u00a0\u202f'’_]"
    spaced = digits.str.contains(rf"\d{gap}+\d")
    thousands = digits.str.contains(rf"^[-+(]?\s*\d{{1,3}}(?:{gap}\d{{3}})+(?:[.,]\d*)?\)?-?$")
    return pl.when(~spaced | thousands).then(digits.str.replace_all(gap, ""))


def _grouped(digits: pl.Expr, decimal: Decimal) -> pl.Expr:
    """Digits with a point as the decimal mark; null where the group marks stand in the wrong places."""
    group = "," if decimal == "." else "."
    mark, other = re.escape(decimal), re.escape(group)
    shape = rf"^[-+]?(?:\d+|\d{{1,3}}(?:{other}\d{{3}})+)?(?:{mark}\d*)?$"
    lone = rf"^[-+]?\d+{other}\d{{1,2}}$"  # the other mark before cents: a stray spelling in the column
    return (
        pl.when(digits.str.contains(shape)).then(digits.str.replace_all(group, "", literal=True).str.replace(mark, "."))
        .when(digits.str.contains(lone)).then(digits.str.replace(other, "."))
    )  # fmt: skip


def _finite(numbers: pl.Series) -> pl.Series:
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()


def _rounded(numbers: pl.Series) -> pl.Series:
    return numbers.round(0, mode="half_to_even").cast(pl.Int64, strict=False)

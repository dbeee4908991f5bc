"""Sums of a quote. Exact: integers and decimals only, each line rounded half up to the minor unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

WHOLE = 10_000  # rates are in hundredths of a percent: 2300 is 23 %


@dataclass(frozen=True, slots=True)
class Sums:
    """Minor units. ``total`` is always ``net + tax``."""

    net: int
    tax: int

    @property
    def total(self) -> int:
        return self.net + self.tax


def half_up(value: Decimal) -> int:
    """To a whole number, a half away from zero, as on paper."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def minor_of(value: Decimal, currency: str) -> int:
    """An amount as people type it, in minor units of ``currency``: 5 yen are 5, 5 euros 500."""
    return half_up(value.scaleb(_digits(currency)))


def major_of(minor: int, currency: str) -> Decimal:
    """Minor units as people type them."""
    return Decimal(minor).scaleb(-_digits(currency))


def _digits(currency: str) -> int:
    return get_currency_precision(currency.upper()) if currency else 2


def line_sums(quantity: Decimal, price_minor: int, discount: int, tax: int) -> Sums:
    """A line: quantity times price less ``discount``, rounded; then ``tax`` of that, rounded."""
    net = half_up(quantity * price_minor * (WHOLE - discount) / WHOLE)
    return Sums(net, half_up(Decimal(net) * tax / WHOLE))


def sum_of(lines: Iterable[Sums]) -> Sums:
    """The sum of lines as they stand on the paper: nothing is rounded again."""
    found = list(lines)
    return Sums(sum(each.net for each in found), sum(each.tax for each in found))

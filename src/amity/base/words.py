"""Numbers, money and times in the reader's language (CLDR through Babel) and zone."""

from __future__ import annotations

import re
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import (
    NumberPattern,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    parse_pattern,
)
from babel.units import format_unit
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amity.base import clock

_JUST_NOW_S = 60
_CODE_THEN_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")  # CLDR's currency spacing, which Babel leaves out
_UNITS = (("digital-gigabyte", 10**9), ("digital-megabyte", 10**6), ("digital-kilobyte", 10**3))


def locale() -> Locale:
    """The reader's locale; English outside of a request."""
    return _locale(get_language() or "en")


def relative(moment: datetime) -> str:
    """As in "3 hours ago", "in 2 days"; "just now" within a minute."""
    delta = moment - clock.now()
    if abs(delta.total_seconds()) < _JUST_NOW_S:
        return _("just now")
    return format_timedelta(delta, add_direction=True, threshold=1.0, locale=locale())


def exact(moment: datetime) -> str:
    """Date, time and zone as the reader's language writes them."""
    return _exact(moment, timezone.get_current_timezone(), get_language() or "en")


def hour(moment: datetime) -> str:
    """Date and time to the minute, without the zone: for what people fix themselves, such as a deadline."""
    local = moment.astimezone(timezone.get_current_timezone())
    return f"{day(local.date())}, {format_time(local, 'short', locale=locale())}"


def day(value: date) -> str:
    """A date without time as the reader's language writes it."""
    return format_date(value, "medium", locale=locale())


def plain_money(minor: int | None, currency: str) -> Decimal | None:
    """Integer minor units as a decimal amount, for files; two decimals where the currency is unknown."""
    if minor is None:
        return None
    digits = get_currency_precision(currency.upper()) if currency else 2
    return Decimal(minor).scaleb(-digits)


def money(minor: int, currency: str, *, whole: bool = False) -> str:
    """Integer minor units with their currency sign; whole amounts without the zeros. No currency: a plain number."""
    code = (currency or "").upper()
    digits = get_currency_precision(code) if code else 2
    amount = Decimal(minor).scaleb(-digits)
    if whole:
        amount = amount.to_integral_value()
    if not code:
        return format_decimal(amount, locale=locale())
    if amount == amount.to_integral_value():
        told = format_currency(amount, code, format=_whole(locale()), currency_digits=False, locale=locale())
    else:
        told = format_currency(amount, code, locale=locale())
    return _CODE_THEN_DIGIT.sub("\u00a0", told)


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 as per cent; tiny but not zero says "<1%", nearly all says ">99%"."""
    if digits == 0 and 0 < share < 0.005:
        return "<" + _percent(0.01, 0)
    if digits == 0 and 0.995 <= share < 1:
        return ">" + _percent(0.99, 0)
    return _percent(share, digits)


def number(value: float) -> str:
    """A number with the reader's separators, at most three decimals."""
    return format_decimal(value, locale=locale())


def filesize(count: int) -> str:
    """Bytes in decimal units."""
    for unit, size in _UNITS:
        if count >= size:
            return format_unit(round(count / size, 1), unit, length="short", locale=locale())
    return format_unit(count, "digital-byte", length="long", locale=locale())


def _percent(share: float, digits: int) -> str:
    return format_percent(round(share, digits + 2), locale=locale(), decimal_quantization=False)


@lru_cache(maxsize=1_024)  # what came together is told many times on one page
def _exact(moment: datetime, zone: tzinfo, language: str) -> str:
    here = timezone.localtime(moment, zone)
    return f"{format_datetime(here, 'medium', tzinfo=zone, locale=_locale(language))} {here.tzname()}"


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))


@lru_cache(maxsize=32)
def _whole(where: Locale) -> NumberPattern:
    pattern: NumberPattern = parse_pattern(where.currency_formats["standard"].pattern.replace(".00", ""))
    return pattern

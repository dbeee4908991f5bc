"""Numbers, money and times read right in every language."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from amity.base import clock, words

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "told"),
    [
        (125_000_00, "EUR", "en", "€125,000"),
        (8_450_50, "EUR", "en", "€8,450.50"),
        (125_000_00, "EUR", "de", "125.000\u00a0€"),
        (8_450_50, "PLN", "pl", "8\u00a0450,50\u00a0zł"),
        (125_000_00, "RUB", "ru", "125\u00a0000\u00a0₽"),
        (500, "JPY", "en", "¥500"),
        (12_500_000, "PLN", "en", "PLN\u00a0125,000"),
        (-99, "USD", "en", "-$0.99"),
        (1_234_50, "", "en", "1,234.5"),
    ],
)
def test_money_is_written_as_the_language_writes_it(minor: int, currency: str, language: str, told: str) -> None:
    with translation.override(language):
        assert words.money(minor, currency) == told


@pytest.mark.parametrize(
    ("before", "language", "told"),
    [
        (timedelta(seconds=20), "en", "just now"),
        (timedelta(minutes=3), "en", "3 minutes ago"),
        (timedelta(hours=5), "ru", "5 часов назад"),
        (timedelta(hours=3), "de", "vor 3 Stunden"),
        (timedelta(days=2), "pl", "2 dni temu"),
        (timedelta(days=-2), "en", "in 2 days"),
        (timedelta(days=800), "en", "2 years ago"),
    ],
)
def test_times_are_relative_with_right_plurals(before: timedelta, language: str, told: str) -> None:
    with clock.fixed_at(NOON), translation.override(language):
        assert words.relative(NOON - before) == told


def test_the_exact_time_is_in_the_readers_zone() -> None:
    with translation.override("en"), timezone.override("Europe/Warsaw"):
        assert words.exact(NOON).replace("\u202f", " ") == "Mar 14, 2026, 1:00:00 PM CET"


@pytest.mark.parametrize(
    ("share", "language", "told"),
    [
        (0.72, "en", "72%"),
        (0.72, "de", "72\u00a0%"),
        (0, "en", "0%"),
        (1, "en", "100%"),
        (0.0004, "en", "<1%"),
        (0.9996, "en", ">99%"),
    ],
)
def test_a_share_never_rounds_to_certainty(share: float, language: str, told: str) -> None:
    with translation.override(language):
        assert words.percent(share) == told


def test_file_sizes_have_units() -> None:
    with translation.override("en"):
        assert [words.filesize(n) for n in (1, 999, 1_500, 20_000_000)] == ["1 byte", "999 bytes", "1.5 kB", "20 MB"]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Mar 14, 2026"), ("de", "14.03.2026"), ("ru", "14 мар. 2026\u202fг."), ("pl", "14 mar 2026")],
)
def test_a_day_is_written_as_the_language_writes_it(language: str, told: str) -> None:
    with translation.override(language):
        assert words.day(NOON.date()) == told

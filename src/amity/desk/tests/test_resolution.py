"""Five numbers of resolution: what counts in each, and what it keeps silent about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from amity.desk.resolution import AGAIN, SILENCE, Case, shares, verdict, wilson

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OLD = NOW - timedelta(days=20)
ENDED = Case(UUID(int=1), 1, OLD, "email", None, None, "refund", "Order", ended=OLD)


def test_each_number_counts_what_it_says() -> None:
    bot = replace(ENDED, bot=True)
    assert verdict("containment", ENDED, NOW) is None
    ways = (bot, replace(bot, staff=True), replace(bot, handed_over=True))
    assert [verdict("containment", each, NOW) for each in ways] == [
        True, False, False,
    ]  # fmt: skip
    assert verdict("assumed", replace(ENDED, next_in=OLD + SILENCE), NOW) is False
    assert verdict("assumed", replace(ENDED, next_in=OLD + SILENCE + timedelta(seconds=1)), NOW) is True
    assert [verdict("confirmed", replace(ENDED, csat=score), NOW) for score in (None, 3, 4)] == [False, False, True]
    assert [verdict("judged", replace(ENDED, judged=said), NOW) for said in (None, True, False)] == [None, True, False]
    assert [verdict("true", replace(ENDED, again=at), NOW) for at in (None, OLD + AGAIN, OLD + AGAIN * 2)] == [
        True, False, True,
    ]  # fmt: skip


def test_the_last_days_are_silent() -> None:
    fresh = replace(ENDED, ended=NOW - AGAIN + timedelta(hours=1))
    assert verdict("true", fresh, NOW) is None
    assert verdict("assumed", replace(fresh, ended=NOW - SILENCE + timedelta(hours=1)), NOW) is None
    told = {each.name: each for each in shares([fresh], NOW)}
    assert (told["true"].n, told["true"].value, told["true"].low) == (0, None, None)


def test_intervals_are_those_of_wilson() -> None:
    assert wilson(0, 0) is None
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)

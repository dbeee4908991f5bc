"""Working time: what intervals, holidays and changes of the clock make of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.desk.hours import ALWAYS, BusinessHours, day_text, read, read_day

OFFICE = (read_day("09:00-12:30, 13:30-18:00"),) * 5 + ((), ())
HALF = read_day("09:00-12:00")
BERLIN = BusinessHours("Europe/Berlin", OFFICE, ((date(2026, 12, 24), HALF), (date(2026, 12, 25), ())))
NIGHTS = BusinessHours("Europe/Berlin", (read_day("22:00-06:00"),) * 7, ((date(2026, 12, 24), ()),))
SKIPPED = BusinessHours("Europe/Berlin", (read_day("02:30-04:00"),) * 7)
EVERY = [ALWAYS, BERLIN, NIGHTS, SKIPPED, BusinessHours("America/New_York", OFFICE)]
MOMENTS = st.integers(0, 500_000).map(lambda minutes: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=minutes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_target_goes_over_lunch_night_weekend_and_holiday() -> None:
    friday = at("2026-11-20T15:00")  # 16:00 in Berlin: two hours are left that day
    assert BERLIN.add(friday, 3 * 3600) == at("2026-11-23T09:00")
    assert BERLIN.add(at("2026-11-23T10:30"), 3600 + 3600) == at("2026-11-23T13:30")
    assert BERLIN.between(at("2026-12-24T00:00"), at("2026-12-28T12:00")) == 3 * 3600 + 3 * 3600 + 1800
    assert BusinessHours("UTC", ((),) * 7).add(friday, 1) is None


def test_a_night_shift_belongs_to_the_evening_it_begins_on_and_clocks_that_change_make_it_longer_or_shorter() -> None:
    assert NIGHTS.between(at("2026-12-23T12:00"), at("2026-12-24T12:00")) == 8 * 3600
    assert NIGHTS.between(at("2026-12-24T12:00"), at("2026-12-25T12:00")) == 0
    assert NIGHTS.between(at("2026-03-28T12:00"), at("2026-03-29T12:00")) == 7 * 3600
    assert NIGHTS.between(at("2026-10-24T12:00"), at("2026-10-25T12:00")) == 9 * 3600
    assert SKIPPED.between(at("2026-03-29T00:00"), at("2026-03-29T12:00")) == 3600
    assert SKIPPED.works(at("2026-03-29T01:30"))
    assert not SKIPPED.works(at("2026-03-29T00:59"))


def test_text_of_a_day_is_read_back_and_what_overlaps_is_refused() -> None:
    assert read(BERLIN.plain()) == BERLIN
    assert day_text(read_day("22:00-06:00")) == "22:00-06:00"
    assert read_day("00:00-24:00") == ((0, 1440),)
    for wrong in ("09:00-12:00, 11:00-13:00", "9-25:00", "soon"):
        with pytest.raises(ValueError):
            read_day(wrong)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EVERY), MOMENTS, st.integers(1, 400_000))
def test_adding_working_time_and_measuring_it_agree(hours: BusinessHours, start: datetime, seconds: int) -> None:
    end = hours.add(start, seconds)
    assert end is not None
    assert hours.between(start, end) == pytest.approx(seconds, abs=1e-3)
    assert hours.between(start, end - timedelta(seconds=1)) < seconds


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EVERY), st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_working_time_adds_up_and_is_never_more_than_time(hours: BusinessHours, three: list[datetime]) -> None:
    first, second, third = three
    whole = hours.between(first, third)
    assert whole == pytest.approx(hours.between(first, second) + hours.between(second, third), abs=1e-3)
    assert 0 <= whole <= (third - first).total_seconds()


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(EVERY), MOMENTS, st.integers(1, 3_000))
def test_working_time_is_the_minutes_that_are_worked(hours: BusinessHours, start: datetime, minutes: int) -> None:
    told = sum(hours.works(start + timedelta(minutes=each)) for each in range(minutes))
    assert hours.between(start, start + timedelta(minutes=minutes)) == told * 60

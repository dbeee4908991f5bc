"""A moment is on the day that the reader's calendar shows."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from amity.base import words
from amity.desk import inbox_facts


def test_a_promise_until_just_after_midnight_is_for_the_day_that_begins() -> None:
    with timezone.override("Europe/Warsaw"):
        told = inbox_facts._promise({"promise": "An offer", "due_at": "2026-11-23T23:30:00+00:00"}, {}, {})
        assert words.day(date(2026, 11, 24)) in told

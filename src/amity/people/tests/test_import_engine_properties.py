"""Whatever the rows: twice is once, undo is before, killed and resumed is uninterrupted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from amity.people.imports import engine, journal
from amity.people.models import ImportFile
from amity.people.tests.import_files import (
    COMPANIES,
    PEOPLE,
    content,
    counts,
    everything,
    in_batches_of,
    landed,
    planned,
    quiet,
)

IDS = st.sampled_from(["", "", "1", "2", "3", "4"])
NAMES = st.sampled_from(["", "Anna", "Пётр", "Żaneta", 'He said "hi"', "=1+1"])
MAILS = st.sampled_from(["", "a@firm.pl", "b@firm.pl", "A@Firm.PL", "c@firm.de; a@firm.pl", "not a mail"])
PHONES = st.sampled_from(["", "+48600100200", "+4930123456", "12"])
FIRMS = st.sampled_from(["", "Firm 1", "FIRM1", "Other & Sons"])
CITIES = st.sampled_from(["", "Kraków", "Berlin"])
ROWS = st.lists(
    st.tuples(IDS, NAMES, NAMES, MAILS, PHONES, FIRMS, CITIES, st.sampled_from(["", "3", "x"])), max_size=9
).map(lambda rows: [row for row in rows if any(row)])
FIRM_ROWS = st.lists(st.tuples(IDS, FIRMS, NAMES, CITIES, FIRMS), max_size=6).map(
    lambda rows: [row for row in rows if any(row)]
)
CHECKS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def room() -> Iterator[Path]:
    """A folder for files, and a base that forgets."""
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        yield Path(folder)
        transaction.set_rollback(True)


@CHECKS
@given(people=ROWS, firms=FIRM_ROWS)
def test_twice_is_once(people: list, firms: list) -> None:
    with room() as folder:
        sheets = (("person", PEOPLE, people), ("company", COMPANIES, firms))
        first = landed(folder, *sheets)
        assert [sum(row) for row in counts(first)] == [len(people), len(firms)]
        before = everything()
        again = landed(folder, *sheets)
        assert [(row[0], row[1]) for row in counts(again)] == [(0, 0), (0, 0)]
        assert everything() == before


@CHECKS
@given(known=ROWS, people=ROWS, firms=FIRM_ROWS)
def test_undone_is_as_before(known: list, people: list, firms: list) -> None:
    with room() as folder:
        landed(folder, ("person", PEOPLE, known))
        before = everything()
        job = landed(folder, ("person", PEOPLE, people), ("company", COMPANIES, firms))
        journal.undo(job.pk, quiet)
        assert everything() == before
        job.refresh_from_db()
        assert job.state == "undone"


@CHECKS
@given(people=ROWS, firms=FIRM_ROWS, batches=st.integers(0, 6))
def test_killed_and_resumed_is_uninterrupted(settings: object, people: list, firms: list, batches: int) -> None:
    settings.CONFIG = in_batches_of(2)
    sheets = (("person", PEOPLE, people), ("company", COMPANIES, firms))
    with room() as folder:
        whole = landed(folder, *sheets)
        expected = content(), counts(whole)
    with room() as folder:
        job = planned(folder, *sheets)
        left = [batches]

        def dying(done: int, total: int | None = None, stage: str = "") -> None:
            if not left[0]:
                raise Killed
            left[0] -= 1

        try:
            engine.run(job.pk, dying)
        except Killed:
            done = sum(ImportFile.objects.filter(run=job).values_list("rows_done", flat=True))
            assert done == sum(sum(row) for row in counts(job))
            engine.run(job.pk, quiet)
        assert (content(), counts(job)) == expected

"""Measuring pages: asking works, and the quick ways through a list lead to the same rows."""

from __future__ import annotations

import pytest
from django.db.models import Q

from amity.base import paging, searching
from amity.people.models import Person
from amity.web import bench_lists, bench_pages, bulk_load
from amity.web.tests import records

pytestmark = [pytest.mark.slow]

_TAKEN = ("people, as it opens", "deals, search, two words", "companies, deep page by name", "person, the busiest")


@pytest.mark.django_db(transaction=True)
def test_pages_are_measured_for_who_sees_all_rows_and_who_sees_their_own() -> None:
    bulk_load.load_scale(bulk_load.Size(people=600, events=3_000, deals=100))
    asks = [ask for ask in bench_pages.asks() if ask.label in _TAKEN]
    figures = list(bench_lists.measure(asks, rounds=2))
    assert [figure.label for figure in figures if figure.reader == "all rows"] == [ask.label for ask in asks]
    assert {figure.label for figure in figures if figure.reader == "own rows"} == set(_TAKEN[:3])
    assert all(0 < figure.p50 <= figure.p95 <= figure.worst for figure in figures)
    assert all(figure.busy > 0 and 0 < figure.queries < 80 for figure in figures)


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["display_name", "updated_at"])
@pytest.mark.parametrize("descending", [False, True])
def test_rare_matches_come_in_the_same_order_as_through_the_index(field: str, descending: bool) -> None:
    records.crowd(80, lead_status="lost")
    records.crowd(10, lead_status="open")
    rows = Person.objects.filter(lead_status="lost")
    order = paging.Order(field, field, descending)
    whole = [row.pk for row in paging.ordered(rows, order)]
    count, first = paging.few(rows, order, None, 20, 10_000)
    assert count == len(whole) == 80
    assert first is not None
    assert [row.pk for row in first] == whole[:21]
    middle = paging.ordered(rows, order)[30]
    for back in (False, True):
        cursor = paging.Cursor(order.name, middle.sort_value, middle.pk, back)
        expected = [row.pk for row in paging.slice_of(rows, order, cursor, 20)]
        assert expected == (whole[29:8:-1] if back else whole[31:52])
        _count, page = paging.few(rows, order, cursor, 20, 10_000)
        assert page is not None
        assert [row.pk for row in page] == expected
        walked = paging.along_index(Person.objects.all(), Q(lead_status="lost"))
        assert [row.pk for row in paging.slice_of(walked, order, cursor, 20)] == expected


@pytest.mark.django_db
def test_above_the_bound_there_is_only_a_count_and_nothing_is_found_among_none() -> None:
    records.crowd(8)
    rows, order = Person.objects.all(), paging.Order("name", "display_name")
    assert paging.few(rows, order, None, 20, 5) == (6, None)
    count, nobody = paging.few(rows.none(), order, None, 20, 5)
    assert (count, list(nobody or ())) == (0, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "found"),
    [("anna 7", 1), ("kowalska 07", 0), ("anna 70", 1), ("anna 007", 1), ("ann kow", 80), ("an 99", 0)],
)
def test_one_or_two_digits_are_wanted_whole(typed: str, found: int) -> None:
    for number, person in enumerate(records.crowd(80)):
        person.search = f"anna kowalska {number} {number:03d}5 48220123{number:03d}"
        person.save()
    assert Person.objects.filter(search_vector=searching.prefix_query(typed)).count() == found

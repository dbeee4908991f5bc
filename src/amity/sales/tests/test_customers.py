"""Customers: learned from orders, tested against going on as before, computed anew when somebody buys, replayed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from django.db import connection

from amity.access.api import SYSTEM
from amity.base import clock
from amity.intelligence import customers, customers_jobs
from amity.intelligence import customers_store as store
from amity.intelligence.api import customers_for
from amity.intelligence.models import CustomerValue
from amity.people import api as people
from amity.people.models import Person
from amity.sales import customer_orders
from amity.sales.models import Order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def crowd(count: int) -> list[Person]:
    made = [Person(display_name=f"Customer {n}", given_name="Customer", family_name=str(n)) for n in range(count)]
    return Person.objects.bulk_create(made)


def buys(person: Person, days_ago: float, minor: int = 5_000, **more: object) -> Order:
    at = clock.now() - timedelta(days=days_ago)
    return Order(person=person, total_minor=minor, currency="EUR", ordered_at=at, **more)


def shop(count: int = 300, days: int = 540) -> list[Person]:
    """Customers with rhythms of their own; a third leave. Seeded, so always the same shop."""
    rng, who, orders = np.random.default_rng(5), crowd(count), []
    for person in who:
        gap, first = float(rng.gamma(2.0, 20.0) + 8), float(rng.uniform(60, days))
        leaves, price, at = rng.random() < 0.35, int(rng.integers(2_000, 20_000)), first
        end = float(rng.uniform(0, first)) if leaves else 0.0
        while at > end:
            orders.append(buys(person, at, price + int(rng.integers(0, 900))))
            at -= float(rng.exponential(gap)) + 1
    Order.objects.bulk_create(orders)
    return who


def quietly(done: int, total: int | None = None, stage: str = "") -> None:
    """Nobody looks at the progress."""


def notes() -> list[customer_orders.Note]:
    """What a follower of the table would get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text::bigint, id, customers, at FROM sales_orderdue ORDER BY xid, id")
        return [customer_orders._noted(row) for row in cursor.fetchall()]


def told(notes: list[customer_orders.Note]) -> set[UUID]:
    return {each for note in notes for each in note[0]}


@pytest.mark.slow
def test_customers_are_computed_with_reasons_that_add_up_and_rows_that_replay() -> None:
    shop()
    version = customers.train_value(SYSTEM, quietly)
    assert version.signal and {f["name"] for f in version.card["figures"]} >= {"purchases", "revenue"}
    assert all(each["own"] < each["naive"] for each in version.card["figures"][:2])
    rows = list(CustomerValue.objects.filter(current=True))
    assert len(rows) == 300
    for row in rows:
        assert sum(effect for _code, _facts, effect in row.drivers) == pytest.approx(row.revenue_minor, abs=1)
        assert row.revenue_low <= row.revenue_minor <= row.revenue_high
        for chance, low, high, reasons in row.risks.values():
            odds = sum(effect for _code, _facts, effect in reasons)
            assert 1 / (1 + np.exp(-odds)) == pytest.approx(chance, abs=1e-9) and low <= chance <= high
    for row in rows[:20]:
        said, again = customers.replay(row.pk)
        assert said == again
    regular = max(rows, key=lambda row: row.alive * len(row.history))
    view = customers_for([regular.subject_id])[regular.subject_id]
    assert view.risk is not None and len(view.drivers) == 4 and str(len(regular.history)) in view.drivers[1].text


@pytest.mark.slow
def test_who_buys_is_computed_anew_at_once_and_merges_are_followed() -> None:
    ann, bob, *_rest = shop()
    customers.train_value(SYSTEM, quietly)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sales_orderdue")
    before = customers_for([ann.pk])[ann.pk]
    Order.objects.bulk_create([buys(ann, 0.01, 90_000)])
    assert told(notes()) == {ann.pk}
    with connection.cursor() as cursor:
        customer_orders.look(notes(), cursor)
    after = customers_for([ann.pk])[ann.pk]
    assert after.id != before.id and after.alive >= before.alive and notes() == []
    purchases = len(CustomerValue.objects.get(pk=after.id).history)
    theirs = len(CustomerValue.objects.get(subject_id=bob.pk, current=True).history)
    people.merge(SYSTEM, ann.pk, bob.pk)
    assert {ann.pk, bob.pk} <= told(notes())
    with connection.cursor() as cursor:
        customer_orders.look(notes(), cursor)
    joined = CustomerValue.objects.get(subject_id=ann.pk, current=True)
    assert purchases < len(joined.history) <= purchases + theirs and bob.pk not in customers_for([bob.pk])


def test_too_few_customers_are_not_spoken_of() -> None:
    person = crowd(1)[0]
    Order.objects.bulk_create([buys(person, 40), buys(person, 10), buys(person, 5, status="Cancelled")])
    customers_jobs.learn(SYSTEM, quietly)
    version = store.live(store.VALUE)
    assert version is not None and not version.signal and version.card["verdict"] == "short" and version.rows == 2
    assert customers_for([person.pk]) == {} and customers.refresh([person.pk]) == 0


def test_nothing_bought_is_nothing_to_learn_from() -> None:
    customers_jobs.start_nightly()
    assert customers_jobs.under_way() is None
    Order.objects.bulk_create([buys(crowd(1)[0], 1)])
    customers_jobs.start_nightly()
    assert customers_jobs.under_way() == customers_jobs.start(SYSTEM)

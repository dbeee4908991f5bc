"""Big batches look identifiers up on a second connection; what comes of them is the same."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from amity.people import identity_beside, pipeline
from amity.people.models import Identifier, Person
from amity.people.tests.identity_kit import fact, feed, forget, identify, picture


def _known() -> list[object]:
    return [identify(n, f"u{n}", f"d{n}", plan="free") for n in range(identity_beside.MANY)]


def _others() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '%people_device%'"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_big_batch_lands_on_the_people_that_are_known() -> None:
    forget()
    feed(_known(), 500)  # type: ignore[arg-type]
    people, keys = Person.objects.count(), Identifier.objects.count()
    forget()
    again = [
        *(fact("track", 5_000 + n, f"u{n}", f"d{n}") for n in range(identity_beside.MANY)),
        fact("track", 9_000, "someone else", "d1"),  # a device changes hands in the same batch
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        pipeline.handle(again, cursor)
    assert (Person.objects.count(), Identifier.objects.count()) == (people + 1, keys + 1)
    assert len(picture()) == people + 1


@pytest.mark.django_db(transaction=True)
def test_the_second_connection_is_let_go_of_when_little_comes() -> None:
    forget()
    feed(_known())  # type: ignore[arg-type]
    assert _others() == 1
    feed([fact("track", 9_000, "u1", "d1")])
    pipeline.beside_thread().rest()
    assert _others() == 0

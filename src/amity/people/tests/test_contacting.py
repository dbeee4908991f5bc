"""Who writes is known by their address; strangers become people, once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from amity.access.permissions import SYSTEM
from amity.base.errors import Refused
from amity.people import api as people
from amity.people.models import Identifier, Person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_who_is_known_by_an_address_is_found_and_a_stranger_becomes_a_person() -> None:
    anna = people.create_person(SYSTEM, {"given_name": "Anna", "email": "anna@example.com"})
    assert people.contact("email", " Anna@Example.com ", "Somebody else") == anna
    made = people.contact("email", "piotr@example.pl", "Piotr  Nowak", "pl")
    row = Person.objects.get(pk=made)
    assert (row.display_name, row.email, row.language, row.source, row.owner_id) == (
        "Piotr Nowak", "piotr@example.pl", "pl", "conversation", None,
    )  # fmt: skip
    assert people.contact("email", "piotr@example.pl") == made
    with pytest.raises(Refused):
        people.contact("email", "no address")


def test_a_proved_address_counts_before_one_that_was_only_said() -> None:
    people.create_person(SYSTEM, {"given_name": "A", "email": "shared@example.com"})
    proved = people.create_person(SYSTEM, {"given_name": "B", "email": "shared@example.com"})
    Identifier.objects.filter(person_id=proved).update(verified=True)
    assert people.contact("email", "shared@example.com") == proved


def test_merged_profiles_answer_as_who_they_are_now() -> None:
    one, other = (people.create_person(SYSTEM, {"given_name": "Anna", "email": f"{n}@example.com"}) for n in "ab")
    merge_id = people.merge(SYSTEM, one, other)
    assert people.contact("email", "b@example.com") == one
    people.unmerge(SYSTEM, merge_id)
    assert people.contact("email", "b@example.com") == other


def test_a_handle_of_a_messenger_is_an_identifier_like_any_other() -> None:
    made = people.contact("telegram", "77120", "Ola")
    assert people.contact("telegram", "77120") == made
    assert [(each.kind, each.value) for each in Identifier.objects.filter(person_id=made)] == [("telegram", "77120")]


@pytest.fixture
def _threads(transactional_db: None) -> Iterator[None]:
    yield
    connections.close_all()


def _contact(_n: int) -> str:
    try:
        return str(people.contact("phone", "+48 601 234 567", "Jan"))
    finally:
        connection.close()


@pytest.mark.usefixtures("_threads")
@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_person() -> None:
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(_contact, range(12)))) == 1
    assert Person.objects.filter(source="conversation").count() == 1

"""What global search shows first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amity.base import clock
from amity.people.models import Person
from amity.web.tests.records import browser_of, manager, person

pytestmark = pytest.mark.django_db


def test_search_shows_the_best_match_first_however_old_it_is() -> None:
    mia = manager()
    for age, name in ((3, "Ann Kowal"), (2, "Bob Ann"), (1, "Zoe Annabel"), (0, "Rita Hannover")):
        made = person(name, mia)
        Person.objects.filter(pk=made.pk).update(updated_at=clock.now() - timedelta(days=age))
    for n in range(3):
        person(f"Yan Annika {n}", mia)
    told = browser_of(mia).get("/search?q=ann").content.decode()
    assert told.index("Ann Kowal") < told.index("Bob Ann") < told.index("Yan Annika 2") < told.index("Zoe Annabel")
    assert "Rita" not in told

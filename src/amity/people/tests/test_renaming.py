"""People are found by the name that their company has now."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from amity.base import undo
from amity.people import renaming
from amity.people.finding import person_search
from amity.people.models import Company, Person

pytestmark = pytest.mark.django_db


def test_the_words_of_people_follow_the_name_of_their_company() -> None:
    old, other = Company.objects.create(name="Zakłady Mleczne"), Company.objects.create(name="Umbrella")
    people = [Person(display_name=f"Anna {n}", company=company) for n, company in enumerate((old, old, other))]
    for person in people:
        person.search = person_search(undo.state_of(person), person.company.name if person.company else "")
    Person.objects.bulk_create(people)
    Company.objects.filter(pk=old.pk).update(name="Mlekovita")
    renaming.renamed([old.pk])
    job = ProcrastinateJob.objects.filter(task_name=renaming.TASK).latest("id")
    assert job.args == {"company_ids": [str(old.pk)]}
    assert renaming.follow([old.pk]) == 2
    assert renaming.follow([old.pk, other.pk]) == 0
    assert sorted(Person.objects.values_list("search", flat=True)) == [
        "anna 0 mlekovita",
        "anna 1 mlekovita",
        "anna 2 umbrella",
    ]

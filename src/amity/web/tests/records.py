"""People, companies and deals for the tests of pages, and somebody who looks at them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amity.access.api import principal_of
from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.events.models import Event
from amity.intelligence.models import ModelVersion, Score
from amity.people.finding import company_search, person_search
from amity.people.models import Company, Identifier, Person
from amity.sales import api as sales
from amity.sales.models import Deal


def browser_of(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def manager(name: str = "Mia", **more: Any) -> Staff:
    return hire(name, "manager", **more)


def crowd(count: int, **more: Any) -> list[Person]:
    """``count`` people called Anna Kowalska 0…, the first the newest, a minute apart."""
    now = clock.now()
    people = [
        Person(
            given_name="Anna", family_name=f"Kowalska {n}", display_name=f"Anna Kowalska {n:04d}",
            email=f"anna{n}@kowal.test", updated_at=now - timedelta(minutes=n), **more,
        )
        for n in range(count)
    ]  # fmt: skip
    for person in people:
        person.search = person_search(vars(person))
    return Person.objects.bulk_create(people)


def person(name: str = "Jan Nowak", owner: Staff | None = None, **more: Any) -> Person:
    made = Person(display_name=name, owner=owner, **more)
    made.search = person_search(vars(made))
    made.save()
    for kind, value in (("email", made.email), ("phone", made.phone)):
        if value:
            Identifier.objects.create(person=made, kind=kind, value=value)
    return made


def company(name: str = "Źdźbło sp. z o.o.", owner: Staff | None = None, **more: Any) -> Company:
    made = Company(name=name, owner=owner, **more)
    made.search = company_search(vars(made))
    made.save()
    return made


def deal(owner: Staff, title: str = "Coffee for the office", **more: Any) -> Deal:
    made = sales.create_deal(principal_of(owner), {"title": title, **more})
    return Deal.objects.get(pk=made)


def happened(about: Person, count: int, kind: str = "mail sent") -> None:
    now = clock.now()
    Event.objects.bulk_create(
        Event(
            kind=kind, name=f"{kind} {n}", source="test", message_id=f"{about.pk}{kind}{n}", person_id=about.pk,
            occurred_at=now - timedelta(hours=n),
        )
        for n in range(count)
    )  # fmt: skip


def scored(about: Person) -> Person:
    """A lead with a score of 72 % and one reason."""
    model = ModelVersion.objects.create(
        target="lead", number=1, rung="linear", signal=True, state="live", rows=100, positives=40, artefact_hash="-"
    )
    reasons = [["base", "", None, -0.4], ["column", "Competitor", "Brewmatic", 1.3]]
    Score.objects.create(
        model=model,
        target="lead",
        subject_kind="person",
        subject_id=about.pk,
        value=0.72,
        low=0.6,
        high=0.8,
        reasons=reasons,
    )
    return about


def queries_of(client: Client, url: str) -> int:
    """Queries of one page view, the second one: nothing is left to be warmed up."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, response.content
    return len(queries)

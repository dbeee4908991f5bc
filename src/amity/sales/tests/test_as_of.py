"""What is learned from a decided deal or lead was known while it was open: the future may say what it likes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base import clock
from amity.intelligence.leads import Leads
from amity.people import api as people
from amity.people.models import Company, Person
from amity.sales import deals
from amity.sales.learning import Deals
from amity.sales.models import Deal, Stage, Task

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def me() -> access.Principal:
    return access.principal_of(Staff.objects.filter(name="Mia").first() or hire("Mia", "manager", "all"))


def test_nothing_that_happens_to_a_deal_after_its_moment_changes_what_is_learned() -> None:
    start = clock.now() - timedelta(days=100)
    with clock.fixed_at(start):
        deal_id = deals.create_deal(me(), {"title": "Big", "value_minor": 500_00, "currency": "EUR"})
        Task.objects.create(subject="Call", deal_id=deal_id, created_at=start)
    stages = {s.status: s.id for s in deals.stage_choices()}
    with clock.fixed_at(start + timedelta(days=90)):
        deals.change_deal(me(), deal_id, {"stage_id": stages["won"]})
    before = Deals().load([deal_id]).columns.to_dicts()[0]
    assert (before["value"], before["owner"], before["tasks"]) == (500, "Mia", 1)
    assert before["stage"] == Stage.objects.get(pk=deals.stage_choices()[0].id).name

    later = hire("Later", "manager", "all")
    deals.change_deal(me(), deal_id, {"value_minor": 900_00, "currency": "USD", "owner_id": str(later.pk)})
    Task.objects.create(subject="Thank", deal_id=deal_id)
    assert Deals().load([deal_id]).columns.to_dicts()[0] == before
    Deal.objects.filter(pk=deal_id).update(status="open", closed_at=None)
    now = Deals().load([deal_id]).columns.to_dicts()[0]
    assert (now["value"], now["owner"], now["tasks"]) == (900, "Later", 2)


def test_nothing_that_happens_to_a_lead_after_its_moment_changes_what_is_learned() -> None:
    start = clock.now() - timedelta(days=100)
    one, two = (Company.objects.create(name=n, industry=i) for n, i in (("A", "Coffee"), ("B", "Tea")))
    with clock.fixed_at(start):
        values = {"given_name": "Ann", "city": "Omsk", "company_id": str(one.pk), "lead_status": "open"}
        lead = people.create_person(me(), values, {"visits": 3})
    with clock.fixed_at(start + timedelta(days=50)):
        people.change_person(me(), lead, {"lead_status": "converted"})
    before = Leads().load([lead]).columns.to_dicts()[0]
    assert (before["city"], before["company_industry"], before["visits"]) == ("Omsk", "Coffee", 3)

    people.change_person(me(), lead, {"city": "Kraków", "company_id": str(two.pk)}, {"visits": 9, "paid": "yes"})
    people.change_company(me(), one.pk, {"industry": "Cocoa"})
    after = Leads().load([lead]).columns.to_dicts()[0]
    assert {name: value for name, value in after.items() if value is not None} == {
        name: value for name, value in before.items() if value is not None
    }
    Person.objects.filter(pk=lead).update(lead_status="open")
    now = Leads().load([lead]).columns.to_dicts()[0]
    assert (now["city"], now["company_industry"], now["visits"], now["paid"]) == ("Kraków", "Tea", 9, "yes")

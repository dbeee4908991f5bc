"""Retention, copies under pseudonyms, and the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.people import api as people
from amity.people import privacy_copy, privacy_register, privacy_retention
from amity.people.models import Erasure, Person, RetentionMark, RetentionRule
from amity.people.privacy_map import places

pytestmark = pytest.mark.django_db
BOSS = replace(access.SYSTEM, staff_id=UUID(int=7))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)


def test_quiet_people_are_announced_can_be_kept_and_go() -> None:
    old = clock.now() - timedelta(days=1_000)
    gone, kept, busy = (people.create_person(access.SYSTEM, {"given_name": f"P{n}", "email": f"p{n}@example.org"})
                        for n in range(3))  # fmt: skip
    Person.objects.filter(pk__in=[gone, kept]).update(created_at=old, updated_at=old)
    RetentionRule.objects.create(kind="people", days=365, active=True, window_days=30)
    assert set(privacy_retention.quiet_people(365)) == {gone, kept}
    assert privacy_retention.run() == {"people": 0}
    assert {mark.person_id for mark in RetentionMark.objects.all()} == {gone, kept}
    privacy_retention.keep(BOSS, RetentionMark.objects.get(person_id=kept).pk)
    assert privacy_retention.run(clock.now() + timedelta(days=31)) == {"people": 1}
    assert set(Person.objects.values_list("pk", flat=True)) == {kept, busy}
    assert Erasure.objects.get().source == "retention"


def test_somebody_with_a_new_deal_is_not_quiet() -> None:
    person = people.create_person(access.SYSTEM, {"given_name": "Anna", "email": "anna.q@example.org"})
    Person.objects.update(created_at=clock.now() - timedelta(days=900), updated_at=clock.now() - timedelta(days=900))
    assert privacy_retention.quiet_people(365) == [person]
    apps.get_model("sales", "Order").objects.create(person_id=person)
    assert privacy_retention.quiet_people(365) == []


def test_rules_say_what_they_would_do_and_are_checked() -> None:
    assert {rule.kind.key: rule.due for rule in privacy_retention.rules(BOSS)}["jobs"] is None
    privacy_retention.change(BOSS, "jobs", 30, True)
    assert {rule.kind.key: rule.due for rule in privacy_retention.rules(BOSS)}["jobs"] == 0
    with pytest.raises(Refused, match="at least 30"):
        privacy_retention.change(BOSS, "people", 5, True)


def test_nobody_stands_out_in_a_copy() -> None:
    for n in range(12):
        people.create_person(access.SYSTEM, {"given_name": f"P{n}", "email": f"p{n}@example.org", "country": "PL",
                                             "city": "Łódź" if n < 9 else f"Village {n}"})  # fmt: skip
    people.create_person(access.SYSTEM, {"given_name": "Solo", "email": "s@example.org", "country": "IS"})
    made = privacy_copy.make(BOSS, "churn", k=3)
    assert made.rows == 13
    assert made.smallest >= 3
    assert made.blurred["city"] >= 4
    assert b"example.org" not in made.data
    again, other = privacy_copy.pseudonym("churn", UUID(int=5)), privacy_copy.pseudonym("prices", UUID(int=5))
    assert again == privacy_copy.pseudonym("Churn", UUID(int=5)) != other


def test_the_register_tells_every_table_with_personal_data() -> None:
    told = privacy_register.register()
    tables = {table.table for activity in told.activities for table in activity.tables}
    declared = {place.table for place in places() if place.personal.erase != "none"}
    assert declared - tables <= {"base_undostep"}
    assert privacy_register.assessment()["risks"]

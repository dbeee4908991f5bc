"""The demo's colleagues: what the sample says of them counts after the import, which makes everybody a salesperson."""

from __future__ import annotations

import pytest

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire, team
from amity.web import demo_staff
from amity.web.sample import catalogue

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_managers_lead_their_teams_and_everybody_has_a_role_and_a_time_zone() -> None:
    west = team("Sales West")
    for each in catalogue.STAFF[:4]:
        made = Staff(name=each.name, email=each.email, team=west if each.team == west.name else None)
        made.set_unusable_password()
        made.save()
    own = hire("Someone", "salesperson", "own")
    assert demo_staff.make() == 4
    assert demo_staff.make() == 4, "safe to repeat"
    rows = Staff.objects.exclude(pk=own.pk).order_by("email").values_list("name", "role", "scope", "time_zone")
    assert list(rows) == [
        ("Emil Sattler", "salesperson", "own", "Europe/Berlin"),
        ("Jonas Albrecht", "manager", "team", "Europe/Berlin"),
        ("Miriam Falk", "administrator", "all", "Europe/Berlin"),
        ("Sophie Lindner", "salesperson", "own", "Europe/Berlin"),
    ]
    west.refresh_from_db()
    jonas = Staff.objects.get(name="Jonas Albrecht")
    assert west.manager_id == jonas.pk
    seen = access.principal_of(jonas)
    assert seen.may("desk.manage") and seen.team_ids == {west.pk}
    own.refresh_from_db()
    assert (own.role, own.time_zone) == ("salesperson", "UTC"), "whoever is not of the sample stays as they are"


def test_every_role_of_the_sample_is_known() -> None:
    assert {each.role for each in catalogue.STAFF} <= set(demo_staff.SCOPES)


def test_the_administrator_of_the_demo_lives_where_the_company_is() -> None:
    access.demo_administrator("Ada Demo", "ada@demo.example", demo_staff.HOME)
    assert Staff.objects.get().time_zone == "Europe/Berlin"

"""Companies suggested while one types, on the forms of deals and people; with and without JavaScript."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from amity.access.models import Staff
from amity.access.tests.staffing import hire, team
from amity.base import clock
from amity.base.ids import new_id
from amity.people.models import Person
from amity.sales.models import Deal
from amity.web.tests.records import browser_of, company, deal, manager, person, queries_of

pytestmark = pytest.mark.django_db
DOOR = 3  # session, staff member, teams
ASK = "/companies/suggestions?company="
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mia() -> Staff:
    return manager()


@pytest.fixture
def desk(mia: Staff) -> Client:
    return browser_of(mia)


def suggested(client: Client, typed: str) -> list[str]:
    answer = client.get(f"/companies/suggestions?company={typed}", headers=HTMX)
    assert answer.status_code == 200
    return [unescape(name) for name in re.findall(r'data-text="([^"]*)"', answer.content.decode())]


def sent(client: Client, url: str, **changes: str) -> Any:
    """Send the form of a page as a browser without JavaScript would, with changes."""
    form = client.get(url).context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    return client.post(url, {name: "" if value is None else str(value) for name, value in values.items()} | changes)


def test_what_begins_as_typed_comes_first_and_no_more_than_ten(desk: Client, mia: Staff) -> None:
    for n in range(12):
        company(f"Old Kowal {n:02d}", mia)
    company("Kowal <Works> & Sons", mia, city="Łódź")
    company("Kowal gone", mia, archived_at=clock.now())
    found = suggested(desk, "kowal")
    assert found == ["Kowal <Works> & Sons", *(f"Old Kowal {n:02d}" for n in range(9))]
    assert suggested(desk, "lodz kow") == ["Kowal <Works> & Sons"]
    assert suggested(desk, "") == suggested(desk, "%26") == suggested(desk, "zzz") == []
    assert queries_of(desk, f"{ASK}kowal") == DOOR + 1


def test_the_list_is_announced_and_is_a_page_of_its_own(desk: Client, mia: Staff) -> None:
    company("Kowal", mia)
    part = desk.get(f"{ASK}ko", headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'role="listbox"' in part and 'data-told="1 company found"' in part
    assert "Nothing found" in desk.get(f"{ASK}zzz", headers=HTMX).content.decode()
    assert "<html" in desk.get(f"{ASK}ko").content.decode()


@pytest.mark.parametrize(("scope", "seen"), [("own", ["Kowal Ann"]), ("team", ["Kowal Ann", "Kowal Ben"])])
def test_only_companies_in_sight_are_suggested(mia: Staff, scope: str, seen: list[str]) -> None:
    north = team("North")
    ann, ben = hire("Ann", "salesperson", scope, team=north), hire("Ben", "salesperson", "own", team=north)
    for name, owner, group in (("Ann", ann, north), ("Ben", ben, north), ("Mia", mia, None)):
        company(f"Kowal {name}", owner, team=group)
    assert suggested(browser_of(ann), "kowal") == seen


@pytest.mark.parametrize("url", ["/deals/new", "/people/new"])
def test_the_field_is_plain_text_that_suggests(desk: Client, url: str) -> None:
    html = desk.get(url).content.decode()
    field = re.search(r'<input type="text" name="company"[^>]*>', html).group()
    assert 'hx-get="/companies/suggestions"' in field and 'hx-target="#id_company_found"' in field
    assert "form-control" in field and "role=" not in field
    assert 'id="id_company_found"' in html and 'name="company_pick" value=""' in html


def test_a_deal_takes_the_chosen_one_of_two_companies_with_one_name(desk: Client, mia: Staff) -> None:
    first, second = company("Twin Ltd", mia), company("Twin Ltd", mia)
    sent(desk, "/deals/new", title="A", company="twin ltd")
    assert Deal.objects.get().company_id == first.pk
    made = Deal.objects.get()
    assert sent(desk, f"/deals/{made.pk}/edit", company_pick=str(second.pk)).status_code == 302
    made.refresh_from_db()
    assert made.company_id == second.pk
    sent(desk, f"/deals/{made.pk}/edit", title="B")
    made.refresh_from_db()
    assert (made.company_id, made.title) == (second.pk, "B")


def test_a_person_takes_the_chosen_one_too(desk: Client, mia: Staff) -> None:
    first, second = company("Twin Ltd", mia), company("Twin Ltd", mia)
    anna = person("Anna", mia, company=first, given_name="Anna")
    sent(desk, f"/people/{anna.pk}/edit", company_pick=str(second.pk))
    assert Person.objects.get().company_id == second.pk
    sent(desk, f"/people/{anna.pk}/edit", company="", company_pick="")
    assert Person.objects.get().company_id is None


def test_a_choice_counts_only_while_its_name_stands_there(desk: Client, mia: Staff) -> None:
    chosen, typed = company("Chosen", mia), company("Typed", mia)
    sent(desk, "/deals/new", title="A", company="Typed", company_pick=str(chosen.pk))
    assert Deal.objects.get().company_id == typed.pk
    for wrong in ("nonsense", str(new_id())):
        answer = sent(desk, "/deals/new", title="B", company="Nobody Ltd", company_pick=wrong)
        assert "No company of this name" in answer.content.decode()
        assert f'name="company_pick" value="{wrong}"' in answer.content.decode()


def test_a_company_out_of_sight_cannot_be_chosen(mia: Staff) -> None:
    ann, hidden = hire("Ann", "salesperson", "own"), company("Hidden Ltd", mia)
    own = deal(ann)
    answer = sent(browser_of(ann), f"/deals/{own.pk}/edit", company="Hidden Ltd", company_pick=str(hidden.pk))
    assert "No company of this name" in answer.content.decode()
    own.refresh_from_db()
    assert own.company_id is None

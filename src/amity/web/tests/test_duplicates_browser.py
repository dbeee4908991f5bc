"""Duplicates reviewed with the keyboard alone in Chromium: merge, undo, keep apart, later; and a value pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.people.models import Person
from amity.web.tests.records import company, person
from amity.web.tests.test_duplicates_pages import pair

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECONDS = 60_000


@pytest.fixture
def ada() -> Staff:
    return hire("Ada")


@pytest.fixture
def page(live_server: Any, browser: Any, ada: Staff) -> Iterator[Any]:
    client = Client()
    client.force_login(ada)
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    cookies = [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    context.add_cookies(cookies)
    context.set_default_timeout(SECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def twins(ada: Staff) -> tuple[Person, Person]:
    known: dict[str, Any] = {"family_name": "Abendroth", "phone": "+4930901820", "country": "DE"}
    first = person("Wilhelmina Abendroth", ada, given_name="Wilhelmina", city="Berlin", traits={"Cups": 3}, **known)
    second = person("Wilhelmine Abendroth", ada, given_name="Wilhelmine", city="Potsdam", **known)
    pair(first, second)
    pair(*(person(f"Александр Иванов {n}", ada) for n in range(2)), probability=0.5)
    return first, second


def _survivor(page: Any) -> str:
    return str(page.locator(".dup-table thead th", has=page.locator(".tag-accent")).locator(".dup-who").inner_text())


def test_duplicates_are_decided_by_keys_and_undone(page: Any, twins: tuple[Person, Person]) -> None:
    page.goto("/duplicates/")
    assert "Wilhelmina" in _survivor(page)
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("winner="))
    assert "Wilhelmine" in _survivor(page)

    page.keyboard.press("m")
    page.get_by_role("status").filter(has_text="Merged:").wait_for()
    assert "Александр" in _survivor(page)
    assert Person.objects.get(pk=twins[0].pk).merged_into_id == twins[1].pk
    assert Axe().run(page).violations_count == 0

    page.keyboard.press("u")
    page.locator(".dup-pair", has_text="Wilhelmina").wait_for()
    assert Person.objects.get(pk=twins[0].pk).merged_into_id is None
    page.keyboard.press("l")
    page.locator(".dup-pair", has_text="Александр").wait_for()
    page.keyboard.press("ArrowUp")
    page.locator(".dup-pair", has_text="Wilhelmina").wait_for()
    page.keyboard.press("a")
    page.get_by_role("status").filter(has_text="Kept apart:").wait_for()

    page.goto("/duplicates/decided")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing was decided yet").wait_for()


def test_a_value_is_pinned_and_says_why_it_holds(page: Any, twins: tuple[Person, Person]) -> None:
    page.goto(f"/people/{twins[0].pk}/")
    facts = page.locator("#facts")
    facts.get_by_role("button", name="Pin: City").click()
    facts.get_by_text("pinned by Ada").wait_for()
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Undo").click()
    facts.get_by_text("pinned by Ada").wait_for(state="detached")


def test_which_value_wins_is_set_by_the_steward(page: Any) -> None:
    page.goto("/duplicates/golden-record")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("City").select_option("latest")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Version 1").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Version 2").wait_for()


def test_the_form_of_a_company_says_which_looks_the_same_while_one_types(page: Any, ada: Staff) -> None:
    company("Copperleaf", ada, email="hello@copper.test")
    page.goto("/companies/new")
    page.get_by_label("E-mail").press_sequentially("hello@copper.test")
    page.locator("#lookalikes", has_text="Copperleaf").wait_for()
    assert Axe().run(page).violations_count == 0

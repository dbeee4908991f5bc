"""The company picker by keyboard alone, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amity.web.tests.conftest import Running, speak

pytestmark = [pytest.mark.browser]
SECONDS = 60_000


@pytest.fixture
def page(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(storage_state=str(signed_in), base_url=running.url, locale="en-GB")
    context.add_cookies([{"name": "amity_language", "value": "en", "url": running.url}])
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    opened.set_default_navigation_timeout(SECONDS)
    speak(opened, "en")
    yield opened
    context.close()


@pytest.mark.parametrize("form", ["/deals/new", "/people/new"])
def test_a_company_is_chosen_with_the_keyboard(page: Any, form: str) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto("/companies/")
    names = page.locator("tr[data-href] a.chip > span:last-child").all_inner_texts()
    name = next(each.strip() for each in names if re.match(r"[A-Za-z]{4}", each.strip()))  # some are numbers only
    page.goto(form)
    field = page.locator("#id_company")
    field.focus()
    page.keyboard.type(name.split()[0][:4])
    options = page.locator(".suggest-found [role=option]")
    options.first.wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    selected = page.locator(".suggest-found [aria-selected=true]")
    assert selected.get_attribute("id") == field.get_attribute("aria-activedescendant")
    told, chosen = selected.get_attribute("data-text"), selected.get_attribute("data-id")
    page.keyboard.press("Enter")
    assert field.input_value() == told
    assert page.locator("[data-suggest-pick]").input_value() == chosen
    assert field.get_attribute("aria-expanded") == "false"
    assert page.url.endswith(form)
    with page.expect_event("requestfinished"):  # one that is let go would be told as an error
        page.keyboard.press("Backspace")
    options.first.wait_for()
    assert page.locator("[data-suggest-pick]").input_value() == ""
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    assert not problems

"""A segment written with the keyboard in Chromium: the count follows, and the sentence is what is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from amity.web.tests.conftest import Running, speak

pytestmark = [pytest.mark.browser]
SECONDS = 60_000


@pytest.fixture
def page(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(storage_state=str(signed_in), base_url=running.url, locale="en-GB")
    context.add_cookies([{"name": "amity_language", "value": "en", "url": running.url}])
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    speak(opened, "en")
    yield opened
    context.close()


def test_a_segment_is_written_as_a_sentence_while_the_count_follows(page: Any) -> None:
    page.goto("/segments/new")
    page.get_by_label("Event", exact=True).press_sequentially("Order Completed")
    page.keyboard.press("Tab")
    page.locator("#count b").wait_for()
    bought = page.locator("#count b").inner_text()
    page.get_by_label("How often").select_option("ge")
    page.get_by_label("Times").fill("3")
    expect(page.locator("#count b")).not_to_have_text(bought, timeout=60_000)
    page.get_by_role("button", name="Who they are").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Field").press_sequentially("Country")
    page.keyboard.press("Tab")
    page.locator("select[aria-label=Value]").select_option("DE")
    page.get_by_role("button", name="where a property").click()
    page.get_by_label("Property").press_sequentially("category")
    page.keyboard.press("Tab")
    page.locator("#n1-value-0[hx-get*=category]").fill("Coffee")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("Name").fill("Coffee three times")
    page.get_by_role("button", name="Create segment").click()
    page.wait_for_url(re.compile(r"/segments/[0-9a-f-]{36}/$"))
    said = page.locator("section", has_text="Who is in").first.inner_text()
    assert "who did “Order Completed” at least 3 times where category is Coffee" in said
    assert "whose Country is Germany" in said


def test_what_is_typed_while_the_builder_is_drawn_again_stays(page: Any) -> None:
    page.goto("/segments/new")
    page.get_by_role("button", name="Who they are").first.click()
    page.get_by_label("Field").press_sequentially("City")
    page.keyboard.press("Tab")
    page.get_by_label("Value", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    drawn: list[Any] = []

    def type_first(route: Any) -> None:
        """The answer comes, but before the page gets it somebody has typed."""
        answer = route.fetch()
        page.get_by_label("Value", exact=True).first.fill("Gdańsk")
        route.fulfill(response=answer)
        drawn.append(answer)

    page.route("**/segments/new", type_first)
    page.get_by_role("button", name="Who they are").first.click()
    page.get_by_label("Field").nth(1).wait_for()
    assert drawn
    assert page.get_by_label("Value", exact=True).first.input_value() == "Gdańsk"


def test_why_somebody_is_in_opens_beside_the_members(page: Any) -> None:
    page.goto("/segments/")
    page.get_by_role("link", name="Active this week").click()
    page.get_by_role("link", name=re.compile("Why is .* in")).first.click()
    assert "Page Viewed" in page.locator("#side #why").inner_text()

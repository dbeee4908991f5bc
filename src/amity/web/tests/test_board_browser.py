"""Cards on the board in Chromium: by mouse, keyboard and finger; the form of a stage; nothing that axe objects to."""

from __future__ import annotations

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
    context = browser.new_context(
        storage_state=str(signed_in), base_url=running.url, locale="en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    speak(opened, "en")
    opened.goto("/deals/board/")
    yield opened
    context.close()


def _in(page: Any, column: int, deal: str) -> Any:
    return page.locator("[data-stage]").nth(column).locator(f"[data-deal='{deal}']:not(.is-pending)")


def _first(page: Any, column: int = 0) -> str:
    found: str = page.locator("[data-stage]").nth(column).locator("[data-deal]").first.get_attribute("data-deal")
    return found


def test_a_card_is_dragged_and_the_drag_undone(page: Any) -> None:
    assert Axe().run(page).violations_count == 0
    deal = _first(page)
    page.locator(f"[data-deal='{deal}'] .deal-name").drag_to(
        page.locator("[data-stage]").nth(1), target_position={"x": 60, "y": 90}
    )
    _in(page, 1, deal).wait_for()
    page.locator(".toast-note [data-undo]").click()
    _in(page, 0, deal).wait_for()


def test_a_card_is_moved_by_keys_and_the_voice_says_so(page: Any) -> None:
    deal = _first(page)
    page.locator(f"[data-deal='{deal}'] [data-grip]").focus()
    for key in ("Space", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    assert "stays in New" in page.locator("#board-said").inner_text()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    _in(page, 1, deal).wait_for()
    expect(page.locator("#board-said")).to_contain_text("was moved to", timeout=30_000)
    page.locator(".toast-note [data-undo]").click()
    _in(page, 0, deal).wait_for()


def test_a_lost_deal_is_asked_why_and_a_closed_form_puts_it_back(page: Any) -> None:
    deal, last = _first(page), page.locator("[data-stage]").count() - 1
    for leave in (True, False):
        page.locator(f"[data-deal='{deal}'] [data-grip]").click()
        page.locator("#board-dialog .stage-list button").last.click()
        page.locator("#gate").wait_for()
        if leave:
            assert Axe().run(page).violations_count == 0
            page.locator("[data-gate-cancel]").click()
            _in(page, 0, deal).wait_for()
    page.locator("#gate button[type=submit]").click()
    page.locator("#gate [aria-invalid]").wait_for()
    page.locator("#gate input[type=radio]").first.check()
    page.locator("#gate button[type=submit]").click()
    _in(page, last, deal).wait_for()
    page.locator(".toast-note [data-undo]").click()
    _in(page, 0, deal).wait_for()

"""The salesperson's morning in Chromium: whom first, why, a call note, a deal moved and back, and the forecast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from amity.web.tests.conftest import Running, speak

pytestmark = [pytest.mark.browser]
SECONDS = 120_000
WELL = 0.01  # a won deal counts in full
SAID = "She asked for the price of the large one, and for a test week in the new kitchen."


@dataclass(frozen=True)
class Forecast:
    """By currency: the likely revenue in minor units, and what is won already, as it reads."""

    likely: list[int]
    won: list[str]


@pytest.fixture
def page(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(
        storage_state=str(signed_in), base_url=running.url, locale="en-GB", viewport={"width": 3200, "height": 1200}
    )
    context.add_cookies([{"name": "amity_language", "value": "en", "url": running.url}])
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    speak(opened, "en")
    yield opened
    context.close()


def test_the_morning_from_whom_first_to_the_changed_forecast(page: Any) -> None:
    before = forecast(page)
    url = whom_first(page)
    note_a_call(page, url)
    firm = page.locator("#about a.chip[href^='/companies/'] > span").last.inner_text()
    board = f"/deals/board/?q={firm}"
    page.goto(board)
    card = f"li[data-deal='{url.rstrip('/').rsplit('/', 1)[-1]}']"
    stage = page.locator("[data-stage]", has=page.locator(card)).get_attribute("data-stage")
    sound(page)
    drag_to_won(page, card)
    page.locator(".toast-note button", has_text="Undo").last.click()
    page.locator(f"#col-{stage} {card}").wait_for()
    assert forecast(page) == before
    page.goto(board)
    drag_to_won(page, card)
    after = forecast(page)
    assert after.won != before.won
    assert moved(before, after) > WELL
    page.goto(url)
    assert page.locator("main h1 .tag").first.inner_text() == "Won"
    assert page.locator("#stage [aria-current]").inner_text() == "Won"


def whom_first(page: Any) -> str:
    """The first deal of the list, its reasons opened; returns the address of its page."""
    page.goto("/")
    first = page.locator("li.proposal", has=page.locator("a.what[href^='/deals/']")).first
    first.locator("details.score summary").click()
    assert first.locator(".reasons li").count() >= 2
    sound(page)
    first.locator("details.score summary").click()
    first.locator("a.what").click()
    page.wait_for_url(re.compile(r"/deals/[0-9a-f-]{36}/"))
    sound(page)
    return str(page.url)


def note_a_call(page: Any, url: str) -> None:
    """What was said on the phone, found again on the deal's page."""
    page.locator("header, .page-head, main").get_by_role("link", name="Call note").first.click()
    page.wait_for_url(re.compile(r"/calls?/"))
    sound(page)
    page.locator("textarea[name=body]").fill(SAID)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(re.escape(url.rstrip("/"))))
    page.get_by_text(SAID).first.wait_for()


def drag_to_won(page: Any, card: str) -> None:
    """Carry a card with the mouse to the column of won deals."""
    page.locator(card).scroll_into_view_if_needed()
    start = page.locator(f"{card} [data-grip]").bounding_box()
    goal = page.locator("[data-status=won] .board-head").bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] / 2, steps=12)
    page.mouse.up()
    page.locator(f"[data-status=won] {card}:not(.is-pending)").wait_for()
    page.locator(".toast-note button", has_text="Undo").last.wait_for()


def forecast(page: Any) -> Forecast:
    """What the page says of this quarter."""
    page.goto("/forecast/")
    page.locator("#forecast:has([data-forecast]):not(:has([data-forecast='']))").wait_for()  # the first one is learned
    sound(page)
    likely = [int(each.get_attribute("data-forecast")) for each in page.locator("#forecast [data-forecast]").all()]
    return Forecast(likely, page.locator("#forecast .stat .value a").all_inner_texts())


def moved(before: Forecast, after: Forecast) -> float:
    """The largest change of the likely revenue in any currency, as a share."""
    return max(abs(b - a) / max(a, 1) for a, b in zip(before.likely, after.likely, strict=True))


def sound(page: Any) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()

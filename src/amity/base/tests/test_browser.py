"""The kit in a real browser: accessible, nothing that the content security policy stops, keys that work."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, expect

from amity.base.appearance import COOKIE
from amity.base.tests import gallery_site

pytestmark = pytest.mark.browser
WIDE, NARROW = (1366, 860), (380, 760)


@pytest.fixture
def chromium(browser: Browser) -> Browser:
    """The browser of all tests."""
    return browser


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    """Address of the gallery's own server; it has no database, so a query would fail the test."""
    settings.ROOT_URLCONF = "amity.base.tests.gallery_site"
    settings.MIDDLEWARE = gallery_site.MIDDLEWARE
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.AMITY_NAV = [("home", "Home", "home", ""), ("gallery", "Gallery", "table", "")]
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={}, port=0)
    server.daemon = True
    server.start()
    server.is_ready.wait(timeout=10)
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


def opened(
    browser: Browser, site: str, theme: str = "light", language: str = "en", size: tuple[int, int] = WIDE
) -> Page:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies(
        [{"name": COOKIE, "value": theme, "url": site}, {"name": "amity_language", "value": language, "url": site}]
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    page.on(
        "request",
        lambda asked: page.complaints.append(asked.url) if not asked.url.startswith((site, "data:")) else None,
    )  # type: ignore[attr-defined]
    page.goto(f"{site}/gallery")
    return page


@pytest.mark.parametrize(
    ("theme", "language", "size"),
    [("light", "en", WIDE), ("dark", "ru", WIDE), ("light", "de", NARROW), ("dark", "pl", NARROW)],
)
def test_no_accessibility_violation_and_nothing_refused(
    chromium: Browser, site: str, theme: str, language: str, size: Any
) -> None:
    page = opened(chromium, site, theme, language, size)
    found = [(rule["id"], rule["nodes"][0]["html"]) for rule in Axe().run(page).response["violations"]]
    assert found == []
    assert page.complaints == []  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_search_opens_by_key_and_enter_follows_the_first_hit(chromium: Browser, site: str) -> None:
    page = opened(chromium, site)
    page.locator("body").press("Control+k")
    page.keyboard.type("ann")
    option = page.get_by_role("option", name="Anna Kowalska")
    expect(option).to_have_attribute("aria-selected", "true")
    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery#anna")


def test_keys_walk_the_list_and_the_bar_counts_what_is_ticked(chromium: Browser, site: str) -> None:
    page = opened(chromium, site)
    page.evaluate("document.activeElement.blur()")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator(".bulkbar [data-count]")).to_have_text("2")
    page.get_by_label("Select all").click()
    expect(page.locator(".bulkbar [data-count]")).to_have_text("4")
    page.get_by_label("Select all").click()
    expect(page.locator(".bulkbar")).to_be_hidden()


def test_the_theme_changes_at_once_and_stays(chromium: Browser, site: str) -> None:
    page = opened(chromium, site)
    page.locator("summary.user-button").click()
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_score_opens_its_reasons_and_escape_closes_them(chromium: Browser, site: str) -> None:
    page = opened(chromium, site)
    summary = page.locator("details.score summary").first
    summary.click()
    expect(page.get_by_text("Visited the price page").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Visited the price page").first).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_menu_of_a_narrow_screen_opens(chromium: Browser, site: str) -> None:
    page = opened(chromium, site, size=NARROW)
    expect(page.locator("#drawer")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Gallery")).to_be_visible()
    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []


def test_dropped_files_are_listed_with_their_size(chromium: Browser, site: str) -> None:
    page = opened(chromium, site)
    page.get_by_label("Files").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": b"x" * 2_500})
    expect(page.locator(".dropzone .files")).to_contain_text("people.csv")
    expect(page.locator(".dropzone .files")).to_contain_text("2.5 kB")

"""Pages as a person sees them: screenshots, accessibility (axe), no sideways scrolling, nothing from other hosts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from amity.web.tests.conftest import Running, speak

pytestmark = [pytest.mark.browser]
LOOKS: dict[str, dict[str, Any]] = {
    "en-light": {"locale": "en-GB", "color_scheme": "light", "viewport": {"width": 1360, "height": 860}},
    "ru-dark": {"locale": "ru-RU", "color_scheme": "dark", "viewport": {"width": 1360, "height": 860}},
    "de-narrow": {"locale": "de-DE", "color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
PAGES = {
    "home": "/",
    "import": "/imports/",
    "person": "/people/?status=open",  # a lead, so that there is a score to see
    "deal": "/deals/",
    "readiness": "/readiness/",
    "people": "/people/",
    "companies": "/companies/",
    "deals": "/deals/",
    "products": "/products/",
    "models": "/models/",
    "jobs": "/jobs/",
    "settings": "/settings/",
    "company": "/companies/",
}
OPENS_FIRST_ROW = {"person", "deal", "company"}
KEPT = {"home", "import", "person", "deal", "readiness"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("SCREENSHOTS")
    path = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("look", LOOKS)
def test_pages_look_right_and_are_accessible(
    look: str, running: Running, browser: Any, signed_in: Path, folder: Path
) -> None:
    context = browser.new_context(storage_state=str(signed_in), base_url=running.url, **LOOKS[look])
    foreign: list[str] = []
    problems: list[str] = []
    page = context.new_page()
    speak(page, look[:2])
    page.on("request", lambda request: foreign.append(request.url) if _is_foreign(request.url, running.url) else None)
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    for name, path in PAGES.items():
        _open(page, running.url + path, name in OPENS_FIRST_ROW)
        assert page.locator("html").get_attribute("lang") == look[:2]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        if name in KEPT or "SCREENSHOTS" not in os.environ:
            page.screenshot(path=str(folder / f"{name}-{look}.png"))
    context.close()
    assert foreign == []
    assert problems == []


def _open(page: Any, address: str, first_row: bool) -> None:
    page.goto(address)
    if first_row:
        page.goto(page.locator("tr[data-href]").first.get_attribute("data-href"))
    page.wait_for_load_state("networkidle")


def _is_foreign(address: str, ours: str) -> bool:
    return re.match(r"https?://", address) is not None and not address.startswith(ours)

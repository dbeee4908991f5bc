"""What people come for, done with the mouse and the keyboard in Chromium on a running demo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amity.web.tests.conftest import Running

pytestmark = [pytest.mark.browser]
SECONDS = 60_000


@pytest.fixture
def page(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(
        storage_state=str(signed_in), base_url=running.url, locale="en-GB", viewport={"width": 1360, "height": 860}
    )
    context.add_cookies([{"name": "amity_language", "value": "en", "url": running.url}])
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    yield opened
    context.close()


def test_the_salesperson_opens_the_first_and_promises_something(page: Any) -> None:
    page.goto("/")
    first = page.locator("li.proposal").first
    assert re.search(r"\d+%", first.inner_text())
    first.locator("details.score summary").click()
    assert first.locator(".reasons li").count() >= 2
    first.locator("a.what").click()
    page.wait_for_url(re.compile("/(people|deals)/"))
    page.get_by_label("What is to be done").fill("Call about the offer")
    page.get_by_role("button", name="Add").click()
    task = page.locator("li", has_text="Call about the offer")
    task.first.wait_for()
    page.locator(".toast-note button", has_text="Undo").first.click()
    page.locator("li", has_text="Call about the offer").first.wait_for(state="detached")


def test_a_stage_moved_by_mistake_moves_back(page: Any) -> None:
    page.goto("/deals/?status=open")
    page.goto(page.locator("tr[data-href]").first.get_attribute("data-href"))
    before = page.locator(".stage-steps [aria-current]").inner_text()
    page.get_by_role("button", name="Negotiation").first.click()
    undo = page.locator(".toast-note button", has_text="Undo").first
    undo.wait_for()
    assert page.locator(".stage-steps [aria-current]").inner_text() != before
    undo.click()
    page.locator(".toast-note").first.wait_for()
    page.reload()
    assert page.locator(".stage-steps [aria-current]").inner_text() == before


def test_the_steward_imports_tries_out_runs_and_undoes(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "kontakty.csv"
    lines = ["Imię;Nazwisko;E-mail;Telefon;Miasto", "Żaneta;Łęcka;zaneta.lecka@przyklad.example;22 555 01 99;Łódź"]
    lines += [f"Jan;Testowy{n};jan{n}@przyklad.example;22 555 02 {n:02d};Kraków" for n in range(10, 40)]
    file.write_bytes("\r\n".join(lines).encode("cp1250"))
    page.goto("/imports/")
    page.locator("input[type=file]").set_input_files(str(file))
    submit = page.get_by_role("button", name="Read the files")
    if submit.is_visible():
        submit.click()
    page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}"))
    page.get_by_role("button", name="Start the import").first.click()
    page.get_by_role("button", name="Undo the import").wait_for()
    page.goto("/people/?q=lecka")
    assert "Żaneta Łęcka" in page.locator("table.list").inner_text()
    page.goto("/imports/")
    page.get_by_role("link", name="kontakty").first.click()
    page.get_by_role("button", name="Undo the import").click()
    page.get_by_text("Undone").first.wait_for()
    page.goto("/people/?q=lecka")
    assert page.locator("tr[data-href]").count() == 0


def test_the_keyboard_finds_anybody(page: Any) -> None:
    page.goto("/people/")
    name = page.locator("tr[data-href] td a").first.inner_text().split()[-1]
    page.keyboard.press("Control+k")
    page.keyboard.type(name[:5])
    page.locator("#palette-results [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(people|companies|deals|products)/"))


def test_pages_work_without_javascript(running: Running, browser: Any, signed_in: Path) -> None:
    context = browser.new_context(storage_state=str(signed_in), base_url=running.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/people/?q=a")
    assert page.locator("tbody tr").count() > 5
    page.get_by_role("link", name=re.compile("Next")).first.click()
    assert page.locator("tbody tr").count() > 0
    page.goto("/search?q=an")
    assert page.locator("main a").count() > 3
    context.close()

"""An open page keeps itself up to date: what happens elsewhere shows without a reload, and what is typed stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amity.web.tests.conftest import Running

pytestmark = [pytest.mark.browser]
SECONDS = 60_000
HAPPENED = """
from django.db import transaction
from amity.base import clock, live
from amity.base.ids import new_id
from amity.events.models import Event
with transaction.atomic():
    Event.objects.create(kind="page", name=%(name)r, source="test", message_id=str(new_id()), person_id=%(person)r,
                         occurred_at=clock.now())
    live.tell("person", [%(person)r])
"""


@pytest.fixture
def page(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(storage_state=str(signed_in), base_url=running.url, locale="en-GB")
    context.add_cookies([{"name": "amity_language", "value": "en", "url": running.url}])
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    opened.set_default_navigation_timeout(SECONDS)
    yield opened
    context.close()


def happen(running: Running, person: str, name: str) -> None:
    code = HAPPENED % {"name": name, "person": person}
    subprocess.run(
        [sys.executable, "-m", "amity", "django", "shell", "-c", code], env=running.environment, check=True, timeout=120
    )


def test_an_event_shows_on_the_open_page_and_what_is_typed_stays(page: Any, running: Running) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto("/people/")
    address = page.locator("tr[data-href]").first.get_attribute("data-href")
    page.goto(address)
    page.evaluate("window.notReloaded = true")
    page.locator("#timeline [data-live-state=on]").wait_for()
    page.get_by_label("What is to be done").fill("Half a thou")
    happen(running, address.strip("/").split("/")[-1], "Looked at the price list")
    row = page.locator("#timeline li.fresh", has_text="Looked at the price list")
    row.wait_for(state="attached")
    assert page.evaluate("window.notReloaded") is True
    assert page.get_by_label("What is to be done").input_value() == "Half a thou"
    assert page.locator("#timeline li", has_text="Looked at the price list").count() == 1
    assert problems == []


def test_a_tab_that_was_offline_catches_up(page: Any, running: Running) -> None:
    page.goto("/people/")
    address = page.locator("tr[data-href]").nth(1).get_attribute("data-href")
    page.goto(address)
    page.locator("#timeline [data-live-state=on]").wait_for()
    page.context.set_offline(True)
    happen(running, address.strip("/").split("/")[-1], "Came back in the evening")
    page.context.set_offline(False)
    page.locator("#timeline li", has_text="Came back in the evening").wait_for()

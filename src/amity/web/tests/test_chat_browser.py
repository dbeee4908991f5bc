"""A customer chats on a phone, a colleague answers in the inbox: by roles as a screen reader has them, axe 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from amity.web.tests.conftest import Running, speak

pytestmark = [pytest.mark.browser]
SECONDS = 60_000
SIZE = {"width": 390, "height": 844}
PHONE = {"viewport": SIZE, "has_touch": True, "is_mobile": True, "locale": "de-DE", "reduced_motion": "reduce"}


@pytest.fixture
def staff(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(storage_state=str(signed_in), base_url=running.url, locale="en-GB")
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    opened.set_default_navigation_timeout(SECONDS)
    speak(opened, "en")
    yield opened
    context.close()


@pytest.fixture
def phone(running: Running, browser: Any) -> Iterator[Any]:
    context = browser.new_context(base_url=running.url, **PHONE)
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    opened.set_default_navigation_timeout(SECONDS)
    yield opened
    context.close()


def make_chat(staff: Any) -> str:
    """A new chat; where it can be tried."""
    staff.goto("/settings/channels/chat")
    staff.get_by_role("textbox", name="Name").fill("Beacon")
    staff.get_by_role("button", name="Create").click()
    line = staff.locator("#chat-snippet").inner_text()
    key = re.search(r'data-chat="([^"]+)"', line)
    assert key
    return f"/chat/{key[1]}/try"


def answer(staff: Any, text: str, button: str = "Send") -> None:
    staff.get_by_role("textbox", name="Message", exact=True).fill(text)
    staff.get_by_role("button", name=button, exact=True).click()
    staff.locator("#thread").get_by_text(text).wait_for()


def test_a_customer_chats_on_a_phone_and_loses_nothing_while_away(staff: Any, phone: Any) -> None:
    problems: list[str] = []
    phone.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    address = make_chat(staff)
    phone.goto(address)
    phone.get_by_role("button", name="Chat öffnen").click()
    dialog = phone.get_by_role("dialog", name="Beacon")
    box = dialog.bounding_box()
    assert (box["x"], box["y"], box["width"]) == (0, 0, 390)
    words = phone.get_by_role("textbox", name="Ihre Nachricht")
    assert words.evaluate("each => each.getRootNode().activeElement === each")
    words.fill("Wo ist mein Paket?")
    words.press("Enter")
    log = phone.get_by_role("log", name="Nachrichten")
    log.get_by_text("Wo ist mein Paket?").wait_for()
    log.get_by_text("Wird gesendet").wait_for(state="detached")
    assert Axe().run(phone).response["violations"] == []

    staff.goto("/inbox/")
    staff.get_by_role("link", name="All", exact=True).click()
    staff.get_by_role("link", name=re.compile("Wo ist mein Paket")).first.click()
    answer(staff, "Es kommt morgen an.")
    log.get_by_text("Es kommt morgen an.").wait_for()
    phone.get_by_text("schreibt…").wait_for(state="hidden", timeout=3_000)

    words.press("Escape")
    dialog.wait_for(state="hidden")
    launcher = phone.get_by_role("button", name="Chat öffnen")
    assert launcher.evaluate("each => each.getRootNode().activeElement === each"), "the focus returns"
    phone.context.set_offline(True)
    answer(staff, "Noch eine Frage?", "Send and solve")
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Chat öffnen, 1 neu").click()
    assert log.get_by_text("Noch eine Frage?").count() == 1
    rating = phone.get_by_role("group", name="Wie war es?")
    rating.get_by_role("button", name="5 Sehr gut").click()
    phone.get_by_text("Danke! Sie können es noch ändern.").wait_for()
    assert Axe().run(phone).response["violations"] == []
    targets = dialog.locator("button:visible, .file:visible").evaluate_all(
        "all => all.map(each => [each.getBoundingClientRect().width, each.getBoundingClientRect().height])"
    )
    assert all(min(size) >= 44 for size in targets), targets

    phone.reload()
    phone.get_by_role("button", name="Chat öffnen").click()
    for text in ("Wo ist mein Paket?", "Es kommt morgen an.", "Noch eine Frage?"):
        assert log.get_by_text(text).count() == 1, "the history stays"
    assert [each for each in problems if "ERR_INTERNET_DISCONNECTED" not in each] == []


def test_what_is_written_without_a_connection_is_sent_later_once(staff: Any, phone: Any) -> None:
    phone.goto(make_chat(staff))
    phone.get_by_role("button", name="Chat öffnen").click()
    words = phone.get_by_role("textbox", name="Ihre Nachricht")
    words.fill("Erste")
    words.press("Enter")
    log = phone.get_by_role("log", name="Nachrichten")
    log.get_by_text("Wird gesendet").wait_for(state="detached")
    phone.context.set_offline(True)
    for text in ("Zweite", "Dritte"):
        words.fill(text)
        phone.get_by_role("button", name="Senden").click()
    phone.get_by_text("Keine Verbindung.").wait_for()
    phone.context.set_offline(False)
    log.get_by_text("Wird gesendet").first.wait_for(state="detached")
    phone.get_by_text("Keine Verbindung.").wait_for(state="hidden")
    phone.reload()
    phone.get_by_role("button", name="Chat öffnen").click()
    log.get_by_text("Dritte").wait_for()
    assert log.locator(".said").all_inner_texts()[1:] == ["Erste", "Zweite", "Dritte"]

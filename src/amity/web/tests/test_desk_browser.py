"""The agent's day in Chromium: by keyboard through the inbox, an answer taken back and sent, merging, handing over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from amity.web.tests.conftest import Running, speak

pytestmark = [pytest.mark.browser]
SECONDS = 60_000
ANSWER = "Your parcel leaves tomorrow, I have seen it myself."
# What happens outside of the browser: customers who write. Runs in a process of the demo.
WRITES = """
import json, sys, django
django.setup()
from amity.access import api as access
from amity.base import clock
from amity.channels import api as channels
from amity.channels.models import Account
from amity.desk import understanding_intents
from amity.desk.models import Conversation
from amity.people import api as people
told = json.loads(sys.argv[1])
account, _new = Account.objects.get_or_create(
    public_key="browser", defaults={"kind": "email", "name": "Help", "address": "help@shop.example"})
if told.get("intents"):
    me = access.principal_of(access.first_administrator())
    for name in told["intents"]:
        understanding_intents.add(me, name, [f"{name} {n}" for n in range(5)])
for each in told["mails"]:
    person = people.contact("email", each["address"], name=each["name"])
    taken = channels.receive(channels.Incoming(
        account.pk, each["ref"], "email", each["address"], each["text"], clock.now(), name=each["name"],
        subject=each["subject"], message_ref=each["ref"], references=each.get("answers", []), person_id=person))
    print(taken.conversation_id, Conversation.objects.get(pk=taken.conversation_id).number)
"""


def write(running: Running, *mails: dict[str, Any], intents: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Mails that come in; (id, number) of the conversation of each."""
    told = json.dumps({"mails": mails, "intents": intents})
    environment = running.environment | {"DJANGO_SETTINGS_MODULE": "amity.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", WRITES, told], env=environment, capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.strip().splitlines()]
    return [(home, number) for home, number in lines]


def mail(ref: str, name: str, subject: str, text: str, **more: Any) -> dict[str, Any]:
    address = f"{name.split(maxsplit=1)[0].lower()}@customers.example"
    return {"ref": ref, "name": name, "subject": subject, "text": text, "address": address, **more}


@pytest.fixture
def page(running: Running, browser: Any, signed_in: Path) -> Iterator[Any]:
    context = browser.new_context(
        storage_state=str(signed_in), base_url=running.url, locale="en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(SECONDS)
    opened = context.new_page()
    speak(opened, "en")
    yield opened
    context.close()


def test_the_agents_day(page: Any, running: Running) -> None:
    (home, _number), (_again, second) = write(
        running,
        mail("day1@x", "Wanda Lis", "A parcel that waits", "Where is my parcel? I ask for the third time."),
        mail("day2@x", "Wanda Lis", "The same parcel", "It is about the parcel of this morning."),
        intents=("Where is my parcel", "Return of goods"),
    )
    open_by_keyboard(page, "A parcel that waits")
    correct_the_intent(page, "Return of goods")
    write_a_note(page)
    answer_and_take_back(page)
    solve_and_undo(page)
    write(running, mail("day3@x", "Wanda Lis", "Re: A parcel", "Thank you, that helps!", answers=["day1@x"]))
    page.locator("#thread", has_text="Thank you, that helps!").wait_for()
    merge(page, second)
    hand_over(page)
    assert home in page.url
    for scheme, width in (("dark", 1440), ("light", 390), ("light", 1440)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        sound(page)


def open_by_keyboard(page: Any, subject: str) -> None:
    """From anywhere with g and the inbox' letter; j down the list, Enter."""
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox/")
    page.goto("/inbox/?view=all")
    sound(page)
    page.keyboard.press("/")
    page.keyboard.type("parcel waits")
    row = page.locator(".inbox-row", has_text=subject)
    row.wait_for()
    expect(page.locator(".inbox-row")).to_have_count(1, timeout=SECONDS)
    page.keyboard.press("Escape")
    page.locator("#inbox-list").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#conversation[data-conversation]").wait_for()
    page.locator("#customer .inbox-brief").wait_for()
    sound(page)


def correct_the_intent(page: Any, intent: str) -> None:
    page.locator("#right-intent").select_option(intent)
    page.locator("#understood button", has_text="Correct").click()
    page.locator("#thread", has_text=f"Intent: {intent}").wait_for()


def write_a_note(page: Any) -> None:
    """A colleague is named by typing @ and the beginning of the name."""
    page.locator("#thread").focus()
    page.keyboard.press("n")
    page.keyboard.type("@")
    first = page.locator("#composer-names [data-name]").first
    first.wait_for()
    name = first.get_attribute("data-name")
    page.keyboard.press("Enter")
    page.keyboard.type("please ask the carrier")
    assert page.locator("#composer-text").input_value() == f"@{name} please ask the carrier"
    page.keyboard.press("Control+Enter")
    page.locator(".inbox-message.note", has_text="please ask the carrier").wait_for()


def answer_and_take_back(page: Any) -> None:
    """An answer, taken back by key before it leaves: its text is there again, and is sent after all."""
    page.locator("#thread").focus()
    page.keyboard.press("r")
    page.keyboard.type(ANSWER)
    page.keyboard.press("Control+Enter")
    page.locator(".inbox-message.out", has_text=ANSWER).wait_for()
    page.locator(".toast-note [data-undo]").last.wait_for()
    page.keyboard.press("u")
    page.locator(".inbox-message.withdrawn").wait_for()
    expect(page.locator("#composer-text")).to_have_value(ANSWER, timeout=SECONDS)
    page.locator("#composer-text").focus()
    page.keyboard.press("Control+Enter")
    page.locator(".inbox-message.out:not(.withdrawn)", has_text=ANSWER).wait_for()
    page.locator(".inbox-message.out footer", has_text="Sent").wait_for()  # told live when it has left


def solve_and_undo(page: Any) -> None:
    page.locator("#thread").focus()
    page.keyboard.press("e")
    page.locator(".inbox-head .tag", has_text="Solved").wait_for()
    page.locator(".toast-note [data-undo]").last.wait_for()
    page.keyboard.press("u")
    page.locator(".inbox-head .tag", has_text="Waiting for the customer").wait_for()


def merge(page: Any, number: str) -> None:
    page.locator("#thread").focus()
    page.keyboard.press("o")
    page.locator(".inbox-more [data-dialog=merge-with]").click()
    page.locator("#merge-with [name=other]").fill(f"#{number}")
    page.locator("#merge-with .btn-primary").click()
    page.locator("#thread", has_text="It is about the parcel of this morning.").wait_for()


def hand_over(page: Any) -> None:
    page.locator("#thread").focus()
    page.keyboard.press("o")
    page.locator(".inbox-more [data-dialog=hand-over]").click()
    dialog = page.locator("#hand-over")
    dialog.locator("[name=to]").select_option(index=1)
    dialog.locator("[name=summary]").fill("She wants ten more of them.")
    dialog.locator("[name=promise]").fill("An offer")
    dialog.locator("[name=due_at]").fill("2035-01-31T12:00")
    sound(page)
    dialog.locator(".btn-primary").click()
    page.locator("#conversation-live .notice", has_text="An offer").wait_for()


def sound(page: Any) -> None:
    """Nothing that axe objects to, once colours have stopped changing."""
    page.evaluate(
        "() => Promise.race([Promise.allSettled(document.getAnimations().map(each => each.finished)),"
        " new Promise(done => setTimeout(done, 3000))])"  # one that repeats or is paused never finishes
    )
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()

"""An open conversation fetches what is new of it, in few queries; after anything else it is made anew."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.channels import api as channels
from amity.channels.models import Account, Outgoing
from amity.desk.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class Page:
    """A page of the conversation of a visitor, as it is refreshed."""

    def __init__(self, staff: Staff) -> None:
        self.client = Client()
        self.client.force_login(staff)
        Account.objects.create(kind="chat", name="Shop", public_key="live")
        self.shop = channels.chat.chat("live")
        self.token = channels.chat.open_session(self.shop, channels.chat.Opening(language="en")).token
        self.home: UUID | None = None
        self.since = ""
        self.text = ""
        self.queries = 0

    def say(self, number: int) -> None:
        me = channels.chat.visitor(self.shop, self.token)
        self.home = channels.chat.say(me, f"message-{number:04}", f"Word {number}").conversation_id

    def look(self) -> bool:
        """Fetch what is new; whether it was only that."""
        return self._ask("get", "conversation_live", since=self.since)

    def do(self, name: str, **form: str) -> bool:
        return self._ask("post", name, since=self.since, **form)

    def _ask(self, verb: str, name: str, **told: Any) -> bool:
        with CaptureQueriesContext(connection) as asked:
            url = reverse(name, args=[self.home])
            response = getattr(self.client, verb)(url, told, headers={"HX-Request": "true"})
        assert response.status_code == 200
        self.text, self.queries = response.content.decode(), len(asked)
        found = re.search(r"\?since=([\d-]+)", self.text)
        assert found is not None
        self.since = found[1]
        return "data-live-add" in self.text


@pytest.fixture
def shown() -> Page:
    page = Page(hire("Ada"))
    page.say(1)
    assert not page.look()
    return page


def test_a_page_gets_each_new_message_once_and_in_few_queries(shown: Page) -> None:
    shown.say(2)
    shown.say(3)
    assert shown.look()
    assert re.findall(r"Word \d", shown.text.partition("data-live-new")[2]) == ["Word 2", "Word 3"]
    assert shown.queries <= 7
    assert shown.look()
    assert "inbox-message" not in shown.text
    assert shown.queries <= 4


def test_what_a_visitor_says_is_taken_in_in_few_queries(shown: Page) -> None:
    with CaptureQueriesContext(connection) as asked:
        shown.say(2)
    assert len(asked) <= 18
    with CaptureQueriesContext(connection) as asked:
        shown.say(2)
    assert len(asked) <= 2  # nothing but that it was said already


def test_an_answer_comes_back_alone_with_what_it_changed(shown: Page) -> None:
    shown.do("conversation_replies", text="First", then="open", key="a")
    assert shown.do("conversation_replies", text="Second", then="open", key="b")
    assert "Second" in shown.text
    assert "First" not in shown.text
    assert shown.queries <= 30
    assert shown.do("conversation_replies", text="Third", then="solved", key="c")
    assert 'id="conversation-actions"' in shown.text  # it can be opened again now
    assert "Word 1" not in shown.text.partition("data-live-new")[2]


def test_a_page_is_made_anew_when_more_than_additions_happened(shown: Page) -> None:
    shown.do("conversation_replies", text="Answer", then="open", key="a")
    assert Outgoing.objects.update(state="failed") == 1
    assert not shown.look()  # what became of an answer
    shown.since = "1-2-3"
    assert not shown.look()  # no mark
    shown.do("conversation_notes", text="Mine", key="n")
    note = Message.objects.get(direction="note")
    url = reverse("message_withdrawal", args=[shown.home, note.pk])
    assert shown.client.post(url, headers={"HX-Request": "true"}).status_code == 200
    assert not shown.look()  # a message was taken back

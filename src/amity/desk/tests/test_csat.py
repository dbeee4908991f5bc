"""Customers say how it was: in the chat, or through one letter per conversation; only they change it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from amity.base import clock
from amity.base.errors import NotFound
from amity.channels import api as channels
from amity.channels.models import Account, Outgoing
from amity.channels.tests.kit import home
from amity.desk import csat, thread
from amity.desk.models import Conversation, Happening, State
from amity.people import api as people

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
__all__ = ["home"]


@pytest.fixture
def solved() -> Conversation:
    account = Account.objects.create(kind="email", name="Support", address="help@shop.example", public_key="k1")
    anna = people.contact("email", "anna@example.com", "Anna")
    message = channels.Incoming(
        account.pk, "1@x", "email", "anna@example.com", "Where is it?", clock.now(), subject="Order 7", person_id=anna
    )
    row = Conversation.objects.get(pk=channels.receive(message).conversation_id)
    Conversation.objects.filter(pk=row.pk).update(state=State.SOLVED, solved_at=clock.now() - timedelta(hours=1))
    return Conversation.objects.get()


def test_a_link_opens_a_page_that_says_how_it_was_and_changes_it(solved: Conversation) -> None:
    address = reverse("csat", args=[csat.token_of(solved.pk)])
    browser = Client()
    assert 'value="4" required checked' in browser.get(f"{address}?score=4").content.decode()
    assert Happening.objects.filter(kind="csat").count() == 0, "looking is not answering"
    for score, words in (("4", "Quick"), ("4", "Quick"), ("2", "Broke again, card 4111 1111 1111 1111")):
        assert browser.post(address, {"score": score, "words": words}).status_code == 302
    assert [each.data["score"] for each in Happening.objects.filter(kind="csat").order_by("at")] == [4, 2]
    assert Conversation.objects.get().csat == 2
    page = browser.get(f"{address}?saved=1").content.decode()
    assert "2/5 · Poor" in page
    assert "4111 1111" not in page
    assert browser.post(address, {"score": "9"}).status_code == 422
    assert browser.get(reverse("csat", args=["forged"])).status_code == 404


def test_a_link_for_one_conversation_opens_no_other_and_not_before_it_was_solved(solved: Conversation) -> None:
    other = signing.dumps(solved.pk.hex, salt="something.else")
    with pytest.raises(NotFound):
        csat.read_token(other)
    Conversation.objects.update(state=State.OPEN)
    with pytest.raises(NotFound):
        csat.rate(solved.pk, 5)


def test_who_comes_before_it_is_solved_is_told_so_and_finds_no_form(solved: Conversation) -> None:
    Conversation.objects.update(state=State.OPEN)
    page = Client().get(reverse("csat", args=[csat.token_of(solved.pk)])).content.decode()
    assert "Once it is solved" in page
    assert "<textarea" not in page


def test_the_link_of_what_was_merged_rates_what_it_is_part_of(solved: Conversation) -> None:
    whole = thread.open_conversation(solved.person_id, "email", "The whole", solved.account_id, "anna@example.com")
    Conversation.objects.filter(pk=whole.pk).update(state=State.SOLVED)
    Conversation.objects.filter(pk=solved.pk).update(merged_into=whole)
    address = reverse("csat", args=[csat.token_of(solved.pk)])
    assert "The whole" in Client().get(address).content.decode()
    Client().post(address, {"score": "3"})
    assert dict(Conversation.objects.values_list("pk", "csat")) == {solved.pk: None, whole.pk: 3}


def test_a_link_that_leads_nowhere_leads_customers_to_their_requests(db: None) -> None:
    page = Client().get(reverse("csat", args=["forged"])).content.decode()
    assert f'href="{reverse("portal")}"' in page
    assert 'href="/"' not in page


def test_one_letter_per_conversation_through_the_gate(solved: Conversation, home: Path) -> None:
    assert csat.ask_by_mail() == 1
    assert csat.ask_by_mail() == 0
    letter = Outgoing.objects.get()
    assert (letter.purpose, letter.state, letter.address) == ("service", "queued", "anna@example.com")
    links = re.findall(r"https?://\S+", letter.body)
    assert [link.rpartition("=")[2] for link in links] == ["1", "2", "3", "4", "5"]
    Conversation.objects.update(solved_at=clock.now())
    Outgoing.objects.all().delete()
    assert csat.ask_by_mail() == 0, "what was solved just now may be opened again"


def test_who_was_asked_does_not_keep_others_from_being_asked(
    solved: Conversation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csat, "BATCH", 1)
    anna, at = solved.person_id, clock.now() - timedelta(minutes=45)
    for n in range(2):
        thread.open_conversation(anna, "email", f"Another {n}", solved.account_id, "anna@example.com")
    Conversation.objects.exclude(pk=solved.pk).update(state=State.SOLVED, solved_at=at, customer_at=at)
    assert [csat.ask_by_mail() for _n in range(4)] == [1, 1, 1, 0]

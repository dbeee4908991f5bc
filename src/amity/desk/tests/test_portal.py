"""The portal: who proves an address by a code sees the requests that are theirs, and nobody learns who is known."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from amity.base import clock, sealing
from amity.base.errors import Refused
from amity.channels import api as channels
from amity.channels.models import Account, Outgoing
from amity.channels.tests.kit import home
from amity.desk import portal, thread
from amity.desk.models import Conversation, Message
from amity.people import api as people
from amity.people.models import Identifier

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
__all__ = ["home"]
ANNA = "anna@example.com"


@pytest.fixture
def mine(home: Path) -> Conversation:
    return written(ANNA, "1@x", "My order")


def written(address: str, ref: str, subject: str) -> Conversation:
    account = Account.objects.filter(kind="email").first() or Account.objects.create(
        kind="email", name="Support", address="help@shop.example", public_key="k1"
    )
    message = channels.Incoming(
        account.pk, ref, "email", address, f"About {subject}", clock.now(), subject=subject, message_ref=ref,
        person_id=people.contact("email", address),
    )  # fmt: skip
    return Conversation.objects.get(pk=channels.receive(message).conversation_id)


def asked_by(browser: Client) -> portal.Asked:
    found = portal.read_asked(browser.cookies["amity_portal_asked"].value)
    assert found is not None
    return found


def letter(browser: Client) -> Outgoing:
    """What the job sends to who asked in this browser."""
    assert portal.send_code_to(asked_by(browser), "en")
    return Outgoing.objects.filter(template="portal").latest("created_at")


def code_of(found: Outgoing) -> str:
    code = re.search(r"^\d{6}$", found.body, re.M)
    assert code
    return code[0]


def signed_in(address: str = ANNA) -> Client:
    browser = Client()
    assert browser.post(reverse("portal"), {"email": address}).url == reverse("portal_code")
    code = code_of(letter(browser))
    assert browser.post(reverse("portal_code"), {"code": code}).url == reverse("portal")
    return browser


def test_a_customer_sees_goes_on_with_and_opens_requests(mine: Conversation) -> None:
    thread.append(mine.pk, thread.Said("n", "note", "staff", "A note among us", "email"))
    thread.append(mine.pk, thread.Said("o", "out", "staff", "On its way", "email"))
    browser = signed_in()
    assert "My order" in browser.get(reverse("portal")).content.decode()
    address = reverse("portal_request", args=[mine.pk])
    page = browser.get(address).content.decode()
    assert "About My order" in page
    assert "On its way" in page
    assert "A note among us" not in page
    for _twice in range(2):
        assert browser.post(address, {"text": "Thanks!", "key": "k1"}).status_code == 302
    assert browser.post(address, {"text": " ", "key": "k2"}).status_code == 422
    told = {"subject": "Invoice", "text": "A copy, please", "key": "n1"}
    made = [browser.post(reverse("portal_new"), told).url for _twice in range(2)]
    assert made[0] == made[1]
    assert browser.post(reverse("portal_new"), {"key": "n2"}).status_code == 422
    assert list(Message.objects.filter(direction="in").order_by("at").values_list("text", flat=True)) == [
        "About My order", "Thanks!", "A copy, please",
    ]  # fmt: skip
    opened = Conversation.objects.get(subject="Invoice")
    assert (opened.person_id, opened.channel, opened.address) == (mine.person_id, "email", ANNA)
    assert "Invoice" in browser.get(reverse("portal_new")).content.decode() or browser.get(made[0]).status_code == 200
    browser.post(reverse("portal_leave"))
    assert browser.get(address).url == reverse("portal")


def test_nobody_sees_the_requests_of_others(mine: Conversation) -> None:
    bob = written("bob@example.com", "2@x", "My secret")
    browser = signed_in()
    assert "My secret" not in browser.get(reverse("portal")).content.decode()
    address = reverse("portal_request", args=[bob.pk])
    assert browser.get(address).status_code == 404
    assert browser.post(address, {"text": "Hi", "key": "k"}).status_code == 404
    assert Message.objects.filter(conversation=bob).count() == 1
    assert Client().get(address).url == reverse("portal")
    browser.cookies["amity_portal"] = sealing.seal('["bob@example.com", 1.0]')
    assert browser.get(address).url == reverse("portal"), "a session that is over"


def test_only_an_address_that_was_proved_joins_what_was_said_elsewhere(mine: Conversation) -> None:
    shop = Account.objects.create(kind="chat", name="Shop", public_key="shop")
    chat = channels.chat.chat("shop")
    me = channels.chat.open_session(chat, channels.chat.Opening(anonymous_id="d-1")).visitor
    channels.chat.say_contact(me, ANNA)
    said = channels.chat.say(me, "message-1", "I am Anna, really")
    assert portal.request(ANNA, mine.pk)[0].title == "My order"
    assert [each.id for each in portal.requests(ANNA)] == [mine.pk]
    person_id = Conversation.objects.get(pk=said.conversation_id).person_id
    claim = Identifier.objects.create(person_id=person_id, kind="email", value=ANNA, origin_id=shop.pk)
    assert [each.id for each in portal.requests(ANNA)] == [mine.pk]
    Identifier.objects.filter(pk=claim.pk).update(verified=True)
    assert {each.id for each in portal.requests(ANNA)} == {mine.pk, said.conversation_id}


def test_an_address_that_nobody_has_gets_the_same_answer_and_no_letter(mine: Conversation) -> None:
    known, unknown = (Client().post(reverse("portal"), {"email": address}) for address in (ANNA, "nobody@example.com"))
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert not portal.send_code_to(portal.Asked("nobody@example.com", "1", clock.now().timestamp()), "en")
    assert not Outgoing.objects.exists()
    assert Client().post(reverse("portal"), {"email": "no address"}).status_code == 422


def test_a_code_opens_one_session_and_tries_are_few(mine: Conversation) -> None:
    asking = Client()
    asking.post(reverse("portal"), {"email": ANNA})
    found = letter(asking)
    token = re.search(r"/portal/in/(\S+)", found.body)
    assert token
    address = reverse("portal_link", args=[token[1]])
    browser = Client()
    assert browser.get(address).status_code == 200
    assert browser.get(reverse("portal")).status_code == 200
    assert "My order" not in browser.get(reverse("portal")).content.decode(), "opening a link is not signing in"
    assert browser.post(address).status_code == 302
    assert "My order" in browser.get(reverse("portal")).content.decode()
    assert Client().post(address).status_code == 422, "used"
    stranger = Client()
    stranger.post(reverse("portal"), {"email": ANNA})
    statuses = [stranger.post(reverse("portal_code"), {"code": "000000"}).status_code for _n in range(4)]
    assert statuses == [422, 422, 422, 429]
    assert "My order" not in stranger.get(reverse("portal")).content.decode()
    assert Client().get(reverse("portal_code")).url == reverse("portal")
    assert Client().get(reverse("portal_link", args=["forged"])).status_code == 422


def test_a_code_is_of_who_asked_for_it_and_of_the_next_ten_minutes(mine: Conversation) -> None:
    browser, thief = Client(), Client()
    for each in (browser, thief):
        each.post(reverse("portal"), {"email": ANNA})
    code = code_of(letter(browser))
    assert thief.post(reverse("portal_code"), {"code": code}).status_code == 422, "the code of another browser"
    asked = asked_by(browser)
    with clock.fixed_at(clock.now() + timedelta(minutes=portal.CODE_MINUTES, seconds=1)):
        browser.post(reverse("portal_code"), {"code": code})
        assert "amity_portal" not in browser.cookies, "too late"
        with pytest.raises(Refused):
            portal.sign_in(asked, code)
    assert letter(browser).pk == Outgoing.objects.get(template="portal").pk, "the job may run twice"
    assert browser.post(reverse("portal_code"), {"code": code}).url == reverse("portal")

"""Messages that come in become conversations, each once."""

import pytest

from amity.base import clock
from amity.channels import api as channels
from amity.channels.models import Account
from amity.desk.models import Conversation, Happening, Message, State

pytestmark = pytest.mark.django_db


def mail(
    account: Account, ref: str, *, answers: str = "", text: str = "Where is my order?", automatic: str = ""
) -> channels.Taken:
    return channels.receive(
        channels.Incoming(
            account.pk, ref, "email", "anna@example.com", text, clock.now(), name="Anna", subject="Order",
            message_ref=ref, references=[answers] if answers else [], automatic=automatic,
        )
    )  # fmt: skip


@pytest.fixture
def account() -> Account:
    return Account.objects.create(kind="email", name="Support", address="help@shop.example", public_key="k1")


def test_a_message_is_one_message_however_often_it_comes(account: Account) -> None:
    first, again = mail(account, "1@x"), mail(account, "1@x")
    assert (first.new, again.new) == (True, False)
    assert first.conversation_id == again.conversation_id
    assert Message.objects.get().text == "Where is my order?"


def test_an_answer_opens_what_was_solved_and_an_automatic_one_does_not(account: Account) -> None:
    home = mail(account, "1@x").conversation_id
    Conversation.objects.filter(pk=home).update(state=State.SOLVED)
    assert mail(account, "2@x", answers="1@x", automatic="auto_submitted").conversation_id == home
    assert Conversation.objects.get().state == State.SOLVED
    assert mail(account, "3@x", answers="1@x").conversation_id == home
    assert Conversation.objects.get().state == State.OPEN
    assert [each.kind for each in Happening.objects.order_by("id")] == [
        "opened", "message_in", "message_in", "message_in", "reopened",
    ]  # fmt: skip
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]

"""Web chat: visitors have a talk of their own, who they are is proved or not, and what is new reaches them in order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amity.base import clock, sealing
from amity.base.errors import Forbidden
from amity.channels import api as channels
from amity.channels.chat_carrier import ChatCarrier
from amity.channels.models import Account, ChatSession, Outgoing
from amity.desk import chat, thread
from amity.desk.models import Conversation, Message
from amity.people import api as people

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECRET = "s3cret"


@pytest.fixture
def shop() -> channels.chat.Chat:
    secret = sealing.seal(f'{{"identity": "{SECRET}"}}')
    Account.objects.create(kind="chat", name="Shop", public_key="shop", secret=secret)
    return channels.chat.chat("shop")


def begin(shop: channels.chat.Chat, token: str = "", user: str = "", device: str = "") -> channels.chat.Opened:
    proof = channels.chat.proof_of(SECRET, user) if user else ""
    opening = channels.chat.Opening(token=token, anonymous_id=device, user_id=user, proof=proof, language="pl-PL")
    return channels.chat.open_session(shop, opening)


def texts(shop: channels.chat.Chat, visitor: channels.chat.Visitor, after: str = chat.START) -> list[str]:
    found = chat.lines_after({(shop.id, visitor.address): after})
    return [line.text for line in found.get(visitor.room, [])]


def answer(conversation_id: object, text: str) -> Message:
    said = thread.Said(key=f"t:{text}", direction="out", author="staff", text=text, channel="chat", author_name="Ola K")
    return thread.append(conversation_id, said)  # type: ignore[arg-type]


def test_a_visitor_reads_their_own_talk_and_goes_on_where_they_were(shop: channels.chat.Chat) -> None:
    opened = begin(shop)
    me = channels.chat.visitor(shop, opened.token)
    first = channels.chat.say(me, "message-1", "Where is my parcel?")
    again = channels.chat.say(me, "message-1", "Where is my parcel?")
    assert (first.new, again.new, again.id) == (True, False, first.id)
    answer(first.conversation_id, "On its way.")
    thread.append(first.conversation_id, thread.Said("n", "note", "staff", "A secret", "chat"))  # type: ignore[arg-type]
    mine = chat.history(shop.id, me.address)
    assert [(line.author, line.text) for line in mine] == [
        ("customer", "Where is my parcel?"), ("staff", "On its way."),
    ]  # fmt: skip
    assert mine[0].said == str(first.id)
    assert mine[1].name == "Ola"
    assert texts(shop, me, mine[0].mark) == ["On its way."]
    assert texts(shop, me, mine[1].mark) == []
    other = begin(shop).visitor
    assert texts(shop, other) == []
    assert chat.standing(shop.id, other.address) == chat.NOTHING


def test_the_anonymous_id_of_the_site_is_the_same_profile(shop: channels.chat.Chat) -> None:
    known = people.visitor("device-77", shop.id)
    me = begin(shop, device="device-77").visitor
    channels.chat.say(me, "message-1", "Hello")
    assert Conversation.objects.get().person_id == known
    assert people.visitor("device-77", shop.id) == known


def test_a_user_is_known_by_the_signature_of_the_site_only(shop: channels.chat.Chat) -> None:
    with pytest.raises(Forbidden):
        channels.chat.open_session(shop, channels.chat.Opening(user_id="u-1", proof="0" * 64))
    unsigned = channels.chat.open_session(shop, channels.chat.Opening(user_id="u-1"))
    assert unsigned.visitor.user_id == ""
    anonymous = begin(shop)
    channels.chat.say(anonymous.visitor, "message-1", "Before I signed in")
    known = begin(shop, anonymous.token, "u-1")
    assert known.before == anonymous.visitor.address
    assert known.token
    with pytest.raises(Forbidden):
        channels.chat.visitor(shop, anonymous.token)
    chat.now_known(shop.id, known.before, known.visitor.address, channels.chat.person_of(known.visitor))
    elsewhere = begin(shop, user="u-1").visitor
    assert texts(shop, elsewhere) == ["Before I signed in"]
    assert Conversation.objects.get().person_id == people.signed_in("u-1", shop.id)
    stranger = begin(shop, known.token, "u-2")
    assert stranger.token
    assert texts(shop, stranger.visitor) == []
    left = begin(shop, known.token)
    assert texts(shop, left.visitor) == []


def test_a_session_that_nobody_used_for_half_a_year_opens_nothing_and_is_forgotten(shop: channels.chat.Chat) -> None:
    old, new = begin(shop), begin(shop)
    ChatSession.objects.filter(pk=old.visitor.id).update(seen_at=clock.now() - timedelta(days=181))
    with pytest.raises(Forbidden):
        channels.chat.visitor(shop, old.token)
    assert channels.chat.sweep() == 1
    assert channels.chat.visitor(shop, new.token).id == new.visitor.id


def test_an_address_that_a_visitor_types_opens_and_joins_nothing(shop: channels.chat.Chat) -> None:
    anna = people.contact("email", "anna@example.com", "Anna")
    me = begin(shop).visitor
    channels.chat.say_contact(me, "Anna@Example.com", "Anna")
    channels.chat.say(channels.chat.visitors_at(shop.id, me.address)[0], "message-1", "Hi")
    assert ChatSession.objects.get().email == "anna@example.com"
    assert Conversation.objects.get().person_id != anna


def test_the_same_user_at_another_chat_is_another_talk(shop: channels.chat.Chat) -> None:
    other = Account.objects.create(kind="chat", name="Other", public_key="other")
    known = begin(shop, user="u-1").visitor
    assert ChatCarrier().hand_over(Outgoing(address=known.address, account_id=shop.id)).result == "accepted"
    assert ChatCarrier().hand_over(Outgoing(address=known.address, account_id=other.pk)).result == "refused"


def test_a_signature_that_is_none_is_refused(shop: channels.chat.Chat) -> None:
    with pytest.raises(Forbidden):
        channels.chat.open_session(shop, channels.chat.Opening(user_id="u-1", proof="ß"))

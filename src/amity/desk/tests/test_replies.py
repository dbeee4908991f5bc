"""Answers go out once, through the gate, and can be taken back until they leave; notes name colleagues."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amity.access.permissions import Principal
from amity.access.tests.staffing import actor, hire, team
from amity.base import clock, undo
from amity.base.errors import Forbidden, NotFound, Refused
from amity.channels.models import Outgoing
from amity.desk import conversations_changes, conversations_messages, handing, mentions, replies
from amity.desk.models import Conversation, Happening, Message, Queue
from amity.desk.tests.talking import customer, heard

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def me() -> Principal:
    return actor("Ada")


def test_an_answer_waits_to_be_taken_back_and_leaves_once(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    first = replies.reply(me, home, "On its way.", key="a")
    assert replies.reply(me, home, "On its way.", key="a").id == first.id
    out = Outgoing.objects.get()
    assert (out.key, out.purpose, out.address) == (f"desk:{first.id}", "service", "olga@example.com")
    assert first.delivery is not None
    assert first.delivery.waiting
    row = Conversation.objects.get()
    assert (row.state, row.assignee_id, row.waiting_since) == ("pending", me.staff_id, None)
    assert clock.now() + timedelta(seconds=5) < out.due_at < clock.now() + timedelta(seconds=11)


def test_what_was_taken_back_never_leaves_and_all_is_as_before(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    conversations_changes.assign(me, [home], me.staff_id)
    before = undo.state_of(Conversation.objects.get())
    sent = replies.send(me, home, replies.Answer("Too early", then="solved"), undo_seconds=10)
    assert Conversation.objects.get().state == "solved"
    assert sent.group is not None
    undo.put_back(me, sent.group)
    assert (Outgoing.objects.get().state, Outgoing.objects.get().reason) == ("refused", "taken_back")
    assert undo.state_of(Conversation.objects.get()) == before | {"last_seq": 2}
    assert [each.withdrawn_at is None for each in conversations_messages.messages(me, home)] == [True, False]
    with pytest.raises(NotFound):
        replies.take_back(me, sent.message.id)


def test_what_has_left_is_not_taken_back_nor_by_anybody_else(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    said = replies.reply(me, home, "Done")
    with pytest.raises(Refused, match="Only who wrote"):
        replies.take_back(actor("Bob"), said.id)
    Outgoing.objects.update(state="sent")
    with pytest.raises(Refused, match="has been sent"):
        replies.take_back(me, said.id)


def test_what_the_gate_will_not_let_out_is_refused_with_the_reason_and_leaves_nothing(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    with pytest.raises(Refused, match="placeholder"):
        replies.reply(me, home, "Dear {first_nam}, hello")
    with pytest.raises(Refused):
        replies.reply(me, home, "   ")
    with pytest.raises(Forbidden):
        replies.reply(actor("Kay", "marketer"), home, "Hello")
    assert not Outgoing.objects.exists()
    assert Message.objects.count() == 1


def test_card_numbers_are_masked_in_what_staff_write(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    assert "4111 1111 1111 1111" not in replies.note(me, home, "She paid with 4111 1111 1111 1111").text


def test_a_colleague_is_named_in_a_note_only_if_they_see_the_conversation(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    olga, far = actor("Olga Nowak", "agent", "own"), hire("Far Away", "agent", "own")
    replies.note(me, home, "@Olga please look")
    assert mentions.waiting(olga) == 1
    conversations_messages.read_up_to(olga, home, 2)
    assert mentions.waiting(olga) == 0
    Conversation.objects.update(queue=Queue.objects.create(name="North", team=team("North")))
    with pytest.raises(Refused, match="Far Away does not see"):
        replies.note(me, home, "@Far Away look", [far.pk])
    assert not Outgoing.objects.exists()


def test_the_bot_lets_go_once_and_the_customer_is_told(me: Principal) -> None:
    home = heard(person_id=customer()).conversation_id
    Conversation.objects.update(handler="bot")
    replies.say_as_bot(home, "Hello, I am a bot.", "k1")
    for _again in range(2):
        handing.hand_over(home, "Asks about order 7", "asked_for_a_person")
    said = list(Message.objects.order_by("seq").values_list("direction", "author"))
    assert said == [("in", "customer"), ("out", "bot"), ("note", "bot"), ("out", "system")]
    assert Happening.objects.filter(kind="handed_over").count() == 1
    assert Conversation.objects.get().handler == "staff"
    assert Outgoing.objects.count() == 2

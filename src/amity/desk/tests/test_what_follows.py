"""What belongs to a conversation follows it: when it becomes part of another, changes hands, or somebody is erased."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from amity.access.permissions import Principal
from amity.access.tests.staffing import actor
from amity.base import clock, undo
from amity.channels import api as channels
from amity.channels.models import Account, Attachment, MailRef, Received
from amity.channels.tests.kit import home
from amity.desk import (
    chat,
    complaints,
    complaints_steps,
    conversations_changes,
    conversations_merging,
    conversations_messages,
    handing,
    refunds,
    replies,
    thread,
)
from amity.desk.models import (
    Complaint,
    ComplaintPaper,
    Conversation,
    Handing,
    Happening,
    Link,
    Message,
    Reading,
    Refund,
)
from amity.desk.tests.talking import customer, heard
from amity.people import api as people

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
__all__ = ["home"]


@pytest.fixture
def me() -> Principal:
    return actor("Ada")


def row(conversation_id: object) -> Conversation:
    return Conversation.objects.get(pk=conversation_id)


def erase(person_id: UUID) -> None:
    subject = people.privacy.subject_of(person_id)
    assert subject is not None
    people.privacy.erasing.erase(subject, people.privacy.erasing.Why("request", "desk"))
    connection.check_constraints()


def test_a_complaint_goes_on_in_the_conversation_that_its_own_became_part_of(me: Principal) -> None:
    one, two = heard("1@x").conversation_id, heard("2@x").conversation_id
    assert me.staff_id is not None
    pk, _group = complaints_steps.open_complaint(me, two, "service", "It leaks")
    refund, _group = refunds.propose(me, pk, 100, "EUR", "It leaks")
    handing.hand_to(me, two, me.staff_id, "Leaks", "A new one", clock.now() + timedelta(days=1))
    Link.objects.create(conversation=row(two), kind="deal", record_id=pk)
    group = conversations_merging.merge(me, one, [two])
    complaints_steps.step(me, pk, "acknowledge")
    assert [each.id for each in complaints.of_conversation(me, one)] == [pk]
    assert Refund.objects.get(pk=refund).conversation_id == one
    assert (Handing.objects.get().conversation_id, Link.objects.get().conversation_id) == (one, one)
    undo.put_back(me, group)
    assert {Complaint.objects.get().conversation_id, Refund.objects.get().conversation_id} == {two}
    assert {Handing.objects.get().conversation_id, Link.objects.get().conversation_id} == {two}


def test_who_waits_is_not_lost_in_a_conversation_that_was_solved(me: Principal) -> None:
    one, two = heard("1@x").conversation_id, heard("2@x", text="Still waiting").conversation_id
    conversations_changes.set_state(me, [one], "solved")
    solved_at = row(one).solved_at
    group = conversations_merging.merge(me, one, [two])
    assert (row(one).state, row(one).solved_at) == ("open", None)
    undo.put_back(me, group)
    assert (row(one).state, row(one).solved_at) == ("solved", solved_at)


def test_a_message_on_its_way_to_a_conversation_arrives_in_what_it_became_part_of(me: Principal) -> None:
    one, two = heard("1@x").conversation_id, heard("2@x").conversation_id
    conversations_merging.merge(me, one, [two])
    late = thread.append(two, thread.Said("late", "in", "customer", "One more thing", "email"))
    assert (late.conversation_id, row(one).last_seq, row(two).last_seq) == (one, 3, 1)


def test_what_a_stranger_wrote_is_not_quoted_to_the_customer(me: Principal) -> None:
    talk = heard("1@x", text="My question").conversation_id
    heard("2@x", answers="1@x", text="Between us", address="colleague@example.com")
    replies.reply(me, talk, "An answer")
    assert MailRef.objects.get().quoted["text"] == "My question"


def test_merges_are_taken_back_in_any_order(me: Principal) -> None:
    one, two, three = (heard(f"{n}@x", text=str(n)).conversation_id for n in range(3))
    first = conversations_merging.merge(me, two, [three])
    conversations_merging.merge(me, one, [two])
    undo.put_back(me, first)
    assert [each.text for each in Message.objects.filter(conversation=three)] == ["2"]
    assert sorted(each.text for each in Message.objects.filter(conversation=one)) == ["0", "1"]


def test_who_wrote_in_what_became_part_of_another_takes_part_there(me: Principal) -> None:
    one, two = heard("1@x").conversation_id, heard("2@x", address="igor@example.com").conversation_id
    conversations_merging.merge(me, one, [two])
    again = heard("3@x", subject=f"Again [#{row(one).number}]", address="igor@example.com")
    assert again.conversation_id == one
    heard("4@x", answers="2@x", address="igor@example.com")
    assert not Happening.objects.filter(kind="stranger").exists()


def test_a_complaint_changes_hands_with_its_conversation(me: Principal) -> None:
    olga, igor = customer("Olga"), customer("Igor")
    talk = heard("1@x", person_id=olga).conversation_id
    pk, _group = complaints_steps.open_complaint(me, talk, "service", "It leaks")
    refunds.propose(me, pk, 100, "EUR", "It leaks")
    group = conversations_changes.set_person(me, talk, igor)
    held = (Complaint, ComplaintPaper, Refund)
    assert {pk for model in held for pk in model.objects.values_list("person_id", flat=True)} == {igor}
    undo.put_back(me, group)
    assert {pk for model in held for pk in model.objects.values_list("person_id", flat=True)} == {olga}


def test_what_an_anonymous_visitor_said_is_the_users_with_all_that_belongs_to_it(home: Path) -> None:
    account = Account.objects.create(kind="chat", name="Shop", public_key="shop")
    about = channels.chat.chat("shop")
    me = channels.chat.open_session(about, channels.chat.Opening()).visitor
    file = channels.chat.give_file(me, "a.txt", b"mine")
    me = channels.chat.visitors_at(account.pk, me.address)[0]
    channels.chat.say(me, "message-1", "Before I signed in", channels.chat.own_files(me, [str(file)]))
    user = people.signed_in("u-1", account.pk)
    chat.now_known(account.pk, me.address, "user:u-1", user)
    held = (Conversation, Message, Received, Attachment)
    assert {pk for model in held for pk in model.objects.values_list("person_id", flat=True)} == {user}


def test_erasing_somebody_leaves_what_others_said_in_the_same_conversation(me: Principal, home: Path) -> None:
    olga, igor = customer("Olga"), customer("Igor")
    one = heard("1@x", text="Olga writes of her knee", person_id=olga).conversation_id
    two = heard("2@x", text="Igor asks", person_id=igor, address="igor@example.com").conversation_id
    conversations_merging.merge(me, one, [two])
    erase(olga)
    assert list(Message.objects.values_list("text", flat=True)) == ["Igor asks"]
    assert not Conversation.objects.filter(search__contains="knee").exists()
    kept = Message.objects.get().conversation
    assert (kept.person_id, kept.merged_into_id) == (igor, None)
    assert "knee" not in f"{kept.snippet}{kept.search}"
    assert kept.opening == "Igor asks"


def test_erasing_who_was_merged_into_another_takes_their_words_along(me: Principal, home: Path) -> None:
    olga, igor = customer("Olga"), customer("Igor")
    one = heard("1@x", text="Igor asks", person_id=igor, address="igor@example.com").conversation_id
    two = heard("2@x", text="About a knee", subject="Knee", person_id=olga).conversation_id
    conversations_merging.merge(me, one, [two])
    erase(olga)
    assert list(Conversation.objects.values_list("pk", "snippet")) == [(one, "Igor asks")]
    assert "knee" not in row(one).search


def test_erasing_somebody_takes_along_what_staff_noted_of_their_conversation(me: Principal, home: Path) -> None:
    olga = customer("Olga")
    talk = heard("1@x", person_id=olga).conversation_id
    assert me.staff_id is not None
    conversations_messages.read_up_to(me, talk, 1)
    replies.note(me, talk, "Look at this", [me.staff_id])
    pk, _group = complaints_steps.open_complaint(me, talk, "service", "It leaks")
    refund, _group = refunds.propose(me, pk, 100, "EUR", "It leaks")
    handing.hand_to(me, talk, me.staff_id, "Leaks", "A new one", clock.now() + timedelta(days=1))
    Link.objects.create(conversation=row(talk), kind="deal", record_id=pk)
    erase(olga)
    assert not Conversation.objects.exists() and not Reading.objects.exists() and not Complaint.objects.exists()
    kept = Refund.objects.get(pk=refund)
    assert (kept.person_id, kept.conversation_id, kept.complaint_id, kept.reason) == (None, None, None, "")

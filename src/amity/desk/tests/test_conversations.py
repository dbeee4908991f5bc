"""What is done with conversations, and undone: who sees them, changes, merging, parting, links, hand-overs."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from amity.access.models import AuditEntry
from amity.access.permissions import Principal
from amity.access.tests.staffing import actor, hire, team
from amity.base import clock, live, undo
from amity.base.errors import Forbidden, NotFound, Refused
from amity.base.ids import new_id
from amity.desk import (
    conversations,
    conversations_changes,
    conversations_merging,
    conversations_messages,
    conversations_waking,
    handing,
    inbox,
    linking,
    mentions,
    replies,
    thread,
)
from amity.desk.models import Conversation, Happening, Message, Queue
from amity.desk.tests.talking import heard
from amity.people import api as people

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def me() -> Principal:
    return actor("Ada")


def row(conversation_id: UUID) -> Conversation:
    return Conversation.objects.get(pk=conversation_id)


def kinds(conversation_id: UUID) -> list[str]:
    return list(Happening.objects.filter(conversation=conversation_id).order_by("id").values_list("kind", flat=True))


def test_a_queue_is_seen_by_its_team_and_a_conversation_by_whom_it_is_given_to(me: Principal) -> None:
    north = team("North", hire("Boss", "manager", "team"))
    mine, boss = actor("Anna", "agent", "team", team=north), actor("Boris", "agent", "own")
    home = heard().conversation_id
    assert conversations.get(boss, home).number >= 1001  # of no team: for everybody at the desk
    Conversation.objects.filter(pk=home).update(queue=Queue.objects.create(name="North", team=north))
    assert conversations.get(mine, home).id == home
    with pytest.raises(NotFound):
        conversations.get(boss, home)
    assert conversations.hearing(boss, frozenset([str(home)])) == set()
    assert [live.hears_all(each, "conversation") for each in (me, mine, boss)] == [True, False, False]
    assert not live.hears_all(actor("Mia", "marketer"), "conversation")
    conversations_changes.assign(me, [home], boss.staff_id)
    assert conversations.get(boss, home).assignee_id == boss.staff_id
    kay = actor("Kay", "marketer", "all")
    with pytest.raises(Forbidden):
        conversations.get(kay, home)
    assert not conversations.rows_of(kay).exists()
    with pytest.raises(Refused):
        conversations_changes.assign(me, [home], hire("Mark", "marketer").pk)


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("state", {"state": "solved"}), ("urgency", {"urgency": 3}), ("intent", {"intent": "refund", "intent_by": "staff"}),
    ("subject", {"subject": "Another"}), ("state", {"state": "spam"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), CHANGES)
def test_every_change_is_a_line_in_the_log_and_is_undone(me: Principal, kind: str, values: dict[str, Any]) -> None:
    homes = [heard(f"{n}@x").conversation_id for n in range(2)]
    before = [undo.state_of(row(each)) for each in homes]
    audited = AuditEntry.objects.count()
    group = conversations_changes.change(me, homes, values)
    for each in homes:
        assert {name: getattr(row(each), name) for name in values} == values
        assert kinds(each)[-1] == kind
    assert AuditEntry.objects.count() == audited + 1
    undo.put_back(me, group)
    assert [undo.state_of(row(each)) for each in homes] == before


def test_what_somebody_changed_since_stays(me: Principal) -> None:
    home = heard().conversation_id
    group = conversations_changes.change(me, [home], {"state": "solved", "urgency": 2})
    conversations_changes.set_urgency(me, [home], 3)
    undo.put_back(me, group)
    assert (row(home).state, row(home).urgency) == ("open", 3)


def test_snoozed_ones_wake_when_their_time_has_come(me: Principal) -> None:
    home = heard().conversation_id
    conversations_changes.snooze(me, [home], clock.now() + timedelta(hours=2))
    assert conversations_waking.wake_due() == 0
    assert row(home).state == "snoozed"
    with clock.fixed_at(clock.now() + timedelta(hours=3)):
        assert conversations_waking.wake_due() == 1
    assert (row(home).state, row(home).snoozed_until) == ("open", None)


def test_messages_follow_to_another_person_and_back(me: Principal) -> None:
    home = heard().conversation_id
    one, two = (people.create_person(me, {"given_name": name}) for name in ("Olga", "Igor"))
    conversations_changes.set_person(me, home, one)
    group = conversations_changes.set_person(me, home, two)
    assert set(Message.objects.values_list("person_id", flat=True)) == {two}
    assert set(Happening.objects.values_list("person_id", flat=True)) == {two}
    undo.put_back(me, group)
    assert set(Message.objects.values_list("person_id", flat=True)) == {one}


def test_merged_ones_are_one_and_part_again(me: Principal) -> None:
    one, two = heard("1@x", text="First").conversation_id, heard("2@x", text="Second").conversation_id
    before = [undo.state_of(row(each)) for each in (one, two)]
    group = conversations_merging.merge(me, one, [two])
    assert [each.text for each in conversations_messages.messages(me, one)] == ["First", "Second"]
    assert list(conversations.rows_of(me).values_list("pk", flat=True)) == [one]
    assert heard("3@x", answers="2@x", text="Third").conversation_id == one
    undo.put_back(me, group)
    assert [each.text for each in conversations_messages.messages(me, two)] == ["Second"]
    assert [each.text for each in conversations_messages.messages(me, one)] == ["First", "Third"]
    assert undo.state_of(row(two)) == before[1]
    assert kinds(two)[-2:] == ["merged", "unmerged"]


def test_what_was_merged_and_parted_at_once_is_as_before(me: Principal) -> None:
    one, two = heard("1@x").conversation_id, heard("2@x").conversation_id
    before = [undo.state_of(row(each)) for each in (one, two)]
    undo.put_back(me, conversations_merging.merge(me, one, [two]))
    assert [undo.state_of(row(each)) for each in (one, two)] == before
    with pytest.raises(Refused):
        conversations_merging.merge(me, one, [one])
    with pytest.raises(NotFound):
        conversations_merging.merge(me, one, [two, new_id()])


def test_answers_to_what_was_split_off_go_with_it(me: Principal) -> None:
    home = heard("1@x", text="First").conversation_id
    heard("2@x", answers="1@x", text="Something else")
    second = Message.objects.get(text="Something else")
    new, group = conversations_merging.split(me, home, second.pk)
    assert [each.text for each in conversations_messages.messages(me, new)] == ["Something else"]
    assert heard("3@x", answers="2@x", text="More").conversation_id == new
    assert row(home).snippet == "First"
    undo.put_back(me, group)
    assert [each.text for each in conversations_messages.messages(me, home)] == ["First", "Something else", "More"]
    assert row(new).merged_into_id == home
    assert heard("4@x", answers="3@x").conversation_id == home
    with pytest.raises(Refused):
        conversations_merging.split(me, home, Message.objects.get(text="First").pk)


def test_a_conversation_without_a_subject_is_called_by_the_customers_first_words(me: Principal) -> None:
    home = heard("1@x", text="Where is\nmy parcel?", subject="").conversation_id
    told = "Where is my parcel?"
    assert conversations.get(me, home).title == told
    replies.send(me, home, replies.Answer("Let me look."))
    heard("2@x", answers="1@x", text="Thank you", subject="")
    view = conversations.get(me, home)
    assert (view.title, view.snippet) == (told, "Thank you")
    for words in ("parcel", "thank"):
        found, _more = inbox.rows(me, inbox.Asked(view="all", q=words))
        assert [each.view.title for each in found] == [told], "found by its title and by what was said last"
    conversations_changes.set_subject(me, home, "Lost parcel")
    assert conversations.get(me, home).title == "Lost parcel"
    assert [each.view.id for each in inbox.rows(me, inbox.Asked(q="where"))[0]] == [home]


def test_words_of_staff_are_the_title_until_the_customer_writes_and_automatic_mail_never_is(me: Principal) -> None:
    made = thread.open_conversation(None, "sms", "", address="+4915112345678")
    first = thread.append(made.pk, thread.Said("k1", "out", "bot", "I am a bot", "sms"))
    assert conversations.get(me, made.pk).title == "I am a bot", "better than a number"
    thread.append(made.pk, thread.Said("k2", "out", "staff", "Your order is ready", "sms"))
    thread.append(made.pk, thread.Said("k3", "out", "staff", "We close at six", "sms"))
    assert conversations.get(me, made.pk).title == "Your order is ready"
    thread.append(made.pk, thread.Said("k4", "in", "customer", "I am on holiday", "sms", automatic="reply"))
    thread.append(made.pk, thread.Said("k5", "in", "customer", "Can I come at seven?", "sms"))
    thread.append(made.pk, thread.Said("k6", "in", "customer", "Hello?", "sms"))
    assert conversations.get(me, made.pk).title == "Can I come at seven?"
    assert thread.opening_of(row(made.pk).messages.all()) == "Can I come at seven?", "counted anew it is the same"
    assert first.conversation_id == made.pk


def test_titles_survive_merging_and_parting_and_an_answer_taken_back(me: Principal) -> None:
    one, two = (heard(f"{n}@x", text=text, subject="").conversation_id for n, text in ((1, "First"), (2, "Second")))
    group = conversations_merging.merge(me, two, [one])
    assert row(two).opening == "Second"
    undo.put_back(me, group)
    heard("3@x", answers="1@x", text="Something else", subject="")
    new, _group = conversations_merging.split(me, one, Message.objects.get(text="Something else").pk)
    assert (row(one).opening, row(new).opening) == ("First", "Something else")
    found, _more = inbox.rows(me, inbox.Asked(q="something"))
    assert new in [each.view.id for each in found]


def test_conversations_from_before_are_called_by_their_first_words_too(me: Principal) -> None:
    home = heard("1@x", text="First\n words", subject="").conversation_id
    heard("2@x", answers="1@x", text="Second", subject="")
    named = heard("3@x", text="Third", address="igor@example.com").conversation_id
    Conversation.objects.update(opening="")
    Conversation.objects.filter(pk=named).update(opening="Kept")
    import_module("amity.desk.migrations.0010_openings_told").fill(None, None)
    assert (row(home).opening, row(named).opening) == ("First words", "Kept")


def test_a_record_is_linked_once_and_only_by_who_sees_it(me: Principal) -> None:
    home, known = heard().conversation_id, new_id()
    there = linking.Linkable("Thing", "box", lambda _p, ids: {k: ("It", "/it") for k in ids if k == known}, _none)
    linking.register_kind("thing", there)
    group = linking.link(me, home, "thing", known)
    assert [(each.name, each.url) for each in linking.links_of(me, home)] == [("It", "/it")]
    undo.put_back(me, linking.link(me, home, "thing", known))
    assert len(linking.links_of(me, home)) == 1
    undo.put_back(me, group)
    assert linking.links_of(me, home) == []
    with pytest.raises(NotFound):
        linking.link(me, home, "thing", new_id())
    linking._kinds.pop("thing")


def _none(*_args: Any) -> list[tuple[UUID, str]]:
    return []


def test_a_hand_over_that_runs_out_comes_back(me: Principal) -> None:
    seller, home = actor("Sam", "salesperson", "own"), heard().conversation_id
    due = clock.now() + timedelta(hours=4)
    conversations_changes.assign(me, [home], me.staff_id)
    conversations_changes.set_state(me, [home], "pending")
    assert seller.staff_id is not None
    handing.hand_to(me, home, seller.staff_id, "Wants ten chairs", "An offer", due)
    assert row(home).assignee_id == seller.staff_id
    with pytest.raises(Refused):
        handing.hand_to(me, home, seller.staff_id, "Again", "Again", due)
    assert handing.return_due() == 0
    with clock.fixed_at(due + timedelta(minutes=1)):
        assert handing.return_due() == 1
    assert (row(home).assignee_id, row(home).state) == (me.staff_id, "open")
    assert "returned" in kinds(home)


def test_a_promise_that_was_kept_goes_back_and_undo_makes_it_open_again(me: Principal) -> None:
    seller, home = actor("Sam", "salesperson", "own"), heard().conversation_id
    assert seller.staff_id is not None
    given = handing.hand_to(me, home, seller.staff_id, "Wants chairs", "An offer", clock.now() + timedelta(days=1))
    kept = handing.keep(seller, home)
    assert (row(home).assignee_id, handing.open_handing(home)) == (None, None)
    undo.put_back(seller, kept)
    assert row(home).assignee_id == seller.staff_id
    undo.put_back(me, given)
    assert (row(home).assignee_id, handing.open_handing(home)) == (None, None)


def test_names_in_notes_are_found_whole() -> None:
    anna, other, ann = (new_id() for _ in range(3))
    staff = [(anna, "Anna Nowak"), (other, "Anna Kowalska"), (ann, "Ann")]
    assert mentions.named_in("@anna nowak and @Ann, not @Anna", staff) == [anna, ann]
    assert mentions.named_in("a@ann.example and @Annika", staff) == []

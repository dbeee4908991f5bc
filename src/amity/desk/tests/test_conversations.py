"""What is done with conversations, and undone: who sees them, changes, merging, parting, links, hand-overs."""

from __future__ import annotations

from datetime import timedelta
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
    linking,
    mentions,
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

"""Conversations are given to who can take them, with the reason; two at once never overfill anybody."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection, connections

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire
from amity.base import clock, undo
from amity.base.ids import new_id
from amity.desk import agents, conversations_changes, routing, routing_changes, thread
from amity.desk.models import Agent, Conversation, Happening, Queue, RoutingRule, SlaPolicy

pytestmark = pytest.mark.slow


def agent(name: str, room: int = 2, **values: object) -> Staff:
    staff = hire(name, "agent", "all")
    Agent.objects.create(staff=staff, capacity={"all": room}, status="available", seen_at=clock.now(), **values)
    return staff


def wrote(text: str = "Where is my order?", channel: str = "email") -> UUID:
    row = thread.open_conversation(None, channel, "Order")
    thread.append(row.pk, thread.Said(f"k{new_id()}", "in", "customer", text, channel))
    Conversation.objects.filter(pk=row.pk).update(understood_at=clock.now())
    return row.pk


@pytest.mark.django_db
def test_rules_set_queue_skill_and_urgency_and_the_reason_is_in_the_log() -> None:
    queue = Queue.objects.create(name="Money")
    then = {"queue": str(queue.pk), "skill": "refunds", "urgency": 2}
    RoutingRule.objects.create(name="Refunds", when={"words": ["refund"]}, then=then)
    SlaPolicy.objects.create(name="High", urgency=2, first_reply=30)
    agent("Ann")
    bob = agent("Bob", skills={"refunds": 3})
    pk = wrote("I want a refund")
    choice = routing.route(pk)
    row = Conversation.objects.get(pk=pk)
    assert (row.assignee_id, row.queue_id, row.urgency, row.due_what) == (bob.pk, queue.pk, 2, "first_reply")
    told = Happening.objects.get(conversation=pk, kind="assigned").data
    assert choice is not None
    assert told["parts"] == choice.parts
    assert told["score"] == pytest.approx(sum(told["parts"].values()), abs=1e-3)
    assert told["rules"]["skill"] == "Refunds"


@pytest.mark.django_db
def test_the_bot_keeps_what_it_has_and_who_is_gone_gives_back_what_waits() -> None:
    ann = agent("Ann")
    pk = wrote()
    Conversation.objects.filter(pk=pk).update(handler="bot")
    assert routing.route_waiting() == []
    Conversation.objects.filter(pk=pk).update(handler="staff")
    assert [each.seat for each in routing.route_waiting()] == [str(ann.pk)]
    with clock.fixed_at(clock.now() + timedelta(minutes=11)):
        bob = agent("Bob")
        assert routing.take_from_absent() == 1
        assert [each.seat for each in routing.route_waiting()] == [str(bob.pk)]
    assert [each.data.get("why") for each in Happening.objects.filter(kind="assigned").order_by("at", "id")] == [
        "waiting", "absent", "waiting",
    ]  # fmt: skip


@pytest.mark.django_db
def test_what_nobody_can_take_keeps_nothing_else_from_who_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "BATCH", 1)
    night = Queue.objects.create(name="Night")
    stuck, easy = wrote(), wrote()
    Conversation.objects.filter(pk=stuck).update(queue=night)
    agent("Ann", queues=[str(Queue.objects.create(name="Day").pk)])
    assert [each.case for each in routing.route_waiting()] == [str(easy)]


@pytest.mark.django_db
def test_what_was_not_understood_yet_waits_a_moment() -> None:
    agent("Ann")
    pk = wrote()
    Conversation.objects.filter(pk=pk).update(understood_at=None)
    assert routing.route_waiting() == []
    with clock.fixed_at(clock.now() + 2 * routing.SETTLE):
        assert [each.case for each in routing.route_waiting()] == [str(pk)]


@pytest.mark.django_db
def test_what_a_person_set_is_not_set_again_and_room_comes_back_when_it_is_solved() -> None:
    ann = agent("Ann", 1)
    RoutingRule.objects.create(name="All", when={}, then={"urgency": 3})
    first, second = wrote(), wrote()
    boss = access.principal_of(hire("Boss", "manager", "all"))
    conversations_changes.set_urgency(boss, [second], 0)
    assert [each.case for each in routing.route_waiting()] == [str(first)]
    assert Conversation.objects.get(pk=second).urgency == 0
    assert routing.route_waiting() == []
    conversations_changes.set_state(boss, [first], "solved")
    assert [(each.case, each.seat) for each in routing.route_waiting()] == [(str(second), str(ann.pk))]


@pytest.mark.django_db
def test_settings_are_changed_moved_and_put_back() -> None:
    boss = access.principal_of(hire("Boss", "manager", "all"))
    for name in ("A", "B"):
        routing_changes.save(boss, "rule", {"name": name, "when": {"channel": "chat"}, "then": {"urgency": "2"}})
    second = RoutingRule.objects.get(name="B")
    group = routing_changes.shift(boss, "rule", second.pk, -1)
    assert [each.name for each in routing.rules()] == ["B", "A"]
    undo.put_back(boss, group)
    assert [each.name for each in routing.rules()] == ["A", "B"]
    group = routing_changes.save(boss, "rule", {"name": "B2", "enabled": False}, second.pk)
    assert [each.name for each in routing.rules()] == ["A"]
    undo.put_back(boss, group)
    undo.put_back(boss, routing_changes.archive(boss, "rule", second.pk))
    assert [(each.name, each.when) for each in routing.rules()] == [
        ("A", {"channel": ["chat"]}),
        ("B", {"channel": ["chat"]}),
    ]


def _at_once(*work: object) -> None:
    gate, failed = Barrier(len(work)), []

    def do(each: object) -> None:
        try:
            gate.wait(10)
            each()  # type: ignore[operator]
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=do, args=[each]) for each in work]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert not failed


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_routings_at_once_never_give_more_than_there_is_room_for(
    locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock both see an empty desk: that is what the lock is for."""
    ann = agent("Ann", 1)
    ids = [wrote(), wrote()]
    both_saw = Barrier(2)
    seats = agents.seats

    def slow_seats() -> object:
        found = seats()
        if not locked:
            both_saw.wait(10)
        return found

    monkeypatch.setattr(agents, "seats", slow_seats)
    if not locked:
        monkeypatch.setattr(routing, "_alone", lambda: None)
    _at_once(*(lambda pk=pk: routing.route(pk) for pk in ids))
    assert Conversation.objects.filter(assignee=ann).count() == (1 if locked else 2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

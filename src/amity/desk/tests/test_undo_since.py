"""Undo of what was done at the desk leaves alone what somebody changed since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from amity.access.permissions import Principal
from amity.access.tests.staffing import actor
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.base.models import UndoStep
from amity.desk import (
    complaints_steps,
    conversations_changes,
    handing,
    histories,
    linking,
    macros,
    measures,
    proactive,
    refunds,
    thread,
)
from amity.desk import understanding_intents as intents
from amity.desk.models import CardWord, Conversation, Example, Happening, Intent, Link, Macro, Refund
from amity.desk.tests.talking import customer, heard

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def me() -> Principal:
    return actor("Ada")


@pytest.fixture
def other() -> Principal:
    return actor("Bea")


def test_a_macro_keeps_what_another_wrote(me: Principal, other: Principal) -> None:
    def values(name: str, text: str) -> dict[str, Any]:
        return {"name": name, "texts": {"en": text}, "actions": {}, "team_id": None}

    macros.save(me, None, values("Hello", "Hi"))
    pk = Macro.objects.get().pk
    group = macros.save(me, pk, values("Welcome", "Hi"))
    macros.save(other, pk, values("Welcome", "Good day"))
    undo.put_back(me, group)
    assert Macro.objects.values_list("name", "texts").get() == ("Hello", {"en": "Good day"})


def test_a_later_judgement_stays_the_last_word(me: Principal, other: Principal) -> None:
    home = heard().conversation_id
    group = measures.judge(me, home, True)
    measures.judge(other, home, False)
    undo.put_back(me, group)
    last = Happening.objects.filter(kind="judged").order_by("-at", "-id").first()
    assert last is not None and last.data == {"resolved": False}
    undo.put_back(me, measures.judge(me, home, True))
    last = Happening.objects.filter(kind="judged").order_by("-at", "-id").first()
    assert last is not None and last.data == {"resolved": False}


def test_a_card_keeps_what_another_said_of_it(me: Principal, other: Principal) -> None:
    olga = customer()
    group = proactive.dismiss(me, olga, "bill_high")
    proactive.use(other, olga, "bill_high")
    undo.put_back(me, group)
    assert CardWord.objects.values_list("word", "staff_id").get() == ("used", other.staff_id)


def test_an_imported_conversation_that_went_on_stays(me: Principal) -> None:
    def told(key: str) -> histories.History:
        lines = (histories.Line("in", "Hello", clock.now() - timedelta(days=1)),)
        return histories.History(key, customer(f"Olga{key}"), "email", "o@example.com", "Old", lines)

    known = histories.write(me, "zendesk", [told("1"), told("2")])
    group = UndoStep.objects.get(kind=histories.KIND).group_id
    thread.append(known["2"], thread.Said("new", "in", "customer", "Is anybody there?", "email"))
    undo.put_back(me, group)
    assert list(Conversation.objects.values_list("pk", flat=True)) == [known["2"]]


def test_a_promise_is_open_again_but_the_conversation_stays_with_who_has_it(me: Principal, other: Principal) -> None:
    seller, home = actor("Sam", "salesperson", "own"), heard().conversation_id
    assert seller.staff_id is not None and other.staff_id is not None
    handing.hand_to(me, home, seller.staff_id, "Chairs", "An offer", clock.now() + timedelta(days=1))
    kept = handing.keep(seller, home)
    conversations_changes.assign(me, [home], other.staff_id)
    undo.put_back(seller, kept)
    assert handing.open_handing(home) is not None
    assert Conversation.objects.get().assignee_id == other.staff_id


def test_a_refund_that_was_taken_back_does_not_come_back_over_another(me: Principal) -> None:
    order, olga = new_id(), customer()
    refunds.register_orders(lambda _who, _person, _order: [refunds.OrderFact(order, "No 7", 1_000, "EUR")])
    pk, _g = complaints_steps.open_complaint(me, heard(person_id=olga).conversation_id, "service", "It leaks")
    first, _g = refunds.propose(me, pk, 1_000, "EUR", "Broken", order)
    taken = refunds.take(me, first)
    second, _g = refunds.propose(me, pk, 1_000, "EUR", "Broken", order)
    with pytest.raises(Refused) as caught:
        undo.put_back(me, taken)
    assert caught.value.code == "too_much"
    refunds.take(me, second)
    undo.put_back(me, taken)
    assert dict(Refund.objects.values_list("pk", "state")) == {first: "proposed", second: "taken"}


def test_an_intent_keeps_what_another_told_of_it(me: Principal, other: Principal) -> None:
    made = intents.add(me, "Refund", ["Money back please"])
    pk = Intent.objects.get(name="Refund").pk
    renamed = intents.change(me, pk, name="Repayment", description="", urgency=None)
    intents.change(other, pk, name="Repayment", description="All about money", urgency=2)
    intents.add_examples(other, pk, ["Give me my money"])
    undo.put_back(me, renamed)
    row = Intent.objects.get(pk=pk)
    assert (row.name, row.description, row.urgency) == ("Refund", "All about money", 2)
    undo.put_back(me, made)
    assert list(Example.objects.filter(intent=pk).values_list("text", flat=True)) == ["Give me my money"]


def test_a_link_that_another_made_since_stays(me: Principal, other: Principal) -> None:
    home, known = heard().conversation_id, new_id()
    thing = linking.Linkable("Thing", "box", lambda _who, ids: dict.fromkeys(ids, ("It", "/it")), lambda *_a: [])
    linking.register_kind("thing", thing)
    group = linking.link(me, home, "thing", known)
    linking.unlink(other, home, "thing", known)
    linking.link(other, home, "thing", known)
    undo.put_back(me, group)
    assert Link.objects.get().staff_id == other.staff_id
    linking._kinds.pop("thing")

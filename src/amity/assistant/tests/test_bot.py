"""The bot in the desk: it has the word where it is switched on, proves who it talks to, and lets go."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from amity.access import api as access
from amity.access.tests.staffing import actor, hire
from amity.assistant import bot, proofs, tools, versions
from amity.assistant.models import Dialogue, Proof
from amity.base import clock, jobs, undo
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.channels import api as channels
from amity.channels.models import Account, Outgoing
from amity.channels.tests.kit import home
from amity.desk import api as desk
from amity.desk.models import Conversation, Happening, Queue, WorkingHours
from amity.people import api as people
from amity.people.models import Identifier, Person
from amity.sales import api as sales
from amity.sales.models import Order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
__all__ = ["home"]
ANNA = "anna@example.com"


class Visitor:
    """Somebody at a chat; the jobs of what they say run at once."""

    def __init__(self, on: bool = True) -> None:
        account = Account.objects.create(kind="chat", name="Shop", public_key=new_id().hex, settings={"bot": on})
        opening = channels.chat.Opening(anonymous_id=new_id().hex, language="en")
        self.me = channels.chat.open_session(channels.chat.chat(account.public_key), opening).visitor
        self.conversation_id = UUID(int=0)

    def say(self, text: str) -> list[str]:
        taken = channels.chat.say(self.me, new_id().hex, text)
        assert taken.conversation_id is not None
        self.conversation_id = taken.conversation_id
        keys = bot.turn(self.conversation_id, self.view.last_seq)
        for row in Proof.objects.filter(code_hash="", ended_at=None):
            proofs.send(row.pk, self.typed, "en")
        return [each for each in keys if not each.startswith("end.")]

    typed = ANNA

    @property
    def view(self) -> desk.ConversationView:
        return desk.conversations.get(access.SYSTEM, self.conversation_id)


def customer(name: str, number: str) -> UUID:
    email = f"{name.lower()}@example.com"
    person_id = people.create_person(access.SYSTEM, {"given_name": name, "email": email}, {"address": "Old Road 1"})
    Order.objects.create(
        number=number, person_id=person_id, total_minor=12_50, currency="EUR", status="shipped", ordered_at=clock.now()
    )
    return person_id


def code() -> str:
    found = re.search(r"^\d{6}$", Outgoing.objects.filter(template="bot_code").latest("created_at").body, re.M)
    assert found
    return found[0]


def test_it_has_the_word_only_where_it_is_switched_on(home: Path) -> None:
    quiet, talking = Visitor(on=False), Visitor()
    assert quiet.say("Where is my order?") == []
    assert quiet.view.handler == "staff"
    assert talking.say("Where is my order?") == ["greeting", "order_status.ask_order"]
    assert talking.view.handler == "bot"
    assert bot.turn(talking.conversation_id, 1) == [], "a message is heard once"
    waiting = jobs.app.job_manager.list_jobs(task=bot.TASK)
    assert len(list(waiting)) == 1


def test_who_proves_an_address_sees_their_own_orders_and_changes_their_own_address(home: Path) -> None:
    anna, _bob = customer("Anna", "A-1"), customer("Bob", "B-2")
    visitor = Visitor()
    visitor.say("Where is my order A-1?")
    assert visitor.say(ANNA) == ["tool.send_code", "ask_code"]
    assert code() not in str(Proof.objects.values_list()), "only a digest is kept"
    assert visitor.say(code())[-1] == "order_status.done"
    assert visitor.say("where is order B-2") == ["tool.order_status", "order_status.none"]
    assert visitor.say("My new address is Lindenstraße 5, 10115 Berlin") == ["switch", "change_address.confirm"]
    assert visitor.say("yes")[:2] == ["tool.change_address", "change_address.done"]
    person = people.get_person(access.SYSTEM, anna)
    assert (person.traits["address"], person.city) == ("Lindenstraße 5, 10115 Berlin", "Berlin")
    assert Dialogue.objects.get().known_id == anna


def test_who_took_over_while_the_bot_was_thinking_is_not_talked_over(home: Path) -> None:
    visitor = Visitor()
    taken = channels.chat.say(visitor.me, new_id().hex, "Where is my order?")
    assert taken.conversation_id is not None
    visitor.conversation_id = taken.conversation_id
    view = visitor.view
    row = Dialogue.objects.create(conversation_id=view.id)
    message = desk.conversations_messages.shown(view.id, 2, 1)[0]
    desk.hand_over(view.id, "", "asked")
    bot._Run(view, row, versions.live(), 1).hear(message)
    assert [each.author for each in desk.conversations_messages.shown(view.id)] == ["customer", "system"]


def test_the_usual_states_of_an_order_are_told_in_the_customers_language(home: Path) -> None:
    with translation.override("pl"):
        assert [tools._state(each) for each in ("Delivered", "shipped", "Auf Lager", "")] == [
            "dostarczone", "w drodze", "Auf Lager", "–",
        ]  # fmt: skip


def test_an_agent_undoes_the_change_of_address_at_its_line_once(home: Path) -> None:
    anna = customer("Anna", "A-1")
    visitor = Visitor()
    for said in ("My new address is Lindenstraße 5, 10115 Berlin", ANNA):
        visitor.say(said)
    visitor.say(code())
    assert "change_address.done" in visitor.say("yes")
    agent, line = Client(), Happening.objects.get(kind="changed")
    agent.force_login(hire("Ann", "agent", "all"))
    page, back = (
        reverse("conversation", args=[visitor.conversation_id]),
        reverse("conversation_undo", args=[visitor.conversation_id, line.pk]),
    )
    assert back in agent.get(page).content.decode()
    assert agent.post(back).status_code == 302
    person = people.get_person(access.SYSTEM, anna)
    assert (person.traits["address"], person.city) == ("Old Road 1", "")
    assert back not in agent.get(page).content.decode()
    assert agent.post(back).status_code == 409


def test_appointments_keep_to_working_hours_and_to_other_meetings(home: Path) -> None:
    anna = customer("Anna", "A-1")
    visitor = Visitor()
    for said in ("Where is my order A-1?", ANNA):
        visitor.say(said)
    visitor.say(code())
    hours = WorkingHours.objects.create(name="Mornings", zone="UTC", week=[[[540, 720]]] * 7)
    queue = Queue.objects.create(name="Shop", hours=hours)
    Conversation.objects.filter(pk=visitor.conversation_id).update(queue=queue)
    day = (clock.now() + timedelta(days=9)).date().isoformat()

    def asked(hour: str) -> str:
        args = {"date": day, "time": hour}
        return tools.call(visitor.view, "appointment", args, "en", new_id().hex).state

    with timezone.override("UTC"):
        assert [asked("11:45"), asked("15:00"), asked("08:30")] == ["none"] * 3
        assert asked("10:00") == "done"
        assert asked("10:15") == "none", "the customer has a meeting then"
        assert asked("10:30") == "done"
        olga = hire("Olga", "salesperson", "all")
        Person.objects.filter(pk=anna).update(owner_id=olga.pk)
        ben = customer("Ben", "B-1")
        begins = datetime.fromisoformat(f"{day}T11:00+00:00")
        values = {"title": "Team", "starts_at": begins, "ends_at": begins + timedelta(minutes=20), "zone": "UTC"}
        sales.add_meeting(access.principal_of(olga), "person", ben, values, [])
        assert asked("11:10") == "none", "who looks after her has a meeting then"
        assert asked("11:20") == "done"
    first, *_others, last = sorted(sales.meetings_of(access.SYSTEM, "person", [anna]), key=lambda each: each.starts_at)
    assert first.starts_at.hour == 10
    assert last.id in {each.id for each in sales.diary(olga.pk, begins, begins + timedelta(hours=1))}


def test_a_proof_is_of_one_conversation_one_visitor_and_half_an_hour(home: Path) -> None:
    customer("Anna", "A-1")
    visitor, other = Visitor(), Visitor()
    other.say("hello")
    visitor.say("Where is my order A-1?")
    visitor.say(ANNA)
    visitor.say(code())
    assert proofs.proven(visitor.view) is not None
    assert proofs.proven(other.view) is None
    args, key = {"order": "A-1"}, "k"
    assert tools.call(other.view, "order_status", args, "en", key).state == "unproven"
    assert tools.call(visitor.view, "order_status", {"order": "A-1", "person": "x"}, "en", key).state == "refused"
    Identifier.objects.filter(value=ANNA).delete()
    assert proofs.proven(visitor.view) is None, "an address that was taken from the profile proves nothing any more"
    Proof.objects.update(until=clock.now() - timedelta(seconds=1))
    assert tools.call(visitor.view, "order_status", args, "en", key).state == "unproven"


def test_an_address_of_two_people_or_of_nobody_gets_no_code_and_hears_the_same(home: Path) -> None:
    customer("Anna", "A-1")
    people.create_person(access.SYSTEM, {"given_name": "Twin", "email": ANNA})
    said = []
    for address in (ANNA, "nobody@example.com"):
        visitor = Visitor()
        visitor.typed = address
        visitor.say("Where is my order A-1?")
        said.append(visitor.say(address))
    assert said[0] == said[1] == ["tool.send_code", "ask_code"]
    assert not Outgoing.objects.filter(template="bot_code").exists()


def test_three_wrong_codes_end_it_and_a_person_goes_on(home: Path) -> None:
    customer("Anna", "A-1")
    visitor = Visitor()
    visitor.say("Where is my order A-1?")
    visitor.say(ANNA)
    right = code()
    wrong = "000000" if right != "000000" else "111111"
    assert [visitor.say(wrong)[-1] for _n in range(3)] == ["code_wrong", "code_wrong", "hand_over.identity"]
    assert visitor.view.handler == "staff"
    said = desk.conversations_messages.shown(visitor.conversation_id)
    assert [each.author for each in said if each.direction == "out"][-1] == "system", "the customer is told"
    assert any(each.direction == "note" and "prove" in each.text for each in said), "and so are colleagues"
    assert visitor.say(right) == []


def test_what_another_published_since_is_not_taken_back(home: Path) -> None:
    mine, theirs = actor("Ada"), actor("Bea")
    group = versions.publish(mine, versions.draft(), "Mine")
    versions.publish(theirs, versions.draft(), "Theirs")
    with pytest.raises(Refused):
        undo.put_back(mine, group)
    assert versions.versions()[0].note == "Theirs"


def test_a_script_is_drafted_published_and_taken_back(home: Path) -> None:
    body = versions.draft()
    body["wording"]["greeting"]["en"] = "I am a robot."
    versions.change_draft(access.SYSTEM, body)
    assert versions.live().text("greeting", "en") != "I am a robot."
    group = versions.publish(access.SYSTEM, versions.draft())
    assert versions.live().text("greeting", "en") == "I am a robot."
    assert not versions.has_draft()
    undo.put_back(access.SYSTEM, group)
    assert versions.live().text("greeting", "en") != "I am a robot."
    assert [each.version for each in versions.versions()] == [2, 1]
    broken: dict[str, Any] = versions.draft()
    broken["flows"][0]["wording"]["done"]["pl"] = ""
    with pytest.raises(Refused):
        versions.change_draft(access.SYSTEM, broken)

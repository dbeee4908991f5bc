"""A manager sets up queues, promises and rules on their pages; everything can be undone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.models import UndoStep
from amity.channels.models import Account
from amity.desk import routing, thread
from amity.desk.models import Agent, Happening, Queue, RoutingRule, RoutingSettings, SlaPolicy, WorkingHours

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(hire("Mara", "manager", "all"))
    return found


def post(client: Client, kind: str, pk: object = None, **data: object) -> str:
    url = reverse("desk_setting", args=[kind, pk]) if pk else reverse("desk_setting_new", args=[kind])
    answer = client.post(url, data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_queues_hours_and_agents_are_set_up_on_one_page(client: Client) -> None:
    account = Account.objects.create(kind="email", name="Support", public_key="k")
    assert "No queues yet" in client.get(reverse("desk_queues")).content.decode()
    days = {f"day{n}": "09:00-12:30, 13:30-18:00" for n in range(5)}
    post(client, "hours", name="Office", zone="Europe/Berlin", days="2026-12-25\n2026-12-24 09:00-12:00", **days)
    office = WorkingHours.objects.get()
    shown = post(client, "queue", name="Money", hours=office.pk, languages="de, en", account=account.pk)
    queue = Queue.objects.get()
    assert (queue.hours, queue.accounts, queue.languages) == (office, [str(account.pk)], ["de", "en"])
    assert "13:30-18:00" in shown
    assert "2026-12-24 09:00-12:00" in shown
    ann = hire("Ann", "agent", "all")
    shown = post(
        client, "agent", staff=ann.pk, skills="refunds 3, invoices", languages="de", all="4", chat="2", queue=queue.pk
    )
    agent = Agent.objects.get()
    assert (agent.skills, agent.capacity) == ({"refunds": 3, "invoices": 2}, {"all": 4, "chat": 2})
    assert "0 of 4 conversations" in shown
    post(client, "agent", agent.pk, verb="archive")
    client.post(reverse("undo", args=[UndoStep.objects.order_by("-id")[0].group_id]))
    agent.refresh_from_db()
    assert agent.archived_at is None
    assert (
        client.post(
            reverse("desk_setting_new", args=["hours"]), {"name": "x", "zone": "UTC", "day0": "9-8-7"}
        ).status_code
        == 422
    )
    assert client.post(reverse("desk_setting_new", args=["nothing"])).status_code == 404


def test_promises_and_rules_are_read_as_sentences_and_moved(client: Client) -> None:
    queue = Queue.objects.create(name="Money")
    assert "Nothing is promised yet" in client.get(reverse("desk_sla")).content.decode()
    post(client, "policy", name="Gold", first_reply="30", urgency="2", customer="valuable", pause_pending="on")
    shown = post(client, "policy", name="All", next_reply="240", channel=["email", "chat"])
    assert "First reply 30 min" in shown
    assert "E-mail or Web chat" in shown
    gold = SlaPolicy.objects.get(name="Gold")
    assert (gold.pause_pending, gold.pause_snoozed) == (True, False)
    post(client, "policy", gold.pk, verb="down")
    assert list(SlaPolicy.objects.order_by("position").values_list("name", flat=True)) == ["All", "Gold"]
    shown = post(client, "rule", name="Refunds", words="refund, cancel*", channel="chat", then_queue=queue.pk,
                 then_skill="refunds", enabled="on")  # fmt: skip
    assert "“refund” or “cancel*”" in shown
    assert RoutingRule.objects.get().then == {"queue": str(queue.pk), "skill": "refunds"}
    post(client, "settings", skill="5", hold="0.1", valuable_from="500", enabled="on")
    assert (routing.settings().weights["skill"], routing.settings().hold, routing.settings().valuable) == (
        5,
        0.1,
        50_000,
    )
    assert RoutingSettings.objects.count() == 1


def test_an_agent_says_that_they_are_there(client: Client) -> None:
    ann = hire("Ann", "agent", "all")
    Agent.objects.create(staff=ann)
    client.force_login(ann)
    assert "Available" in client.get(reverse("desk_availability")).content.decode()
    client.post(reverse("desk_availability_changes"), {"status": "available"})
    agent = Agent.objects.get()
    assert agent.status == "available"
    Agent.objects.update(seen_at=clock.now() - timedelta(minutes=2))
    client.post(reverse("desk_availability_changes"))
    agent.refresh_from_db()
    assert agent.seen_at is not None
    assert agent.seen_at > clock.now() - timedelta(minutes=1)


def test_measures_open_the_conversations_behind_and_a_colleague_judges(client: Client) -> None:
    with clock.fixed_at(clock.now() - timedelta(days=10)):
        row = thread.open_conversation(None, "email", "Order 17")
        thread.append(row.pk, thread.Said("1", "in", "customer", "Where?", "email", at=clock.now()))
        row.refresh_from_db()
        from amity.desk import happenings

        happenings.note(row, "state", "staff", data={"to": "solved"})
    shown = client.get(reverse("desk_measures"), {"by": "channel"}).content.decode()
    assert "E-mail" in shown
    assert "1/1" in shown
    shown = client.get(reverse("desk_measures_rows"), {"number": "true", "outcome": "yes"}).content.decode()
    assert "Order 17" in shown
    client.post(reverse("desk_judgement", args=[row.pk]), {"resolved": "no"})
    assert Happening.objects.get(kind="judged").data == {"resolved": False}
    shown = client.get(reverse("desk_measures_rows"), {"number": "judged", "outcome": "no"}).content.decode()
    assert "Order 17" in shown
    client.post(reverse("undo", args=[UndoStep.objects.order_by("-id")[0].group_id]))
    shown = client.get(reverse("desk_measures_rows"), {"number": "judged", "outcome": "no"}).content.decode()
    assert "Order 17" not in shown


@pytest.mark.django_db(transaction=True)
def test_the_inbox_holds_the_switch_by_which_one_is_given_conversations() -> None:
    ann = hire("Ann", "agent", "all")
    agent = Agent.objects.create(staff=ann)
    client = Client()
    client.force_login(ann)
    assert reverse("desk_availability") in client.get(reverse("inbox")).content.decode()
    answer = client.post(reverse("desk_availability_changes"), {"status": "available"})
    agent.refresh_from_db()
    assert (answer.status_code, agent.status) == (200, "available")

"""Later than 24 hours after a customer's WhatsApp the agent sees why, and sends an approved template."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.tests.staffing import hire
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.channels import api as channels
from amity.channels.adapters_accounts import templates_of
from amity.channels.models import Account, Outgoing, Received
from amity.desk import templating, thread
from amity.desk.models import Message
from amity.people import api as people

LINES = "order_update en Hello {{1}}, order {{2}} is on its way.\nhello_world en_US"
NUMBER = "+48501502503"


def test_settings_tell_name_language_and_text() -> None:
    assert templates_of(f"{LINES}\n \n") == {
        "templates": {"order_update": "en", "hello_world": "en_US"},
        "template_texts": {"order_update": "Hello {{1}}, order {{2}} is on its way."},
    }
    for line in ("order_update", "order_update Hello {{1}}"):
        with pytest.raises(Refused, match="no name and language"):
            templates_of(line)
    assert templating.places_of("{{2}} {{ 1 }} {{2}}") == ["1", "2"]


def talk(last: timedelta) -> UUID:
    settings = templates_of(LINES)
    account = Account.objects.create(kind="whatsapp", name="Shop", public_key=new_id().hex, settings=settings)
    person = people.contact("phone", NUMBER, "Anna Nowak")
    row = thread.open_conversation(person, "whatsapp", "", account.pk, NUMBER)
    thread.append(row.pk, thread.Said("in:1", "in", "customer", "Hello?", "whatsapp"))
    Received.objects.create(
        account_id=account.pk, provider_id="1", channel="whatsapp", address=NUMBER, occurred_at=clock.now() - last,
        conversation_id=row.pk,
    )  # fmt: skip
    return row.pk


@pytest.mark.django_db
@pytest.mark.slow
def test_a_template_is_picked_filled_and_sent_once_the_window_is_closed() -> None:
    agent, talk_id = Client(), talk(timedelta(hours=25))
    agent.force_login(hire("Ann", "agent", "all"))
    page = agent.get(reverse("conversation", args=[talk_id])).content.decode()
    assert "24 hours after" in page
    assert 'value="Anna"' in page
    send = reverse("conversation_template", args=[talk_id])
    assert agent.post(send, {"name": "order_update", "place_1": "Anna", "place_2": " "}).status_code == 422
    assert agent.post(send, {"name": "unknown"}).status_code == 422
    assert agent.post(send, {"name": "order_update", "place_1": "Anna", "place_2": "A-1"}).status_code == 302
    said = Message.objects.get(direction="out")
    assert said.text == "Hello Anna, order A-1 is on its way."
    row = Outgoing.objects.get(pk=said.outgoing_id)
    assert (row.template, row.values, row.state) == ("order_update", {"1": "Anna", "2": "A-1"}, "queued")


@pytest.mark.django_db
@pytest.mark.slow
def test_within_24_hours_nothing_is_in_the_way() -> None:
    agent, talk_id = Client(), talk(timedelta(hours=23))
    agent.force_login(hire("Ann", "agent", "all"))
    assert "composer-templates" not in agent.get(reverse("conversation", args=[talk_id])).content.decode()
    assert channels.window(None, NUMBER).open

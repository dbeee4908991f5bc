"""Doors of the log, seen from the profiles: a payload reaches its person, and the trial says beforehand whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import actor
from amity.events import hooks, mappings
from amity.events.consuming import registered_consumers
from amity.events.mapping_paths import Sample
from amity.events.models import Event, RawEvent
from amity.events.schemas import RawRow, parse
from amity.people import api as people
from amity.people.models import Person

pytestmark = pytest.mark.django_db
RULE = {"key": "a", "event": "Order Paid", "email": "$.mail", "user_id": "$.user", "properties": {"total": "$.total"}}


def consume() -> None:
    """What the consumer of the profiles does with what is in the stream."""
    rows = [
        RawRow(row.source_id, row.kind, row.message_id, row.lane, row.received_at, bytes(row.body))
        for row in RawEvent.objects.order_by("id")
    ]
    with connection.cursor() as cursor:
        registered_consumers()["profiles"].handle([parse(row) for row in rows], cursor)
        cursor.execute("DELETE FROM events_raw")


def live(rules: list[dict[str, Any]]) -> hooks.HookView:
    hook = hooks.create(SYSTEM, "Shop")
    mappings.save(SYSTEM, hook.source_id, {"rules": rules})
    mappings.go_live(SYSTEM, hook.source_id)
    return hook


def send(hook: hooks.HookView, **body: Any) -> str:
    answer = Client().post(hook.path, json.dumps(body), content_type="application/json")
    return str(answer.json()["state"])


def shown(person_id: Any) -> Any:
    """The profile that stands for ``person_id`` today."""
    row = Person.objects.get(pk=person_id)
    return row.merged_into_id or row.pk


def test_a_payload_reaches_the_person_with_that_address_once() -> None:
    anna = people.create_person(SYSTEM, {"given_name": "Anna", "email": "ann@example.com"})
    hook = live([RULE])
    assert [send(hook, mail="Ann@Example.com", total=5) for _time in range(2)] == ["mapped", "mapped"]
    consume()
    assert send(hook, mail="Ann@Example.com", total=5) == "mapped"
    consume()
    event = Event.objects.get(name="Order Paid")
    assert (event.data, shown(event.person_id)) == ({"total": 5}, anna)


def test_a_payload_of_somebody_new_makes_a_profile() -> None:
    hook = live(
        [{"key": "i", "kind": "identify", "email": "$.mail", "user_id": "$.user", "traits": {"city": "$.city"}}]
    )
    send(hook, mail="new@example.com", user=7, city="Łódź")
    consume()
    person = Person.objects.get(email="new@example.com")
    assert person.city == "Łódź"


@pytest.mark.slow
def test_the_trial_says_whom_events_would_reach_and_what_landed_already() -> None:
    anna = people.create_person(SYSTEM, {"given_name": "Anna", "email": "ann@example.com"})
    hook = live([RULE])
    draft = {"rules": [RULE]}

    def landing(who: Any = SYSTEM, **body: Any) -> tuple[str, bool, str, bool]:
        raw = json.dumps(body).encode()
        line, *_claims = mappings.tried(who, hook.source_id, draft, [Sample(body, raw=raw)]).events
        return line.landing.name, line.landing.known, line.landing.by, line.known

    assert landing(mail="ann@example.com", total=1) == ("Anna", True, "email", False)
    assert landing(mail="bob@example.com", total=1) == ("", False, "email", False)
    assert landing(mail="bob@example.com", user=9) == ("", False, "user_id", False)
    send(hook, mail="bob@example.com", user=9)
    consume()
    assert landing(mail="bob@example.com", user=9)[1:] == (True, "user_id", True)
    narrow = actor("Nora", "administrator", "own")
    assert landing(narrow, mail="ann@example.com", total=1) == ("", True, "email", False)  # not hers to see
    assert str(anna) not in str(mappings.tried(narrow, hook.source_id, draft, [Sample({"mail": "ann@example.com"})]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        assert cursor.fetchone()[0] >= 2

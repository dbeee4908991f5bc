"""The demo's inbox: alive, in four languages, made once, and gone again when it is taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.desk import api as desk
from amity.desk.models import Complaint, Conversation, Refund, StatutoryRule
from amity.desk.statutory import DEFAULTS
from amity.people import api as people
from amity.web import demo_desk
from amity.web.sample import desk as invented

LANGUAGES = ("de", "pl", "en", "ru")


def told(now: datetime) -> list[invented.Talk]:
    askers = [invented.Asker(f"Ann {n}", LANGUAGES[n % 4]) for n in range(20)]
    return invented.talks(Random(1), askers, 3, ["Barista One"], now)


def test_the_invented_desk_is_the_same_for_the_same_seed_and_lies_in_the_past() -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    found = told(now)
    assert found == told(now)
    assert len(found) == invented.COUNT
    assert {each.language for each in found} == set(LANGUAGES)
    assert {each.channel for each in found} == {"email", "chat", "phone"}
    assert all(each.words and all(word.at <= now for word in each.words) for each in found)
    assert max(now - each.words[0].at for each in found) < timedelta(days=invented.DAYS)
    assert sum(each.complaint for each in found) == invented.COMPLAINTS


@pytest.mark.slow
@pytest.mark.django_db
def test_the_inbox_is_filled_once_shown_and_emptied() -> None:
    rows = [StatutoryRule(position=place, **values) for place, values in enumerate(DEFAULTS, 1)]
    StatutoryRule.objects.bulk_create(rows, ignore_conflicts=True)
    ada = hire("Ada")
    for n in range(24):
        values = {"given_name": f"Person{n}", "email": f"p{n}@example.com", "language": LANGUAGES[n % 4]}
        people.create_person(access.SYSTEM, values)
    assert demo_desk.make(1) == invented.COUNT
    assert demo_desk.make(1) == 0
    assert Conversation.objects.count() == invented.COUNT
    assert Complaint.objects.filter(rule__key="pl_consumer").count() == 1
    assert Refund.objects.get().state == "proposed"
    assert Conversation.objects.filter(state="open", due_at__isnull=False).exists()
    client = Client()
    client.force_login(ada)
    for name in ("inbox", "complaints", "desk_measures", "desk_queues", "knowledge"):
        assert client.get(reverse(name)).status_code == 200
    desk.refunds.approve(access.principal_of(ada), Refund.objects.get().pk)
    assert demo_desk.remove() == invented.COUNT
    assert (Conversation.objects.count(), Complaint.objects.count()) == (0, 0)

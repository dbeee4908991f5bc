"""Promises of living conversations: what is kept at hand is what the log says; a breach is told once."""

from datetime import UTC, datetime, timedelta

import pytest

from amity.base import clock
from amity.desk import sla_keeping, thread
from amity.desk.models import Conversation, Happening, SlaPolicy
from amity.desk.sla import clock_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def say(conversation: Conversation, key: str, direction: str, author: str, automatic: str = "") -> None:
    said = thread.Said(key, direction, author, "Hello", "email", automatic=automatic, at=clock.now())
    thread.append(conversation.pk, said)
    conversation.refresh_from_db()


def test_a_breach_is_told_once_and_what_is_kept_follows_the_log() -> None:
    SlaPolicy.objects.create(name="All", first_reply=60, resolution=600)
    with clock.fixed_at(NOW):
        row = thread.open_conversation(None, "email", "Order")
        say(row, "1", "in", "customer")
        assert (row.due_what, row.due_at) == ("first_reply", NOW + timedelta(minutes=60))
        assert sla_keeping.breach_due() == 0
    with clock.fixed_at(NOW + timedelta(minutes=61)):
        assert [sla_keeping.breach_due(), sla_keeping.breach_due()] == [1, 0]
        row.refresh_from_db()
        assert row.breached_at == NOW + timedelta(minutes=60)
        assert (row.due_what, row.due_at) == ("resolution", NOW + timedelta(minutes=600))
        say(row, "2", "out", "staff")
        assert row.breached_at is None
    told = clock_of(sla_keeping.logs([row.pk])[row.pk])
    assert [(each.what, each.outcome) for each in told.over] == [("first_reply", "late")]
    assert Happening.objects.get(kind="breached").at == NOW + timedelta(minutes=60)


def test_automatic_mail_starts_no_clock_and_another_policy_counts_from_the_start() -> None:
    with clock.fixed_at(NOW):
        row = thread.open_conversation(None, "email", "Order")
        say(row, "1", "in", "customer", automatic="list")
        assert row.due_at is None
        say(row, "2", "in", "customer")
        assert row.due_at is None
    SlaPolicy.objects.create(name="All", first_reply=90)
    with clock.fixed_at(NOW + timedelta(minutes=30)):
        assert sla_keeping.mend() == 1
        row.refresh_from_db()
        assert row.due_at == NOW + timedelta(minutes=90)
        facts = Happening.objects.filter(kind="sla").count()
        assert (sla_keeping.mend(), Happening.objects.filter(kind="sla").count()) == (1, facts)

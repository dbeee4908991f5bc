"""The log: taken once for ever, kept by the month, read newest first for one profile or several."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from amity.base import clock
from amity.base.ids import new_id
from amity.events import api as events
from amity.events import log
from amity.events.models import Event

SHOP, APP = new_id(), new_id()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fact(message_id: str, source_id: UUID = SHOP, **more: Any) -> events.Fact:
    said = {
        "source_id": source_id, "kind": "track", "name": "Order Completed", "message_id": message_id, "user_id": "u1",
        "anonymous_id": "", "previous_id": "", "group_id": "", "traits": {}, "properties": {"revenue": 12.5},
        "context": {"ip": "192.0.2.1"}, "occurred_at": NOON, "received_at": NOON, "position": (1, 1),
    }  # fmt: skip
    return events.Fact(**(said | more))


@pytest.mark.django_db
def test_a_message_is_taken_once_per_source_and_again_when_its_transaction_failed() -> None:
    with connection.cursor() as cursor:
        first = events.unseen(cursor, [fact("a"), fact("b"), fact("a", name="again"), fact("a", APP)])
        assert [(f.message_id, f.source_id, f.name) for f in first] == [
            ("a", SHOP, "Order Completed"), ("b", SHOP, "Order Completed"), ("a", APP, "Order Completed"),
        ]  # fmt: skip
        assert [f.message_id for f in events.unseen(cursor, [fact("b"), fact("c")])] == ["c"]
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert len(events.unseen(cursor, [fact("d")])) == 1
            raise ZeroDivisionError
        assert len(events.unseen(cursor, [fact("d")])) == 1
        assert events.unseen(cursor, []) == []


@pytest.mark.django_db
def test_facts_land_with_all_they_say() -> None:
    person, company, id_ = new_id(), new_id(), new_id()
    said = fact("a", anonymous_id="dev", occurred_at=NOON + timedelta(microseconds=7))
    traits = fact("b", kind="identify", name="", traits={"plan": "pro ☕"}, user_id="", context={})
    with connection.cursor() as cursor:
        events.append_facts(
            cursor, [events.Landed(said, person, company, id_, "Shop", "two cups"), events.Landed(traits)]
        )
        events.append_facts(cursor, [])
    assert Event.objects.filter(pk=id_).values().get() == {
        "id": id_, "kind": "track", "name": "Order Completed", "summary": "two cups", "source": "Shop",
        "message_id": "a", "person_id": person, "company_id": company, "deal_id": None, "actor_id": None,
        "data": {"revenue": 12.5}, "origin_id": None, "occurred_at": NOON + timedelta(microseconds=7),
        "received_at": NOON, "source_id": SHOP, "anonymous_id": "dev", "user_id": "u1",
        "context": {"ip": "192.0.2.1"},
    }  # fmt: skip
    other = Event.objects.get(message_id="b")
    assert (other.name, other.data, other.context, other.person_id, other.user_id) == (
        "identify", {"plan": "pro ☕"}, None, None, None,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1, 1969, 2014, 2015, 2026, 2040, 2099, 9999])
def test_every_time_has_a_partition(year: int) -> None:
    at = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    with connection.cursor() as cursor:
        events.append_facts(cursor, [events.Landed(fact("a", occurred_at=at))])
    assert Event.objects.get().occurred_at == at


def batch(*message_ids: str) -> pl.DataFrame:
    rows = [
        {
            "id": new_id().hex, "kind": "mail", "name": "n", "summary": None, "source": "import:crm",
            "message_id": message_id, "person_id": None, "company_id": None, "deal_id": None, "actor_id": None,
            "data": None, "occurred_at": NOON,
        }
        for message_id in message_ids
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(log.COLUMNS[:-1], pl.String))


@pytest.mark.django_db
def test_an_import_lands_once_and_again_after_it_was_forgotten() -> None:
    with connection.cursor() as cursor:
        assert events.append_batch(cursor, batch("a", "b"), None, NOON) == {"a", "b"}
        assert events.append_batch(cursor, batch("b", "c"), None, NOON) == {"c"}
        assert events.append_batch(cursor, batch("b", "c"), None, NOON) == set()
        ids = list(Event.objects.filter(message_id__in="ab").values_list("id", flat=True))
        events.forget(cursor, ids)
        Event.objects.filter(pk__in=ids).delete()
        assert events.append_batch(cursor, batch("a", "b", "c"), None, NOON) == {"a", "b"}
        came = fact("z")
        events.append_facts(cursor, [events.Landed(f) for f in events.unseen(cursor, [came])])
        events.forget(cursor, [Event.objects.get(message_id="z").pk])
        assert events.unseen(cursor, [came]) == [came]


@pytest.mark.django_db
def test_the_timeline_of_merged_profiles_is_that_of_all_their_facts(django_assert_num_queries: Any) -> None:
    ids = [new_id() for _n in range(3)]
    for n in range(40):
        Event.objects.create(
            kind="mail" if n % 2 else "call", name=str(n), source="t", message_id=str(n), person_id=ids[n % 3],
            occurred_at=clock.now() - timedelta(days=37 * (n % 11)),
        )  # fmt: skip
    expected = list(Event.objects.order_by("-occurred_at", "-id").values_list("name", flat=True))
    seen, at = [], ""
    with django_assert_num_queries(6):
        while True:
            page = events.timeline("person", ids, at=at, limit=7)
            seen += [event.name for event in page.events]
            if not (at := page.older):
                break
    assert seen == expected
    with django_assert_num_queries(3):
        assert [kind for kind, _label in events.kinds_of("person", ids)] == ["mail", "call"]
        only = [e.name for e in events.timeline("person", ids, kinds=["mail"], limit=99).events]
        assert only == [name for name in expected if int(name) % 2]
        alone = [e.name for e in events.timeline("person", ids[1], limit=99).events]
    assert alone == [name for name in expected if int(name) % 3 == 1]
    assert events.timeline("person", []).events == []
    many = [*ids, *(new_id() for _n in range(60))]
    assert [e.name for e in events.timeline("person", many, limit=99).events] == expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_lane_is_the_users_and_else_the_devices(user: str, device: str) -> None:
    lane = events.lane_of(user, device)
    assert 0 <= lane < 64
    assert lane == events.lane_of(user or device, "")

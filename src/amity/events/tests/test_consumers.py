"""Consumers: how they stand, that they heal by themselves, and who may follow what."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.events import api as events
from amity.events import consumers, consuming
from amity.events.models import LogCursor
from amity.events.stream_postgres import PostgresStream

# Alone: transactions of other tests on the same server would hold the horizon of the log back.
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, consuming.Consumer]]:
    """No consumers but those that the test registers."""
    found: dict[str, consuming.Consumer] = {}
    monkeypatch.setattr(consuming, "_consumers", found)
    yield found


@pytest.fixture
def stream() -> Iterator[PostgresStream]:
    found = PostgresStream()
    yield found
    found.close()


def raw(message_id: str, at: datetime | None = None) -> events.RawRow:
    at = at or datetime.now(UTC)
    return events.RawRow(new_id(), "track", message_id, 0, at, b'{"event":"x","userId":"u"}')


def until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not true():
        assert time.monotonic() < give_up, "it does not come about"
        time.sleep(0.02)


def nothing(facts: list[Any], cursor: Any) -> None:
    """Handle by looking away."""


def test_a_name_is_registered_once(registered: Any) -> None:
    events.register_consumer(events.Consumer("one", nothing))
    with pytest.raises(ValueError, match="one"):
        events.register_consumer(events.Consumer("one", nothing))
    with pytest.raises(Refused, match="Known: one"):
        events.run_consumers(["other"], threading.Event())


def test_a_consumer_that_falls_behind_is_late(registered: Any, stream: PostgresStream, client: Client) -> None:
    events.register_consumer(events.Consumer("profiles", nothing))
    assert [(s.name, s.lag, s.late) for s in events.standings()] == [("profiles", events.Lag(0, 0.0), False)]
    stream.append([raw("a"), raw("b", datetime.now(UTC) - timedelta(seconds=90))])
    stream.append([raw("c")])
    (standing,) = events.standings()
    assert standing.lag is not None
    assert standing.lag.rows == 3
    assert not standing.late  # the oldest by its place in the log is fresh
    LogCursor.objects.create(name="profiles", id=0)
    stream.append([raw("d")])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_raw SET received_at = received_at - interval '61 seconds' WHERE message_id = 'a'")
    (standing,) = events.standings()
    assert standing.late
    assert client.get("/readyz").json() == {"status": "ok", "late": ["profiles"]}
    page = client.get("/metrics").content.decode()
    assert 'amity_consumer_lag_rows{consumer="profiles"} 4.0' in page
    consumers.Runner(registered["profiles"], stream).drain()
    (standing,) = events.standings()
    assert (standing.lag, standing.handled, standing.late) == (events.Lag(0, 0.0), 4, False)


def test_consumers_come_back_when_the_database_drops_them(registered: Any, stream: PostgresStream) -> None:
    seen: list[str] = []

    def handle(facts: list[events.Fact], cursor: Any) -> None:
        cursor.execute("SELECT 1")
        seen.extend(fact.message_id for fact in facts)

    events.register_consumer(events.Consumer("c", handle))
    stopped = threading.Event()
    thread = threading.Thread(target=events.run_consumers, args=(["c"], stopped))
    thread.start()
    try:
        stream.append([raw("a")])
        until(lambda: seen == ["a"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.rowcount >= 3  # reader, listener, writer
        with pytest.raises(events.StreamDown):
            stream.append([raw("lost")])
        stream.append([raw("b")])
        until(lambda: seen == ["a", "b"])
    finally:
        stopped.set()
        thread.join(30)
    assert not thread.is_alive()
    assert LogCursor.objects.get().handled == 2


def test_a_follower_of_the_log_gets_what_landed_once(registered: Any, stream: PostgresStream) -> None:
    landed: list[events.Landed] = []

    def profiles(facts: list[events.Fact], cursor: Any) -> None:
        events.append_facts(
            cursor, [events.Landed(f, person_id=person, source="Shop") for f in events.unseen(cursor, facts)]
        )

    person = new_id()
    first = events.Consumer("profiles", profiles)
    second = events.Consumer("out", lambda facts, cursor: landed.extend(facts), of="log")
    again = raw("a")
    stream.append([again, raw("b"), again])
    assert consumers.Runner(first, stream).drain() == 3
    assert consumers.Runner(second, stream).drain() == 2
    assert [(one.fact.message_id, one.fact.kind, one.fact.name, one.person_id, one.source) for one in landed] == [
        ("a", "track", "x", person, "Shop"), ("b", "track", "x", person, "Shop"),
    ]  # fmt: skip
    stream.append([raw("c")])
    consumers.Runner(first, stream).drain()
    consumers.Runner(second, stream).drain()
    assert [one.fact.message_id for one in landed] == ["a", "b", "c"]


def test_rows_of_a_transaction_that_ends_late_are_not_passed_over(stream: PostgresStream) -> None:
    """The trap: ids are given out before the commit. The negative control remembers the last id and misses a row."""
    seen: list[str] = []
    runner = consumers.Runner(
        events.Consumer("c", lambda facts, cursor: seen.extend(f.message_id for f in facts)), stream
    )
    slow = PostgresStream()
    slow.append([])  # connected
    held = slow._connection
    assert held is not None
    held.autocommit = False
    slow.append([raw("early id, late commit")])
    stream.append([raw("late id, early commit")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM events_raw")
        naive = cursor.fetchone()[0]
    assert runner.drain() == 0  # what is certain is nothing yet
    held.commit()
    assert runner.drain() == 2
    assert sorted(seen) == ["early id, late commit", "late id, early commit"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_raw WHERE id > %s", [naive])
        passed_over = cursor.fetchone()[0] == 0
    assert passed_over
    held.autocommit = True
    slow.close()


@pytest.fixture
def clock_as_before() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(import_module("amity.events.migrations.0006_clock")._SQL)


def test_a_log_restored_into_another_cluster_goes_on(stream: PostgresStream, clock_as_before: None) -> None:
    """Its rows hold numbers that the new cluster has not reached: what comes now must not stand before them."""
    seen: list[str] = []
    runner = consumers.Runner(
        events.Consumer("c", lambda facts, cursor: seen.extend(f.message_id for f in facts)), stream
    )
    stream.append([raw("handled before")])
    assert runner.drain() == 1
    stream.append([raw("waiting")])
    with connection.cursor() as cursor:
        assert not events.align_log(cursor)
        for table in ("events_raw", "events_cursor"):  # as another cluster had counted
            cursor.execute(f"UPDATE {table} SET xid = (xid::text::bigint + 1000000000)::text::xid8")
    stream.append([raw("lost without care")])
    assert runner.drain() == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_raw WHERE message_id = 'lost without care'")
        with transaction.atomic():
            assert events.align_log(cursor)
        assert not events.align_log(cursor)
    stream.append([raw("new")])
    assert runner.drain() == 2
    assert seen == ["handled before", "waiting", "new"]

"""Partitions: every time has one, the coming months are there in time, and what has served its time is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from amity.base import clock
from amity.base.config import Config
from amity.base.ids import new_id
from amity.events import api as events
from amity.events import consumers, consuming, partitions, tasks
from amity.events.models import Event, RawEvent, Source
from amity.events.partitions import LOG, RAW
from amity.events.stream_postgres import PostgresStream

# Alone: transactions of other tests on the same server would hold the horizon of the log back.
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.django_db(transaction=True)]
ID = new_id()


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Partitions outlive a test's rows: those that a test drops or splits are made again as they were."""
    before = {table: partitions.parts(table) for table in (RAW, LOG)}
    yield
    with connection.cursor() as cursor:
        for table, parts in before.items():
            now = partitions.parts(table)
            for part in now:
                if part not in parts:
                    cursor.execute(f"DROP TABLE {part.name}")
            for part in parts:
                if part not in now:
                    low = "MINVALUE" if part.low is None else f"'{part.low}'"
                    high = "MAXVALUE" if part.high is None else f"'{part.high}'"
                    cursor.execute(f"CREATE TABLE {part.name} PARTITION OF {table} FOR VALUES FROM ({low}) TO ({high})")


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(consuming, "_consumers", found)
    return found


def names(table: str) -> list[str]:
    return [part.name for part in partitions.parts(table)]


def without_gaps(table: str) -> bool:
    parts = partitions.parts(table)
    ends = [parts[0].low, *(part.high for part in parts)]
    return ends[0] is None and ends[-1] is None and all(a.high == b.low for a, b in pairwise(parts))


def fact(at: datetime, source: Any = None, message_id: str = "m") -> None:
    said = events.Fact(source, "track", "x", message_id, "", "", "", "", {}, {}, {}, at, at, (0, 0))
    with connection.cursor() as cursor:
        events.append_facts(cursor, [events.Landed(said)])


def places() -> list[tuple[str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT message_id, xid::text::bigint, seq FROM events_event ORDER BY message_id")
        return cursor.fetchall()


def test_nothing_is_to_do_while_the_coming_months_are_there(registered: Any) -> None:
    assert partitions.make_ahead() == []
    assert without_gaps(RAW)
    assert without_gaps(LOG)


@pytest.mark.parametrize("years", [2, 5, 20])
def test_years_become_months_when_they_come_near_and_rows_keep_their_places(registered: Any, years: int) -> None:
    now = clock.now()
    later = now.replace(year=now.year + years, month=11, day=20)
    fact(later, message_id="planned")
    fact(later + timedelta(days=365 * 3), message_id="far")
    before = places()
    with clock.fixed_at(later):
        made = partitions.make_ahead()
        assert f"{LOG}_{later.year}_11" in made
        assert f"{RAW}_{later.year}_11" in made
        assert f"{LOG}_{later.year + 1}_02" in names(LOG)
        assert partitions.make_ahead() == []
    assert without_gaps(RAW)
    assert without_gaps(LOG)
    assert places() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM events_event WHERE message_id = 'planned'")
        assert cursor.fetchone() == (f"{LOG}_{later.year}_11",)


def test_received_bytes_go_when_all_consumers_have_handled_them_and_their_days_are_over(registered: Any) -> None:
    this_month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    stream = PostgresStream()
    row = events.RawRow(new_id(), "track", "m", 0, this_month + timedelta(hours=1), b'{"event":"x"}')
    stream.append([row])
    one, two = (consuming.Consumer(name, lambda facts, cursor: None) for name in ("one", "two"))
    events.register_consumer(one)
    events.register_consumer(two)
    name = f"{RAW}_{this_month:%Y_%m}"
    with clock.fixed_at(this_month + timedelta(days=70)):
        assert name not in partitions.drop_consumed()
        consumers.Runner(one, stream).drain()
        assert name not in partitions.drop_consumed()
        consumers.Runner(two, stream).drain()
    with clock.fixed_at(this_month + timedelta(days=40)):
        assert name not in partitions.drop_consumed()
    with clock.fixed_at(this_month + timedelta(days=70)):
        assert partitions.drop_consumed() == [name]
        assert not RawEvent.objects.exists()
        assert name not in names(RAW)
        assert without_gaps(RAW)
        stream.append([row])  # a clock that is late by a month
    stream.close()


def source(days: int | None) -> Any:
    return Source.objects.create(name=str(days), write_key=str(days), retention_days=days).pk


def test_a_month_goes_whole_when_all_its_sources_agree_and_else_row_by_row(registered: Any) -> None:
    short, long, ever = source(30), source(300), source(None)
    now = clock.now()
    month = (now - timedelta(days=100)).replace(day=2)
    other = (month - timedelta(days=40)).replace(day=2)
    for at, owner, message_id in (
        (month, short, "goes with its month"),
        (other, short, "deleted"), (other, long, "kept by the long one"), (other, ever, "kept for ever"),
        (other, None, "imported"), (now, short, "young"),
    ):  # fmt: skip
        fact(at, owner, message_id)
    assert partitions.retire() == ([f"{LOG}_{month:%Y_%m}"], 1)
    assert sorted(Event.objects.values_list("message_id", flat=True)) == [
        "imported", "kept by the long one", "kept for ever", "young",
    ]  # fmt: skip
    with override_settings(CONFIG=Config(event_retention_days=20)):
        assert partitions.retire() == ([], 1)
    assert sorted(Event.objects.values_list("message_id", flat=True)) == ["imported", "kept by the long one", "young"]


def test_facts_stay_until_the_followers_of_the_log_have_them(registered: Any) -> None:
    owner = source(30)
    fact((clock.now() - timedelta(days=100)).replace(day=2), owner)
    follower = consuming.Consumer("out", lambda facts, cursor: None, of="log")
    events.register_consumer(follower)
    assert partitions.retire() == ([], 0)
    stream = PostgresStream()
    consumers.Runner(follower, stream).drain()
    dropped, deleted = partitions.retire()
    assert (len(dropped), deleted) == (1, 0)


def test_the_nightly_task_does_it_all(registered: Any) -> None:
    owner = source(30)
    month = (clock.now() - timedelta(days=100)).replace(day=2)
    fact(month, owner)
    tasks.keep_partitions(0)
    assert not Event.objects.exists()
    assert f"{LOG}_{month:%Y_%m}" not in names(LOG)
    assert without_gaps(LOG)
    fact(month, owner, "late")
    tasks.keep_partitions(0)
    assert not Event.objects.exists()


def test_without_any_retention_nothing_is_looked_at(registered: Any) -> None:
    fact(datetime(2016, 1, 1, tzinfo=UTC))
    assert partitions.retire() == ([], 0)
    assert Event.objects.count() == 1

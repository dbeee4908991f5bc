"""Destinations: what landed arrives in order and at least once; a repetition replaces itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from amity.access.permissions import SYSTEM
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.engines import api as engines
from amity.events import destination_runs, destinations, webhook_events, webhooks
from amity.events.consumers import Runner
from amity.events.consuming import registered_consumers
from amity.events.destinations import Wish
from amity.events.log import Landed, append_facts
from amity.events.models import Destination, WebhookDelivery, WebhookEndpoint
from amity.events.schemas import Fact
from amity.events.stream_postgres import TableReader
from amity.events.streams import stream
from amity.events.tests import brokers

# Alone: transactions of other tests on the same server would hold the horizon of the log back.
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.django_db(transaction=True)]
SOURCE, PERSON = new_id(), new_id()


def land(names: Sequence[str], ago: timedelta = timedelta()) -> None:
    """Events as the profiles' consumer appends them, in a transaction of their own."""
    at = clock.now() - ago
    facts = [
        Fact(SOURCE, *(("identify", "") if name == "identify" else ("track", name)), str(new_id()), "u1", "",
             "", "", {"city": "Łódź"}, {"n": number}, {}, at, at, (0, 0))
        for number, name in enumerate(names)
    ]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        append_facts(cursor, [Landed(fact, PERSON) for fact in facts])


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)
    return tmp_path / "exports"


def files_to(folder: str = "wh", max_rows: int = 3, zipped: bool = True, **more: Any) -> destinations.DestinationView:
    settings = {"folder": folder, "max_rows": max_rows, "every_minutes": 60, "gzip": zipped}
    return destinations.create(SYSTEM, "files", Wish("Warehouse", settings, **more), "beginning")


def written(folder: Path) -> list[list[dict[str, Any]]]:
    found = []
    for path in sorted(folder.iterdir()):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found.append([json.loads(line) for line in data.splitlines()])
    return found


def test_files_are_written_when_full_or_due(home: Path) -> None:
    view = files_to()
    land(["A", "B"])
    assert destination_runs.run() == 0
    assert destinations.get(SYSTEM, view.id).lag.rows == 2
    land(["C", "D"])
    assert destination_runs.run() == 3
    assert [[each["event"] for each in file] for file in written(home / "wh")] == [["A", "B", "C"]]
    Destination.objects.update(settings=view.settings | {"every_minutes": 1})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET received_at = received_at - interval '2 minutes' WHERE name = 'D'")
    assert destination_runs.run() == 1
    assert [[each["event"] for each in file] for file in written(home / "wh")] == [["A", "B", "C"], ["D"]]
    shown = destinations.get(SYSTEM, view.id)
    assert (shown.rows, shown.lag.rows, shown.state) == (4, 0, "on")


def test_a_line_says_all_of_an_event(home: Path) -> None:
    files_to(max_rows=2, zipped=False)
    land(["Order Completed", "identify"])
    destination_runs.run()
    (path,) = (home / "wh").iterdir()
    assert path.name.startswith("events-00000000000000000000-")
    order, identify = written(home / "wh")[0]
    assert (order["type"], order["event"], order["properties"], order["userId"]) == (
        "track",
        "Order Completed",
        {"n": 0},
        "u1",
    )
    assert (order["personId"], order["sourceId"]) == (str(PERSON), str(SOURCE))
    assert (identify["type"], identify["traits"]) == ("identify", {"city": "Łódź"})
    assert datetime.fromisoformat(order["timestamp"]).tzinfo is not None
    assert path.stat().st_mode & 0o777 in (0o644, 0o600, 0o640)


def test_only_wanted_events_and_the_position_moves_over_the_others(home: Path) -> None:
    view = files_to(events=("order *", "Cart?"))
    land(["Order Completed", "Seen", "Cart1"])
    land(["Seen"] * 3)
    assert destination_runs.run() == 6
    assert [[each["event"] for each in file] for file in written(home / "wh")] == [["Order Completed", "Cart1"]]
    assert destinations.get(SYSTEM, view.id).rows == 2


def test_a_crash_between_file_and_position_repeats_the_file_not_the_events(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = files_to()
    land(["A", "B", "C"])

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(destination_runs, "_move", killed)
        destination_runs.run()
    before = written(home / "wh")
    assert destinations.get(SYSTEM, view.id).rows == 0
    land(["D", "E", "F"])
    assert destination_runs.run() == 6
    assert [[each["event"] for each in file] for file in written(home / "wh")] == [["A", "B", "C"], ["D", "E", "F"]]
    assert before == written(home / "wh")[:1]


def test_events_of_transactions_still_running_are_waited_for(home: Path) -> None:
    from amity.events.stream_postgres import own_connection

    files_to(max_rows=1)
    with own_connection() as other:
        other.autocommit = False
        other.execute("SELECT pg_current_xact_id()")  # an older transaction that may still write
        land(["After"])
        assert destination_runs.run() == 0
    assert destination_runs.run() == 1


def test_a_new_destination_begins_now(home: Path) -> None:
    land(["Old"])
    view = destinations.create(SYSTEM, "files", Wish("X", {"folder": "x", "max_rows": 1}))
    land(["New"])
    assert destination_runs.step(view.id) == 1
    assert [[each["event"] for each in file] for file in written(home / "x")] == [["New"]]


def test_what_fails_waits_longer_each_time_and_says_why(home: Path) -> None:
    view = files_to(max_rows=1)
    land(["A"])
    home.parent.joinpath("exports").write_text("a file where the folder should be")
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.fixed_at(now):
        assert destination_runs.run() == 0
        failing = destinations.get(SYSTEM, view.id)
        assert (failing.state, failing.code, failing.retry_at) == ("failing", "folder", now + timedelta(seconds=30))
        assert destinations.ready() == []
    home.unlink()
    with clock.fixed_at(now + timedelta(minutes=1)):
        assert destination_runs.run() == 1
    assert destinations.get(SYSTEM, view.id).state == "on"


def test_one_process_at_a_time(home: Path) -> None:
    from amity.events.stream_postgres import own_connection

    view = files_to(max_rows=1)
    land(["A"])
    with own_connection() as other:
        number = view.id.int & 0x7FFFFFFF
        other.execute("SELECT pg_advisory_lock(%s, %s)", [destination_runs._LOCK_SPACE, number])
        assert destination_runs.step(view.id) == 0
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [destination_runs._LOCK_SPACE, number])
    assert destination_runs.step(view.id) == 1


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("files", {"folder": "../x"}), ("files", {"folder": "x", "max_rows": 0}), ("files", {"color": 1}),
        ("kafka", {"brokers": "", "topic": "t"}), ("kafka", {"brokers": "b", "topic": "t", "options": ["x"]}),
        ("fax", {}),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(home: Path, kind: str, given: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        destinations.create(SYSTEM, kind, Wish("X", given))
    assert not Destination.objects.exists()


def test_a_topic_of_kafka_gets_them_too(home: Path) -> None:
    with brokers.mock() as cluster:
        settings = {"brokers": ",".join(cluster.addresses), "topic": "amity", "options": list(cluster.options)}
        brokers.with_topic(cluster, "amity")
        view = destinations.create(SYSTEM, "kafka", Wish("Bus", settings), "beginning")
        land(["A", "B"])
        assert destination_runs.step(view.id) == 2
        assert destination_runs.step(view.id) == 0
        reader = engines.Subscription(cluster, "t", "amity", lambda numbers: dict.fromkeys(numbers, -2))
        heard: list[str] = []
        while len(heard) < 2:
            heard += [json.loads(message.value)["event"] for message in reader.read(10, 1.0)]
        reader.close()
    assert heard == ["A", "B"]


def test_a_broker_that_does_not_answer_is_named(home: Path) -> None:
    settings = {"brokers": "127.0.0.1:1", "topic": "t", "options": ["delivery.timeout.ms=300", "log_level=0"]}
    view = destinations.create(SYSTEM, "kafka", Wish("Bus", settings), "beginning")
    land(["A"])
    assert destination_runs.run() == 0
    assert (destinations.get(SYSTEM, view.id).code, destinations.get(SYSTEM, view.id).rows) == ("kafka", 0)


def test_webhooks_hear_of_the_events_they_asked_for() -> None:
    asked = WebhookEndpoint.objects.create(
        url="https://example.com/a", secret="x", topics=["event.order *", "deal.created"]
    )
    WebhookEndpoint.objects.create(url="https://example.com/b", secret="x", topics=[])
    WebhookEndpoint.objects.create(url="https://example.com/c", secret="x", topics=["event.*"], active=False)
    opened = stream()
    runner = Runner(registered_consumers()[webhook_events.NAME], opened)
    runner.drain()
    land(["Order Completed", "Seen", "Order Cancelled"])
    assert runner.drain() == 3
    assert runner.drain() == 0
    opened.close()
    rows = WebhookDelivery.objects.order_by("topic")
    assert [(row.topic, row.endpoint_id, row.subject_id) for row in rows] == [
        ("event.Order Cancelled", asked.pk, PERSON), ("event.Order Completed", asked.pk, PERSON),
    ]  # fmt: skip
    assert rows[1].payload["properties"] == {"n": 0}


def test_what_nobody_asked_for_is_passed_over_unread() -> None:
    opened = stream()
    runner = Runner(registered_consumers()[webhook_events.NAME], opened)
    land(["Seen"])
    with runner._open() as reader:
        assert isinstance(reader, TableReader)
        assert runner._passes_over(reader)
    WebhookEndpoint.objects.create(url="https://example.com/a", secret="x", topics=["event.*"])
    land(["Order Completed"])
    with runner._open() as reader:
        assert reader is not None
        assert not runner._passes_over(reader)
    assert runner.drain() == 1
    opened.close()
    assert [row.topic for row in WebhookDelivery.objects.all()] == ["event.Order Completed"]


def test_names_of_events_are_topics(settings: Any) -> None:
    view, _secret = webhooks.create_endpoint(SYSTEM, "https://example.com/x", ["event.Order *", "segment.entered"])
    assert view.topics == ("event.Order *", "segment.entered")
    for wrong in ("event.", "events.x", "event." + "x" * 200):
        with pytest.raises(Refused, match="Choose topics"):
            webhooks.create_endpoint(SYSTEM, "https://example.com/x", [wrong])

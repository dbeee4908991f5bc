"""One suite for all streams: nothing lost, nothing done twice, order per lane kept, whoever dies in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.db import connection

from amity.base.ids import new_id
from amity.engines import api as engines
from amity.events import api as events
from amity.events.consumers import Runner
from amity.events.consuming import Consumer
from amity.events.models import LogCursor, Quarantine, Source
from amity.events.stream import Overtaken, Stream, begin, move
from amity.events.stream_kafka import KafkaStream
from amity.events.stream_postgres import PostgresStream
from amity.events.tests import brokers
from amity.events.tests.taking import Taking, database_url

# Alone: transactions of other tests on the same server would hold the horizon of the log back.
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.django_db(transaction=True)]
SOURCE = new_id()
_numbers = count()
_SETTLE_SECONDS = 120.0


@pytest.fixture
def tansu() -> Iterator[Any]:
    """A broker for each test (it is up in 8 ms): the members of one test do not wait for those of another."""
    with brokers.tansu() as found:
        yield found


@pytest.fixture(scope="module")
def mock() -> Iterator[Any]:
    with brokers.mock() as found:
        yield found


# Where members of a group come and go, Tansu can stop for good on a busy machine: there the mock cluster stands in.
COMING_AND_GOING = pytest.mark.parametrize("stream", ["postgres", "mock"], indirect=True)


@pytest.fixture(params=["postgres", "tansu", "mock"])
def stream(request: pytest.FixtureRequest) -> Iterator[Stream]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS effects (n bigserial, consumer text, message_id text, body text)")
        cursor.execute("TRUNCATE effects")
    if request.param == "postgres":
        found: Stream = PostgresStream()
    else:
        cluster, topic = request.getfixturevalue(request.param), f"t{next(_numbers)}"
        found = KafkaStream(brokers.with_topic(cluster, topic) if request.param == "mock" else cluster, topic, 4)
    yield found
    found.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE effects")


def rows(*message_ids: str, person: Callable[[str], str] = lambda id_: id_[0]) -> list[events.RawRow]:
    """Events ``a1``, ``b1``, …: the letter is the person."""
    now = datetime.now(UTC)
    return [
        events.RawRow(
            SOURCE, "track", id_, events.lane_of(person(id_), ""), now,
            b'{"event":"%s","userId":"%s"}' % (id_.encode(), person(id_).encode()), now, b'{"context":{"ip":"::1"}}',
        )
        for id_ in message_ids
    ]  # fmt: skip


def effect(name: str = "c", fail: Callable[[events.Fact], None] = lambda fact: None, slow: bool = False) -> Consumer:
    """A consumer that writes down what it gets."""

    def handle(facts: list[events.Fact], cursor: Any) -> None:
        if slow:
            cursor.execute("SELECT pg_sleep(0.1)")
        cursor.executemany(
            "INSERT INTO effects (consumer, message_id, body) VALUES (%s, %s, %s)",
            [(name, fact.message_id, fact.name) for fact in facts],
        )
        for fact in facts:
            fail(fact)

    return Consumer(name, handle, batch=10 if slow else 50)


def done(name: str = "c") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT message_id FROM effects WHERE consumer = %s ORDER BY n", [name])
        return [row[0] for row in cursor.fetchall()]


def drained(stream: Stream, consumer: Consumer, number: int) -> list[str]:
    """Let one runner work until it has written ``number`` effects (or nothing more comes for long)."""
    with following(stream, consumer):
        until(lambda: len(done(consumer.name)) >= number)
    return done(consumer.name)


class following:
    """Runners of one consumer, in threads, for the block."""

    def __init__(self, stream: Stream, *consumers: Consumer) -> None:
        self.runners = [Runner(consumer, stream) for consumer in consumers]
        self.threads = [threading.Thread(target=runner.run) for runner in self.runners]

    def __enter__(self) -> Sequence[Runner]:
        for thread in self.threads:
            thread.start()
        return self.runners

    def __exit__(self, *args: object) -> None:
        for runner, thread in zip(self.runners, self.threads, strict=True):
            runner.stopped.set()
            thread.join(_SETTLE_SECONDS)
            assert not thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _SETTLE_SECONDS
    while not true():
        assert time.monotonic() < give_up, "it does not come about"
        time.sleep(0.02)


def test_what_goes_in_comes_out_as_it_was(stream: Stream) -> None:
    sent = rows("a1", "b1")
    sent[1].sent_at = sent[1].shared = None
    stream.append(sent)
    seen: list[events.Fact] = []
    drained(stream, effect(fail=seen.append), 2)
    assert {(f.source_id, f.kind, f.name, f.message_id, f.user_id, f.received_at) for f in seen} == {
        (SOURCE, "track", row.message_id, row.message_id, row.message_id[0], row.received_at) for row in sent
    }
    assert {f.message_id: f.context for f in seen} == {"a1": {"ip": "::1"}, "b1": {}}
    assert len({f.position for f in seen}) == 2


def test_order_is_kept_per_lane_and_a_later_run_goes_on_where_the_first_ended(stream: Stream) -> None:
    sent = [f"{who}{n:03}" for n in range(60) for who in "abcde"]
    stream.append(rows(*sent[:200]))
    drained(stream, effect(), 200)
    stream.append(rows(*sent[200:]))
    found = drained(stream, effect(), 300)
    assert sorted(found) == sorted(sent)
    for who in "abcde":
        assert [id_ for id_ in found if id_[0] == who] == [id_ for id_ in sent if id_[0] == who]
    cursors = LogCursor.objects.filter(name__startswith="c")
    assert sum(cursor.handled for cursor in cursors) == 300


def test_consumers_are_independent_and_one_may_begin_with_what_comes_now(stream: Stream) -> None:
    for one in rows("a1", "a2"):  # Tansu says that a batch at the end of a topic is one message long
        stream.append([one])
    assert drained(stream, effect("one"), 2) == ["a1", "a2"]
    late = Consumer("late", effect("late").handle, start="now")
    with following(stream, late):
        until(lambda: LogCursor.objects.filter(name__startswith="late").exists())
        stream.append(rows("a3"))
        until(lambda: bool(done("late")))
    assert done("late") == ["a3"]
    assert drained(stream, effect("two"), 3) == ["a1", "a2", "a3"]


def test_an_event_that_cannot_be_handled_is_put_away_and_the_rest_goes_on(stream: Stream) -> None:
    source = Source.objects.create(pk=SOURCE, name="Shop", write_key="k")
    sent = rows(*(f"{who}{n:02}" for n in range(40) for who in "ab"))
    sent[7].body = b"[1]"
    stream.append(sent)

    def fail(fact: events.Fact) -> None:
        if fact.message_id == "b20":
            raise ValueError("no such thing")

    found = drained(stream, effect(fail=fail), 78)
    assert sorted(found) == sorted({row.message_id for row in sent} - {"b03", "b20"})
    reasons = {q.message_id: (q.code, q.sentence, bytes(q.body)) for q in Quarantine.objects.filter(source=source)}
    assert reasons == {
        "b03": ("bad_shape", "A field has the wrong type: Expected `object`, got `array`", b"[1]"),
        "b20": ("not_handled", "c: ValueError: no such thing", b'{"event":"b20","userId":"b"}'),
    }
    assert sum(cursor.quarantined for cursor in LogCursor.objects.all()) == 2


def test_a_consumer_that_always_fails_empties_nothing_into_the_quarantine(stream: Stream) -> None:
    Source.objects.create(pk=SOURCE, name="Shop", write_key="k")
    stream.append(rows(*(f"a{n:02}" for n in range(50))))
    broken = [True]

    def fail(fact: events.Fact) -> None:
        if broken[0]:
            raise RuntimeError("out of order")

    with following(stream, effect(fail=fail)):
        until(lambda: LogCursor.objects.filter(failures__gte=2, error__contains="out of order").exists())
        assert Quarantine.objects.count() <= 20
        broken[0] = False
        until(lambda: len(done()) + Quarantine.objects.count() == 50)
    assert sorted(done() + list(Quarantine.objects.values_list("message_id", flat=True))) == [
        f"a{n:02}" for n in range(50)
    ]
    assert not LogCursor.objects.exclude(failures=0).exists()


@COMING_AND_GOING
def test_two_processes_of_one_consumer_do_nothing_twice(stream: Stream) -> None:
    """Also while partitions move between them: one joins late, one leaves early."""
    sent = [f"{who}{n:03}" for n in range(50) for who in "abcdef"]
    with following(stream, effect()) as (first,):
        stream.append(rows(*sent[:100]))
        until(lambda: len(done()) >= 50)
        with following(stream, effect()):
            stream.append(rows(*sent[100:200]))
            until(lambda: len(done()) >= 150)
            first.stopped.set()
            stream.append(rows(*sent[200:]))
            until(lambda: len(done()) >= 300)
    assert Counter(done()) == Counter(sent)
    for who in "abcdef":
        assert [id_ for id_ in done() if id_[0] == who] == [id_ for id_ in sent if id_[0] == who]


@COMING_AND_GOING
def test_a_killed_consumer_is_followed_by_another_that_does_the_rest_once(stream: Stream) -> None:
    sent = [f"{who}{n:03}" for n in range(50) for who in "abcdef"]
    stream.append(rows(*sent))
    kafka = stream if isinstance(stream, KafkaStream) else None
    order = {
        "topic": kafka.topic if kafka else "", "addresses": kafka.brokers.addresses if kafka else (),
        "options": kafka.brokers.options if kafka else (),
    }  # fmt: skip
    victim = subprocess.Popen(
        [sys.executable, "-m", "amity.events.tests.victim", json.dumps(order)],
        env={**os.environ, "AMITY_DATABASE_URL": database_url()}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: len(done()) >= 20)  # it has the name, or all partitions
        with following(stream, effect()):
            until(lambda: len(done()) >= 60)
            victim.kill()
            victim.wait()
            until(lambda: len(done()) >= 300)
    finally:
        victim.kill()
        victim.wait()
    assert Counter(done()) == Counter(sent)
    for who in "abcdef":
        assert [id_ for id_ in done() if id_[0] == who] == [id_ for id_ in sent if id_[0] == who]


def test_a_consumer_overtaken_between_reading_and_committing_leaves_no_effect(stream: Stream) -> None:
    """The negative control of exactly-once: without the compared move, these effects would be doubled."""
    stream.append(rows("a1"))
    slow = Runner(effect(), stream)
    with slow._open() as reader:
        assert reader is not None
        batch: list[Any] = []
        until(lambda: bool(batch or batch.extend([found]) if (found := reader.read(10)).rows else batch))
        moves = reader.moves(batch[0], 0, 1)
        with connection.cursor() as cursor:
            move(cursor, moves)  # another process was faster
        with pytest.raises(Overtaken):
            slow._handle(reader, batch[0], [events.parse(row) for row in batch[0].rows])
    assert done() == []


def test_lag_says_how_many_and_how_long(stream: Stream) -> None:
    assert stream.lag("c").rows == 0
    for one in rows("a1", "b1", "c1"):
        stream.append([one])
    assert stream.lag("c").rows == 3
    drained(stream, effect(), 3)
    lag = stream.lag("c")
    assert (lag.rows, lag.seconds) == (0, 0.0)
    stream.append(rows("a2"))
    lag = stream.lag("c")
    assert lag.rows == 1
    assert 0 <= lag.seconds < 60


@pytest.mark.slow
def test_a_topic_made_anew_is_read_from_its_beginning(mock: Any) -> None:
    topic = f"t{next(_numbers)}"
    stream = KafkaStream(brokers.with_topic(mock, topic), topic)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE effects (n bigserial, consumer text, message_id text, body text)")
    try:
        stream.append(rows("a1"))
        with connection.cursor() as cursor:
            for partition in range(4):
                begin(cursor, stream.key("c", partition), (0, 900))
        assert drained(stream, effect(), 1) == ["a1"]
    finally:
        stream.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE effects")


def test_the_intake_hands_on_to_kafka_and_rejects_stay_in_postgres(tansu: Any) -> None:
    topic, key = f"t{next(_numbers)}", "kafka"
    source = Source.objects.create(pk=SOURCE, name="Shop", write_key=key)
    taking = Taking(
        stream="kafka", kafka_brokers=tansu.addresses, kafka_options=tansu.options, kafka_topic=topic
    ).ready()  # fmt: skip
    stream = KafkaStream(tansu, topic)
    try:
        sent = [{"type": "track", "event": "Seen", "userId": "u", "messageId": f"m{n}"} for n in range(5)]
        told = taking.ask("POST", "/v1/batch", {"batch": [*sent, {"type": "dance", "messageId": "x"}]}, key=key)
        assert told.status == 200
        seen: list[events.Fact] = []
        with following(stream, Consumer("c", lambda facts, cursor: seen.extend(facts))):
            until(lambda: len(seen) == 5)
        assert [(f.source_id, f.message_id, f.name) for f in seen] == [(SOURCE, f"m{n}", "Seen") for n in range(5)]
        assert list(Quarantine.objects.filter(source=source).values_list("message_id", flat=True)) == ["x"]
    finally:
        taking.stop()
        stream.close()


def test_what_others_write_into_the_topic_is_passed_over(tansu: Any) -> None:
    topic = f"t{next(_numbers)}"
    stream = KafkaStream(tansu, topic)
    stream.append(rows("a1"))
    sender = engines.Sender(tansu)
    sender.send(topic, [(b"0", b"\xc1 not ours"), (b"0", b"")])
    stream.append(rows("a2"))
    seen: list[str] = []
    with following(stream, Consumer("c", lambda facts, cursor: seen.extend(f.message_id for f in facts))):
        until(lambda: sum(c.handled for c in LogCursor.objects.all()) == 4)
    assert seen == ["a1", "a2"]
    sender.close()
    stream.close()

"""Kafka, through librdkafka (extra ``kafka``). Its users keep the offsets: nothing is committed to the brokers."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from amity.base.errors import Refused

CALL_SECONDS = 5.0
SEND_SECONDS = 15.0
_CLOSE_SECONDS = 5.0
FIRST = -2  # offset of the oldest message kept
LAST = -1  # offset after the newest message
Starts = Callable[[Sequence[int]], Mapping[int, int]]


class KafkaDown(Exception):
    """The brokers do not answer, or refused."""


class OffsetGone(Exception):
    """The topic no longer holds the messages after the offsets of ``partitions``."""

    def __init__(self, partitions: set[int]) -> None:
        super().__init__(f"partitions {sorted(partitions)}")
        self.partitions = partitions


@dataclass(frozen=True, slots=True)
class Brokers:
    """How to reach a cluster; ``options`` are librdkafka's, as ``name=value``."""

    addresses: tuple[str, ...]
    options: tuple[str, ...] = ()

    def settings(self) -> dict[str, Any]:
        more = dict(option.split("=", 1) for option in self.options)
        return {"bootstrap.servers": ",".join(self.addresses), "log_level": 3, **more}


@dataclass(frozen=True, slots=True)
class Message:
    """What was read, and where it stood."""

    partition: int
    offset: int
    value: bytes


def _library() -> ModuleType:
    try:
        return importlib.import_module("confluent_kafka")
    except ImportError as error:
        raise Refused("no_kafka", "Kafka needs one more package: pip install 'amity[kafka]'.") from error


@dataclass(slots=True)
class Sender:
    """Writes messages; a send that returns is acknowledged by all in-sync replicas. One thread at a time."""

    brokers: Brokers
    _producer: Any = None

    def send(self, topic: str, messages: Iterable[tuple[bytes, bytes]]) -> None:
        """Send (key, value) pairs: messages of one key keep their order. Raises `KafkaDown`; some may be sent then."""
        if self._producer is None:
            extra = {"acks": "all", "enable.idempotence": True, "linger.ms": 2, "compression.type": "lz4",
                     "delivery.timeout.ms": int(SEND_SECONDS * 1000)}  # fmt: skip
            self._producer = _library().Producer({**extra, **self.brokers.settings()})
        errors: list[str] = []

        def told(error: Any, message: Any) -> None:
            if error is not None:
                errors.append(str(error))

        for key, value in messages:
            self._produce(topic, key, value, told)
        if self._producer.flush(SEND_SECONDS) or errors:
            self._producer.purge()
            self._producer = None
            raise KafkaDown(errors[0] if errors else "not acknowledged in time")

    def _produce(self, topic: str, key: bytes, value: bytes, told: Callable[[Any, Any], None]) -> None:
        give_up = time.monotonic() + SEND_SECONDS
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, on_delivery=told)
                return
            except BufferError as error:  # librdkafka's queue is full: let it drain
                if time.monotonic() > give_up:
                    raise KafkaDown("the queue does not drain") from error
                self._producer.poll(0.05)

    def close(self) -> None:
        if self._producer is not None:
            self._producer.flush(_CLOSE_SECONDS)
            self._producer = None


@dataclass(slots=True)
class Subscription:
    """One member of a consumer group. ``starts`` says where to begin in each partition that is assigned to it."""

    brokers: Brokers
    group: str
    topic: str
    starts: Starts
    assigned: set[int] = field(default_factory=set)
    _consumer: Any = None

    def __post_init__(self) -> None:
        library = _library()
        kind = library.TopicPartition

        def on_assign(consumer: Any, parts: Sequence[Any]) -> None:
            numbers = [part.partition for part in parts]
            begin = self.starts(numbers)
            self.assigned |= set(numbers)
            consumer.assign([kind(self.topic, number, begin[number]) for number in numbers])

        def on_gone(consumer: Any, parts: Sequence[Any]) -> None:
            self.assigned -= {part.partition for part in parts}

        settings = {
            "group.id": self.group, "enable.auto.commit": False, "enable.auto.offset.store": False,
            "auto.offset.reset": "error", "session.timeout.ms": 10_000, "fetch.wait.max.ms": 50,
            "topic.metadata.refresh.interval.ms": 10_000, "partition.assignment.strategy": "range",
        }  # fmt: skip
        self._consumer = library.Consumer({**settings, **self.brokers.settings()})
        self._consumer.subscribe([self.topic], on_assign=on_assign, on_revoke=on_gone, on_lost=on_gone)

    def read(self, limit: int, seconds: float) -> list[Message]:
        """At most ``limit`` messages, waiting up to ``seconds`` for more. Raises `KafkaDown`, `OffsetGone`."""
        found, gone = [], set()
        for message in self._consumer.consume(limit, seconds):
            if (error := message.error()) is None:
                found.append(Message(message.partition(), message.offset(), message.value() or b""))
            elif error.code() == _library().KafkaError._AUTO_OFFSET_RESET:
                gone.add(message.partition())
            elif error.fatal():
                raise KafkaDown(str(error))
        if gone:
            raise OffsetGone(gone)
        return [message for message in found if message.partition in self.assigned]

    def seek(self, offsets: Mapping[int, int]) -> None:
        """Go on reading from these offsets, in partitions that are still assigned."""
        library = _library()
        try:
            for partition, offset in offsets.items():
                if partition in self.assigned:
                    self._consumer.seek(library.TopicPartition(self.topic, partition, offset))
        except library.KafkaException as error:
            raise KafkaDown(str(error)) from error

    def close(self) -> None:
        self._consumer.close()


@dataclass(slots=True)
class Watch:
    """Looks at a topic from outside."""

    brokers: Brokers
    topic: str
    _consumer: Any = None

    def ends(self) -> dict[int, tuple[int, int]]:
        """Partition → (offset of the oldest message, offset after the newest). Raises `KafkaDown`."""
        library = _library()
        if self._consumer is None:
            self._consumer = library.Consumer({**self.brokers.settings(), "group.id": "amity-watch"})
        try:
            topic = self._consumer.list_topics(self.topic, timeout=CALL_SECONDS).topics.get(self.topic)
            if topic is None or topic.error is not None:
                return {}
            parts = [library.TopicPartition(self.topic, number) for number in topic.partitions]
            found = {part.partition: self._consumer.get_watermark_offsets(part, timeout=CALL_SECONDS) for part in parts}
        except library.KafkaException as error:
            raise KafkaDown(str(error)) from error
        if any(ends is None for ends in found.values()):
            raise KafkaDown("no answer in time")
        return found

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None


def ensure_topic(brokers: Brokers, topic: str, partitions: int) -> None:
    """Make the topic unless it is there; clusters that make topics by themselves may refuse, which is no fault."""
    library = _library()
    admin = importlib.import_module("confluent_kafka.admin")
    try:
        client = admin.AdminClient(brokers.settings())
        known = client.list_topics(timeout=CALL_SECONDS).topics
        if topic not in known:
            made = client.create_topics(
                [admin.NewTopic(topic, num_partitions=partitions)], request_timeout=CALL_SECONDS
            )
            with contextlib.suppress(TimeoutError):
                made[topic].exception(CALL_SECONDS)
    except library.KafkaException as error:
        raise KafkaDown(str(error)) from error

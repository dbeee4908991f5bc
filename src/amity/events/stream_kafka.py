"""The stream in a Kafka topic. Offsets are kept in ``events_cursor``, one row per consumer and partition."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import connection

from amity.engines import api as engines
from amity.events.schemas import Position, RawRow
from amity.events.stream import Batch, Lag, Move, StreamDown, begin, move, position

log = logging.getLogger("amity.events")
PARTITIONS = 12
_WAIT_SECONDS = 0.1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RawRow).decode


def message(row: RawRow) -> tuple[bytes, bytes]:
    """Key and value of a row in the topic."""
    return b"%d" % row.lane, _encode(row)


@dataclass(slots=True)
class KafkaStream:
    """Rows of one lane go to one partition, so their order is kept."""

    brokers: engines.Brokers
    topic: str
    partitions: int = PARTITIONS
    _sender: engines.Sender | None = None
    _watch: engines.Watch | None = None

    def append(self, rows: Sequence[RawRow]) -> None:
        """Acknowledged by all in-sync replicas when it returns. Raises `StreamDown`; some may be sent then."""
        try:
            if self._sender is None:
                engines.ensure_topic(self.brokers, self.topic, self.partitions)
                self._sender = engines.Sender(self.brokers)
            self._sender.send(self.topic, map(message, rows))
        except engines.KafkaDown as error:
            raise StreamDown(str(error)) from error

    @contextlib.contextmanager
    def open(self, name: str, start: str) -> Iterator[KafkaReader]:
        """Join consumer ``name``'s group: the partitions are shared among its processes."""
        reader = KafkaReader(self, name, start)
        try:
            yield reader
        finally:
            reader.close()

    def lag(self, name: str) -> Lag:
        """Messages after the cursors; the age is that of the last row consumed, while there are any. 1 query."""
        if self._watch is None:
            self._watch = engines.Watch(self.brokers, self.topic)
        try:
            ends = self._watch.ends()
        except engines.KafkaDown as error:
            raise StreamDown(str(error)) from error
        rows, oldest = 0, None
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, id, coalesce(at, moved_at) FROM events_cursor WHERE starts_with(name, %s)",
                           [self.key(name, "")])  # fmt: skip
            known = {key: (offset, at) for key, offset, at in cursor.fetchall()}
        for partition, (low, high) in ends.items():
            offset, at = known.get(self.key(name, partition), (low, None))
            if high > max(offset, low):
                rows += high - max(offset, low)
                oldest = at if oldest is None or (at is not None and at < oldest) else oldest
        age = (datetime.now(UTC) - oldest).total_seconds() if rows and oldest is not None else 0.0
        return Lag(rows, max(0.0, age))

    def key(self, name: str, partition: int | str) -> str:
        """Name of the cursor of a partition."""
        return f"{name}/{self.topic}/{partition}"

    def close(self) -> None:
        for part in (self._sender, self._watch):
            if part is not None:
                part.close()
        self._sender = self._watch = None


def _row(found: engines.Message) -> RawRow:
    """The row in a message; what somebody else wrote into the topic becomes a row that `parse` refuses."""
    try:
        row = _decode(found.value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        row = RawRow(UUID(int=0), "", f"{found.partition}:{found.offset}", 0, datetime.now(UTC), found.value)
    row.position = (found.partition, found.offset)
    return row


@dataclass(slots=True)
class KafkaReader:
    """One process's share of the partitions."""

    stream: KafkaStream
    name: str
    start: str
    idle_seconds: float = 0.0  # `read` waits itself
    _subscription: engines.Subscription | None = None
    _at: dict[int, int] = field(default_factory=dict)

    def read(self, limit: int) -> Batch[RawRow]:
        """At most ``limit`` rows of this process's partitions; the order within each is kept."""
        batch: Batch[RawRow] = Batch()
        try:
            if self._subscription is None:
                engines.ensure_topic(self.stream.brokers, self.stream.topic, self.stream.partitions)
                group = f"amity-{self.name}"
                self._subscription = engines.Subscription(self.stream.brokers, group, self.stream.topic, self._starts)
            for found in self._subscription.read(limit, _WAIT_SECONDS):
                if found.offset < self._at[found.partition]:  # fetched before a rewind
                    continue
                row = _row(found)
                key = self.stream.key(self.name, found.partition)
                batch.rows.append(row)
                batch.keys.append(key)
                batch.befores[key] = (0, self._at[found.partition])
        except engines.OffsetGone as error:
            self._jump(error.partitions)
        except engines.KafkaDown as error:
            raise StreamDown(str(error)) from error
        return batch

    def beyond(self, batch: Batch[RawRow]) -> None:
        """Cannot: the client reads ahead by itself."""

    def moves(self, batch: Batch[RawRow], start: int, end: int) -> list[Move]:
        """One per partition that has rows there."""
        found: dict[str, Move] = {}
        for row, key in zip(batch.rows[start:end], batch.keys[start:end], strict=True):
            last = found.get(key)
            before: Position = last.before if last else (0, self._at[row.position[0]])
            found[key] = Move(key, before, (0, row.position[1] + 1), row.received_at, last.rows + 1 if last else 1)
        return list(found.values())

    def moved(self, moves: Sequence[Move]) -> None:
        for one in moves:
            self._at[int(one.key.rpartition("/")[2])] = one.after[1]

    def rewind(self) -> None:
        """Back to the offsets that the database holds."""
        if self._subscription is not None:
            try:
                self._subscription.seek(self._starts(sorted(self._subscription.assigned)))
            except engines.KafkaDown as error:
                raise StreamDown(str(error)) from error

    def close(self) -> None:
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def _starts(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Where to begin in each partition; asked for at each rebalance."""
        known = self._ends()
        with connection.cursor() as cursor:
            for partition in partitions:
                low, high = known.get(partition, (0, 0))
                key = self.stream.key(self.name, partition)
                at = position(cursor, key) or begin(cursor, key, (0, high if self.start == "now" else low))
                self._at[partition] = at[1]
        return {partition: self._at[partition] for partition in partitions}

    def _jump(self, partitions: Iterable[int]) -> None:
        """The topic no longer holds our offsets (made anew, or messages dropped unread): go on with the oldest."""
        ends = self._ends()
        with connection.cursor() as cursor:
            for partition in partitions:
                key, low = self.stream.key(self.name, partition), ends.get(partition, (0, 0))[0]
                log.error("events.offset_lost", extra={"cursor": key, "at": self._at[partition], "oldest": low})
                move(cursor, [Move(key, (0, self._at[partition]), (0, low), datetime.now(UTC), 0)])
        self.rewind()

    def _ends(self) -> dict[int, tuple[int, int]]:
        watch = engines.Watch(self.stream.brokers, self.stream.topic)
        try:
            return watch.ends()
        finally:
            watch.close()

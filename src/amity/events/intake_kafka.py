"""The intake's way into Kafka: rows to the topic, acknowledged by all replicas; rejects to quarantine in Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from amity.base.config import Config
from amity.engines import api as engines
from amity.events.intake_commit import Broken
from amity.events.intake_lines import PostgresLine
from amity.events.intake_rows import Batch
from amity.events.schemas import RawRow
from amity.events.stream_kafka import PARTITIONS, message

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def line(config: Config, url: str) -> KafkaLine:
    """A way into the topic that is configured; ``url`` is Postgres's."""
    return KafkaLine(engines.Brokers(config.kafka_brokers, config.kafka_options), config.kafka_topic, url)


@dataclass(slots=True)
class KafkaLine:
    """A batch is acknowledged when its rows are in the topic and its rejects in ``events_quarantine``."""

    brokers: engines.Brokers
    topic: str
    url: str
    _sender: engines.Sender | None = None
    _rejects: PostgresLine | None = field(default=None)

    async def open(self) -> None:
        try:
            await asyncio.to_thread(engines.ensure_topic, self.brokers, self.topic, PARTITIONS)
        except engines.KafkaDown as error:
            raise Broken("KafkaDown") from error
        self._sender, self._rejects = engines.Sender(self.brokers), PostgresLine(self.url)
        await self._rejects.open()

    async def close(self) -> None:
        sender, rejects = self._sender, self._rejects
        self._sender = self._rejects = None
        if rejects is not None:
            await rejects.close()
        if sender is not None:
            await asyncio.to_thread(sender.close)

    async def commit(self, batches: Sequence[Batch]) -> None:
        if self._sender is None or self._rejects is None:
            raise Broken("closed")
        try:
            await asyncio.to_thread(self._sender.send, self.topic, map(message, rows_of(batches)))
        except engines.KafkaDown as error:
            raise Broken("KafkaDown") from error
        rejected = [batch._replace(rows=[]) for batch in batches if batch.rejects]
        if rejected:
            await self._rejects.commit(rejected)


def rows_of(batches: Sequence[Batch]) -> Iterator[RawRow]:
    """The rows of these batches as the stream takes them."""
    for batch in batches:
        source, received = UUID(bytes=batch.source_id), _EPOCH + timedelta(microseconds=batch.received_at)
        for kind, message_id, lane, sent_at, body, shared in batch.rows:
            sent = None if sent_at is None else _EPOCH + timedelta(microseconds=sent_at)
            yield RawRow(source, kind, message_id.decode(), lane, received, body, sent, shared)

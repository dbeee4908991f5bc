"""The intake's way into a stream that is not a table: events to the stream, rejects to Postgres.

Here Django is needed, for the stream is chosen by its settings; the way into Postgres does without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from amity.events.intake_commit import Broken
from amity.events.intake_lines import PostgresLine
from amity.events.intake_rows import Batch
from amity.events.intake_wire import EPOCH
from amity.events.schemas import RawRow
from amity.events.stream import Stream, StreamDown


@dataclass(slots=True)
class StreamLine:
    """Batches through `Stream.append` in a thread. What is in the stream twice is taken once, by its message id."""

    stream: Stream
    postgres: PostgresLine
    _open: bool = field(default=False)

    async def open(self) -> None:
        await self.postgres.open()
        self._open = True

    async def close(self) -> None:
        self._open = False
        await self.postgres.close()

    async def commit(self, batches: Sequence[Batch]) -> None:
        if not self._open:
            raise Broken("closed")
        rows = [row for batch in batches for row in rows_of(batch)]
        try:
            if rows:
                await asyncio.to_thread(self.stream.append, rows)
        except StreamDown as error:
            raise Broken("stream") from error
        rejected = [batch._replace(rows=[]) for batch in batches if batch.rejects]
        if rejected:
            await self.postgres.commit(rejected)


def rows_of(batch: Batch) -> list[RawRow]:
    """The batch's events as every stream takes them."""
    source, received_at = UUID(bytes=batch.source_id), EPOCH + timedelta(microseconds=batch.received_at)
    return [
        RawRow(
            source, raw.kind, raw.message_id.decode(), raw.lane, received_at, raw.body, shared=raw.shared,
            sent_at=None if raw.sent_at is None else EPOCH + timedelta(microseconds=raw.sent_at),
        )
        for raw in batch.rows
    ]  # fmt: skip


def line_of_settings(url: str) -> StreamLine:
    """A line into the stream that the settings name. Raises ``Refused("bad_setting")``."""
    from amity.events.streams import stream

    return StreamLine(stream(), PostgresLine(url))

"""The intake's connections to Postgres: one COPY per batch, and what the intake has to know (keys) or tell (counts)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from amity.events.intake_commit import Broken, NotStorable
from amity.events.intake_rows import COPY_QUARANTINE, COPY_RAW, Batch, quarantine_copy, raw_copy

Connection = psycopg.AsyncConnection[Any]
_OPTIONS = "-c statement_timeout=12000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000"


async def connect(url: str) -> Connection:
    """A connection that commits each statement. Raises `Broken`."""
    try:
        return await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=3, application_name="amity-intake", options=_OPTIONS,
            keepalives_idle=5, keepalives_interval=2, keepalives_count=3,
        )  # fmt: skip
    except psycopg.Error as error:
        raise Broken(type(error).__name__) from error


@dataclass(slots=True)
class PostgresLine:
    """Batches into ``events_raw`` by binary COPY, rejects into quarantine in the same transaction."""

    url: str
    _connection: Connection | None = None

    async def open(self) -> None:
        self._connection = await connect(self.url)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                await connection.close()

    async def commit(self, batches: Sequence[Batch]) -> None:
        if self._connection is None:
            raise Broken("closed")
        try:
            if any(batch.rejects for batch in batches):
                async with self._connection.transaction():
                    await self._copy(COPY_RAW, raw_copy(batches))
                    await self._copy(COPY_QUARANTINE, quarantine_copy(batches))
            else:
                await self._copy(COPY_RAW, raw_copy(batches))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise NotStorable(str(error)) from error
        except psycopg.Error as error:
            raise Broken(type(error).__name__) from error

    async def _copy(self, statement: str, data: bytes) -> None:
        assert self._connection is not None
        async with self._connection.cursor() as cursor, cursor.copy(statement) as sink:
            await sink.write(data)


@contextlib.asynccontextmanager
async def connection(url: str) -> AsyncIterator[Connection]:
    """A connection for the block. Raises `Broken` when it breaks inside, too."""
    opened = await connect(url)
    try:
        yield opened
    except psycopg.Error as error:
        raise Broken(type(error).__name__) from error
    finally:
        with contextlib.suppress(psycopg.Error):
            await opened.close()

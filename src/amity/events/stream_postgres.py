"""The stream in the table ``events_raw``, and reading any table that is appended to: the cursor rule.

Ids are given out before the commit, so a reader that remembers the last id passes over rows that commit late. Each row
therefore holds its transaction (``xid8``), and readers take ``(xid, id) > cursor AND xid < pg_snapshot_xmin(…)``: rows
of transactions before the oldest one still running, which can only be complete. The price: a long write transaction
holds readers back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic
from uuid import UUID

import django.db
import psycopg
import psycopg.rows
from django.db import connection, transaction

from amity.base import clock
from amity.events import copying
from amity.events.consuming import Consumer
from amity.events.log import Landed
from amity.events.schemas import START, Fact, Position, RawRow
from amity.events.stream import HORIZON, MAX_COUNTED, Batch, Lag, Move, Row, StreamDown, Table, begin, move, position

CHANNEL = "events_raw"
_IDLE_SECONDS = 0.2
_TELL_SECONDS = 0.05  # between two notices; readers look by themselves soon after
_LOCK_SPACE = 0x414D4C47  # "AMLG": advisory locks of consumers
_APPEND = (
    "COPY events_raw (source_id, kind, message_id, lane, received_at, sent_at, body, shared) FROM STDIN (FORMAT binary)"
)
_ROW = copying.columns(8)
_ALONG_INDEX = (
    "-c enable_sort=off -c enable_bitmapscan=off -c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off"
)


def _raw(row: tuple[Any, ...]) -> RawRow:
    xid, id_, source_id, kind, message_id, lane, received_at, body, sent_at, shared = row
    return RawRow(source_id, kind, message_id, lane, received_at, body, sent_at, shared, (xid, id_))


def _landed(row: tuple[Any, ...]) -> Landed:
    (xid, seq, id_, kind, name, summary, source, message_id, person_id, company_id, data, context, occurred_at,
     received_at, source_id, anonymous_id, user_id) = row  # fmt: skip
    profile = kind in ("identify", "group")
    fact = Fact(
        source_id or UUID(int=0), kind, name, message_id, user_id or "", anonymous_id or "", "", "",
        data if profile else {}, {} if profile else data, context or {}, occurred_at, received_at, (xid, seq),
    )  # fmt: skip
    return Landed(fact, person_id, company_id, id_, source, summary)


RAW: Table[RawRow] = Table(
    "events_raw", "id", "source_id, kind, message_id, lane, received_at, body, sent_at, shared", "received_at", _raw,
    lambda row: row.position, lambda row: row.received_at,
)  # fmt: skip
LOG: Table[Landed] = Table(
    "events_event", "seq",
    "id, kind, name, summary, source, message_id, person_id, company_id, data, context, occurred_at, received_at, "
    "source_id, anonymous_id, user_id", "received_at", _landed,
    lambda row: row.fact.position, lambda row: row.fact.received_at,
)  # fmt: skip


def followed(consumer: Consumer) -> Table[Any] | None:
    """The table that a consumer follows; None for the stream."""
    return LOG if consumer.of == "log" else consumer.table


@dataclass(slots=True)
class TableReader(Generic[Row]):
    """Reads a table under the cursor rule, on a connection of its own that walks along the index and plans once."""

    table: Table[Row]
    name: str
    start: str
    idle_seconds: float = _IDLE_SECONDS
    _at: Position | None = None
    _reading: psycopg.Connection[Any] | None = None

    def read(self, limit: int) -> Batch[Row]:
        """At most ``limit`` rows after the position, in order. 1 query."""
        return self._read(self._at if self._at is not None else self._begin(), limit)

    def beyond(self, batch: Batch[Row]) -> Callable[[int], Batch[Row]] | None:
        """Reads on after the last row."""
        return partial(self._read, self.table.place(batch.rows[-1])) if batch.rows else None

    def _read(self, at: Position, limit: int) -> Batch[Row]:
        if self._reading is None:
            self._reading = own_connection(_ALONG_INDEX)
        with self._reading.cursor() as cursor:
            cursor.execute(self.table.query(limit), [str(at[0]), at[1]], prepare=True, binary=True)
            rows = [self.table.make(row) for row in cursor]
        return Batch(rows, [self.name] * len(rows), {self.name: at})

    def moves(self, batch: Batch[Row], start: int, end: int) -> list[Move]:
        """The one cursor's."""
        if start >= end:
            return []
        last = batch.rows[end - 1]
        return [Move(self.name, self._at or START, self.table.place(last), self.table.at(last), end - start)]

    def moved(self, moves: Sequence[Move]) -> None:
        for one in moves:
            self._at = one.after

    def end(self) -> Position:
        """Behind everything that can be read now. 1 query."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {HORIZON}::text::bigint")
            return int(cursor.fetchone()[0]) - 1, 2**63 - 1

    def pass_over(self, end: Position) -> None:
        """Go on from there; what lies between is not read. Raises `Overtaken`. 1 query, none at rest."""
        at = self._at if self._at is not None else self._begin()
        if end[0] > at[0]:
            with connection.cursor() as cursor:
                move(cursor, [Move(self.name, at, end, clock.now(), 0)])
            self._at = end

    def rewind(self) -> None:
        """Read the position again."""
        self._at = None

    def close(self) -> None:
        if self._reading is not None:
            with contextlib.suppress(psycopg.Error):
                self._reading.close()
            self._reading = None

    def _begin(self) -> Position:
        with connection.cursor() as cursor:
            at = self.end() if self.start == "now" else START
            self._at = begin(cursor, self.name, at)
        return self._at


@contextlib.contextmanager
def following(table: Table[Row], name: str, start: str) -> Iterator[TableReader[Row] | None]:
    """A reader for the one process that holds the name (a session lock of the connection); None when it is taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK_SPACE, name])
        if not cursor.fetchone()[0]:
            yield None
            return
    reader = TableReader(table, name, start)
    try:
        yield reader
    finally:
        reader.close()
        with contextlib.suppress(psycopg.Error, django.db.Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK_SPACE, name])


def rows_after(table: Table[Row], at: Position, limit: int) -> list[Row]:
    """The next rows under the cursor rule, read on the Django connection. 5 queries."""
    with along_index():
        native: Any = connection.connection
        with psycopg.Cursor(native, row_factory=psycopg.rows.tuple_row) as cursor:
            cursor.execute(table.query(limit), [str(at[0]), at[1]], binary=True)
            return [table.make(row) for row in cursor]


@contextlib.contextmanager
def along_index() -> Iterator[Any]:
    """A cursor whose queries walk along the index of positions, whatever the planner thinks of a fresh partition."""
    switch = "SELECT " + ", ".join(f"set_config('enable_{way}', %s, true)" for way in ("sort", "bitmapscan", "seqscan"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(switch, ["off"] * 3)
        yield cursor
        cursor.execute(switch, ["on"] * 3)


def table_lag(table: Table[Any], name: str) -> Lag:
    """Rows after the cursor (counted up to `MAX_COUNTED`) and the age of the first of them. 5 queries."""
    with connection.cursor() as cursor:
        at = position(cursor, name) or START
    return lag_after(table, at)


def lag_after(table: Table[Any], at: Position) -> Lag:
    """Rows after a position and the age of the first of them, read along the index whatever the planner expects."""
    beyond = f"FROM {table.name} r WHERE (r.xid, r.{table.position}) > (%s::text::xid8, %s)"
    values: list[Any] = [str(at[0]), at[1]]
    with along_index() as cursor:
        cursor.execute(
            f"SELECT extract(epoch FROM now() - {table.received}) {beyond} ORDER BY r.xid, r.{table.position} LIMIT 1",
            values,
        )
        first = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM (SELECT {beyond} LIMIT {MAX_COUNTED}) few", values)
        rows = int(cursor.fetchone()[0])
    return Lag(rows, max(0.0, float(first[0])) if first else 0.0)


@dataclass(slots=True)
class PostgresStream:
    """Rows go in by binary COPY on a connection of this stream's own, one transaction per call."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _connection: psycopg.Connection[Any] | None = None
    _told: float = 0.0

    def append(self, rows: Sequence[RawRow]) -> None:
        """Committed when it returns. Raises `StreamDown`."""
        with self._lock:
            try:
                self._copy(b"".join([copying.HEADER, *map(_packed, rows), copying.TRAILER]))
            except psycopg.OperationalError as error:
                self._forget()
                raise StreamDown(str(error)) from error

    def open(self, name: str, start: str) -> contextlib.AbstractContextManager[TableReader[RawRow] | None]:
        """Take the name."""
        return following(RAW, name, start)

    def lag(self, name: str) -> Lag:
        return table_lag(RAW, name)

    def close(self) -> None:
        with self._lock:
            self._forget()

    def _copy(self, data: bytes) -> None:
        if self._connection is None:
            self._connection = own_connection()
        with self._connection.cursor() as cursor:
            with cursor.copy(_APPEND) as sink:
                sink.write(data)
            if time.monotonic() - self._told > _TELL_SECONDS:
                self._told = time.monotonic()
                cursor.execute(f"NOTIFY {CHANNEL}")

    def _forget(self) -> None:
        held, self._connection = self._connection, None
        if held is not None:
            with contextlib.suppress(psycopg.Error):
                held.close()


def append_inside(cursor: Any, rows: Sequence[RawRow]) -> None:
    """Rows into the stream's table inside the caller's transaction; readers hear of it at the commit. One COPY."""
    with cursor.copy(_APPEND) as sink:
        sink.write(b"".join([copying.HEADER, *map(_packed, rows), copying.TRAILER]))
    cursor.execute(f"NOTIFY {CHANNEL}")


def own_connection(options: str = "") -> psycopg.Connection[Any]:
    """A new connection to Django's database that commits each statement."""
    parameters = connection.get_connection_params()
    wanted = {key: value for key, value in parameters.items() if key not in ("cursor_factory", "context")}
    if options:
        wanted["options"] = f"{wanted.get('options', '')} {options}".strip()
    return psycopg.connect(**wanted, autocommit=True)


def _packed(row: RawRow) -> bytes:
    return b"".join((
        _ROW,
        copying.uuid(row.source_id),
        copying.text(row.kind),
        copying.text(row.message_id),
        copying.small(row.lane),
        copying.time(row.received_at),
        copying.time(row.sent_at),
        copying.data(row.body),
        copying.data(row.shared),
    ))  # fmt: skip

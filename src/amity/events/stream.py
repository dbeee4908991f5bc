"""Where received events wait for their consumers: one protocol, two versions (Postgres, Kafka).

Positions of consumers live in Postgres (``events_cursor``) in both, and move in the transaction that holds a batch's
effects. So effects happen exactly once whatever the stream promises, and a consumer that was overtaken (its lock or its
partitions went to another process) finds that out before it commits: see `move`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from amity.events.schemas import Position, RawRow

Row = TypeVar("Row")
MAX_READ = 5_000
HORIZON = "events_horizon()"  # pg_snapshot_xmin(pg_current_snapshot()), see clock_of_log


class Overtaken(Exception):
    """Another process has moved this cursor: what was read is not ours to handle."""


class StreamDown(Exception):
    """The stream cannot be reached now."""


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """A table that is followed by a position per row. ``make`` builds a row from (xid, position, *columns)."""

    name: str
    position: str
    columns: str
    received: str
    make: Callable[[tuple[Any, ...]], Row]
    place: Callable[[Row], Position]
    at: Callable[[Row], Any]

    def query(self, limit: int) -> str:
        return (
            f"SELECT r.xid::text::bigint AS number, r.{self.position}, {self.columns} FROM {self.name} r "
            f"WHERE (r.xid, r.{self.position}) > (%s::text::xid8, %s) AND r.xid < {HORIZON} "
            f"ORDER BY r.xid, r.{self.position} LIMIT {limit:d}"
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A cursor and the position it moves to when ``rows`` rows are done; ``at``: when the last of them was received."""

    key: str
    before: Position
    after: Position
    at: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """Rows in order, and for each the cursor it belongs to."""

    rows: list[Row] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    befores: dict[str, Position] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lag:
    """What a consumer has not handled yet. ``rows`` is exact up to `MAX_COUNTED`, ``seconds`` the age of the oldest."""

    rows: int
    seconds: float


MAX_COUNTED = 100_000


class Reader(Protocol[Row]):
    """One consumer's way through a stream, in one process."""

    def read(self, limit: int) -> Batch[Row]:
        """At most ``limit`` rows after this reader's positions; empty when there are none now. Does not wait long."""

    def beyond(self, batch: Batch[Row]) -> Callable[[int], Batch[Row]] | None:
        """Reads what follows ``batch`` while that is handled, from another thread; None where that cannot be done.

        The result holds once ``batch`` is `moved`, and not after a `rewind`. Nothing else may be read meanwhile.
        """

    def moves(self, batch: Batch[Row], start: int, end: int) -> list[Move]:
        """How the cursors move when ``batch.rows[start:end]`` are done."""

    def moved(self, moves: Sequence[Move]) -> None:
        """The moves are committed: go on from there."""

    def rewind(self) -> None:
        """Go on from the positions that the database holds: something was not committed."""

    @property
    def idle_seconds(self) -> float:
        """How long to wait after an empty read, at most."""


class Stream(Protocol):
    """Received events in order per lane."""

    def append(self, rows: Sequence[RawRow]) -> None:
        """Durable when it returns. Raises `StreamDown`; then some rows may be in the stream all the same."""

    def open(self, name: str, start: str) -> AbstractContextManager[Reader[RawRow] | None]:
        """Take part as consumer ``name``; None when another process holds the name. ``start``: beginning or now."""

    def lag(self, name: str) -> Lag:
        """How far consumer ``name`` is behind. Raises `StreamDown`."""

    def close(self) -> None:
        """Let connections go."""


_MOVE = """
UPDATE events_cursor SET xid = %s::text::xid8, id = %s, at = greatest(at, %s), handled = handled + %s,
    moved_at = now()
WHERE name = %s AND xid = %s::text::xid8 AND id = %s
"""


def move(cursor: Any, moves: Sequence[Move]) -> None:
    """Move cursors inside the transaction that holds the effects. Raises `Overtaken`. One query per cursor."""
    for one in moves:
        cursor.execute(_MOVE, [str(one.after[0]), one.after[1], one.at, one.rows, one.key, str(one.before[0]),
                               one.before[1]])  # fmt: skip
        if cursor.rowcount != 1:
            raise Overtaken(one.key)


def position(cursor: Any, key: str) -> Position | None:
    """Where a cursor stands; None before its first run. 1 query."""
    cursor.execute("SELECT xid::text::bigint, id FROM events_cursor WHERE name = %s", [key])
    row = cursor.fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def begin(cursor: Any, key: str, at: Position) -> Position:
    """Where a cursor stands, made at ``at`` when it is new. 2 queries."""
    cursor.execute(
        "INSERT INTO events_cursor (name, xid, id) VALUES (%s, %s::text::xid8, %s) ON CONFLICT DO NOTHING",
        [key, str(at[0]), at[1]],
    )
    found = position(cursor, key)
    assert found is not None
    return found

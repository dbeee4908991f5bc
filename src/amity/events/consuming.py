"""Who follows the log: the consumers of this process, registered by their rooms when Django starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from amity.events.stream import Table

Handler = Callable[[list[Any], Any], None]
From = Literal["beginning", "now"]
Of = Literal["stream", "log", "table"]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A follower of the stream of received events, or (``of="log"``) of the facts that landed in ``events_event``,
    or (``of="table"``) of rows that another room appends to its ``table``.

    ``handle(rows, cursor)`` gets at most ``batch`` `Fact` (of the log: `Landed`) in order and a database cursor inside
    the transaction that also moves the consumer's position: what it writes there happens exactly once. It may raise:
    the batch is then halved until the row at fault is found, which goes to the quarantine with the reason (of the log
    or a table: is passed over and counted). A follower of the stream gets twice what was sent twice (see `unseen`). It
    must not commit. ``start``: where it begins when it runs for the first time. ``wanted`` (of the log only): whether
    anybody wants what lands now; while nobody does, rows are passed over unread. ``prepare(rows)`` does beforehand what
    needs no database, in the thread that reads ahead; rows may be handled unprepared.
    """

    name: str
    handle: Handler
    batch: int = 5_000
    start: From = "beginning"
    of: Of = "stream"
    wanted: Callable[[], bool] | None = None
    table: Table[Any] | None = None
    prepare: Callable[[list[Any]], None] | None = None


_consumers: dict[str, Consumer] = {}


def register_consumer(consumer: Consumer) -> None:
    """Have ``consumer`` run by ``amity consumers``; called in a room's apps.py. A name is taken once."""
    if consumer.name in _consumers:
        raise ValueError(f"There is a consumer {consumer.name!r} already.")
    _consumers[consumer.name] = consumer


def registered_consumers() -> dict[str, Consumer]:
    """All consumers by name."""
    return dict(_consumers)

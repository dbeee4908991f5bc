"""The log of facts: appended to in bulk, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
import polars as pl

from amity.base.ids import new_id
from amity.events import copying
from amity.events.schemas import MAX_NAME, Fact, seen_key, source_key

COLUMNS = (
    "id", "kind", "name", "summary", "source", "message_id", "person_id", "company_id", "deal_id", "actor_id", "data",
    "occurred_at",
)  # fmt: skip
_TYPES = {
    "id": "uuid", "person_id": "uuid", "company_id": "uuid", "deal_id": "uuid", "actor_id": "uuid", "data": "jsonb",
    "occurred_at": "timestamptz",
}  # fmt: skip
_LANDED = (
    "id", "kind", "name", "summary", "source", "message_id", "person_id", "company_id", "data", "context",
    "occurred_at", "received_at", "source_id", "anonymous_id", "user_id",
)  # fmt: skip
_LANDED_COPY = f"COPY events_event ({', '.join(_LANDED)}) FROM STDIN (FORMAT binary)"
_ROW = copying.columns(len(_LANDED))
_REMEMBER = "INSERT INTO events_seen SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING RETURNING key"
_MAX_KIND = 40
_MAX_SOURCE = 120


class Landed(msgspec.Struct, gc=False):
    """A fact and whom it is about. ``id`` is the row's in ``events_event``; ``source`` is shown as its origin."""

    fact: Fact
    person_id: UUID | None = None
    company_id: UUID | None = None
    id: UUID = msgspec.field(default_factory=new_id)
    source: str = "source"
    summary: str = ""


def unseen(cursor: Any, facts: Sequence[Fact]) -> list[Fact]:
    """Those facts that were never taken before, in their order; from now on they were. 1 query, no time window.

    Of facts with the same source and message id the first one counts. Undone with the caller's transaction.
    """
    first: dict[UUID, Fact] = {}
    for fact in facts:
        first.setdefault(seen_key(fact.source_id, fact.message_id), fact)
    new = remember(cursor, first)
    return [fact for key, fact in first.items() if key in new]


def remember(cursor: Any, keys: Iterable[UUID]) -> set[UUID]:
    """Note `schemas.seen_key` keys as taken; those that were new. 1 query."""
    ordered = sorted(set(keys), key=attrgetter("int"))  # writers that overlap wait for each other in one order
    if not ordered:
        return set()
    cursor.execute(_REMEMBER, [ordered])
    return {row[0] for row in cursor.fetchall()}


def append_facts(cursor: Any, rows: Sequence[Landed]) -> None:
    """Put facts that `unseen` let through into ``events_event``, inside the caller's transaction. One COPY.

    ``data`` of a row is the event's properties, of identify and group calls its traits.
    """
    if not rows:
        return
    with cursor.copy(_LANDED_COPY) as sink:
        sink.write(b"".join([copying.HEADER, *map(_packed, rows), copying.TRAILER]))


def append_batch(cursor: Any, frame: pl.DataFrame, origin_id: UUID | None, received_at: Any) -> set[str]:
    """Append facts of an import inside the caller's transaction; returns the message ids that were new.

    ``frame`` has `COLUMNS` (ids as hex, ``data`` as JSON, times aware), each message id once; a fact whose ``source``
    and ``message_id`` were taken before is left alone. 4 queries and one COPY.
    """
    if not frame.height:
        return set()
    keys = [seen_key(source_key(source), id_) for source, id_ in frame.select("source", "message_id").iter_rows()]
    new = remember(cursor, keys)
    fresh = frame.filter(pl.Series([key in new for key in keys], dtype=pl.Boolean))
    if not fresh.height:
        return set()
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
    cursor.execute("DROP TABLE IF EXISTS pg_temp.facts")
    cursor.execute(f"CREATE TEMP TABLE facts ({columns}) ON COMMIT DROP")
    with cursor.copy(f"COPY facts ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)") as sink:
        sink.write(fresh.select(COLUMNS).write_csv(include_header=False).encode())
    names = ", ".join(COLUMNS)
    values = names.replace("data,", "coalesce(data, '{}'::jsonb),").replace("summary,", "coalesce(summary, ''),")
    cursor.execute(
        f"INSERT INTO events_event ({names}, origin_id, received_at) SELECT {values}, %s, %s FROM facts",
        [origin_id, received_at],
    )
    return set(fresh["message_id"].to_list())


def forget(cursor: Any, ids: Sequence[UUID]) -> None:
    """Forget that these rows of ``events_event`` were taken, so that they may come again. 2 queries."""
    cursor.execute(
        "SELECT coalesce(source_id::text, source), source_id IS NULL, message_id FROM events_event WHERE id = ANY(%s)",
        [list(ids)],
    )
    keys = [seen_key(source_key(source) if named else UUID(source), id_) for source, named, id_ in cursor.fetchall()]
    cursor.execute("DELETE FROM events_seen WHERE key = ANY(%s)", [sorted(keys)])


def _packed(row: Landed) -> bytes:
    fact = row.fact
    return b"".join((
        _ROW,
        copying.uuid(row.id),
        copying.text(fact.kind[:_MAX_KIND]),
        copying.text(fact.name[:MAX_NAME] or fact.kind),
        copying.text(row.summary),
        copying.text(row.source[:_MAX_SOURCE]),
        copying.text(fact.message_id),
        copying.uuid(row.person_id),
        copying.uuid(row.company_id),
        copying.json(fact.traits if fact.kind in ("identify", "group") else fact.properties),
        copying.json(fact.context or None),
        copying.time(fact.occurred_at),
        copying.time(fact.received_at),
        copying.uuid(fact.source_id),
        copying.text(fact.anonymous_id or None),
        copying.text(fact.user_id or None),
    ))  # fmt: skip

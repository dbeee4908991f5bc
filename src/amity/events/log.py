"""The log of facts: appended to in bulk, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import polars as pl

from amity.base.ids import new_id
from amity.events import copying
from amity.events.schemas import MAX_NAME, Fact, seen_digest, seen_key, source_key

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
_KNOWN = """
WITH told AS MATERIALIZED (SELECT unnest(%s::uuid[]) AS key),
new AS MATERIALIZED (INSERT INTO events_seen SELECT key FROM told ON CONFLICT DO NOTHING RETURNING key)
SELECT key FROM told EXCEPT ALL SELECT key FROM new"""
_CHUNK = 250  # rows handed to the server at once: it lands them while the next ones are packed
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


def prepare(facts: Iterable[Any]) -> None:
    """Work out what needs no database, to be called from a thread that reads ahead: a third of the handling's Python.

    Keys of messages, and rows as COPY takes them but for what is known later. Facts must not be changed afterwards.
    """
    text = _Packed()
    for fact in facts:
        if isinstance(fact, Fact):
            fact.ready = seen_digest(fact.source_id, fact.message_id), _front(fact, text), _tail(fact)


def unseen(cursor: Any, facts: Sequence[Fact]) -> list[Fact]:
    """Those facts that were never taken before, in their order; from now on they were. 1 query, no time window.

    Of facts with the same source and message id the first one counts. Undone with the caller's transaction.
    """
    first: dict[bytes, Fact] = {}
    for fact in facts:
        key = fact.ready[0] if fact.ready else seen_digest(fact.source_id, fact.message_id)
        first.setdefault(key, fact)
    known = _taken_before(cursor, first)
    if not known:
        return list(first.values())
    return [fact for key, fact in first.items() if key not in known]


def remember(cursor: Any, keys: Iterable[UUID]) -> set[UUID]:
    """Note `schemas.seen_key` keys as taken; those that were new. 1 query."""
    wanted = set(keys)
    return wanted - {UUID(bytes=key) for key in _taken_before(cursor, [key.bytes for key in wanted])}


def _taken_before(cursor: Any, keys: Iterable[bytes]) -> set[bytes]:
    """Note keys, each once, as taken; those that were taken before, which is hardly ever any. 1 query."""
    ordered = sorted([key.hex() for key in keys])  # writers that overlap wait for each other in one order
    if not ordered:
        return set()
    cursor.execute(_KNOWN, ["{" + ",".join(ordered) + "}"])
    return {row[0].bytes for row in cursor.fetchall()}


def append_facts(cursor: Any, rows: Iterable[Landed]) -> None:
    """Put facts that `unseen` let through into ``events_event``, inside the caller's transaction. One COPY, if any.

    ``data`` of a row is the event's properties, of identify and group calls its traits. ``rows`` may be worked out as
    they are asked for: the server lands the ones before meanwhile.
    """
    append_packed(cursor, _chunks(rows))


def append_packed(cursor: Any, chunks: Iterable[bytes]) -> None:
    """`append_facts` of what `packed` made; a chunk may be worked out while the server lands the one before."""
    waiting = iter(chunks)
    chunk = next(waiting, None)
    if chunk is None:
        return
    with cursor.copy(_LANDED_COPY) as sink:
        sink.write(copying.HEADER)
        while chunk is not None:
            sink.write(chunk)
            chunk = next(waiting, None)
        sink.write(copying.TRAILER)


def packed(rows: Iterable[Landed]) -> list[bytes]:
    """Facts as COPY takes them, some rows in each; needs no database, so another thread may do it."""
    return list(_chunks(rows))


def _chunks(rows: Iterable[Landed]) -> Iterator[bytes]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        yield _packed(chunk)


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


def remove_facts(cursor: Any, ids: Sequence[UUID]) -> None:
    """Take facts that staff wrote down themselves, and took back, out of the log. 3 queries."""
    if ids:
        forget(cursor, ids)
        cursor.execute("DELETE FROM events_event WHERE id = ANY(%s)", [list(ids)])


def _packed(rows: Iterable[Landed]) -> bytes:
    """Rows as COPY takes them."""
    parts: list[bytes] = []
    add = parts.append
    text = _Packed()
    for row in rows:
        fact = row.fact
        _key, front, tail = fact.ready or (b"", _front(fact, text), _tail(fact))
        add(_ROW)
        add(copying.uuid(row.id))
        add(front)
        add(text[row.summary])
        add(text[row.source[:_MAX_SOURCE]])
        add(copying.text(fact.message_id))
        add(copying.uuid(row.person_id))
        add(copying.NULL if row.company_id is None else copying.uuid(row.company_id))
        add(tail)
    return b"".join(parts)


def _front(fact: Fact, text: _Packed) -> bytes:
    """Kind and name."""
    return text[fact.kind[:_MAX_KIND]] + text[fact.name[:MAX_NAME] or fact.kind]


def _tail(fact: Fact) -> bytes:
    """What was sent, when, and by whom."""
    return b"".join((
        copying.json(fact.traits if fact.kind in ("identify", "group") else fact.properties),
        copying.json(fact.context) if fact.context else copying.NULL,
        copying.time(fact.occurred_at),
        copying.time(fact.received_at),
        copying.uuid(fact.source_id),
        copying.text(fact.anonymous_id) if fact.anonymous_id else copying.NULL,
        copying.text(fact.user_id) if fact.user_id else copying.NULL,
    ))  # fmt: skip


class _Packed(dict[str, bytes]):
    """Texts in the form of COPY, each made when it is first asked for: those that rows share (kind, name, source…)."""

    def __missing__(self, value: str) -> bytes:
        packed = self[value] = copying.text(value)
        return packed

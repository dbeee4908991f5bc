"""What all doors share: mapped events go into the log in the caller's transaction; what cannot is put aside.

Two things a door wants are known only to the rooms above, which register them: who an event would land on, and what
columns of a table mean and how its file is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.events.intake_keys import COUNT
from amity.events.models import Quarantine
from amity.events.schemas import Bad, Fact, RawRow, lane_of, parse, seen_key
from amity.events.stream import StreamDown
from amity.events.stream_postgres import append_inside
from amity.events.streams import stream

MAX_EVENT = 256 * 1024  # bytes of one mapped event


@dataclass(frozen=True, slots=True)
class Landing:
    """Whom an event would reach. ``known`` false: a new profile; ``by``: the identifier that decides."""

    name: str
    url: str
    known: bool
    by: str


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is: ``field`` of a person (trait name), why in words."""

    column: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileTable:
    """One table in a file; ``memo`` lets the reader open it again."""

    name: str
    columns: tuple[str, ...]
    rows: int
    memo: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FilePiece:
    """Rows with their numbers from 1, why others could not be read, and the number of the last row looked at."""

    rows: list[tuple[int, dict[str, Any]]]
    rejected: tuple[str, ...]
    last_row: int


class FileReader(Protocol):
    """Reads export files of any format."""

    def tables(self, path: Path) -> list[FileTable]:
        """The tables in a file; raises ``Refused`` with what is wrong with it."""
        ...

    def rows(self, table: FileTable, skip: int, size: int) -> FilePiece:
        """At most ``size`` rows after the first ``skip``."""
        ...


Who = Callable[[access.Principal, Sequence[Fact]], list[Landing | None]]
Recognise = Callable[[Sequence[str], Sequence[dict[str, Any]]], list[Guess]]
_who: Who | None = None
_recognise: Recognise | None = None
_reader: FileReader | None = None


def register_landing(who: Who) -> None:
    """Who finds the person of an event without changing anything (room `people`)."""
    global _who
    _who = who


def register_columns(recognise: Recognise) -> None:
    """Who recognises columns of people (room `people`)."""
    global _recognise
    _recognise = recognise


def register_reader(reader: FileReader) -> None:
    """Who reads files (room `people`, whose imports do)."""
    global _reader
    _reader = reader


def landings(principal: access.Principal, facts: Sequence[Fact]) -> list[Landing | None]:
    """Whom each event would reach; None where that cannot be said."""
    return _who(principal, facts) if _who else [None] * len(facts)


def columns(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> list[Guess]:
    """What columns are, where that is recognised."""
    return _recognise(names, rows) if _recognise else []


def file_reader() -> FileReader:
    """The reader of files."""
    if _reader is None:
        raise RuntimeError("no reader of files is registered")
    return _reader


@dataclass(frozen=True, slots=True)
class Appended:
    """How many events went into the log, how many were known already, how many could not be taken and why."""

    taken: int
    known: int
    bad: tuple[Bad, ...]


def rows_of(
    source_id: UUID, events: Iterable[dict[str, Any]], at: datetime, keep: bool = True
) -> tuple[list[RawRow], list[Bad]]:
    """Events as rows of the log, each checked as the consumers will check it, and what is wrong with the others.

    ``keep``: the others go to the quarantine.
    """
    rows, bad = list[RawRow](), list[Bad]()
    for event in events:
        body = msgspec.json.encode(event)
        lane = lane_of(event.get("userId", ""), event.get("anonymousId", ""))
        row = RawRow(source_id, event["type"], event["messageId"], lane, at, body)
        try:
            parse(row)
            if len(body) > MAX_EVENT:
                raise Bad("too_large", f"The event is larger than {MAX_EVENT // 1024} KB.")
        except Bad as error:
            bad.append(error)
            if keep:
                _put_aside(row, error)
        else:
            rows.append(row)
    return rows, bad


def append(source_id: UUID, events: Iterable[dict[str, Any]]) -> Appended:
    """Put events into the log inside the caller's transaction, and count them. 3 queries and one COPY.

    Events that were consumed before are left out (the consumers would do the same: this only keeps the log short).
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("events share the transaction that moves their door's position")
    rows, bad = rows_of(source_id, events, clock.now())
    fresh = unseen(rows)
    if fresh:
        _append(fresh)
    if fresh or bad:
        _count(source_id, len(fresh), len(bad), sum(len(row.body) for row in fresh))
    return Appended(len(fresh), len(rows) - len(fresh), tuple(bad))


def _count(source_id: UUID, taken: int, refused: int, size: int) -> None:
    """Add to the source's volume of this minute, as the intake does."""
    minute = clock.now().replace(second=0, microsecond=0).timestamp()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [new_id(), minute, taken, refused, size, source_id])


def unseen(rows: Sequence[RawRow]) -> list[RawRow]:
    """Rows whose message was not consumed before, each once. 1 query."""
    by_key = {seen_key(row.source_id, row.message_id): row for row in rows}
    known = known_keys(list(by_key))
    return [row for key, row in by_key.items() if key not in known]


def known_keys(keys: Sequence[UUID]) -> set[UUID]:
    """Which messages were consumed before. 1 query."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM events_seen WHERE key = ANY(%s)", [list(keys)])
        return {key for (key,) in cursor.fetchall()}


def _append(rows: Sequence[RawRow]) -> None:
    """Into the table inside the transaction; into Kafka before it commits (what comes again is known by its id)."""
    if settings.CONFIG.stream == "postgres":
        with connection.cursor() as cursor:
            append_inside(cursor, rows)
        return
    try:
        with contextlib.closing(stream()) as outside:
            outside.append(rows)
    except StreamDown as error:
        raise Refused("stream_down", _("The event stream cannot be reached now."), 503) from error


def _put_aside(row: RawRow, error: Bad) -> None:
    Quarantine.objects.create(
        source_id=row.source_id, kind=row.kind[:20], message_id=row.message_id[:100], body=row.body,
        code=error.code, sentence=error.sentence[:300],
    )  # fmt: skip

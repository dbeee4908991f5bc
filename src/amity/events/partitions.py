"""Partitions of the log by time: made ahead, and emptied whole when what they hold has served its time.

Every time has a partition (the first is open to the past, the last to the future), so appending never fails for want of
one. Coming months are cut out of the last one in time. They are few, because each costs every query some planning.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction

from amity.base import clock
from amity.events.consuming import registered_consumers
from amity.events.models import Source

log = logging.getLogger("amity.events")
RAW, LOG = "events_raw", "events_event"
_POSITION = {RAW: "id", LOG: "seq"}
_AHEAD = timedelta(days=100)
_MOST_MOVED = 200_000  # rows that a split moves; a fuller partition stays as it is
_BLOCKS = 2_000  # of 8 KiB, looked through per transaction when rows are deleted one by one
_LOCKS = "SET LOCAL lock_timeout = '3s'"
_BOUND = re.compile(r"FOR VALUES FROM \((.+?)\) TO \((.+?)\)$")
Cutoffs = Mapping[UUID | None, datetime]


@dataclass(frozen=True, slots=True)
class Part:
    """A partition and its times: from ``low`` (None: since ever) to before ``high`` (None: for ever)."""

    name: str
    low: datetime | None
    high: datetime | None

    @property
    def monthly(self) -> bool:
        return self.low is not None and self.high is not None and self.high - self.low < timedelta(days=32)


def parts(table: str) -> list[Part]:
    """The partitions of a table, oldest first. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = "
            "i.inhrelid WHERE i.inhparent = %s::regclass",
            [table],
        )
        rows = cursor.fetchall()
    found = []
    for name, bound in rows:
        match = _BOUND.match(bound)
        assert match is not None, bound
        found.append(Part(name, _time(match[1]), _time(match[2])))
    return sorted(found, key=lambda part: part.low or datetime.min.replace(tzinfo=UTC))


def make_ahead() -> list[str]:
    """Months for the next hundred days; names of what was made. Safe to repeat."""
    made = []
    now = clock.now()
    for table in (RAW, LOG):
        for part in parts(table):
            if part.low is None or part.monthly or part.low >= now + _AHEAD:
                continue
            if part.high is None or part.high > now - timedelta(days=31):
                made += _split(table, part, now)
    return made


def drop_consumed() -> list[str]:
    """Drop months of received bytes that every consumer has handled and that are kept long enough; their names."""
    before = clock.now() - timedelta(days=settings.CONFIG.raw_retention_days)
    dropped = []
    for part in parts(RAW):
        if part.high is not None and part.high <= before and _held(part) and _consumed(RAW, part):
            dropped += _empty(part)
    if dropped:
        _fold(RAW, before)
    return dropped


def retire() -> tuple[list[str], int]:
    """Facts that their source need not keep: months dropped where all sources agree, and rows deleted elsewhere.

    Facts without a source (imports, what people wrote) stay. What was counted from the facts stays counted.
    """
    cutoffs = _cutoffs()
    if not cutoffs:
        return [], 0
    dropped: list[str] = []
    deleted = 0
    latest = max(cutoffs.values())
    for part in parts(LOG):
        if part.low is not None and part.low >= latest:
            break
        if not _held(part) or not _consumed(LOG, part):
            continue
        if part.low is not None and part.high is not None and _all_agree(part, cutoffs):
            dropped += _empty(part)
        else:
            deleted += _delete(part, cutoffs)
    if dropped:
        _fold(LOG, latest)
    return dropped, deleted


def analyze() -> None:
    """Statistics over all partitions together, which autovacuum does not make of a table that has any."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {LOG}")
        cursor.execute(f"ANALYZE {RAW}")


def _time(text: str) -> datetime | None:
    if text in ("MINVALUE", "MAXVALUE"):
        return None
    return datetime.fromisoformat(text.strip("'")).astimezone(UTC)


def _split(table: str, part: Part, now: datetime) -> list[str]:
    """Months (and what is left of a partition open to the future) in its place, with its rows."""
    assert part.low is not None
    end = part.high or _next_month(max(now + _AHEAD, part.low))
    pieces = list(_months(table, part.low, end))
    if part.high is None:
        pieces.append(Part(f"{table}_late", end, None))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCKS)
            cursor.execute(f"SELECT count(*) FROM (SELECT FROM {part.name} LIMIT {_MOST_MOVED + 1}) few")
            if cursor.fetchone()[0] > _MOST_MOVED:
                log.warning("events.partition_full", extra={"partition": part.name})
                return []
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {part.name}")
            cursor.execute(f"ALTER TABLE {part.name} RENAME TO {part.name}_old")
            for piece in pieces:
                _create(cursor, table, piece)
            columns = _columns(cursor, table)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {part.name}_old")
            cursor.execute(f"DROP TABLE {part.name}_old")
    except OperationalError:  # somebody reads just now; there are a hundred days left
        log.warning("events.partition_busy", extra={"partition": part.name})
        return []
    return [piece.name for piece in pieces]


def _months(table: str, low: datetime, end: datetime) -> Iterable[Part]:
    while low < end:
        high = _next_month(low)
        yield Part(f"{table}_{low.year}_{low.month:02}", low, high)
        low = high


def _next_month(at: datetime) -> datetime:
    return datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)


def _create(cursor: Any, table: str, part: Part) -> None:
    # The old partition's indexes keep their names until it is dropped, so new ones get names of their own.
    assert part.low is not None
    high = "MAXVALUE" if part.high is None else f"'{part.high.isoformat()}'"
    cursor.execute(
        f"CREATE TABLE {part.name} PARTITION OF {table} FOR VALUES FROM ('{part.low.isoformat()}') TO ({high})"
    )


def _columns(cursor: Any, table: str) -> str:
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table],
    )
    return str(cursor.fetchone()[0])


def _held(part: Part) -> bool:
    """Whether the partition holds rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {part.name})")
        return bool(cursor.fetchone()[0])


def _consumed(table: str, part: Part) -> bool:
    """Whether every consumer of the table has gone past the partition's last row."""
    of = "stream" if table == RAW else "log"
    names = [consumer.name for consumer in registered_consumers().values() if consumer.of == of]
    at = _POSITION[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) = %s AND coalesce(bool_and((c.xid, c.id) "
            f">= (SELECT r.xid, r.{at} FROM {part.name} r ORDER BY r.xid DESC, r.{at} DESC LIMIT 1)), %s) "
            "FROM events_cursor c WHERE c.name = ANY(%s))",
            [len(names), table == LOG, names],
        )
        return bool(cursor.fetchone()[0])


def _cutoffs() -> dict[UUID | None, datetime]:
    """Source → the time before which its facts may go; under None that of sources that set none themselves."""
    now, default = clock.now(), settings.CONFIG.event_retention_days
    found: dict[UUID | None, datetime] = {
        id_: now - timedelta(days=days or 0)
        for id_, days in Source.objects.filter(retention_days__isnull=False).values_list("id", "retention_days")
    }
    if default:
        found[None] = now - timedelta(days=default)
    return found


def _all_agree(part: Part, cutoffs: Cutoffs) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT source_id FROM {part.name}")
        sources = [row[0] for row in cursor.fetchall()]
    ends = [None if source is None else cutoffs.get(source, cutoffs.get(None)) for source in sources]
    return bool(ends) and all(end is not None and part.high is not None and part.high <= end for end in ends)


def _empty(part: Part) -> list[str]:
    """Let all rows of a partition go at once. Its times keep their place: something may still come late."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCKS)
            cursor.execute(f"TRUNCATE {part.name}")
    except OperationalError:  # in use: the next night will do
        log.warning("events.partition_busy", extra={"partition": part.name})
        return []
    log.info("events.partition_emptied", extra={"partition": part.name})
    return [part.name]


def _fold(table: str, before: datetime) -> None:
    """The oldest partitions, as far as they are empty and end ``before`` then, become one with the first."""
    first, *rest = parts(table)
    empty = [first]
    for part in rest:
        if part.high is None or part.high > before:
            break
        empty.append(part)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCKS)
            empty = list(takewhile(lambda part: not _locked_rows(cursor, part), empty))
            if len(empty) < 2:
                return
            for part in empty:
                cursor.execute(f"DROP TABLE {part.name}")
            high = empty[-1].high
            assert high is not None
            cursor.execute(
                f"CREATE TABLE {first.name} PARTITION OF {table} FOR VALUES FROM (MINVALUE) TO ('{high.isoformat()}')"
            )
    except OperationalError:
        log.warning("events.partition_busy", extra={"partition": first.name})


def _locked_rows(cursor: Any, part: Part) -> bool:
    """Whether it holds rows; nobody can add any until the transaction ends."""
    cursor.execute(f"LOCK TABLE {part.name} IN ACCESS EXCLUSIVE MODE")
    cursor.execute(f"SELECT EXISTS (SELECT FROM {part.name})")
    return bool(cursor.fetchone()[0])


def _delete(part: Part, cutoffs: Cutoffs) -> int:
    """Delete what is too old, a stretch of the table per transaction, so that nobody waits for long."""
    own = {source: end for source, end in cutoffs.items() if source is not None}
    old = "EXISTS (SELECT FROM unnest(%s::uuid[], %s::timestamptz[]) o(source, until) " \
          "WHERE o.source = p.source_id AND p.occurred_at < o.until)"  # fmt: skip
    values: list[Any] = [list(own), list(own.values())]
    if None in cutoffs:
        old += " OR (p.source_id IS NOT NULL AND p.source_id <> ALL(%s::uuid[]) AND p.occurred_at < %s)"
        keeping = list(Source.objects.filter(retention_days__isnull=False).values_list("id", flat=True))
        values += [keeping, cutoffs[None]]
    deleted, block = 0, 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [part.name])
        blocks = int(cursor.fetchone()[0])
        while block < blocks:
            cursor.execute(
                f"DELETE FROM {part.name} p WHERE p.ctid >= %s::tid AND p.ctid < %s::tid AND ({old})",
                [f"({block},0)", f"({block + _BLOCKS},0)", *values],
            )
            deleted += cursor.rowcount
            block += _BLOCKS
    return deleted

"""Handing events on: files that are complete or not there, messages that are acknowledged, then the position moves.

At least once. A process that dies in between does the same piece again: a file has the position it begins at in its
name, so the repetition replaces it; a receiver of messages knows a repetition by its ``id``.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import F

from amity.base import clock
from amity.base.errors import Refused
from amity.base.sealing import unseal
from amity.engines import api as engines
from amity.events.destinations import FileSettings, KafkaSettings, folder_of, lag_of, pause_after, ready, wanted
from amity.events.log import Landed
from amity.events.models import Destination
from amity.events.stream_postgres import LOG, rows_after

CHUNK = 2_000
_LOCK_SPACE = 0x414D4459  # "AMDY": advisory locks of destinations
Position = tuple[int, int]
log = logging.getLogger("amity.destinations")


def run(seconds: float = 50.0) -> int:
    """Hand on what waits, for at most so many seconds; returns how many events went out."""
    deadline = time.monotonic() + seconds
    total, busy = 0, ready()
    while busy and time.monotonic() < deadline:
        done = {pk: step(pk) for pk in busy}
        total += sum(done.values())
        busy = [pk for pk, moved in done.items() if moved]
    return total


def step(destination_id: UUID) -> int:
    """One piece for one destination; how many events it moved over. 0: nothing is due, or another process is at it."""
    with _held(destination_id) as mine:
        row = Destination.objects.filter(pk=destination_id, active=True).first() if mine else None
        if row is None:
            return 0
        try:
            read, sent, after = _hand_on(row)
        except (Refused, OSError, engines.KafkaDown) as error:
            _failed(row, error)
            return 0
        if read:
            _move(row, after, sent)
        return read


def _hand_on(row: Destination) -> tuple[int, int, Position]:
    """How many events were read and handed on, and the position behind them."""
    at = (row.xid, row.seq)
    if row.kind == Destination.Kind.FILES:
        return _to_file(row, at, msgspec.convert(row.settings, FileSettings))
    return _to_kafka(row, at, msgspec.convert(row.settings, KafkaSettings))


def _to_file(row: Destination, at: Position, settings: FileSettings) -> tuple[int, int, Position]:
    behind = lag_of(*at)
    if not behind.rows or (behind.rows < settings.max_rows and behind.seconds < settings.every_minutes * 60):
        return 0, 0, at
    folder: Path = folder_of(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"events-{at[0]:020d}-{at[1]:020d}.ndjson{'.gz' if settings.gzip else ''}"
    part = folder / f".{name}.part"
    read, sent, after = 0, 0, at
    with part.open("wb") as raw:
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) if settings.gzip else contextlib.nullcontext(raw) as sink:
            for landed in _rows(at, settings.max_rows):
                read, after = read + 1, landed.fact.position
                if wanted(row.events, landed.fact.name or landed.fact.kind):
                    sent += 1
                    sink.write(line(landed) + b"\n")
        raw.flush()
        os.fsync(raw.fileno())
    if sent:
        part.replace(folder / name)
        _sync(folder)
    else:
        part.unlink()
    return read, sent, after


def _to_kafka(row: Destination, at: Position, settings: KafkaSettings) -> tuple[int, int, Position]:
    landed = list(_rows(at, CHUNK))
    if not landed:
        return 0, 0, at
    chosen = [each for each in landed if wanted(row.events, each.fact.name or each.fact.kind)]
    hidden = [option for option in unseal(row.secret).splitlines() if "=" in option] if row.secret else []
    addresses = tuple(part.strip() for part in settings.brokers.split(",") if part.strip())
    sender = engines.Sender(engines.Brokers(addresses, (*settings.options, *hidden)))
    with contextlib.closing(sender):
        sender.send(settings.topic, [(str(each.person_id or each.id).encode(), line(each)) for each in chosen])
    return len(landed), len(chosen), landed[-1].fact.position


def line(landed: Landed) -> bytes:
    """An event as one line of JSON."""
    fact = landed.fact
    profile = fact.kind in ("identify", "group")
    return msgspec.json.encode(
        {
            "id": landed.id, "type": fact.kind, "event": fact.name, "messageId": fact.message_id,
            "personId": landed.person_id, "companyId": landed.company_id, "userId": fact.user_id or None,
            "anonymousId": fact.anonymous_id or None, "source": landed.source, "sourceId": fact.source_id,
            "timestamp": fact.occurred_at, "receivedAt": fact.received_at, "context": fact.context,
            ("traits" if profile else "properties"): fact.traits if profile else fact.properties,
        }
    )  # fmt: skip


def _rows(at: Position, most: int) -> Iterator[Landed]:
    """At most ``most`` events behind a position, in order; a chunk in memory at a time."""
    left = most
    while left > 0:
        found = rows_after(LOG, at, min(CHUNK, left))
        yield from found
        if len(found) < min(CHUNK, left):
            return
        left, at = left - len(found), found[-1].fact.position


def _move(row: Destination, after: Position, sent: int) -> None:
    """Only from where it was read: who was overtaken moves nothing."""
    Destination.objects.filter(pk=row.pk, xid=row.xid, seq=row.seq).update(
        xid=after[0], seq=after[1], rows=F("rows") + sent, sent_at=clock.now(), failures=0, retry_at=None,
        code="", sentence="",
    )  # fmt: skip


def _failed(row: Destination, error: Exception) -> None:
    code = error.code if isinstance(error, Refused) else "kafka" if isinstance(error, engines.KafkaDown) else "folder"
    text = str(error) or type(error).__name__
    Destination.objects.filter(pk=row.pk).update(
        failures=F("failures") + 1, retry_at=clock.now() + pause_after(row.failures), code=code[:40],
        sentence=text[:300],
    )  # fmt: skip
    log.warning("destination.failed", extra={"destination_id": str(row.pk), "code": code})


@contextlib.contextmanager
def _held(destination_id: UUID) -> Iterator[bool]:
    """One process at a time; a process that dies lets go by itself (the lock is its connection's)."""
    number = destination_id.int & 0x7FFFFFFF
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, number])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, number])


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

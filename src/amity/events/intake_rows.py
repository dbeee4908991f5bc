"""Rows of ``events_raw`` and ``events_quarantine`` in the binary format of COPY, packed by hand.

Format: PostgreSQL documentation, COPY, "Binary Format": a header, per row a field count and per field its length and
bytes (−1 for NULL), a trailer. Times are microseconds since 2000-01-01 UTC.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from amity.base.ids import new_id
from amity.events.intake_wire import Limits, Raw, Reject, read
from amity.events.schemas import KINDS

COPY_RAW = (
    "COPY events_raw (source_id, lane, received_at, sent_at, kind, message_id, body, shared) FROM STDIN (FORMAT binary)"
)
COPY_QUARANTINE = (
    "COPY events_quarantine (id, source_id, kind, message_id, received_at, sent_at, code, sentence, body, shared) "
    "FROM STDIN (FORMAT binary)"
)
POSTGRES_EPOCH = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # µs since 1970
_HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0\0\0\0" * 2
_TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_length = Struct("!i").pack
_timed = Struct("!hi16sihiqiq").pack  # 8 fields: source, lane, received, sent
_untimed = Struct("!hi16sihiqi").pack  # the same with sent NULL
_time = Struct("!iq").pack
_KINDS = {kind: _length(len(kind)) + kind.encode() for kind in KINDS}
_SHORT = [_length(size) for size in range(512)]


class Batch(NamedTuple):
    """Events of one request: whose, when received (µs since 2000), and what."""

    source_id: bytes
    received_at: int
    rows: list[Raw]
    rejects: list[Reject]


def raw_copy(batches: Iterable[Batch]) -> bytes:
    """The body of `COPY_RAW` for these batches. About 1 µs a row."""
    parts = [_HEADER]
    for source, received, rows, _rejects in batches:
        for kind, message_id, lane, sent, body, shared in rows:
            if sent is None:
                head = _untimed(8, 16, source, 2, lane, 8, received, -1)
            else:
                head = _timed(8, 16, source, 2, lane, 8, received, 8, sent)
            size = len(message_id)
            parts += (
                head, _KINDS[kind], _SHORT[size] if size < 512 else _length(size), message_id,
                _length(len(body)), body, _NULL if shared is None else _length(len(shared)) + shared,
            )  # fmt: skip
    parts.append(_TRAILER)
    return b"".join(parts)


def quarantine_copy(batches: Iterable[Batch]) -> bytes:
    """The body of `COPY_QUARANTINE` for the rejects in these batches."""
    parts = [_HEADER]
    for source, received, _rows, rejects in batches:
        for kind, message_id, sent, body, shared, code, sentence in rejects:
            fields = (
                new_id().bytes, source, kind.encode(), _clipped(message_id, 100), None, None,
                _clipped(code, 40), _clipped(sentence, 300), body, shared,
            )  # fmt: skip
            parts.append(b"\0\x0a")
            for place, value in enumerate(fields):
                if place == 4:
                    parts.append(_time(8, received))
                elif place == 5 and sent is not None:
                    parts.append(_time(8, sent))
                else:
                    parts += (_NULL,) if value is None else (_length(len(value)), value)
    parts.append(_TRAILER)
    return b"".join(parts)


def _clipped(text: str, most: int) -> bytes:
    """Text that a varchar of ``most`` characters holds; NUL has no place in Postgres text."""
    return text.replace("\0", "")[:most].encode("utf-8", "replace")


def copy_of(source_id: UUID, bodies: Iterable[bytes]) -> tuple[str, bytes]:
    """The statement and its data for these batch requests, received now: what the intake sends to Postgres."""
    received = time.time_ns() // 1_000 - POSTGRES_EPOCH
    batches = [Batch(source_id.bytes, received, *_sorted(body)) for body in bodies]
    return COPY_RAW, raw_copy(batches)


def _sorted(body: bytes) -> tuple[list[Raw], list[Reject]]:
    parsed = read(body, "", Limits())
    return parsed.rows, parsed.rejects

"""Time-ordered ids (UUIDv7, RFC 9562 section 5.7): they sort by creation, so indexes stay compact."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1d9a0e-3c52-5d0b-9a55-0d4b7c1f2a10")
_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7, strictly increasing inside this process (12 sub-millisecond bits, RFC 9562 6.2 method 3)."""
    global _last
    with _lock:
        ns = time.time_ns()
        ticks = (ns // 1_000_000 << 12) | ((ns % 1_000_000) * 4096 // 1_000_000)
        _last = ticks = max(ticks, _last + 1)
    random = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    ms, sub = ticks >> 12, ticks & 0xFFF
    return UUID(int=(ms << 80) | (0x7 << 76) | (sub << 64) | (0b10 << 62) | random)


def stable_id(*parts: str) -> UUID:
    """The same UUID for the same parts, always (UUIDv5), for rows that must be found again by content."""
    return uuid5(_NAMESPACE, "\x1f".join(parts))


def read_id(text: object) -> UUID | None:
    """The id that ``text`` spells, None when it spells none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None

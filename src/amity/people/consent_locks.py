"""Withdrawing waits for what is being handed over to that person right now, and what follows sees it.

Whoever writes words about few people locks their *buckets* (and those of the addresses); the send gate locks the same
buckets while it checks and hands over. Whoever writes about many locks everything instead. All end with the
transaction. Locks are taken in ascending order, so nobody waits in a circle.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

FEW = 64
_SPACE = 0x434F4E53  # "CONS": the name space of these advisory locks
_BUCKETS = 4_096
_ALL = _BUCKETS  # every writer and every gate shares it; a bulk writer has it alone
_ALONE = "SELECT pg_advisory_xact_lock(%s, %s)"
_EACH = """
SELECT pg_advisory_xact_lock_shared(%s, %s);
SELECT pg_advisory_xact_lock(%s, b) FROM (SELECT b FROM unnest(%s::int[]) AS b ORDER BY b) AS ordered
"""


def lock(cursor: Any, people: Iterable[UUID], address_keys: Iterable[str]) -> None:
    """Have these people's and addresses' consent to oneself until the transaction ends. 1 query."""
    buckets = {_bucket(person.bytes) for person in people} | {_bucket(key.encode()) for key in address_keys if key}
    if len(buckets) > FEW:
        lock_all(cursor)
        return
    cursor.execute(_EACH, [_SPACE, _ALL, _SPACE, sorted(buckets)])


def lock_all(cursor: Any) -> None:
    """Have everybody's consent to oneself until the transaction ends. 1 query."""
    cursor.execute(_ALONE, [_SPACE, _ALL])


def _bucket(told: bytes) -> int:
    return zlib.crc32(told) % _BUCKETS

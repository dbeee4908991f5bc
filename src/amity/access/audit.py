"""The audit log: written in the transaction of the change it tells of, append-only, hash-chained (SHA-256)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.access.models import AuditEntry
from amity.access.permissions import Principal
from amity.base import clock

GENESIS = "0" * 64
_CHAIN_LOCK = 0x414D4954  # advisory lock: one writer at a time extends the chain


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a chain check: how many lines, and the first broken one (None: intact)."""

    lines: int
    broken_at: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    seq: int
    at: datetime
    actor_id: UUID | None
    via: str
    verb: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    hash: str


def record(
    principal: Principal, verb: str, object_kind: str, object_id: UUID | str, detail: dict[str, Any] | None = None
) -> None:
    """Append one line; must run inside the transaction of the change. 3 queries. ``detail``: ids and counts only."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "audit.record must share the transaction of the change it tells of"
        )
    _lock_chain()
    _extend(principal, verb, object_kind, str(object_id), detail or {})


def _lock_chain() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])


def _extend(principal: Principal, verb: str, object_kind: str, object_id: str, detail: dict[str, Any]) -> None:
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "hash").first() or (0, GENESIS)
    entry = AuditEntry(
        seq=last[0] + 1, at=clock.now(), actor_id=principal.staff_id, via=principal.via, verb=verb,
        object_kind=object_kind, object_id=object_id, detail=detail, previous_hash=last[1],
    )  # fmt: skip
    entry.hash = digest(entry)
    entry.save(force_insert=True)


def digest(entry: AuditEntry) -> str:
    """SHA-256 over the line's canonical JSON, its predecessor's hash included."""
    actor = str(entry.actor_id) if entry.actor_id else None
    fields = [
        entry.seq, entry.at.isoformat(), actor, entry.via, entry.verb,
        entry.object_kind, entry.object_id, entry.detail, entry.previous_hash,
    ]  # fmt: skip
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def verify() -> Verdict:
    """Walk the whole chain; reports the first line whose number, link or content does not fit."""
    previous, expected, lines = GENESIS, 1, 0
    for entry in _entries():
        if entry.seq != expected:
            return Verdict(lines, expected, f"line {expected} is missing")
        if entry.previous_hash != previous or digest(entry) != entry.hash:
            return Verdict(lines, entry.seq, f"line {entry.seq} was changed")
        previous, expected, lines = entry.hash, expected + 1, lines + 1
    return Verdict(lines, None)


def _entries() -> Iterator[AuditEntry]:
    return AuditEntry.objects.order_by("seq").iterator(chunk_size=5_000)


def lines(
    *, verb: str = "", kind: str = "", object: str = "", actor: str = "", before: int | None = None, limit: int = 100
) -> list[Line]:
    """Lines newest first, at most ``limit`` (<= 500), below number ``before``. 1 query."""
    wanted = {"verb": verb, "object_kind": kind, "object_id": object}
    rows = AuditEntry.objects.filter(**{key: value for key, value in wanted.items() if value}).order_by("-seq")
    if actor:
        rows = rows.filter(actor_id=_uuid(actor))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return [
        Line(e.seq, e.at, e.actor_id, e.via, e.verb, e.object_kind, e.object_id, e.detail, e.hash)
        for e in rows[: min(limit, 501)]
    ]


def verbs() -> list[str]:
    """Every verb in the log. 1 query."""
    return list(AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct()[:200])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def last_at() -> datetime | None:
    """When the newest line was written."""
    return AuditEntry.objects.order_by("-seq").values_list("at", flat=True).first()

"""The audit log: written in the transaction of the change it tells of, append-only, hash-chained (SHA-256)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.access.models import AuditEntry, AuditNote
from amity.access.permissions import Principal
from amity.base import clock

GENESIS = "0" * 64
_CHAIN_LOCK = 0x414D4954  # advisory lock: one writer at a time extends the chain
# What stands in the chain as it is: ids, times, codes. Any other text is told in a note, which can be erased.
_CODE = re.compile(r"[a-z][a-z0-9_.:-]{0,60}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\d.:TZ+-]{1,40}|")
_WORDS = frozenset(("name", "reason", "note", "text", "why", "label", "title", "before", "after", "value"))
_HASH = "sha256"
_LAST = "SELECT pg_advisory_xact_lock(%s); SELECT seq, hash FROM access_auditentry ORDER BY seq DESC LIMIT 1"


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


@dataclass(frozen=True, slots=True)
class _Told:
    """A line to be: who, what, about what; ``kept`` is forgotten by Django where its savepoint is rolled back."""

    principal: Principal
    verb: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    kept: Callable[[], None]


_waiting: ContextVar[list[_Told] | None] = ContextVar("audit_lines", default=None)


@contextmanager
def together() -> Iterator[None]:
    """A transaction whose lines are written at its end, at once: others wait for the chain that much less.

    Whatever is rolled back within it leaves no line, as without it. 2 queries for all lines, 3 with words.
    """
    if _waiting.get() is not None:
        with transaction.atomic():
            yield
        return
    lines: list[_Told] = []
    with transaction.atomic():
        token = _waiting.set(lines)
        try:
            yield
        finally:
            _waiting.reset(token)
        stands = {id(each[1]) for each in connection.run_on_commit}
        _extend([each for each in lines if id(each.kept) in stands])


def record(
    principal: Principal, verb: str, object_kind: str, object_id: UUID | str, detail: dict[str, Any] | None = None
) -> None:
    """Append one line; must run inside the transaction of the change. 2 queries, 3 with words; see `together`.

    ``detail``: ids, codes and counts. Words in it (a name, a reason) are kept beside the chain, which holds their
    salted hash: they can be erased (`erase_notes`) and the chain still verifies.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "audit.record must share the transaction of the change it tells of"
        )
    told = _Told(principal, verb, object_kind, str(object_id), detail or {}, lambda: None)
    lines = _waiting.get()
    if lines is None:
        _extend([told])
        return
    lines.append(told)
    transaction.on_commit(told.kept)


def _extend(lines: list[_Told]) -> None:
    """Write lines at the end of the chain, which is this transaction's from now on."""
    if not lines:
        return
    number, last = _end()
    entries, notes = list[AuditEntry](), list[AuditNote]()
    for seq, told in enumerate(lines, number + 1):
        salt, words = secrets.token_hex(16), dict[str, Any]()
        detail = {key: _apart(key, value, salt, words, key) for key, value in told.detail.items()}
        entry = AuditEntry(
            seq=seq, at=clock.now(), actor_id=told.principal.staff_id, via=told.principal.via, verb=told.verb,
            object_kind=told.object_kind, object_id=told.object_id, detail=detail, previous_hash=last,
        )  # fmt: skip
        entry.hash = last = digest(entry)
        entries.append(entry)
        if words:
            notes.append(AuditNote(seq=seq, salt=salt, told=words))
    AuditEntry.objects.bulk_create(entries)
    if notes:
        AuditNote.objects.bulk_create(notes)


def _end() -> tuple[int, str]:
    """Number and hash of the last line, once no other transaction can add one. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [_CHAIN_LOCK])  # a statement of its own reads what was committed while this one waited
        cursor.nextset()
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)


def _apart(key: str, value: Any, salt: str, words: dict[str, Any], path: str) -> Any:
    """``value`` for the chain; its words go to ``words`` by their path."""
    if isinstance(value, dict):
        return {name: _apart(name, each, salt, words, f"{path}/{name}") for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_apart(key, each, salt, words, f"{path}/{at}") for at, each in enumerate(value)]
    if not value or not isinstance(value, str) or (key not in _WORDS and _CODE.fullmatch(value)):
        return value
    words[path] = value
    return {_HASH: _commitment(salt, path, value)}


def _commitment(salt: str, path: str, value: str) -> str:
    return hashlib.sha256(f"{salt}\0{path}\0{value}".encode()).hexdigest()


def _together(value: Any, words: dict[str, Any] | None, path: str = "") -> Any:
    """The detail of a line with its words; None where they were erased."""
    if isinstance(value, dict):
        if value.keys() == {_HASH}:
            return (words or {}).get(path)
        below = f"{path}/" if path else ""
        return {name: _together(each, words, f"{below}{name}") for name, each in value.items()}
    if isinstance(value, list):
        return [_together(each, words, f"{path}/{at}") for at, each in enumerate(value)]
    return value


def erase_notes(objects: Iterable[str], found: Callable[[str], bool]) -> int:
    """Erase the words of lines about these objects, and those in which ``found`` says so; how many lines.

    Runs in the caller's transaction; reads every note.
    """
    about = set(AuditEntry.objects.filter(object_id__in=list(objects)).values_list("seq", flat=True))
    notes = AuditNote.objects.filter(told__isnull=False).values_list("seq", "told").iterator(chunk_size=5_000)
    gone = [seq for seq, told in notes if seq in about or found(json.dumps(told, ensure_ascii=False))]
    return AuditNote.objects.filter(seq__in=gone).update(told=None, salt="", erased_at=clock.now())


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
    """Walk the whole chain; reports the first line whose number, link, content or words do not fit."""
    previous, expected, lines = GENESIS, 1, 0
    for entry in _entries():
        if entry.seq != expected:
            return Verdict(lines, expected, f"line {expected} is missing")
        if entry.previous_hash != previous or digest(entry) != entry.hash:
            return Verdict(lines, entry.seq, f"line {entry.seq} was changed")
        previous, expected, lines = entry.hash, expected + 1, lines + 1
    return _verify_notes(lines)


def _verify_notes(lines: int) -> Verdict:
    """Whether every note that was not erased is the one that its line was written with."""
    notes = AuditNote.objects.filter(told__isnull=False).order_by("seq")
    for note in notes.iterator(chunk_size=5_000):
        entry = AuditEntry.objects.filter(seq=note.seq).first()
        held = set(_hashes(entry.detail)) if entry else set()
        if any(_commitment(note.salt, path, value) not in held for path, value in (note.told or {}).items()):
            return Verdict(lines, note.seq, f"the words of line {note.seq} were changed")
    return Verdict(lines, None)


def _hashes(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value.keys() == {_HASH}:
        yield str(value[_HASH])
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _hashes(each)


def _entries() -> Iterator[AuditEntry]:
    return AuditEntry.objects.order_by("seq").iterator(chunk_size=5_000)


def lines(
    *, verb: str = "", kind: str = "", object: str = "", actor: str = "", before: int | None = None, limit: int = 100
) -> list[Line]:
    """Lines newest first, at most ``limit`` (<= 500), below number ``before``. 2 queries."""
    wanted = {"verb": verb, "object_kind": kind, "object_id": object}
    rows = AuditEntry.objects.filter(**{key: value for key, value in wanted.items() if value}).order_by("-seq")
    if actor:
        rows = rows.filter(actor_id=_uuid(actor))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: min(limit, 501)])
    told = dict(AuditNote.objects.filter(seq__in=[e.seq for e in found]).values_list("seq", "told"))
    return [
        Line(e.seq, e.at, e.actor_id, e.via, e.verb, e.object_kind, e.object_id,
             _together(e.detail, told.get(e.seq)), e.hash)
        for e in found
    ]  # fmt: skip


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

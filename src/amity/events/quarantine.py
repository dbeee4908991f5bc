"""Events that could not be taken: why, and how they are tried again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import clock, paging
from amity.base.errors import NotFound
from amity.events import intake_wire, mappings, sources
from amity.events.models import Quarantine
from amity.events.schemas import Bad, RawRow, parse
from amity.events.streams import stream

KEPT = timedelta(days=30)
MOST_PER_SOURCE = 10_000
MOST_AT_ONCE = 1_000  # one click replays so many
ORDER = paging.Order("received_at", "received_at", descending=True)
_SHOWN = 4_000  # characters of a body on a page
# What codes of reasons mean to a person; a reason that is not here is shown as it was noted.
REASONS: dict[str, str | Promise] = {
    "bad_json": gettext_lazy("The request was not JSON."),
    "bad_request": gettext_lazy("The request was neither an event nor a batch."),
    "bad_event": gettext_lazy("The event is not an object with plain ids."),
    "too_deep": gettext_lazy("The event is nested too deeply."),
    "message_id_too_long": gettext_lazy("The message id is too long."),
    "unknown_type": gettext_lazy("The type is none of identify, track, page, screen, group and alias."),
    "event_too_large": gettext_lazy("The event is larger than this source may send."),
    "too_large": gettext_lazy("The request is larger than this source may send."),
    "no_identity": gettext_lazy("The event names neither a user nor an anonymous id."),
    "long_id": gettext_lazy("An id is too long."),
    "no_event_name": gettext_lazy("A track call needs a name in “event”."),
    "bad_shape": gettext_lazy("A field has the wrong type."),
    "bad_time": gettext_lazy("A time is not written as a time."),
    "not_json": gettext_lazy("The event is not valid JSON."),
}


@dataclass(frozen=True, slots=True)
class RejectView:
    """An event in quarantine. ``body`` is text, cut after 4,000 characters."""

    id: UUID
    kind: str
    message_id: str
    code: str
    reason: str
    detail: str
    body: str
    received_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rejects:
    """A page, newest first; ``older`` marks the next one."""

    rows: list[RejectView]
    older: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many went into the log now, and how many still cannot be taken."""

    taken: int
    refused: int


def rejects(
    principal: access.Principal, source_id: UUID, *, replayed: bool = False, at: str = "", limit: int = 25
) -> Rejects:
    """What is in quarantine of a source (``replayed``: what was taken after all). 2 queries."""
    sources.get(principal, source_id)
    rows = Quarantine.objects.filter(source_id=source_id, replayed_at__isnull=not replayed)
    found = list(paging.slice_of(rows, ORDER, paging.unseal(at, ORDER.name), limit))
    shown = found[:limit]
    older = paging.Cursor(ORDER.name, shown[-1].received_at, shown[-1].pk).sealed() if len(found) > limit else ""
    return Rejects([_view(row) for row in shown], older)


def replay(principal: access.Principal, source_id: UUID, reject_id: UUID) -> Replayed:
    """Try one event again. Raises ``NotFound``."""
    sources.get(principal, source_id)
    with transaction.atomic():
        rows = list(_waiting(source_id).filter(pk=reject_id))
        if not rows:
            raise NotFound(_("There is no such event in quarantine."))
        return _replayed(principal, source_id, rows)


def replay_all(principal: access.Principal, source_id: UUID) -> Replayed:
    """Try the oldest `MOST_AT_ONCE` events in quarantine again."""
    sources.get(principal, source_id)
    with transaction.atomic():
        rows = list(_waiting(source_id).order_by("received_at", "id")[:MOST_AT_ONCE])
        return _replayed(principal, source_id, rows)


def forget(now: datetime) -> int:
    """Remove what is older than `KEPT`, and the oldest of what exceeds `MOST_PER_SOURCE` of a source."""
    gone, _each = Quarantine.objects.filter(received_at__lt=now - KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM events_quarantine WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
            "(PARTITION BY source_id ORDER BY received_at DESC, id DESC) AS place FROM events_quarantine) ranked "
            "WHERE place > %s)",
            [MOST_PER_SOURCE],
        )
        return gone + int(cursor.rowcount)


def _waiting(source_id: UUID) -> Any:
    return Quarantine.objects.select_for_update().filter(source_id=source_id, replayed_at__isnull=True)


def _replayed(principal: access.Principal, source_id: UUID, rows: Sequence[Quarantine]) -> Replayed:
    """In the caller's transaction: into the log what can be taken now; the others say why not."""
    limits = _limits(sources.get(principal, source_id))
    taken: list[RawRow] = []
    refused, now = 0, clock.now()
    for row in rows:
        try:
            taken += _again(row, limits)
            row.replayed_at = now
        except Bad as bad:
            refused += 1
            row.code, row.sentence = bad.code[:40], bad.sentence[:300]
    Quarantine.objects.bulk_update(rows, ["replayed_at", "code", "sentence"], batch_size=500)
    _append(taken)
    access.record(principal, "replayed", "quarantine", source_id, {"events": len(taken), "refused": refused})
    return Replayed(len(rows) - refused, refused)


def _limits(source: sources.SourceView) -> intake_wire.Limits:
    config = settings.CONFIG
    return intake_wire.Limits(
        source.max_event_bytes or config.intake_event_bytes,
        max(source.max_batch_bytes or config.intake_batch_bytes, source.max_event_bytes),
        config.intake_message_id,
    )


def _again(row: Quarantine, limits: intake_wire.Limits) -> list[RawRow]:
    """The events in a row of the quarantine, checked as the intake and the consumers check. Raises `Bad`."""
    if row.kind == mappings.ROW:
        return mappings.again(row)
    body, shared = bytes(row.body), None if row.shared is None else bytes(row.shared)
    kind = row.kind or intake_wire.type_of(body)
    try:
        parsed = intake_wire.read(body, kind, limits)
    except intake_wire.BadRequest as bad:
        raise Bad(bad.code, bad.message) from bad
    if parsed.rejects:
        raise Bad(parsed.rejects[0].code, parsed.rejects[0].sentence)
    made = []
    for kind, named, lane, sent, raw, own in parsed.rows:
        message_id = (row.message_id if parsed.single else "") or named.decode()
        sent_at = row.sent_at if sent is None else intake_wire.EPOCH + timedelta(microseconds=sent)
        made.append(
            RawRow(row.source_id, kind, message_id, lane, row.received_at, raw, sent_at=sent_at, shared=shared or own)
        )
        parse(made[-1])
    return made


def _append(rows: Iterable[RawRow]) -> None:
    rows = list(rows)
    if not rows:
        return
    if settings.CONFIG.stream != "postgres":
        opened = stream()
        try:
            opened.append(rows)
        finally:
            opened.close()
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO events_raw (source_id, kind, message_id, lane, received_at, sent_at, body, shared) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [(r.source_id, r.kind, r.message_id, r.lane, r.received_at, r.sent_at, r.body, r.shared) for r in rows],
        )


def _view(row: Quarantine) -> RejectView:
    body = bytes(row.body).decode("utf-8", "replace")
    return RejectView(
        row.pk, row.kind, row.message_id, row.code, str(REASONS.get(row.code, row.sentence)), row.sentence,
        body[:_SHOWN] + ("…" if len(body) > _SHOWN else ""), row.received_at, row.replayed_at,
    )  # fmt: skip

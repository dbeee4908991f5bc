"""Destinations: events that landed are handed on, in order, at least once; each destination knows how far it is."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.sealing import seal
from amity.events.connector_folder import allowed_roots, folder_under
from amity.events.connector_kinds import Json, settings_as
from amity.events.models import Destination
from amity.events.stream import Lag
from amity.events.stream_postgres import LOG, lag_after

PERMISSION = "webhooks.manage"
MAX_DESTINATIONS, MAX_PATTERNS = 50, 50
Start = Literal["now", "beginning"]


class FileSettings(msgspec.Struct, forbid_unknown_fields=True):
    """NDJSON files: a new one after so many rows, or when the oldest waiting event is so many minutes old."""

    folder: str = "events"
    max_rows: int = 50_000
    every_minutes: int = 60
    gzip: bool = True


class KafkaSettings(msgspec.Struct, forbid_unknown_fields=True):
    """A topic. ``brokers``: host:port, host:port. ``options``: librdkafka's, as name=value (secrets go sealed)."""

    brokers: str
    topic: str
    options: list[str] = []


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A destination without its secret. ``state``: on, off, failing."""

    id: UUID
    kind: str
    label: str
    name: str
    settings: Json
    events: tuple[str, ...]
    has_secret: bool
    active: bool
    state: str
    rows: int
    lag: Lag
    sent_at: datetime | None
    retry_at: datetime | None
    failures: int
    code: str
    sentence: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person sets. ``events``: patterns of names (``Order *``), empty for all. No secret: as it was."""

    name: str
    settings: Json
    events: tuple[str, ...] = ()
    secret: str = ""


def create(principal: access.Principal, kind: str, wish: Wish, start: Start = "now") -> DestinationView:
    """A new destination; ``beginning`` hands on everything that is in the log."""
    access.require(principal, PERMISSION)
    name, checked, patterns = _checked(kind, wish)
    with transaction.atomic():
        if Destination.objects.count() >= MAX_DESTINATIONS:
            raise Refused("too_many_destinations", _("There are too many destinations."), 409)
        xid, seq = (0, 0) if start == "beginning" else _now()
        row = Destination.objects.create(
            kind=kind, name=name, settings=checked, events=patterns, xid=xid, seq=seq, created_by=principal.staff_id,
            secret=seal(wish.secret) if wish.secret else "",
        )  # fmt: skip
        access.record(principal, "created", "destination", row.pk, {"kind": kind, "start": start})
    return _view(row)


def change(principal: access.Principal, destination_id: UUID, wish: Wish) -> DestinationView:
    """Other settings; it goes on where it was."""
    with transaction.atomic():
        row = _found(principal, destination_id, lock=True)
        row.name, row.settings, row.events = _checked(row.kind, wish)
        row.secret = seal(wish.secret) if wish.secret else row.secret
        row.failures, row.retry_at = 0, None
        row.save(update_fields=["name", "settings", "events", "secret", "failures", "retry_at"])
        access.record(principal, "changed", "destination", row.pk)
    return _view(row)


def set_active(principal: access.Principal, destination_id: UUID, active: bool) -> DestinationView:
    """Pause, or go on where it was."""
    with transaction.atomic():
        row = _found(principal, destination_id, lock=True)
        row.active, row.failures, row.retry_at = active, 0, None
        row.save(update_fields=["active", "failures", "retry_at"])
        access.record(principal, "resumed" if active else "paused", "destination", row.pk)
    return _view(row)


def delete(principal: access.Principal, destination_id: UUID) -> None:
    """Hand nothing on there any more; what is there stays."""
    with transaction.atomic():
        _found(principal, destination_id, lock=True).delete()
        access.record(principal, "deleted", "destination", destination_id)


def destinations(principal: access.Principal) -> list[DestinationView]:
    """All of them by name, with their lag. 1 query and 1 for each."""
    access.require(principal, PERMISSION)
    return [_view(row) for row in Destination.objects.order_by("name", "pk")[:MAX_DESTINATIONS]]


def get(principal: access.Principal, destination_id: UUID) -> DestinationView:
    """One destination; raises ``NotFound``. 2 queries."""
    return _view(_found(principal, destination_id))


def wanted(patterns: Iterable[str], name: str) -> bool:
    """Whether an event of this name belongs to what ``patterns`` ask for (none: everything)."""
    asked = list(patterns)
    return not asked or any(fnmatch.fnmatchcase(name.casefold(), pattern.casefold()) for pattern in asked)


def lag_of(xid: int, seq: int) -> Lag:
    """Events behind a position (counted up to 100,000) and the age of the first of them, seconds. 4 queries."""
    return lag_after(LOG, (xid, seq))


def folder_of(settings: FileSettings) -> Any:
    """The folder of a files destination; raises ``Refused("bad_folder")``."""
    return folder_under(settings.folder, allowed_roots("exports", django_settings.CONFIG.export_folders))


def _checked(kind: str, wish: Wish) -> tuple[str, Json, list[str]]:
    name = wish.name.strip()
    if not 1 <= len(name) <= 120:
        raise Refused("bad_name", _("Give a name of at most 120 characters."))
    patterns = [pattern.strip() for pattern in wish.events if pattern.strip()]
    if len(patterns) > MAX_PATTERNS or any(len(pattern) > 200 for pattern in patterns):
        raise Refused("bad_pattern", _("There are at most {most} event names, each at most 200 characters.").format(
            most=MAX_PATTERNS))  # fmt: skip
    if kind == Destination.Kind.FILES:
        return name, _files(wish.settings), patterns
    if kind == Destination.Kind.KAFKA:
        return name, _kafka(wish.settings), patterns
    raise Refused("bad_destination", _("There is no such kind of destination."))


def _files(settings: Json) -> Json:
    found: FileSettings = settings_as(FileSettings, settings)
    folder_of(found)
    if not 1 <= found.max_rows <= 1_000_000 or not 1 <= found.every_minutes <= 1_440:
        raise Refused("bad_destination", _("A file has 1 to 1,000,000 rows and is written after 1 to 1,440 minutes."))
    stored: Json = msgspec.to_builtins(found)
    return stored


def _kafka(settings: Json) -> Json:
    found: KafkaSettings = settings_as(KafkaSettings, settings)
    if not found.brokers.strip() or not found.topic.strip() or len(found.topic) > 249:
        raise Refused("bad_destination", _("Give brokers (host:port) and a topic."))
    if any("=" not in option for option in found.options):
        raise Refused("bad_destination", _("Options look like security.protocol=ssl."))
    stored: Json = msgspec.to_builtins(found)
    return stored


def _now() -> tuple[int, int]:
    """A position before which everything has landed and after which everything will."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT events_horizon()::text::bigint")
        return int(cursor.fetchone()[0]) - 1, 2**63 - 1


def _found(principal: access.Principal, destination_id: UUID, lock: bool = False) -> Destination:
    access.require(principal, PERMISSION)
    rows = Destination.objects.select_for_update() if lock else Destination.objects.all()
    row = rows.filter(pk=destination_id).first()
    if row is None:
        raise NotFound(_("There is no such destination."))
    return row


def _view(row: Destination) -> DestinationView:
    return DestinationView(
        id=row.pk, kind=row.kind, label=str(Destination.Kind(row.kind).label), name=row.name, settings=row.settings,
        events=tuple(row.events), has_secret=bool(row.secret), active=row.active,
        state="off" if not row.active else "failing" if row.failures else "on", rows=row.rows,
        lag=lag_of(row.xid, row.seq), sent_at=row.sent_at, retry_at=row.retry_at, failures=row.failures,
        code=row.code, sentence=row.sentence, created_at=row.created_at,
    )  # fmt: skip


def pause_after(failures: int) -> timedelta:
    """How long to wait before the next attempt: up to an hour."""
    return min(timedelta(seconds=30 * 2 ** min(failures, 10)), timedelta(hours=1))


def ready() -> list[UUID]:
    """Destinations that may be handed something now. 1 query."""
    now = clock.now()
    rows = Destination.objects.filter(active=True).order_by("pk")
    return [row.pk for row in rows if row.retry_at is None or row.retry_at <= now]

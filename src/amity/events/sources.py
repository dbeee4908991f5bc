"""Sources: who may send events. Each has a write key, limits, and counts of what came in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.events.models import Source
from amity.events.registered import lag_of_profiles

PERMISSION = "webhooks.manage"
MAX_SOURCES = 500
KEY_GRACE = timedelta(days=7)  # how long a key goes on working after it was replaced
HOURS = 24
_CHANNEL = "amity_sources"  # the intake listens to it
KINDS = (Source.Kind.JAVASCRIPT, Source.Kind.SERVER, Source.Kind.MOBILE)
# Limits a person may set: the smallest and the largest value besides 0 or empty.
BOUNDS = {
    "events_per_second": (1, 1_000_000),
    "max_event_bytes": (1_024, 1024**2),
    "max_batch_bytes": (1_024, 16 * 1024**2),
    "retention_days": (1, 36_500),
}


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source. Limits of 0: as the installation sets them. ``retention_days`` None: for ever."""

    id: UUID
    name: str
    kind: str
    write_key: str
    previous_key: str
    previous_until: datetime | None
    events_per_second: int
    max_event_bytes: int
    max_batch_bytes: int
    retention_days: int | None
    enabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Volume:
    """What came in during the last 24 hours: ``hours`` oldest first, the last one still running. Bytes in ``size``."""

    hours: tuple[int, ...] = (0,) * HOURS
    taken: int = 0
    refused: int = 0
    size: int = 0
    last_at: datetime | None = None
    rejects: int = 0  # in quarantine, not replayed yet


@dataclass(frozen=True, slots=True)
class Listed:
    """A source with its volume, as the list shows it."""

    source: SourceView
    volume: Volume

    @property
    def label(self) -> str:
        """The kind in words."""
        return str(dict(Source.Kind.choices).get(self.source.kind, ""))

    @property
    def page(self) -> str:
        """Name of the URL where it is set up."""
        return _PAGES.get(self.source.kind, "settings_source")


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the profiles are behind what was received."""

    rows: int
    seconds: int


_HOURLY = """
SELECT source_id, floor(extract(epoch FROM minute - %s) / 3600), sum(taken), sum(refused), sum(size),
       max(minute) FILTER (WHERE taken > 0)
FROM events_sourcevolume WHERE minute >= %s AND source_id = ANY(%s) GROUP BY 1, 2
"""
_REJECTS = """
SELECT source_id, count(*) FROM events_quarantine WHERE replayed_at IS NULL AND source_id = ANY(%s) GROUP BY 1
"""
_PAGES: dict[str, str] = {Source.Kind.WEBHOOK: "settings_hook", Source.Kind.CONNECTOR: "settings_connector"}
_FIELDS = tuple(SourceView.__dataclass_fields__)
_CHANGEABLE = ("name", "events_per_second", "max_event_bytes", "max_batch_bytes", "retention_days", "enabled")


def sources(principal: access.Principal) -> list[Listed]:
    """All sources by name, with their volume. 3 queries."""
    access.require(principal, PERMISSION)
    rows = list(Source.objects.order_by("name", "id")[:MAX_SOURCES])
    found = volumes([row.pk for row in rows])
    return [Listed(_view(row), found[row.pk]) for row in rows]


def source_names() -> dict[UUID, str]:
    """What sources are called, for people who are shown values that came from them. 1 query."""
    return dict(Source.objects.values_list("pk", "name"))


def get(principal: access.Principal, source_id: UUID) -> SourceView:
    """One source; raises ``NotFound``. 1 query."""
    access.require(principal, PERMISSION)
    return _view(_found(source_id))


def create(principal: access.Principal, name: str, kind: str = Source.Kind.JAVASCRIPT) -> SourceView:
    """A new source with a write key of its own."""
    access.require(principal, PERMISSION)
    name = _name(name)
    if kind not in KINDS:
        raise Refused("unknown_kind", _("Choose a kind from the list."))
    with transaction.atomic():
        if Source.objects.count() >= MAX_SOURCES:
            raise Refused("too_many_sources", _("There can be at most {most} sources.").format(most=MAX_SOURCES), 409)
        row = Source.objects.create(name=name, kind=kind, write_key=new_key(), created_by=principal.staff_id)
        access.record(principal, "created", "source", row.pk, {"kind": kind})
        _tell_intake()
    return _view(row)


def change(principal: access.Principal, source_id: UUID, **changes: Any) -> SourceView:
    """Change name, limits, retention, or switch on and off (``enabled``). Unknown names raise ``TypeError``."""
    access.require(principal, PERMISSION)
    if unknown := set(changes) - set(_CHANGEABLE):
        raise TypeError(f"a source has no {sorted(unknown)}")
    if "name" in changes:
        changes["name"] = _name(changes["name"])
    for name in BOUNDS.keys() & changes.keys():
        changes[name] = _limit(name, changes[name])
    with transaction.atomic():
        row = _found(source_id, lock=True)
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes) or None)
        access.record(principal, "changed", "source", row.pk, {k: v for k, v in changes.items() if k != "name"})
        _tell_intake()
    return _view(row)


def rotate(principal: access.Principal, source_id: UUID) -> SourceView:
    """A new write key; the one before goes on working for `KEY_GRACE`, so that nothing is lost meanwhile."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        row = _found(source_id, lock=True)
        row.previous_key, row.previous_until = row.write_key, clock.now() + KEY_GRACE
        row.write_key = new_key()
        row.save(update_fields=["write_key", "previous_key", "previous_until"])
        access.record(principal, "rotated", "source_key", row.pk)
        _tell_intake()
    return _view(row)


def end_previous_key(principal: access.Principal, source_id: UUID) -> SourceView:
    """The replaced key stops working now."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        row = _found(source_id, lock=True)
        row.previous_key, row.previous_until = "", None
        row.save(update_fields=["previous_key", "previous_until"])
        access.record(principal, "ended", "source_key", row.pk)
        _tell_intake()
    return _view(row)


def volumes(ids: list[UUID]) -> dict[UUID, Volume]:
    """The last 24 hours of each source. 2 queries."""
    first = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    found = {one: Volume() for one in ids}
    with connection.cursor() as cursor:
        cursor.execute(_HOURLY, [first, first, ids])
        for one, hour, taken, refused, size, last_at in cursor.fetchall():
            found[one] = _added(found[one], int(hour), int(taken), int(refused), int(size), last_at)
        cursor.execute(_REJECTS, [ids])
        for one, rejects in cursor.fetchall():
            found[one] = replace(found[one], rejects=rejects)
    return found


def lag() -> Lag | None:
    """How far the profiles are behind; None where no consumer follows the stream or the stream is away."""
    found = lag_of_profiles()
    return None if found is None else Lag(found.rows, round(found.seconds))


def new_key() -> str:
    """A write key: letters and digits only, so that it survives every snippet and every address."""
    return secrets.token_hex(16)


def _added(before: Volume, hour: int, taken: int, refused: int, size: int, last_at: datetime | None) -> Volume:
    hours = list(before.hours)
    hours[min(hour, HOURS - 1)] = taken  # a clock that runs ahead
    return Volume(
        tuple(hours), before.taken + taken, before.refused + refused, before.size + size,
        max(filter(None, (before.last_at, last_at)), default=None), before.rejects,
    )  # fmt: skip


def _tell_intake() -> None:
    """At the commit every intake process hears that keys have changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [_CHANNEL])


def _found(source_id: UUID, lock: bool = False) -> Source:
    rows = Source.objects.select_for_update() if lock else Source.objects.all()
    row = rows.filter(pk=source_id).first()
    if row is None:
        raise NotFound(_("There is no such source."))
    return row


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not 1 <= len(name) <= 120:
        raise Refused("bad_name", _("Give a name of at most 120 characters."))
    return name


def _limit(name: str, value: int | None) -> int | None:
    least, most = BOUNDS[name]
    if not value:
        return None if name == "retention_days" else 0
    if not least <= value <= most:
        raise Refused(
            "bad_limit",
            _("Give a number from {least} to {most}, or leave it empty.").format(least=least, most=most),
        )
    return value


def _view(row: Source) -> SourceView:
    return SourceView(**{name: getattr(row, name) for name in _FIELDS})

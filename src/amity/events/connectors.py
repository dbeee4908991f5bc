"""Connectors as people see them: made, tried, paused, started, watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.sealing import seal, unseal
from amity.events import connector_runs, doors, mappings, schedules
from amity.events.connector_kinds import PREVIEW, Json, Reading
from amity.events.connector_readers import reader_of
from amity.events.connector_sql import SqlReader
from amity.events.mapping_paths import Path, Sample, written
from amity.events.mapping_values import BadValue, time_of
from amity.events.models import Connector, ConnectorFile, ConnectorRun, Source

PERMISSION = "webhooks.manage"
MAX_CONNECTORS = 100


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """A connector without its secret. ``state``: draft (mapping not live), paused, running, waiting, failing."""

    source_id: UUID
    name: str
    kind: str
    label: str
    settings: Json
    has_secret: bool
    every_minutes: int
    cron: str
    active: bool
    state: str
    rows: int
    next_run_at: datetime | None
    ok_at: datetime | None
    late: timedelta | None
    failures: int
    code: str
    sentence: str
    live_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RunView:
    number: int
    state: str
    batches: int
    rows: int
    events: int
    rejected: int
    code: str
    sentence: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileView:
    name: str
    size: int
    rows: int
    finished_at: datetime | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person sets. An empty ``secret`` leaves the stored one as it is."""

    settings: Json
    every_minutes: int = 15
    cron: str = ""
    secret: str = ""


def create(principal: access.Principal, name: str, kind: str, terms: Terms) -> ConnectorView:
    """A new connector: paused until its mapping is live. Raises ``Refused`` for settings that cannot work."""
    access.require(principal, PERMISSION)
    if kind not in Connector.Kind.values:
        raise Refused("bad_connector", _("There is no such kind of connector."))
    checked = _checked(kind, terms)
    with transaction.atomic():
        if Connector.objects.count() >= MAX_CONNECTORS:
            raise Refused("too_many_connectors", _("There are too many connectors."), 409)
        source = mappings.new_source(principal, name, Source.Kind.CONNECTOR)
        row = Connector.objects.create(
            source=source, kind=kind, settings=checked, secret=seal(terms.secret) if terms.secret else "",
            every_minutes=terms.every_minutes, cron=terms.cron,
        )  # fmt: skip
        access.record(principal, "created", "connector", source.pk, {"kind": kind})
    return _view(row)


def change(principal: access.Principal, source_id: UUID, terms: Terms) -> ConnectorView:
    """Other settings. Reading starts over when they name another place (what landed before is known and stays once)."""
    with transaction.atomic():
        row = _found(principal, source_id, lock=True)
        checked = _checked(row.kind, terms)
        if checked != row.settings:
            connector_runs.stop(row)
            row.position = {}
        row.settings, row.every_minutes, row.cron = checked, terms.every_minutes, terms.cron
        row.secret = seal(terms.secret) if terms.secret else row.secret
        if row.active:
            row.next_run_at = schedules.following(row.every_minutes, row.cron, clock.now())
        row.save()
        access.record(principal, "changed", "connector", source_id)
    return _view(row)


def connectors(principal: access.Principal) -> list[ConnectorView]:
    """All connectors by name. 1 query."""
    access.require(principal, PERMISSION)
    rows = Connector.objects.select_related("source", "source__mapping").order_by("source__name", "pk")
    return [_view(row) for row in rows[:MAX_CONNECTORS]]


def get(principal: access.Principal, source_id: UUID) -> ConnectorView:
    """One connector; raises ``NotFound``. 1 query."""
    return _view(_found(principal, source_id))


def runs(principal: access.Principal, source_id: UUID, limit: int = 20) -> list[RunView]:
    """The latest runs. 2 queries."""
    _found(principal, source_id)
    rows = ConnectorRun.objects.filter(connector__source_id=source_id).order_by("-number")[:limit]
    return [RunView(**{name: getattr(row, name) for name in RunView.__dataclass_fields__}) for row in rows]


def files(principal: access.Principal, source_id: UUID, limit: int = 50) -> list[FileView]:
    """Files of a folder that were read, newest first. 2 queries."""
    _found(principal, source_id)
    rows = ConnectorFile.objects.filter(connector__source_id=source_id).order_by("-modified_ns")[:limit]
    return [FileView(**{name: getattr(row, name) for name in FileView.__dataclass_fields__}) for row in rows]


def set_active(principal: access.Principal, source_id: UUID, active: bool) -> ConnectorView:
    """Pause, or go on: the next run is due at once. Raises ``Refused("not_live")`` without a live mapping."""
    with transaction.atomic():
        row = _found(principal, source_id, lock=True)
        if active and mappings.live_of(row.source) is None:
            raise Refused("not_live", _("Take the mapping live first: without it rows give no events."), 409)
        if not active:
            connector_runs.stop(row)
        row.active = active
        row.next_run_at = clock.now() if active else None
        row.failures = 0 if active else row.failures
        row.save(update_fields=["active", "next_run_at", "failures"])
        access.record(principal, "resumed" if active else "paused", "connector", source_id)
    return _view(row)


def run_now(principal: access.Principal, source_id: UUID) -> ConnectorView:
    """Start a run without waiting for the schedule; nothing when one is going on."""
    with transaction.atomic():
        row = _found(principal, source_id, lock=True)
        if mappings.live_of(row.source) is None:
            raise Refused("not_live", _("Take the mapping live first: without it rows give no events."), 409)
        if row.busy_since is None:
            connector_runs.start(row)
        access.record(principal, "started", "connector", source_id)
    return _view(row)


def start_over(principal: access.Principal, source_id: UUID) -> ConnectorView:
    """Read everything again from the beginning; what landed before does not land twice."""
    with transaction.atomic():
        row = _found(principal, source_id, lock=True)
        connector_runs.stop(row)
        row.position = {}
        row.save(update_fields=["position"])
        ConnectorFile.objects.filter(connector=row).delete()
        access.record(principal, "reset", "connector", source_id)
    return _view(row)


def preview(principal: access.Principal, source_id: UUID, limit: int = PREVIEW) -> list[Sample]:
    """The first rows, read now and kept nowhere. Raises ``Refused`` with what the other side said."""
    row = _found(principal, source_id)
    secret = unseal(row.secret) if row.secret else ""
    piece = reader_of(row.kind).read(Reading(row.settings, secret, {}, limit, False))
    if piece.rejected and not piece.rows:
        raise Refused("unreadable_row", piece.rejected[0])
    return piece.rows[:limit]


def proposed(view: ConnectorView, rows: list[Sample]) -> Json:
    """A mapping to begin with: people become identify events, anything else a track event for each row."""
    names = [str(name) for name in (rows[0].body if rows else {})]
    guesses = {guess.field: guess.column for guess in doors.columns(names, [row.body for row in rows])}
    key = view.settings.get("key") or next((name for name in names if name.lower() in ("id", "uuid", "key")), "")
    cursor = view.settings.get("cursor", "")
    time = _path(cursor) if cursor and _is_time(cursor, rows) else ""
    email = _path(guesses["email"]) if "email" in guesses else ""
    user = _path(key) if key else ""
    if guesses:
        known = {field: _path(column) for field, column in guesses.items() if field != "email"}
        rule = {"key": "person", "name": view.name[:60], "kind": "identify", "email": email, "user_id": user,
                "time": time, "traits": known, "rest": "$"}  # fmt: skip
    else:
        rule = {"key": "row", "name": view.name[:60], "kind": "track", "event": view.name[:60], "user_id": user,
                "time": time, "rest": "$"}  # fmt: skip
    return {"rules": [rule]}


def tables(principal: access.Principal, source_id: UUID) -> list[str]:
    """Tables that the connector's user may read; empty for other kinds."""
    row = _found(principal, source_id)
    if row.kind not in (Connector.Kind.POSTGRES, Connector.Kind.MYSQL):
        return []
    reader: Any = reader_of(row.kind)
    assert isinstance(reader, SqlReader)
    return reader.tables(row.settings, unseal(row.secret) if row.secret else "")


def _checked(kind: str, terms: Terms) -> Json:
    schedules.check(terms.every_minutes, terms.cron)
    return reader_of(kind).check(terms.settings)


def _path(column: str) -> str:
    return written(Path("$", (column,)))


def _is_time(column: str, rows: list[Sample]) -> bool:
    values = [row.body.get(column) for row in rows if row.body.get(column) is not None]
    try:
        return bool(values) and all(isinstance(value, str) and time_of(value) for value in values)
    except BadValue:
        return False


def _found(principal: access.Principal, source_id: UUID, lock: bool = False) -> Connector:
    access.require(principal, PERMISSION)
    rows = Connector.objects.select_related("source", "source__mapping").filter(source_id=source_id)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotFound(_("There is no such connector."))
    return row


def _view(row: Connector) -> ConnectorView:
    mapping = getattr(row.source, "mapping", None)
    now = clock.now()
    overdue = now - row.next_run_at if row.active and row.next_run_at and not row.busy_since else None
    return ConnectorView(
        source_id=row.source_id, name=row.source.name, kind=row.kind, label=str(Connector.Kind(row.kind).label),
        settings=row.settings, has_secret=bool(row.secret), every_minutes=row.every_minutes, cron=row.cron,
        active=row.active, state=_state(row, mapping), rows=row.rows, next_run_at=row.next_run_at, ok_at=row.ok_at,
        late=overdue if overdue and overdue > timedelta(minutes=2) else None, failures=row.failures, code=row.code,
        sentence=row.sentence, live_at=mapping.live_at if mapping else None, created_at=row.created_at,
    )  # fmt: skip


def _state(row: Connector, mapping: Any) -> str:
    if row.busy_since is not None:
        return "running"
    if mapping is None or not mapping.live:
        return "draft"
    if not row.active:
        return "paused"
    return "failing" if row.failures else "waiting"

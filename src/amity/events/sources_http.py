"""Public API of sources and their quarantine."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.events import quarantine, sources

router = Router(tags=["sources"])


class SourceOut(Schema):
    """Who may send events. Limits of 0: as the installation sets them; ``retention_days`` null: for ever."""

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


class VolumeOut(Schema):
    """The last 24 hours. ``hours``: events per hour, oldest first; ``rejects``: waiting in quarantine."""

    hours: list[int]
    taken: int
    refused: int
    size: int
    last_at: datetime | None
    rejects: int


class SourceIn(Schema, extra="forbid"):
    """A new source."""

    name: str
    kind: Literal["javascript", "server", "mobile"] = "javascript"


class SourceChange(Schema, extra="forbid"):
    """What can be changed."""

    name: str = ""
    events_per_second: int = 0
    max_event_bytes: int = 0
    max_batch_bytes: int = 0
    retention_days: int | None = None
    enabled: bool = True


class RejectOut(Schema):
    """An event that could not be taken. ``body`` is cut after 4,000 characters."""

    id: UUID
    kind: str
    message_id: str
    code: str
    reason: str
    detail: str
    body: str
    received_at: datetime
    replayed_at: datetime | None


class ReplayedOut(Schema):
    """How many events were taken now, and how many still cannot be."""

    taken: int
    refused: int


@router.get("/sources", response=rest.document(list[SourceOut]), operation_id="listSources")
def list_sources(request: access.StaffRequest) -> Any:
    """All sources by name."""
    return [each.source for each in sources.sources(request.principal)]


@router.post("/sources", response={201: SourceOut, **rest.problems()}, operation_id="createSource")
def create_source(request: access.StaffRequest, body: SourceIn) -> Any:
    """A new source with a write key of its own."""
    return Status(201, sources.create(request.principal, body.name, body.kind))


@router.get("/sources/{source_id}", response=rest.document(SourceOut), operation_id="getSource")
def get_source(request: access.StaffRequest, source_id: UUID) -> Any:
    """One source."""
    return sources.get(request.principal, source_id)


@router.patch("/sources/{source_id}", response=rest.document(SourceOut), operation_id="changeSource")
def change_source(request: access.StaffRequest, source_id: UUID, body: SourceChange) -> Any:
    """Change what the body names; `enabled` switches on and off."""
    return sources.change(request.principal, source_id, **rest.given(body))


@router.get("/sources/{source_id}/volume", response=rest.document(VolumeOut), operation_id="getSourceVolume")
def get_volume(request: access.StaffRequest, source_id: UUID) -> Any:
    """What came in during the last 24 hours."""
    found = sources.get(request.principal, source_id)
    return sources.volumes([found.id])[found.id]


@router.post("/sources/{source_id}/key", response=rest.document(SourceOut), operation_id="rotateSourceKey")
def rotate_key(request: access.StaffRequest, source_id: UUID) -> Any:
    """A new write key; the one before works for seven more days."""
    return sources.rotate(request.principal, source_id)


@router.get(
    "/sources/{source_id}/rejects",
    response=rest.document(rest.PageOf[RejectOut]),
    operation_id="listSourceRejects",
)
def list_rejects(
    request: access.StaffRequest,
    source_id: UUID,
    replayed: bool = False,
    limit: int = rest.USUAL_LIMIT,
    cursor: str = "",
) -> Any:
    """What could not be taken, newest first, with the reason."""
    limit = rest.limit_of(request.GET)
    found = quarantine.rejects(request.principal, source_id, replayed=replayed, at=cursor, limit=limit)
    return {"items": found.rows, "next": found.older or None}


@router.post(
    "/sources/{source_id}/rejects/replay",
    response=rest.document(ReplayedOut),
    operation_id="replaySourceRejects",
)
def replay_rejects(request: access.StaffRequest, source_id: UUID) -> Any:
    """Try the oldest 1,000 events in quarantine again."""
    return quarantine.replay_all(request.principal, source_id)


@router.post(
    "/sources/{source_id}/rejects/{reject_id}/replay",
    response=rest.document(ReplayedOut),
    operation_id="replaySourceReject",
)
def replay_reject(request: access.StaffRequest, source_id: UUID, reject_id: UUID) -> Any:
    """Try one event in quarantine again."""
    return quarantine.replay(request.principal, source_id, reject_id)

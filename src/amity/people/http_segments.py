"""Public API of segments and computed values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.people import computed, profiles, segments

router = Router(tags=["segments"])
T = TypeVar("T")


class SegmentOut(Schema):
    """A segment. ``members`` counts those of a live one; ``differences``: what the last nightly check found."""

    id: UUID
    name: str
    description: str
    definition: dict[str, Any]
    live: bool
    state: str
    members: int
    checked_at: datetime | None
    differences: int
    took_ms: int | None
    created_by: UUID | None
    created_at: datetime
    changed_at: datetime


class SegmentIn(Schema, extra="forbid"):
    """A new segment; a live one follows every change."""

    name: str
    definition: dict[str, Any]
    live: bool = True
    description: str = ""


class SegmentChange(Schema, extra="forbid"):
    """What may be changed. Left-out fields stay."""

    name: str | None = None
    definition: dict[str, Any] | None = None
    live: bool | None = None
    description: str | None = None


class DefinitionIn(Schema, extra="forbid"):
    """A definition that need not be kept."""

    definition: dict[str, Any]


class CountOut(Schema):
    """How many people that you see; ``exact`` false: projected from a sample."""

    n: int
    exact: bool
    took_ms: int


class MemberOut(Schema):
    """Somebody in a segment; ``entered_at`` is null where the segment is not live."""

    person_id: UUID
    name: str
    email: str
    entered_at: datetime | None


class MemberPage(Schema):
    items: list[MemberOut]
    next: str | None


class MoveOut(Schema):
    """Somebody entered or left."""

    segment_id: UUID
    segment_name: str
    person_id: UUID
    person_name: str
    entered: bool
    at: datetime
    reason: str


class MovePage(Schema):
    items: list[MoveOut]
    next: str | None


class ExplainedOut(Schema):
    """One condition for one person; groups have ``children``."""

    kind: str
    sentence: str
    holds: bool
    fact: str
    children: list[ExplainedOut]


class StandingOut(Schema):
    """A live segment that somebody is in."""

    segment_id: UUID
    name: str
    entered_at: datetime


class ComputedOut(Schema):
    """A computed value of somebody; null where nobody knows."""

    name: str
    label: str
    type: str
    value: float | str | datetime | None
    as_of: datetime | None


@router.get("/segments", response=rest.document(list[SegmentOut]), operation_id="listSegments")
def list_segments(request: access.StaffRequest) -> Any:
    """All segments by name."""
    return segments.segments(request.principal)


@router.post("/segments", response={201: SegmentOut, **rest.problems()}, operation_id="createSegment")
def create_segment(request: access.StaffRequest, body: SegmentIn) -> Any:
    """A new segment; a live one is being filled (``state``) when this answers."""
    made = _pointed(
        lambda: segments.create(
            request.principal, body.name, body.definition, live=body.live, description=body.description
        )
    )
    return Status(201, made)


@router.post("/segments/count", response=rest.document(CountOut), operation_id="countSegment")
def count_segment(request: access.StaffRequest, body: DefinitionIn) -> Any:
    """How many of the people that you see a definition describes."""
    access.require(request.principal, "segments.view")
    return _pointed(lambda: segments.count(body.definition, request.principal))


@router.get("/segments/{segment_id}", response=rest.document(SegmentOut), operation_id="getSegment")
def get_segment(request: access.StaffRequest, segment_id: UUID) -> Any:
    """One segment."""
    return segments.get(request.principal, segment_id)


@router.patch("/segments/{segment_id}", response=rest.document(SegmentOut), operation_id="changeSegment")
def change_segment(request: access.StaffRequest, segment_id: UUID, body: SegmentChange) -> Any:
    """Change what the body names; a changed definition is recomputed."""
    return _pointed(lambda: segments.change(request.principal, segment_id, **rest.given(body)))


@router.post("/segments/{segment_id}/archival", response={204: None, **rest.problems()}, operation_id="archiveSegment")
def archive_segment(request: access.StaffRequest, segment_id: UUID) -> Any:
    """Take a segment out of use."""
    segments.archive(request.principal, segment_id)
    return Status(204, None)


@router.get("/segments/{segment_id}/members", response=rest.document(MemberPage), operation_id="listSegmentMembers")
def segment_members(
    request: access.StaffRequest, segment_id: UUID, limit: int = rest.USUAL_LIMIT, cursor: str = ""
) -> Any:
    """People in a segment that you see; of a live one the newest first."""
    access.require(request.principal, "people.view")
    page = segments.members(request.principal, segment_id, cursor=cursor, limit=rest.limit_of(request.GET))
    return {"items": page.rows, "next": page.next or None}


@router.get("/segments/{segment_id}/history", response=rest.document(MovePage), operation_id="listSegmentHistory")
def segment_history(
    request: access.StaffRequest, segment_id: UUID, limit: int = rest.USUAL_LIMIT, cursor: str = ""
) -> Any:
    """Who entered and left, newest first."""
    access.require(request.principal, "people.view")
    page = segments.history(request.principal, segment_id, cursor=cursor, limit=rest.limit_of(request.GET))
    return {"items": page.rows, "next": page.next or None}


@router.get("/segments/{segment_id}/export", response=rest.problems(), operation_id="exportSegment")
def export_segment(request: access.StaffRequest, segment_id: UUID) -> HttpResponse:
    """The members that you see as CSV, at most 100,000."""
    lines = segments.export(request.principal, segment_id)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="segment-{segment_id}.csv"'
    return response  # type: ignore[return-value]


@router.get(
    "/segments/{segment_id}/people/{person_id}", response=rest.document(ExplainedOut), operation_id="explainSegment"
)
def explain_segment(request: access.StaffRequest, segment_id: UUID, person_id: UUID) -> Any:
    """Why somebody is in a segment, or not."""
    view = segments.get(request.principal, segment_id)
    profiles.get_person(request.principal, person_id)
    return _told(segments.why(view.definition, person_id))


@router.get(
    "/people/{person_id}/segments", response=rest.document(list[StandingOut]), operation_id="listPersonSegments"
)
def person_segments(request: access.StaffRequest, person_id: UUID) -> Any:
    """The live segments somebody is in."""
    access.require(request.principal, "segments.view")
    profiles.get_person(request.principal, person_id)
    return segments.entries_of(person_id)


@router.get(
    "/people/{person_id}/computed", response=rest.document(list[ComputedOut]), operation_id="listPersonComputed"
)
def person_computed(request: access.StaffRequest, person_id: UUID) -> Any:
    """Values that Amity worked out from somebody's events."""
    profiles.get_person(request.principal, person_id)
    return computed.values_of([person_id])[person_id]


def _told(each: segments.Explained) -> dict[str, Any]:
    return {**rest.fields_of(each), "children": [_told(child) for child in each.children]}


def _pointed(work: Callable[[], T]) -> T:
    """Run ``work``; what is wrong with a definition is about its place in the body."""
    try:
        return work()
    except segments.BadDefinition as error:
        raise rest.Pointed(error, f"/definition{error.pointer}") from error

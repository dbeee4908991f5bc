"""Public API of the privacy desk: export, erasure, restriction, requests, the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.base.errors import NotFound
from amity.people import privacy_desk, privacy_export, privacy_restrict
from amity.people.privacy_subject import subject_of

router = Router(tags=["privacy"])
Reason = Literal["asked", "withdrew", "objected", "unneeded", "unlawful", "duty", "child"]


class ErasureIn(Schema, extra="forbid"):
    """Why somebody is erased: GDPR art. 17(1)."""

    reason: Reason


class RestrictionIn(Schema, extra="forbid"):
    """``restricted`` false lifts the restriction."""

    restricted: bool
    reason: Literal["contested", "unlawful", "claims", "objected"] = "contested"
    note: str = ""


class RestrictionOut(Schema):
    restricted: bool


class RequestIn(Schema, extra="forbid"):
    """What somebody asked for. It is due a month after ``received_on`` (today when left out)."""

    person_id: UUID
    kind: Literal["access", "rectify", "restrict", "erase", "object"]
    note: str = ""
    received_on: date | None = None


class RequestOut(Schema):
    """A request. ``person_id`` is null once the person is erased."""

    id: UUID
    kind: str
    state: str
    person_id: UUID | None
    received_on: date
    due_on: date
    extended: bool
    reason: str
    report: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None


class ErasedOut(Schema):
    """A line of the erase ledger: no personal data."""

    id: UUID
    at: datetime
    reason: str
    source: str
    counts: dict[str, int]
    replayed_at: datetime | None


@router.get("/people/{person_id}/export", response=rest.document(dict[str, Any]), operation_id="exportPerson")
def export_person(request: access.StaffRequest, person_id: UUID) -> Any:
    """Everything held about somebody, with source, age, purpose and recipients (art. 15). Audited."""
    access.require(request.principal, privacy_desk.PERMISSION)
    subject = subject_of(person_id)
    if subject is None:
        raise NotFound(_("There is nobody here with this id."))
    return privacy_export.handed_out(request.principal, subject)


@router.post("/people/{person_id}/erasure", response={202: RequestOut, **rest.problems()}, operation_id="erasePerson")
def erase_person(request: access.StaffRequest, person_id: UUID, body: ErasureIn) -> Any:
    """Have somebody erased for good, as the desk's settings say; GET the request to see when it is done."""
    access.require(request.principal, privacy_desk.PERMISSION)
    made = privacy_desk.erase_now(request.principal, person_id, body.reason)
    return Status(202, privacy_desk.get(request.principal, made))


@router.put("/people/{person_id}/restriction", response=rest.document(RestrictionOut), operation_id="restrictPerson")
def restrict_person(request: access.StaffRequest, person_id: UUID, body: RestrictionIn) -> Any:
    """Keep somebody's data and use them for nothing else (art. 18), or lift that."""
    access.require(request.principal, privacy_desk.PERMISSION)
    if body.restricted:
        privacy_restrict.restrict(request.principal, person_id, body.reason, body.note)
    else:
        privacy_restrict.lift(request.principal, person_id)
    return {"restricted": body.restricted}


@router.get("/privacy/requests", response=rest.document(list[RequestOut]), operation_id="listPrivacyRequests")
def list_requests(request: access.StaffRequest, closed: bool = False) -> Any:
    """Requests that are to be answered, the next due first; ``closed``: those that were, newest first."""
    return list(privacy_desk.requests(request.principal, closed=closed))


@router.post("/privacy/requests", response={201: RequestOut, **rest.problems()}, operation_id="openPrivacyRequest")
def open_request(request: access.StaffRequest, body: RequestIn) -> Any:
    """Note what somebody asked for."""
    access.require(request.principal, privacy_desk.PERMISSION)
    made = privacy_desk.open_request(request.principal, body.person_id, body.kind, body.note, body.received_on)
    return Status(201, made)


@router.get("/privacy/requests/{request_id}", response=rest.document(RequestOut), operation_id="getPrivacyRequest")
def get_request(request: access.StaffRequest, request_id: UUID) -> Any:
    """One request and, once it is done, what was done."""
    return privacy_desk.get(request.principal, request_id)


@router.get("/privacy/erasures", response=rest.document(list[ErasedOut]), operation_id="listErasures")
def list_erasures(request: access.StaffRequest) -> Any:
    """The erase ledger, newest first, at most 100."""
    return privacy_desk.ledger(request.principal)

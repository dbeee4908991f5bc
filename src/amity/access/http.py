"""Public API of staff, teams, saved views and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Router, Schema, Status

from amity.access import audit, saved_views, staff, teams
from amity.access.permissions import own_id, require
from amity.access.requests import StaffRequest
from amity.base import rest

router = Router(tags=["staff"])


class MemberOut(Schema):
    """A staff member."""

    id: UUID
    name: str
    email: str | None
    role: str
    scope: str
    team_id: UUID | None
    is_active: bool
    can_sign_in: bool


class MeOut(MemberOut):
    """You, and what this token lets you do."""

    permissions: list[str]


class TeamOut(Schema):
    id: UUID
    name: str
    manager_id: UUID | None
    members: int


class ViewOut(Schema):
    """A saved view; ``query`` goes after the ``?`` of the list."""

    id: UUID
    name: str
    query: str
    shared: bool
    mine: bool


class ViewIn(Schema, extra="forbid"):
    name: str
    query: str
    shared: bool = False


class MadeView(Schema):
    id: UUID


class LineOut(Schema):
    """A line of the audit log."""

    seq: int
    at: datetime
    actor_id: UUID | None
    via: str
    verb: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    hash: str


@router.get("/me", response=rest.document(MeOut), operation_id="getMe")
def get_me(request: StaffRequest) -> Any:
    """Who you are here. Needs no scope."""
    mine = rest.fields_of(staff.member(own_id(request.principal)))
    return {**mine, "permissions": sorted(request.principal.permissions)}


@router.get("/staff", response=rest.document(rest.PageOf[MemberOut]), operation_id="listStaff")
def list_staff(request: StaffRequest, q: str = "", limit: int = rest.USUAL_LIMIT, cursor: str = "") -> Any:
    """Staff by name; ``q`` searches names and addresses."""
    require(request.principal, "settings.view")
    size = rest.limit_of(request.GET)
    found = staff.members(q, cursor, size + 1)
    last = found[size - 1] if len(found) > size else None
    return {"items": found[:size], "next": f"{last.name}\x1f{last.id}" if last else None}


@router.get("/staff/{staff_id}", response=rest.document(MemberOut), operation_id="getStaff")
def get_staff(request: StaffRequest, staff_id: UUID) -> Any:
    """One staff member."""
    require(request.principal, "settings.view")
    return staff.member(staff_id)


@router.get("/teams", response=rest.document(list[TeamOut]), operation_id="listTeams")
def list_teams(request: StaffRequest) -> Any:
    """Teams by name."""
    require(request.principal, "settings.view")
    return teams.teams()


@router.get("/views/{page}", response=rest.document(list[ViewOut]), operation_id="listViews", tags=["views"])
def list_views(request: StaffRequest, page: str) -> Any:
    """Your saved views of a list (people, companies, deals, products) and those shared with everybody."""
    require(request.principal, _page_permission(page))
    return saved_views.saved_views(request.principal, page)


@router.post("/views/{page}", response={201: MadeView, **rest.problems()}, operation_id="saveView", tags=["views"])
def save_view(request: StaffRequest, page: str, body: ViewIn) -> Any:
    """Save or overwrite your view of this name."""
    require(request.principal, _page_permission(page))
    return Status(201, {"id": saved_views.save_view(request.principal, page, body.name, body.query, body.shared)})


@router.get("/audit", response=rest.document(rest.PageOf[LineOut]), operation_id="listAudit", tags=["audit"])
def list_audit(
    request: StaffRequest,
    verb: str = "",
    kind: str = "",
    object: str = "",
    limit: int = rest.USUAL_LIMIT,
    cursor: str = "",
) -> Any:
    """The audit log, newest first."""
    require(request.principal, "audit.view")
    size = rest.limit_of(request.GET)
    before = int(cursor) if cursor.isdigit() else None
    found = audit.lines(verb=verb, kind=kind, object=object, before=before, limit=size + 1)
    return {"items": found[:size], "next": str(found[size - 1].seq) if len(found) > size else None}


def _page_permission(page: str) -> str:
    return "people.view" if page in ("people", "companies") else "deals.view"

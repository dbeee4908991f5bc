"""Public API that is composed of several rooms: deals' scores, timelines, jobs, readiness, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest, undo
from amity.base.errors import NotFound
from amity.base.models import JobRun
from amity.events import api as events
from amity.intelligence import api as intelligence
from amity.people import api as people
from amity.sales import api as sales
from amity.web import readiness

router = Router()


class EventOut(Schema):
    """A fact."""

    id: UUID
    kind: str
    name: str
    summary: str
    source: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    actor_id: UUID | None
    data: dict[str, Any]
    occurred_at: datetime


class ScoreOut(Schema):
    """The latest score of a deal; see the scores of people."""

    id: UUID
    target: str
    value: float
    low: float
    high: float
    base: float
    gain_minor: int | None
    signal: bool
    scored_at: datetime
    version_id: UUID


class JobOut(Schema):
    """One piece of background work."""

    id: UUID
    kind: str
    subject_id: UUID | None
    state: str
    done: int
    total: int | None
    stage: str
    error_code: str
    error: str
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class CapabilityOut(Schema):
    """One thing the data can support or not, and why."""

    title: str
    verdict: str
    why: str
    next_step: str


class ReadinessOut(Schema):
    """What the data supports today."""

    at: datetime
    capabilities: list[CapabilityOut]


class UndoneOut(Schema):
    steps: int


_SEE = {"person": people.get_person, "company": people.get_company, "deal": sales.get_deal}
_PLURAL = {"people": "person", "companies": "company", "deals": "deal"}
Subjects = Literal["people", "companies", "deals"]


@router.get(
    "/{subjects}/{subject_id}/timeline",
    response=rest.document(rest.PageOf[EventOut]),
    operation_id="listTimeline",
    tags=["events"],
)
def timeline(
    request: access.StaffRequest,
    subjects: Subjects,
    subject_id: UUID,
    kind: str = "",
    limit: int = rest.USUAL_LIMIT,
    cursor: str = "",
) -> Any:
    """What happened to a person, company or deal, newest first; ``kind`` narrows (mail, call, …)."""
    subject = _PLURAL[subjects]
    _SEE[subject](request.principal, subject_id)
    size = rest.limit_of(request.GET)
    ids = people.members_of([subject_id])[subject_id] if subject == "person" else subject_id
    found = events.timeline(subject, ids, kinds=[kind] if kind else (), at=cursor, limit=size)  # type: ignore[arg-type]
    return {"items": found.events, "next": found.older or None}


@router.get(
    "/deals/{deal_id}/scores", response=rest.document(list[ScoreOut]), operation_id="listDealScores", tags=["scores"]
)
def deal_scores(request: access.StaffRequest, deal_id: UUID) -> Any:
    """The latest scores of a deal."""
    access.require(request.principal, "models.view")
    sales.get_deal(request.principal, deal_id)
    return list(intelligence.scores_for("deal", [deal_id]).values())


@router.get("/jobs", response=rest.document(rest.PageOf[JobOut]), operation_id="listJobs", tags=["jobs"])
def list_jobs(request: access.StaffRequest, state: str = "", limit: int = rest.USUAL_LIMIT, cursor: str = "") -> Any:
    """Background work, newest first."""
    access.require(request.principal, "jobs.view")
    size = rest.limit_of(request.GET)
    rows = JobRun.objects.order_by("-id")
    if state in JobRun.State.values:
        rows = rows.filter(state=state)
    if cursor:
        rows = rows.filter(id__lt=rest.uuid_of(cursor))
    found = list(rows[: size + 1])
    return {"items": found[:size], "next": str(found[size - 1].id) if len(found) > size else None}


@router.get("/jobs/{job_id}", response=rest.document(JobOut), operation_id="getJob", tags=["jobs"])
def get_job(request: access.StaffRequest, job_id: UUID) -> Any:
    """How far a job is. Whoever started a job sees it without a permission for all."""
    found = JobRun.objects.filter(pk=job_id).first()
    if found is None or (found.started_by != request.principal.staff_id and not request.principal.may("jobs.view")):
        raise NotFound(_("This job is no longer listed."))
    return found


@router.get("/readiness", response=rest.document(ReadinessOut), operation_id="getReadiness", tags=["readiness"])
def get_readiness(request: access.StaffRequest) -> Any:
    """What the data supports today and what not, and why."""
    access.require(request.principal, "readiness.view")
    facts = readiness.read()
    return {"at": facts.at, "capabilities": readiness.capabilities(facts)}


@router.post("/undo/{group_id}", response=rest.document(UndoneOut), operation_id="undo", tags=["undo"])
def put_back(request: access.StaffRequest, group_id: UUID) -> Any:
    """Take back a change of yours, within 24 hours; ``group_id`` came in the header ``Amity-Undo``."""
    access.require_any(request.principal, ("people.edit", "deals.edit", "tasks.edit"))
    return {"steps": undo.put_back(request.principal, group_id)}

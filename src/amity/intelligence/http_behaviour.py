"""Public API of the lead score and of the best time to reach somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.base.errors import NotFound
from amity.intelligence import behaviour, behaviour_views, lead_score_door
from amity.people import api as people

router = Router(tags=["scores"])


class LeadPartOut(Schema):
    """A named part: points it gives this person (``effect``), at most (``most`` ± ``sd``), by month (``trend``)."""

    key: str
    text: str
    effect: float
    most: float
    sd: float
    trend: list[float]
    converted: int
    half_days: float
    lately: float
    pinned: bool


class LeadScoreOut(Schema):
    """Two axes of 0–100; each is the sum of its parts' effects (the match from 50 on), kept within 0–100."""

    person_id: UUID
    behaviour: float
    match: float | None
    grade: str
    quadrant: str
    behaviour_parts: list[LeadPartOut]
    match_parts: list[LeadPartOut]
    version: int
    converted: int
    as_of: datetime


class WeightsOut(Schema):
    """The weights that hold: parts of both axes, and how many conversions they rest on."""

    version: int
    converted: int
    behaviour: list[LeadPartOut]
    match: list[LeadPartOut]


class BestTimeOut(Schema):
    """Days 0 (Monday) to 6, hours in ``zone``; ``share`` of their activity within, ``usual``: of everybody's."""

    first_day: int
    last_day: int
    begins: int
    ends: int
    zone: str
    share: float
    low: float
    high: float
    usual: float
    n: int
    channel: str
    answered: int
    attempts: int
    as_of: datetime


@router.get("/people/{person_id}/lead-score", response=rest.document(LeadScoreOut), operation_id="getLeadScore")
def lead_score(request: access.StaffRequest, person_id: UUID) -> Any:
    """A person's lead score now, with its parts; 404 while nothing is known that tells."""
    access.require(request.principal, "models.view")
    people.get_person(request.principal, person_id)
    found = behaviour_views.of_person(person_id)
    if found is None:
        raise NotFound("This person has no lead score yet.")
    return found


@router.get("/people/{person_id}/best-time", response=rest.document(BestTimeOut), operation_id="getBestTime")
def best_time(request: access.StaffRequest, person_id: UUID) -> Any:
    """When and how to reach a person; 404 while too little is known."""
    people.get_person(request.principal, person_id)
    found = lead_score_door.best_time(person_id)
    if found is None:
        raise NotFound("Too little is known of when they are active.")
    return found


@router.get("/lead-score/weights", response=rest.document(WeightsOut), operation_id="getLeadScoreWeights")
def weights(request: access.StaffRequest) -> Any:
    """The parts of the lead score and what they weigh; 404 before anything was learned."""
    access.require(request.principal, "models.view")
    spec = behaviour.newest()
    if spec is None:
        raise NotFound("Nothing learned yet.")
    axes = {axis: behaviour_views.part_views(spec, getattr(spec, axis)) for axis in ("behaviour", "match")}
    return {"version": spec.number, "converted": spec.converted, **axes}

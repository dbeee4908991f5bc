"""Public API of scores and models."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.intelligence import api, http_behaviour, registry
from amity.people import api as people

router = Router(tags=["models"])
router.add_router("", http_behaviour.router)
Kind = Literal["person", "deal"]
MAX_IDS = 200


class ReasonOut(Schema):
    """Why a score is what it is, in words; effects (log-odds) add up to the score."""

    text: str
    effect: float


class ScoreOut(Schema):
    """What a model believes: ``value`` in ``low``–``high`` (0–1) beside ``base``; ``signal`` false: no signal."""

    id: UUID
    target: str
    subject_kind: Kind
    subject_id: UUID
    value: float
    low: float
    high: float
    base: float
    trend: float | None
    gain_minor: int | None
    signal: bool
    sure: bool
    reasons: list[ReasonOut]
    scored_at: datetime
    data_until: datetime | None
    rung: str
    version_id: UUID


class ModelOut(Schema):
    """One trained version and its card."""

    id: UUID
    target: str
    number: int
    rung: str
    signal: bool
    state: str
    rows: int
    positives: int
    data_from: datetime | None
    data_until: datetime | None
    card: dict[str, Any]
    hash: str
    created_at: datetime


class TargetOut(Schema):
    """Something learnable and the version that scores now."""

    key: str
    label: str
    subject_kind: str
    live: ModelOut | None


class TrainingOut(Schema):
    job_id: UUID


class ColumnIn(Schema, extra="forbid"):
    """May this suspicious or sensitive column be learned from? null: no opinion. ``basis``: the lawful ground."""

    use: bool | None
    basis: str = ""


@router.get("/models", response=rest.document(list[TargetOut]), operation_id="listModels")
def list_models(request: access.StaffRequest) -> Any:
    """What can be learned here, and what scores now."""
    access.require(request.principal, "models.view")
    return [{**rest.fields_of(each), "live": api.live_model(each.key)} for each in api.targets()]


@router.get("/models/{target}/versions", response=rest.document(list[ModelOut]), operation_id="listVersions")
def list_versions(request: access.StaffRequest, target: str) -> Any:
    """Versions of a model, newest first, at most 20."""
    access.require(request.principal, "models.view")
    return registry.history(target)


@router.post("/models/{target}/trainings", response={202: TrainingOut, **rest.problems()}, operation_id="trainModel")
def train(request: access.StaffRequest, target: str) -> Any:
    """Learn anew as a job; one that is under way is not started twice."""
    return Status(202, {"job_id": api.start_training(request.principal, target)})


@router.patch("/models/{target}/columns/{column}", response={204: None, **rest.problems()}, operation_id="decideColumn")
def decide_column(request: access.StaffRequest, target: str, column: str, body: ColumnIn) -> Any:
    """Say whether a column that looks filled in afterwards may be learned from."""
    api.decide_column(request.principal, target, column, body.use, body.basis)
    return Status(204, None)


@router.get("/scores/first", response=rest.document(list[ScoreOut]), operation_id="listWhomFirst", tags=["scores"])
def whom_first(request: access.StaffRequest, limit: int = 10) -> Any:
    """Whom first: open leads and deals that you see, by expected gain."""
    access.require(request.principal, "models.view")
    return api.whom_first(request.principal, min(max(limit, 1), 50))


@router.get(
    "/people/{person_id}/scores",
    response=rest.document(list[ScoreOut]),
    operation_id="listPersonScores",
    tags=["scores"],
)
def person_scores(request: access.StaffRequest, person_id: UUID) -> Any:
    """The latest scores of a person."""
    access.require(request.principal, "models.view")
    people.get_person(request.principal, person_id)
    return list(api.scores_for("person", [person_id]).values())

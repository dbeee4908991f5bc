"""Public API of pipelines, stages and moving deals through their gates."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.sales import deals, gates, pipelines
from amity.sales import pipelines_changes as changes

router = Router(tags=["pipelines"])


class StepOut(Schema):
    """A stage. ``gate``: what should be filled in on entering it."""

    id: UUID
    name: str
    status: Literal["open", "won", "lost"]
    gate: list[str]


class PipelineOut(Schema):
    id: UUID
    name: str
    team_id: UUID | None
    steps: list[StepOut]


class PipelineIn(Schema, extra="forbid"):
    name: str
    team_id: UUID | None = None


class StepIn(Schema, extra="forbid"):
    name: str
    status: Literal["open", "won", "lost"] = "open"


class StepChange(Schema, extra="forbid"):
    """Left-out fields stay. ``gate``: person, company, value, expected_close_on, product, owner, task, decider,
    lost_reason, or ``custom:`` and the name of a custom field."""

    name: str = ""
    gate: list[str] | None = None


class StageMoveIn(Schema, extra="forbid"):
    """``reason``: why what the stage asks for is left out; needed when something is missing."""

    stage_id: UUID
    reason: str = ""
    lost_reason: str = ""


class StageMoveOut(Schema):
    """``missing``: what the stage asks for and the deal still lacks."""

    stage_id: UUID
    missing: list[str]


@router.get("/pipelines", response=rest.document(list[PipelineOut]), operation_id="listPipelines")
def list_pipelines(request: access.StaffRequest) -> Any:
    """Pipelines that you work with, in order, with their stages."""
    access.require(request.principal, "deals.view")
    return pipelines.for_reader(request.principal, pipelines.pipelines())


@router.post("/pipelines", response={201: list[PipelineOut], **rest.problems()}, operation_id="createPipeline")
def create_pipeline(request: access.StaffRequest, body: PipelineIn, response: HttpResponse) -> Any:
    """A new pipeline with a first stage and both ends; answers all of them."""
    rest.tell_undo(response, changes.change(request.principal, "add", name=body.name, team=body.team_id))
    return Status(201, pipelines.pipelines())


@router.put("/pipelines/{pipeline_id}", response=rest.document(list[PipelineOut]), operation_id="changePipeline")
def change_pipeline(
    request: access.StaffRequest, pipeline_id: UUID, body: PipelineIn, response: HttpResponse
) -> Any:  # fmt: skip
    """Its name and team."""
    args = {"pipeline": pipeline_id, "name": body.name, "team": body.team_id}
    rest.tell_undo(response, changes.change(request.principal, "change", **args))
    return pipelines.pipelines()


@router.post(
    "/pipelines/{pipeline_id}/archival", response=rest.document(list[PipelineOut]), operation_id="archivePipeline"
)
def archive_pipeline(request: access.StaffRequest, pipeline_id: UUID, response: HttpResponse) -> Any:
    """Out of use; refused while open deals stand in it."""
    rest.tell_undo(response, changes.change(request.principal, "archive", pipeline=pipeline_id))
    return pipelines.pipelines()


@router.post(
    "/pipelines/{pipeline_id}/stages", response={201: list[PipelineOut], **rest.problems()}, operation_id="createStage"
)
def create_stage(request: access.StaffRequest, pipeline_id: UUID, body: StepIn, response: HttpResponse) -> Any:
    """A stage at the end of a pipeline."""
    args = {"pipeline": pipeline_id, "name": body.name, "status": body.status}
    rest.tell_undo(response, changes.change(request.principal, "add_stage", **args))
    return Status(201, pipelines.pipelines())


@router.patch("/stages/{stage_id}", response=rest.document(list[PipelineOut]), operation_id="changeStage")
def change_stage(request: access.StaffRequest, stage_id: UUID, body: StepChange, response: HttpResponse) -> Any:
    """Its name and what it asks for."""
    rest.tell_undo(response, changes.change(request.principal, "change_stage", stage=stage_id, **rest.given(body)))
    return pipelines.pipelines()


@router.delete("/stages/{stage_id}", response=rest.document(list[PipelineOut]), operation_id="deleteStage")
def delete_stage(
    request: access.StaffRequest, stage_id: UUID, response: HttpResponse, to: UUID | None = None
) -> Any:  # fmt: skip
    """Out of use; its deals go to stage ``to`` of the same pipeline and outcome. Its history stays."""
    rest.tell_undo(response, changes.change(request.principal, "delete_stage", stage=stage_id, to=to))
    return pipelines.pipelines()


@router.post("/deals/{deal_id}/stage", response=rest.document(StageMoveOut), operation_id="moveDeal", tags=["deals"])
def move_deal(request: access.StaffRequest, deal_id: UUID, body: StageMoveIn, response: HttpResponse) -> Any:
    """Put a deal into a stage through its gate: refused with ``gate_reason`` when something is missing unexplained."""
    access.require(request.principal, "deals.edit")
    deals.get_deal(request.principal, deal_id)
    step = pipelines.step_called(body.stage_id)
    values = {"lost_reason": body.lost_reason[:300]} if body.lost_reason else {}
    rest.tell_undo(response, gates.move(request.principal, deal_id, step, gates.Given(values, {}, reason=body.reason)))
    missing = gates.missing(deals.get_deal(request.principal, deal_id), step)
    return {"stage_id": step.id, "missing": missing}

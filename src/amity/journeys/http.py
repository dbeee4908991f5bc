"""Public API of proposals: what to do next about a person or deal, answers to it, and decisions replayed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.journeys import answers, proposals
from amity.people import api as people

router = Router(tags=["proposals"])


class DraftOut(Schema):
    """What the action starts from."""

    subject: str
    text: str
    due_on: date


class ProposalOut(Schema):
    """``gain``: expected change of the chance (0–1) in ``low``–``high``; ``gain_minor``: times the value at stake."""

    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    person_id: UUID | None
    what: str
    why: list[str]
    chance: float
    gain: float
    low: float
    high: float
    gain_minor: int | None
    currency: str
    draft: DraftOut
    decided_at: datetime


class AcceptIn(Schema, extra="forbid"):
    """What to change of the draft; nothing: as proposed."""

    kind: str = ""
    subject: str = ""
    text: str = ""
    due_on: date | None = None


class RefuseIn(Schema, extra="forbid"):
    """``reason``: not_now, done, no_help, wrong_person, other."""

    reason: str
    note: str = ""


class AnswerOut(Schema):
    """``undo``: the group that POST /undo/{group} takes back; ``action_id``: what was done, none when refused."""

    undo: UUID
    action_id: UUID | None


class ReplayOut(Schema):
    """What was chosen, and what the ledger row alone gives again."""

    stored: str
    replayed: str
    same: bool


@router.get(
    "/people/{person_id}/proposals", response=rest.document(list[ProposalOut]), operation_id="listPersonProposals"
)
def of_person(request: access.StaffRequest, person_id: UUID) -> Any:
    """What to do next about an open lead; empty where nothing is known to help."""
    access.require(request.principal, "models.view")
    people.get_person(request.principal, person_id)
    return list(proposals.propose(request.principal, "person", [person_id]).values())


@router.get("/deals/{deal_id}/proposals", response=rest.document(list[ProposalOut]), operation_id="listDealProposals")
def of_deal(request: access.StaffRequest, deal_id: UUID) -> Any:
    """What to do next about an open deal; empty where nothing is known to help, or it is not yours to see."""
    access.require(request.principal, "models.view")
    access.require(request.principal, "deals.view")
    return list(proposals.propose(request.principal, "deal", [deal_id]).values())


@router.post("/proposals/{decision_id}/acceptance", response=rest.document(AnswerOut), operation_id="acceptProposal")
def accept(request: access.StaffRequest, decision_id: UUID, body: AcceptIn) -> Any:
    """Do what was proposed, once. A mail becomes a draft, which a person sends."""
    access.require(request.principal, "tasks.edit")
    done = answers.accept(request.principal, decision_id, answers.Changes(**body.dict()))
    return {"undo": done.group, "action_id": done.action_id}


@router.post("/proposals/{decision_id}/refusal", response=rest.document(AnswerOut), operation_id="refuseProposal")
def refuse(request: access.StaffRequest, decision_id: UUID, body: RefuseIn) -> Any:
    """No, and why: the kind sleeps for that person, and weighs less where the reason says so."""
    done = answers.refuse(request.principal, decision_id, body.reason, body.note)
    return {"undo": done.group, "action_id": None}


@router.get("/decisions/{decision_id}/replay", response=rest.document(ReplayOut), operation_id="replayDecision")
def replay(request: access.StaffRequest, decision_id: UUID) -> Any:
    """Choose again from the ledger row alone."""
    access.require(request.principal, "models.view")
    stored, again = answers.replay(request.principal, decision_id)
    return {"stored": stored, "replayed": again, "same": stored == again}

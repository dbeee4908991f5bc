"""Public API of complaints and refunds."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID

from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.desk import complaints, complaints_steps, refunds

router = Router(tags=["complaints"])
if TYPE_CHECKING:
    State: TypeAlias = str
    Decision: TypeAlias = str
    Step: TypeAlias = str
    RefundState: TypeAlias = str
    Move: TypeAlias = str
else:  # what the rest of the room goes by, so that each is told once
    State, Decision = Literal[tuple(complaints.STATES)], Literal[("", *complaints.DECISIONS)]
    Step = Literal[tuple(complaints_steps.FROM)]
    RefundState, Move = Literal[tuple(refunds.STATES)], Literal[refunds.MOVES]


class ComplaintOut(Schema):
    """A complaint. ``due_at``: when the law wants an answer; ``held_at``: when a holding reply went out."""

    id: UUID
    number: int
    conversation_id: UUID
    person_id: UUID | None
    kind: str
    words: str
    wanted: str
    country: str
    state: State
    decision: Decision
    decision_words: str
    received_at: datetime
    acknowledge_at: datetime | None
    due_at: datetime | None
    held_at: datetime | None
    breached_at: datetime | None
    decided_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None


class ComplaintIn(Schema, extra="forbid"):
    """A complaint of a conversation. ``country`` (ISO 3166): whose law counts; empty: the customer's."""

    conversation_id: UUID
    kind: str
    words: str
    wanted: str = ""
    country: str = ""


class ComplaintStepIn(Schema, extra="forbid"):
    """A step. ``decision`` and ``words`` for decide; ``text`` is sent to the customer."""

    step: Step
    decision: str = ""
    words: str = ""
    text: str = ""


class RefundOut(Schema):
    """A refund; ``amount_minor`` in minor units of ``currency``."""

    id: UUID
    complaint_id: UUID | None
    conversation_id: UUID | None
    order_id: UUID | None
    amount_minor: int
    currency: str
    reason: str
    state: RefundState
    proposed_by_id: UUID | None
    proposed_at: datetime
    decided_by_id: UUID | None
    decided_at: datetime | None
    why: str
    paid_at: datetime | None
    paid_ref: str


class RefundIn(Schema, extra="forbid"):
    amount_minor: int
    currency: str
    reason: str
    order_id: UUID | None = None


class RefundMoveIn(Schema, extra="forbid"):
    """``refuse`` needs ``why``; ``pay`` takes ``ref``, and the same one twice changes nothing."""

    move: Move
    why: str = ""
    ref: str = ""


@router.get("/complaints", response=rest.document(list[ComplaintOut]), operation_id="listComplaints")
def list_complaints(request: access.StaffRequest, state: str = "open") -> Any:
    """At most 200, the most urgent first. ``state``: open, late, all, or one of the states."""
    return complaints.listed(request.principal, state)


@router.get("/complaints/{complaint_id}", response=rest.document(ComplaintOut), operation_id="getComplaint")
def get_complaint(request: access.StaffRequest, complaint_id: UUID) -> Any:
    """One complaint."""
    return complaints.get(request.principal, complaint_id)


@router.post("/complaints", response={201: ComplaintOut, **rest.problems()}, operation_id="openComplaint")
def open_complaint(request: access.StaffRequest, body: ComplaintIn) -> Any:
    """Write a complaint down; its clock starts."""
    access.require(request.principal, complaints.WORK)
    told = body.model_dump()
    made, _group = complaints_steps.open_complaint(request.principal, told.pop("conversation_id"), **told)
    return Status(201, complaints.get(request.principal, made))


@router.post("/complaints/{complaint_id}/steps", response=rest.document(ComplaintOut), operation_id="stepComplaint")
def step_complaint(request: access.StaffRequest, complaint_id: UUID, body: ComplaintStepIn) -> Any:
    """Take a step."""
    access.require(request.principal, complaints.WORK)
    told = body.model_dump()
    complaints_steps.step(request.principal, complaint_id, told.pop("step"), **told)
    return complaints.get(request.principal, complaint_id)


@router.post(
    "/complaints/{complaint_id}/refunds", response={201: RefundOut, **rest.problems()}, operation_id="proposeRefund"
)
def propose_refund(request: access.StaffRequest, complaint_id: UUID, body: RefundIn) -> Any:
    """Propose to give money back; somebody else decides it."""
    access.require(request.principal, complaints.WORK)
    made, _group = refunds.propose(request.principal, complaint_id, **body.model_dump())
    return Status(201, refunds.get(request.principal, made))


@router.post("/refunds/{refund_id}/moves", response=rest.document(RefundOut), operation_id="moveRefund")
def move_refund(request: access.StaffRequest, refund_id: UUID, body: RefundMoveIn) -> Any:
    """Approve, refuse, take back or mark as paid."""
    access.require(request.principal, complaints.WORK)
    refunds.move(request.principal, refund_id, body.move, why=body.why, ref=body.ref)
    return refunds.get(request.principal, refund_id)

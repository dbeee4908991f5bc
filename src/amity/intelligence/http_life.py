"""Public API of a model's life: states of versions, roll back, rules, daily looks, proofs, and replay of the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.base.errors import NotFound
from amity.intelligence import life, scoring, training, watching

router = Router(tags=["models"])


class VersionMoveIn(Schema, extra="forbid"):
    """Where a version goes: to work, beside the live one unseen, or aside."""

    state: Literal["live", "shadow", "retired"]


class VersionMovedOut(Schema):
    """What takes the move back for 24 hours."""

    undo_group: UUID


class PolicyIn(Schema, extra="forbid"):
    """Who puts new versions to work, and whether comparing groups of people is lawful. null: as it is."""

    promotion: Literal["automatic", "approval"] | None = None
    fairness: bool | None = None


class DriftCheckOut(Schema):
    """One day's look for drift; ``alarms`` have code, column, size, p, rows and days."""

    day: date
    raised: bool
    alarms: list[dict[str, Any]]
    figures: dict[str, Any]
    checked_at: datetime


class ProofOut(Schema):
    """How right the scores of a month were: said, won, auc, log_loss, base_log_loss, ece."""

    month: date
    rows: int
    figures: dict[str, Any]
    made_at: datetime


class ReplayOut(Schema):
    """A ledger row computed again from its own features by the version that said it."""

    id: UUID
    version_id: UUID
    stored: float
    again: float
    same: bool
    features: dict[str, Any]
    scored_at: datetime


_MOVES = {"live": life.approve, "shadow": life.put_in_shadow, "retired": life.retire}


@router.patch(
    "/models/{target}/versions/{version_id}", response=rest.document(VersionMovedOut), operation_id="moveVersion"
)
def move_version(request: access.StaffRequest, target: str, version_id: UUID, body: VersionMoveIn) -> Any:
    """Put a version to work, in shadow or aside; open records are scored again in the background."""
    access.require(request.principal, "models.decide")
    key = training.source_of(target).key
    return {"undo_group": _MOVES[body.state](request.principal, key, version_id)}


@router.post("/models/{target}/rollbacks", response=rest.document(VersionMovedOut), operation_id="rollBackModel")
def roll_back(request: access.StaffRequest, target: str) -> Any:
    """Back to the version that worked before."""
    access.require(request.principal, "models.decide")
    return {"undo_group": life.roll_back(request.principal, training.source_of(target).key)}


@router.patch("/models/{target}/policy", response=rest.document(VersionMovedOut), operation_id="setModelPolicy")
def set_policy(request: access.StaffRequest, target: str, body: PolicyIn) -> Any:
    """Say who puts new versions to work, and whether groups of people may be compared."""
    access.require(request.principal, "models.decide")
    key = training.source_of(target).key
    return {"undo_group": life.set_policy(request.principal, key, body.promotion, body.fairness)}


@router.get("/models/{target}/checks", response=rest.document(list[DriftCheckOut]), operation_id="listModelChecks")
def list_checks(request: access.StaffRequest, target: str) -> Any:
    """The daily looks for drift, oldest first, at most 60."""
    access.require(request.principal, "models.view")
    return watching.checks(training.source_of(target).key)


@router.get("/models/{target}/proofs", response=rest.document(list[ProofOut]), operation_id="listModelProofs")
def list_proofs(request: access.StaffRequest, target: str) -> Any:
    """Kept proofs of how right the scores were, newest month first, at most 12."""
    access.require(request.principal, "models.view")
    return watching.proofs(training.source_of(target).key)


@router.get("/scores/{score_id}/replay", response=rest.document(ReplayOut), operation_id="replayScore", tags=["scores"])
def replay(request: access.StaffRequest, score_id: UUID) -> Any:
    """Compute a ledger row again; 404 for records that you do not see."""
    access.require(request.principal, "models.view")
    row = scoring.row_of(score_id)
    if row.subject_id not in training.source_of(row.target).visible(request.principal, [row.subject_id]):
        raise NotFound(_("There is no such score."))
    stored, again = scoring.replay(score_id)
    return {
        "id": row.id, "version_id": row.model_id, "stored": stored, "again": again, "same": abs(stored - again) < 1e-9,
        "features": row.features, "scored_at": row.scored_at,
    }  # fmt: skip

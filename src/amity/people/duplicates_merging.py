"""Merging a pair by hand or by policy, whatever its kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.people import merge, merge_companies
from amity.people.duplicate_models import DuplicatePair


def merge_pair(
    principal: access.Principal, pair: DuplicatePair, winner: UUID, loser: UUID, policy: str = merge.MANUAL_POLICY
) -> UUID:
    """Make the pair one, with what spoke for it in the ledger; returns the merge."""
    evidence: dict[str, Any] = {
        "pair": str(pair.pk), "probability": round(pair.probability, 6), "model": pair.model_version,
        "fields": pair.evidence,
    }  # fmt: skip
    make = merge_companies.merge if pair.kind == "company" else merge.merge
    return make(principal, winner, loser, evidence, policy=policy)


def unmerge_pair(principal: access.Principal, kind: str, merge_id: str) -> None:
    """Take a pair's merge back, unless somebody did."""
    if kind == "company":
        merge_companies.undo_merge(principal, {}, merge_id)
    else:
        merge.undo_merge(principal, {}, merge_id)

"""Merging a pair by hand or by policy, whatever its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.errors import Refused
from amity.people import duplicates_policy, merge, merge_companies, merge_many
from amity.people.duplicate_models import DuplicatePair

POLICY = "certain duplicates"
_BATCH = 50  # merges that commit together


def merge_pair(
    principal: access.Principal, pair: DuplicatePair, winner: UUID, loser: UUID, policy: str = merge.MANUAL_POLICY
) -> UUID:
    """Make the pair one, with what spoke for it in the ledger; returns the merge."""
    make = merge_companies.merge if pair.kind == "company" else merge.merge
    return make(principal, winner, loser, evidence_of(pair), policy=policy)


def evidence_of(pair: DuplicatePair) -> dict[str, Any]:
    """What spoke for a pair, as the ledger of merges keeps it."""
    return {
        "pair": str(pair.pk), "probability": round(pair.probability, 6), "model": pair.model_version,
        "fields": pair.evidence,
    }  # fmt: skip


def unmerge_pair(principal: access.Principal, kind: str, merge_id: str) -> None:
    """Take a pair's merge back, unless somebody did."""
    if kind == "company":
        merge_companies.undo_merge(principal, {}, merge_id)
    else:
        merge.undo_merge(principal, {}, merge_id)


def merge_certain(kind: str, report: jobs.Report) -> int:
    """Merge the pairs of which the matcher is certain, where the administrator allows it; how many became one.

    Each batch commits by itself, so a job that died goes on where it stopped. What conflicts is left to reviewers.
    """
    done, total = 0, _waiting(kind).count()
    while duplicates_policy.merges_certain(kind):
        with transaction.atomic():
            batch = list(_waiting(kind).select_for_update().order_by("-probability", "-id")[:_BATCH])
            done += _merge_batch(kind, batch)
        if not batch:
            break
        report(done, max(total, done), "merging")
    return done


def _waiting(kind: str) -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.filter(kind=kind, state="open", band="certain")


def _merge_batch(kind: str, pairs: Sequence[DuplicatePair]) -> int:
    """Make these one where nothing is against it, all together or (where they become too many) one by one."""
    wanted = [merge_many.Wanted(pair.left_id, pair.right_id, evidence_of(pair)) for pair in pairs]
    try:
        with transaction.atomic():
            found = merge_many.merge_many(kind, wanted, POLICY)
    except Refused as error:
        if len(wanted) > 1:
            return sum(_merge_batch(kind, [pair]) for pair in pairs)
        found = [error.code]
    for pair, outcome in zip(pairs, found, strict=True):
        if isinstance(outcome, UUID):
            pair.state, pair.merge_id = "merged", outcome
        elif outcome == merge_many.GONE:
            pair.state = "gone"
        elif outcome == merge_many.SAME:
            pair.state = "merged"
        else:
            pair.band = "review"
        pair.decided_at = clock.now() if pair.state == "merged" else None
    DuplicatePair.objects.bulk_update(pairs, ["state", "band", "merge_id", "decided_at"])
    return sum(isinstance(outcome, UUID) for outcome in found)

"""Merging a pair by hand or by policy, whatever its kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.errors import NotFound, Refused
from amity.people import duplicates_policy, merge, merge_companies
from amity.people.duplicate_models import DuplicatePair
from amity.people.models import Identifier, Person

POLICY = "certain duplicates"
_BATCH = 200


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


def merge_certain(kind: str, report: jobs.Report) -> int:
    """Merge the pairs of which the matcher is certain, where the administrator allows it; how many became one.

    Each merge commits by itself, so a job that died goes on where it stopped. What conflicts is left to reviewers.
    """
    done = 0
    while duplicates_policy.merges_certain(kind):
        waiting = DuplicatePair.objects.filter(kind=kind, state="open", band="certain")
        batch = list(waiting.order_by("-probability", "-id").values_list("pk", flat=True)[:_BATCH])
        if not batch:
            break
        for pk in batch:
            done += _merge_by_policy(kind, pk)
        report(done, None, "merging")
    return done


def _merge_by_policy(kind: str, pk: UUID) -> bool:
    with transaction.atomic():
        pair = DuplicatePair.objects.select_for_update().filter(pk=pk, state="open", band="certain").first()
        if pair is None:
            return False
        if kind == "person" and not _agree(pair):
            pair.band = "review"
            pair.save(update_fields=["band"])
            return False
        try:
            with transaction.atomic():
                pair.merge_id = merge_pair(access.SYSTEM, pair, pair.left_id, pair.right_id, POLICY)
        except NotFound:
            pair.state = "gone"
        except Refused as error:
            pair.state, pair.band = ("merged", pair.band) if error.code == "merge_same" else ("open", "review")
        else:
            pair.state = "merged"
        pair.decided_at = clock.now() if pair.state == "merged" else None
        pair.save(update_fields=["state", "band", "merge_id", "decided_at"])
        return pair.merge_id is not None


def _agree(pair: DuplicatePair) -> bool:
    """Whether nothing that was verified of one contradicts the other: no two user ids, no two checked addresses."""
    ends = (pair.left_id, pair.right_id)
    members = Person.objects.filter(merged_into_id__in=ends).values_list("pk", "merged_into_id")
    home = {end: end for end in ends} | dict(members)
    known: dict[tuple[UUID, str], set[str]] = {}
    for person, one, value, verified in Identifier.objects.filter(person_id__in=home).values_list(
        "person_id", "kind", "value", "verified"
    ):
        if verified or one == "user_id":
            known.setdefault((home[person], one), set()).add(value)
    return all(
        not known.get((ends[0], one)) or not known.get((ends[1], one)) or known[ends[0], one] & known[ends[1], one]
        for one in ("email", "phone", "user_id")
    )

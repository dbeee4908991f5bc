"""Public API of duplicates, of merged companies, and of the values of a record with why they hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.people import duplicates, duplicates_review, golden_marks, golden_words, merge_companies, profiles
from amity.people.called import names_of
from amity.people.golden_reading import values_of
from amity.people.merging_http import MergeIn, UnmergeIn

router = Router(tags=["duplicates"])
Kind = Literal["person", "company"]


class DuplicatesAsked(Schema):
    """Which open pairs. ``band``: certain or review; ``cursor``: the ``next`` of the page before."""

    kind: Kind = "person"
    band: Literal["", "certain", "review"] = ""
    cursor: str = ""
    limit: int = 20


class EvidenceOut(Schema):
    """One field of a pair. ``weight``: bits for (positive) or against (negative) the two being the same."""

    field: str
    left: str
    right: str
    level: str
    weight: float


class PairOut(Schema):
    """Two records that look the same. ``probability`` 0–1; ``state``: open, merged, apart, gone."""

    id: UUID
    kind: Kind
    left_id: UUID
    left: str
    right_id: UUID
    right: str
    probability: float
    evidence: list[EvidenceOut]
    band: str
    state: str
    found_by: str
    decided_at: datetime | None
    merge_id: UUID | None


class PairsOut(Schema):
    """A page of pairs. ``next`` is null on the last one."""

    items: list[PairOut]
    next: str | None


class DecisionIn(Schema, extra="forbid"):
    """``merge`` (``winner_id`` survives, else the older one) or ``apart``."""

    verdict: Literal["merge", "apart"]
    winner_id: UUID | None = None


class OtherOut(Schema):
    """A value that does not hold."""

    value: Any
    source: str
    observed_at: datetime | None


class FixedOut(Schema):
    """Who pinned or verified a value, and when."""

    by: str
    at: datetime | None


class ValueOut(Schema):
    """A value in words, with source, age and why it holds. ``field``: a column, or ``:name`` of a custom field."""

    field: str
    label: str
    value: Any
    source: str
    observed_at: datetime | None
    why: str
    pinned: FixedOut | None
    checked: FixedOut | None
    others: list[OtherOut]


class MarkIn(Schema, extra="forbid"):
    """Pin (``pin``) or verify (``checked``) the value of ``field``; ``on`` false ends that."""

    field: str
    mark: Literal["pin", "checked"]
    on: bool = True


class CompanyMergeOut(Schema):
    """A merge of companies that holds."""

    id: UUID
    loser_id: UUID
    loser: str
    winner_id: UUID
    policy: str
    actor_id: UUID | None
    created_at: datetime


@router.get("/duplicates", response=rest.document(PairsOut), operation_id="listDuplicates")
def list_duplicates(request: access.StaffRequest, asked: Query[DuplicatesAsked]) -> Any:
    """Open pairs of which you see both sides, the most probable first."""
    access.require(request.principal, duplicates_review.PERMISSION)
    limit = max(1, min(asked.limit, duplicates.MAX_PAGE - 1))
    found = duplicates.open_pairs(request.principal, asked.kind, asked.cursor, limit + 1, asked.band)
    more = found[limit - 1].cursor if len(found) > limit else None
    return {"items": [_pair(each) for each in found[:limit]], "next": more}


@router.post("/duplicates/{pair_id}/decision", response=rest.document(PairOut), operation_id="decideDuplicate")
def decide_duplicate(request: access.StaffRequest, pair_id: UUID, body: DecisionIn, response: HttpResponse) -> Any:
    """Merge a pair, or say that they are two. Nothing is lost; ``reopening`` takes it back, however late."""
    access.require(request.principal, duplicates_review.PERMISSION)
    rest.tell_undo(response, duplicates.decide(request.principal, pair_id, body.verdict, body.winner_id))
    return _pair(duplicates.get_pair(request.principal, pair_id))


@router.post("/duplicates/{pair_id}/reopening", response=rest.document(PairOut), operation_id="reopenDuplicate")
def reopen_duplicate(request: access.StaffRequest, pair_id: UUID) -> Any:
    """Take a decision back: the pair is open, what was merged is two."""
    duplicates_review.reopen(request.principal, pair_id)
    return _pair(duplicates.get_pair(request.principal, pair_id))


@router.get("/people/{person_id}/values", response=rest.document(list[ValueOut]), operation_id="listPersonValues")
def person_values(request: access.StaffRequest, person_id: UUID) -> Any:
    """Every value of a person with its source, why it holds, and the other values that are known."""
    return _values(request.principal, profiles.get_person(request.principal, person_id))


@router.post("/people/{person_id}/marks", response=rest.document(list[ValueOut]), operation_id="markPersonValue")
def mark_person_value(request: access.StaffRequest, person_id: UUID, body: MarkIn, response: HttpResponse) -> Any:
    """Pin or verify a value; only a human changes it then. Answers with all values."""
    group = golden_marks.mark(request.principal, "person", person_id, body.field, body.mark, on=body.on)
    rest.tell_undo(response, group)
    return _values(request.principal, profiles.get_person(request.principal, person_id))


@router.get("/companies/{company_id}/values", response=rest.document(list[ValueOut]), operation_id="listCompanyValues")
def company_values(request: access.StaffRequest, company_id: UUID) -> Any:
    """Every value of a company with its source, why it holds, and the other values that are known."""
    return _values(request.principal, profiles.get_company(request.principal, company_id))


@router.post("/companies/{company_id}/marks", response=rest.document(list[ValueOut]), operation_id="markCompanyValue")
def mark_company_value(request: access.StaffRequest, company_id: UUID, body: MarkIn, response: HttpResponse) -> Any:
    """Pin or verify a value; only a human changes it then. Answers with all values."""
    group = golden_marks.mark(request.principal, "company", company_id, body.field, body.mark, on=body.on)
    rest.tell_undo(response, group)
    return _values(request.principal, profiles.get_company(request.principal, company_id))


@router.get(
    "/companies/{company_id}/merges", response=rest.document(list[CompanyMergeOut]), operation_id="listCompanyMerges"
)
def company_merges(request: access.StaffRequest, company_id: UUID) -> Any:
    """What this company was joined from, newest first."""
    profiles.get_company(request.principal, company_id)
    return merge_companies.joins_of(company_id)


@router.post(
    "/companies/{company_id}/merge", response=rest.document(list[CompanyMergeOut]), operation_id="mergeCompanies"
)
def merge_company(request: access.StaffRequest, company_id: UUID, body: MergeIn) -> Any:
    """Make another company part of this one. Answers with all its merges."""
    merge_companies.merge(request.principal, company_id, body.other_id, body.evidence)
    return merge_companies.joins_of(merge_companies.survivors([company_id])[company_id])


@router.post(
    "/companies/{company_id}/unmerge", response=rest.document(list[CompanyMergeOut]), operation_id="unmergeCompany"
)
def unmerge_company(request: access.StaffRequest, company_id: UUID, body: UnmergeIn) -> Any:
    """Take a merge of this company back. Answers with the merges that still hold."""
    merge_companies.check_part(request.principal, company_id, body.merge_id)
    merge_companies.unmerge(request.principal, body.merge_id)
    return merge_companies.joins_of(merge_companies.survivors([company_id])[company_id])


def _pair(pair: duplicates.PairView) -> dict[str, Any]:
    sides = {"left_id": pair.left.id, "left": pair.left.name, "right_id": pair.right.id, "right": pair.right.name}
    return rest.fields_of(pair) | sides | {"evidence": [rest.fields_of(one) for one in pair.evidence]}


def _values(principal: access.Principal, view: profiles.PersonView | profiles.CompanyView) -> list[dict[str, Any]]:
    shown = values_of(view)
    found = golden_words.told_values(shown, names_of(principal, golden_words.wanted_by_values(shown)))
    return [
        rest.fields_of(each)
        | {
            "field": each.key,
            "pinned": rest.fields_of(each.pinned) if each.pinned else None,
            "checked": rest.fields_of(each.checked) if each.checked else None,
            "others": [rest.fields_of(other) for other in each.others],
        }
        for each in found
    ]

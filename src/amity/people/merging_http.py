"""Public API of merges: making two people one, and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.people import members, merge, profiles
from amity.people.http import PersonOut

router = Router(tags=["people"])


class MergeIn(Schema, extra="forbid"):
    """The other person, who becomes part of the one in the URL, and why."""

    other_id: UUID
    evidence: dict[str, str | int | float | bool | None] | None = None


class UnmergeIn(Schema, extra="forbid"):
    merge_id: UUID


class MergeOut(Schema):
    """A merge that holds. ``policy``: manual, device, contact, or what else decided."""

    id: UUID
    loser_id: UUID
    loser: str
    winner_id: UUID
    policy: str
    evidence: dict[str, Any]
    actor_id: UUID | None
    created_at: datetime


@router.get("/people/{person_id}/merges", response=rest.document(list[MergeOut]), operation_id="listPersonMerges")
def list_merges(request: access.StaffRequest, person_id: UUID) -> Any:
    """What this person was joined from, newest first; ``id`` is what unmerge takes."""
    profiles.get_person(request.principal, person_id)
    return members.joins_of(members.whole(person_id))


@router.post("/people/{person_id}/merge", response=rest.document(list[MergeOut]), operation_id="mergePeople")
def merge_people(request: access.StaffRequest, person_id: UUID, body: MergeIn) -> Any:
    """Make another person part of this one. Nothing is lost; unmerge brings both back. Answers with all its merges."""
    merge.merge(request.principal, person_id, body.other_id, body.evidence)
    return members.joins_of(members.whole(members.survivors([person_id])[person_id]))


@router.post("/people/{person_id}/unmerge", response=rest.document(PersonOut), operation_id="unmergePerson")
def unmerge_person(request: access.StaffRequest, person_id: UUID, body: UnmergeIn) -> Any:
    """Take a merge of this person back; answers with the person that stands by itself again."""
    merge.check_part(request.principal, person_id, body.merge_id)
    return profiles.get_person(request.principal, merge.unmerge(request.principal, body.merge_id))

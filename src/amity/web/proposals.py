"""What to do next, beside the records of other rooms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.intelligence import api as intelligence
from amity.journeys import api as journeys
from amity.sales import api as sales

OPEN_DEALS = 10


def of_record(principal: access.Principal, kind: str, view: Any) -> dict[str, Any]:
    """The proposal and the drafts for the page of a person or deal; for who is no open lead, of their best deal."""
    found: dict[str, Any] = {"drafts": journeys.drafts_of(kind, view.id), "refusals": refusals()}
    if not principal.may("models.view"):
        return found
    if kind == "deal" or view.lead_status == "open":
        return found | {"proposal": journeys.propose(principal, kind, [view.id]).get(view.id)}
    deals = sales.deals_of(principal, person_id=view.id, limit=OPEN_DEALS)
    about = journeys.propose(principal, "deal", [each.id for each in deals if each.status == "open"])
    return found | {"proposal": max(about.values(), key=lambda each: each.gain, default=None)}


def beside(principal: access.Principal, scores: Iterable[intelligence.ScoreView]) -> dict[UUID, journeys.Proposal]:
    """Proposals for scored leads and deals, by record. A fixed number of queries for each of the two."""
    listed = list(scores)
    found: dict[UUID, journeys.Proposal] = {}
    for kind in ("person", "deal"):
        found |= journeys.propose(principal, kind, [each.subject_id for each in listed if each.subject_kind == kind])
    return found


def refusals() -> list[tuple[str, str]]:
    """Reasons to choose from, in the reader's language."""
    return [(key, str(label)) for key, label in journeys.REFUSALS.items()]

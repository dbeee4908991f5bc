"""What other rooms use of the lead score: a person's score with its parts, where people stand, the best time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from amity.access import api as access
from amity.base import jobs
from amity.intelligence.behaviour import relearn, rescore
from amity.intelligence.behaviour_views import (
    QUADRANTS,
    LeadScoreView,
    PartView,
    Standing,
    in_quadrants,
    of_person,
    standings,
)
from amity.intelligence.pages_behaviour import LEARN, panel, reach_panel
from amity.intelligence.reach import Best, best
from amity.intelligence.reach_words import told as best_told
from amity.people import api as people


def best_time(person_id: UUID, members: Sequence[UUID] = ()) -> Best | None:
    """When and how to reach a surviving profile; None where too little is known. 4 queries."""
    rows = people.profile_rows([person_id])
    return best(members or people.whole(person_id), rows[0].columns) if rows else None


def start_learning(principal: access.Principal) -> UUID:
    """Learn the weights anew in the background; returns the id of the progress row."""
    access.require(principal, "models.train")
    staff_id = str(principal.staff_id) if principal.staff_id else None
    return jobs.start(LEARN, LEARN, started_by=principal.staff_id, staff_id=staff_id)


__all__ = [
    "LEARN", "QUADRANTS", "Best", "LeadScoreView", "PartView", "Standing", "best_time", "best_told", "in_quadrants",
    "of_person", "panel", "reach_panel", "relearn", "rescore", "standings", "start_learning",
]  # fmt: skip

"""How a deal stands in its stage: since when, against the usual, and what it lacks there."""

from __future__ import annotations

from dataclasses import dataclass

from amity.sales import board_velocity as velocity
from amity.sales import gates
from amity.sales.deals import DealView
from amity.sales.models import DealStatus
from amity.sales.pipelines import PipelineView, step_called, steps_of


@dataclass(frozen=True, slots=True)
class Standing:
    """``days``: in this stage; ``usual``: the median there, None where too few have left it. ``gap``: what it lacks."""

    stage: str
    days: int
    usual: int | None
    stay: velocity.Stay | None
    stuck: bool
    gap: gates.Gap | None


def standing_of(deal: DealView) -> Standing | None:
    """How an open deal stands; None for a closed one.

    5 queries, at most 3 more where its stage asks for something.
    """
    if deal.status != DealStatus.OPEN:
        return None
    step = step_called(deal.stage_id)
    pipeline = PipelineView(step.pipeline_id, "", None, tuple(steps_of([step.pipeline_id])))
    pace = velocity.pace_of(pipeline)
    stage, at = velocity.entered([deal.id]).get(deal.id, (None, None))
    since = at if at and stage == step.id else deal.opened_at or deal.created_at
    days = velocity.days_since(since)
    stuck = pace.stuck(step.id, days, deal.age_days)
    return Standing(step.name, days, pace.usual(step.id), pace.stays.get(step.id), stuck, gates.gap_of(deal, step))

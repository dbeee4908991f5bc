"""Pipelines and their stages, as boards and pages read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import NotFound
from amity.sales.models import DealStatus, Pipeline, Stage

MAX_PIPELINES, MAX_STAGES = 40, 25


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of a pipeline. ``gate``: what should be filled in on entering it, keys of `gates.ASKED`."""

    id: UUID
    pipeline_id: UUID
    name: str
    position: int
    status: str
    gate: tuple[str, ...]

    @property
    def open(self) -> bool:
        return self.status == DealStatus.OPEN


@dataclass(frozen=True, slots=True)
class PipelineView:
    """A pipeline with its stages in order: the open ones, then won, then lost."""

    id: UUID
    name: str
    team_id: UUID | None
    steps: tuple[Step, ...]

    def step(self, stage_id: UUID) -> Step | None:
        return next((each for each in self.steps if each.id == stage_id), None)


def pipelines() -> list[PipelineView]:
    """Every pipeline in use, in order; the first one is made when there is none. 2 queries (3 more the first time)."""
    rows = list(Pipeline.objects.filter(archived_at=None).order_by("position", "created_at", "id")[:MAX_PIPELINES])
    if not rows:
        from amity.sales.deals import stage_choices

        stage_choices()
        rows = list(Pipeline.objects.filter(archived_at=None).order_by("position", "created_at", "id"))
    steps: dict[UUID, list[Step]] = {row.pk: [] for row in rows}
    for each in steps_of(steps):
        steps[each.pipeline_id].append(each)
    return [PipelineView(row.pk, row.name, row.team_id, tuple(steps[row.pk])) for row in rows]


def steps_of(pipeline_ids: Iterable[UUID]) -> list[Step]:
    """Stages in use of these pipelines, open ones first, in order. 1 query."""
    rows = Stage.objects.filter(pipeline_id__in=list(pipeline_ids), archived_at=None)
    ends = {DealStatus.OPEN: 0, DealStatus.WON: 1, DealStatus.LOST: 2}
    found = [
        Step(row.pk, row.pipeline_id, row.name, row.position, row.status, tuple(row.gate))
        for row in rows.order_by("position", "id")
    ]
    return sorted(found, key=lambda step: ends[DealStatus(step.status)])


def step_called(stage_id: UUID) -> Step:
    """One stage in use; raises `NotFound`. 1 query."""
    row = Stage.objects.filter(pk=stage_id, archived_at=None).first()
    if row is None:
        raise NotFound(_("This stage does not exist."))
    return Step(row.pk, row.pipeline_id, row.name, row.position, row.status, tuple(row.gate))


def for_reader(principal: access.Principal, known: Sequence[PipelineView]) -> list[PipelineView]:
    """Those that ``principal`` works with: whoever sees only some rows is spared the pipelines of other teams."""
    if principal.scope == "all":
        return list(known)
    return [each for each in known if each.team_id is None or each.team_id in principal.team_ids] or list(known[:1])


def chosen(principal: access.Principal, offered: Sequence[PipelineView], *wanted: UUID | None) -> PipelineView:
    """The first of ``wanted`` that is offered, else the one of the reader's team, else the first."""
    known = {each.id: each for each in offered}
    named = next((known[pk] for pk in wanted if pk in known), None)
    own = next((each for each in offered if each.team_id and each.team_id in principal.team_ids), None)
    return named or own or offered[0]

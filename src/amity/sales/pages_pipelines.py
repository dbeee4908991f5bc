"""The settings page of pipelines and stages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.pages import page, toast
from amity.sales import gates, lists, pipelines
from amity.sales import pipelines_changes as changes
from amity.sales.models import Deal, DealStatus


@require_GET
def show(request: access.StaffRequest) -> HttpResponse:
    """Every pipeline with its stages, what they ask for, and how many deals stand there. 5 queries."""
    access.require(request.principal, changes.RIGHT)
    counts = dict(Deal.objects.filter(archived_at=None).values_list("stage_id").annotate(n=Count("pk")))
    custom = [(f"{gates.CUSTOM}{name}", name) for name in lists.custom_names(Deal)[:20]]
    asked = [*((key, str(label)) for key, label in gates.ASKED.items()), *custom]
    shown = [(each, [_row(each, step, counts, asked) for step in each.steps]) for each in pipelines.pipelines()]
    teams = [(str(pk), name) for pk, name in access.team_choices()]
    context = {"pipelines": shown, "teams": teams, "statuses": DealStatus.choices}
    return page(request, "sales/pipelines.html", context)


@require_POST
def add(request: access.StaffRequest) -> HttpResponse:
    """A new pipeline with a first stage and both ends."""
    return _done(request, "add", name=request.POST.get("name", ""), team=request.POST.get("team", ""))


@require_POST
def change(request: access.StaffRequest, pipeline_id: UUID) -> HttpResponse:
    """Rename a pipeline, give it to a team, move it up or down, or take it out of use."""
    verb = request.POST.get("verb", "")
    if verb == "archive":
        return _done(request, "archive", pipeline=pipeline_id)
    if verb in ("up", "down"):
        return _done(request, "shift", pipeline=pipeline_id, by=-1 if verb == "up" else 1)
    name, team = request.POST.get("name", ""), request.POST.get("team", "")
    return _done(request, "change", pipeline=pipeline_id, name=name, team=team)


@require_POST
def add_stage(request: access.StaffRequest, pipeline_id: UUID) -> HttpResponse:
    """A stage at the end of a pipeline."""
    name, status = request.POST.get("name", ""), request.POST.get("status", "")
    return _done(request, "add_stage", pipeline=pipeline_id, name=name, status=status)


@require_POST
def change_stage(request: access.StaffRequest, stage_id: UUID) -> HttpResponse:
    """Rename a stage, say what it asks for, move it, or take it away and send its deals elsewhere."""
    verb = request.POST.get("verb", "")
    if verb in ("up", "down"):
        return _done(request, "shift_stage", stage=stage_id, by=-1 if verb == "up" else 1)
    if verb == "delete":
        return _done(request, "delete_stage", stage=stage_id, to=request.POST.get("to", ""))
    gate = request.POST.getlist("gate")[:40]
    return _done(request, "change_stage", stage=stage_id, name=request.POST.get("name", ""), gate=gate)


def _done(request: access.StaffRequest, op: str, **args: Any) -> HttpResponse:
    group = changes.change(request.principal, op, **args)
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("pipelines"))


def _row(
    pipeline: pipelines.PipelineView, step: pipelines.Step, counts: dict[UUID, int], asked: list[tuple[str, str]]
) -> dict[str, Any]:
    told = [gates.label(key) for key in gates.asks(step)]
    others = [each for each in pipeline.steps if each.status == step.status and each.id != step.id]
    known = dict(asked)
    more = [(key, gates.label(key)) for key in step.gate if key not in known]
    return {
        "step": step,
        "count": counts.get(step.id, 0),
        "asks": told,
        "choices": [(key, label, key in step.gate) for key, label in [*asked, *more]],
        "others": others,
        "label": DealStatus(step.status).label,
    }

"""The jobs page: what runs in the background, how far it got, what failed, and trying again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from procrastinate.contrib.django.models import ProcrastinateJob

from amity.access import api as access
from amity.base import jobs
from amity.base.errors import NotFound, Refused
from amity.base.models import JobRun

PAGE = 50
KINDS = {
    "people.import": gettext_lazy("Import"),
    "people.import_read": gettext_lazy("Reading of uploaded files"),
    "people.import_check": gettext_lazy("Dry run of an import"),
    "people.import_undo": gettext_lazy("Undo of an import"),
    "people.duplicates_scan": gettext_lazy("Scan for duplicates"),
    "people.golden.apply": gettext_lazy("Choosing anew which values hold"),
    "people.privacy_erase": gettext_lazy("Erasure of a person"),
    "people.quality_many": gettext_lazy("Repair of many values"),
    "people.quality_scan": gettext_lazy("Check of all records"),
    "people.computed_count": gettext_lazy("Counting of a computed trait"),
    "people.segments_refresh": gettext_lazy("Segments after an import"),
    "intelligence.watch": gettext_lazy("Watching of a model"),
    "intelligence.lead_score_learn": gettext_lazy("Learning of the lead score"),
    "intelligence.lead_score_everybody": gettext_lazy("Lead scores of everybody"),
    "sales.learn_forecast": gettext_lazy("Learning of the forecast"),
    "desk.learn": gettext_lazy("Learning of intents"),
    "desk.simulate": gettext_lazy("Simulation of the desk"),
    "people.bulk": gettext_lazy("Change of many records"),
    "people.segment_fill": gettext_lazy("Filling of a segment"),
    "sales.bulk": gettext_lazy("Change of many deals"),
    "intelligence.train": gettext_lazy("Learning and scoring"),
    "intelligence.customers": gettext_lazy("Learning from purchases"),
    "intelligence.score": gettext_lazy("Scoring"),
    "events.webhooks": gettext_lazy("Delivery of webhooks"),
}
OPEN = (JobRun.State.WAITING, JobRun.State.RUNNING)


@require_GET
def page(request: access.StaffRequest) -> HttpResponse:
    """Newest first; `?state=` filters; the table refreshes itself while something is under way. 3 queries."""
    access.require(request.principal, "jobs.view")
    state = request.GET.get("state", "")
    rows = JobRun.objects.order_by("-created_at", "-id")
    if state in JobRun.State.values:
        rows = rows.filter(state=state)
    before = request.GET.get("before", "")
    if before:
        rows = rows.filter(id__lt=_uuid(before))
    runs = list(rows[: PAGE + 1])
    names = access.staff_names(run.started_by for run in runs)
    context = {
        "runs": [_row(run, names) for run in runs[:PAGE]],
        "older": runs[PAGE - 1].id if len(runs) > PAGE else None,
        "states": JobRun.State.choices,
        "state": state,
        "counts": JobRun.objects.aggregate(
            running=Count("id", filter=Q(state__in=OPEN)), failed=Count("id", filter=Q(state=JobRun.State.FAILED))
        ),
        "may_manage": request.principal.may("jobs.manage"),
    }
    return render(
        request, "web/_jobs_table.html" if request.headers.get("HX-Request") else "web/jobs_list.html", context
    )


@require_POST
def retry(request: access.StaffRequest, job_id: UUID) -> HttpResponse:
    """Queue a failed job again; its earlier attempts stay counted."""
    access.require(request.principal, "jobs.manage")
    with transaction.atomic():
        run = JobRun.objects.select_for_update().filter(pk=job_id).first()
        if run is None:
            raise NotFound(_("This job is no longer listed."))
        job = ProcrastinateJob.objects.filter(pk=run.queue_id).first()
        if run.state != JobRun.State.FAILED or job is None:
            raise Refused("job_not_failed", _("Only a failed job can be tried again."), 409)
        run.queue_id = jobs.named(job.task_name).defer(**job.args)
        run.state, run.error, run.error_code, run.finished_at = JobRun.State.WAITING, "", "", None
        run.save()
        access.record(request.principal, "job.retried", "job", job_id)
    return redirect("jobs")


def _row(run: JobRun, names: dict[UUID, str]) -> dict[str, object]:
    share = round(100 * run.done / run.total) if run.total else None
    return {
        "run": run,
        "label": KINDS.get(run.kind, run.kind),
        "by": names.get(run.started_by, "") if run.started_by else "",
        "share": share,
        "open": run.state in OPEN,
        "failed": run.state == JobRun.State.FAILED,
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused("bad_cursor", _("This page address is damaged. Open the list again."), 400) from error

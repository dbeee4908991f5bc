"""Pages of imports: drop files, look at what they are, try out, run, stop, go on, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base import jobs
from amity.base.errors import NotFound, Refused
from amity.base.models import JobRun
from amity.base.pages import page, toast
from amity.people.imports import alike, choices, preview, service, show, uploads
from amity.people.models import Import, ImportFile

NOBODY = UUID(int=0)
PERMISSION = service.PERMISSION
CHECK_AT_ONCE = 60_000  # rows that are tried out while the person waits; more is a job


@require_http_methods(["GET", "POST"])
def imports(request: access.StaffRequest) -> HttpResponse:
    """Past imports and the place to drop files. POST: take the files in and propose what they are. 4 queries."""
    access.require(request.principal, PERMISSION)
    if request.method == "POST":
        return _taken_in(request)
    found = service.listing(request.principal)
    names = access.staff_names([state.started_by for state in found if state.started_by])
    rows = [
        {"state": state, "label": _state_label(state.state), "by": names.get(state.started_by or NOBODY, "")}
        for state in found
    ]
    return page(request, "people/import_list.html", {"rows": rows})


@require_GET
def upload(request: access.StaffRequest, upload_id: UUID) -> HttpResponse:
    """While a large upload is being read; goes on to the import when it is ready."""
    access.require(request.principal, PERMISSION)
    job = JobRun.objects.filter(subject_id=upload_id, kind="people.import_read").order_by("-created_at").first()
    if job is None:
        raise NotFound(_("This upload does not exist."))
    folder = str(uploads.folder_of(upload_id))
    found = ImportFile.objects.filter(path__startswith=folder).values_list("run_id", flat=True).first()
    if found:
        return _moved(request, reverse("import", args=[found]))
    if job.state == JobRun.State.FAILED and job.error_code != "bug":
        raise Refused(job.error_code, job.error)
    context = {"job": job, "busy": job.state in (JobRun.State.WAITING, JobRun.State.RUNNING)}
    return page(request, "people/import_reading.html", context, part="people/_import_reading.html")


@require_GET
def one(request: access.StaffRequest, import_id: UUID) -> HttpResponse:
    """An import: its plan before it runs, its progress while it runs, its result after. 5 queries."""
    state = service.get(request.principal, import_id)
    job = JobRun.objects.filter(pk=state.job_id).first() if state.job_id else None
    progress = show.progress(state, job)
    if request.headers.get("HX-Target") == "import-progress" and not progress.busy:
        return _moved(request, reverse("import", args=[import_id]))
    starting = progress.busy and job is not None and job.kind == "people.import"
    context = _context(request, state, starting) | {"progress": progress, "job": job}
    return page(request, "people/import_page.html", context, part="people/_import_progress.html")


@require_POST
def mapping(request: access.StaffRequest, import_id: UUID, file_id: UUID) -> HttpResponse:
    """Take a file, or its columns, for something else. An earlier dry run no longer counts."""
    state = service.get(request.principal, import_id)
    file = next((item for item in state.files if item.id == file_id), None)
    if file is None:
        raise NotFound(_("This file is not part of the import."))
    changed = service.set_mapping(request.principal, import_id, file_id, choices.changes(file, request.POST))
    Import.objects.filter(pk=import_id).update(report={})
    view = show.file_view(next(item for item in changed.files if item.id == file_id))
    context = {"view": view, "state": changed, "currency": settings.CONFIG.currency}
    if request.headers.get("HX-Request"):
        return page(request, "people/_import_file.html", context, part="people/_import_file.html")
    return HttpResponseRedirect(f"{reverse('import', args=[import_id])}#file-{file_id}")


@require_POST
def check(request: access.StaffRequest, import_id: UUID) -> HttpResponse:
    """Try the import out; long files as a job."""
    state = service.get(request.principal, import_id)
    if state.rows <= CHECK_AT_ONCE:
        service.dry_run(request.principal, import_id)
        return HttpResponseRedirect(f"{reverse('import', args=[import_id])}#check")
    with transaction.atomic():
        jobs.start(
            "people.import_check",
            "people.import_check",
            subject_id=import_id,
            started_by=request.principal.staff_id,
            import_id=str(import_id),
        )
    return HttpResponseRedirect(reverse("import", args=[import_id]))


@require_POST
def run(request: access.StaffRequest, import_id: UUID) -> HttpResponse:
    """Start the import, or go on with it."""
    service.run_job(request.principal, import_id)
    return HttpResponseRedirect(reverse("import", args=[import_id]))


@require_POST
def stop(request: access.StaffRequest, import_id: UUID) -> HttpResponse:
    """Stop after the batch that is landing now."""
    service.stop(request.principal, import_id)
    toast(request, _("The import stops after the rows it is writing now. You can go on later."))
    return HttpResponseRedirect(reverse("import", args=[import_id]))


@require_POST
def undo(request: access.StaffRequest, import_id: UUID) -> HttpResponse:
    """Put everything back as it was before the import."""
    service.undo(request.principal, import_id)
    return HttpResponseRedirect(reverse("import", args=[import_id]))


@require_GET
def rejects(request: access.StaffRequest, import_id: UUID, file_id: UUID) -> StreamingHttpResponse:
    """Rejected rows of a file as CSV, each with its reason; before the run those that would be rejected."""
    state = service.get(request.principal, import_id)
    file = next((item for item in state.files if item.id == file_id), None)
    if file is None:
        raise NotFound(_("This file is not part of the import."))
    planned = state.state in ("proposed", "checking")
    lines = preview.rejected_csv(file) if planned else service.rejects_csv(request.principal, file_id)
    response = StreamingHttpResponse(_with_mark(lines), content_type="text/csv; charset=utf-8")
    name = Path(file.name.replace("/", "-")).name.rsplit(".", 1)[0]
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}-rejected.csv"
    return response


def _taken_in(request: access.StaffRequest) -> HttpResponse:
    """Keep the upload, and read it now or as a job."""
    upload_id, paths = uploads.keep(request.FILES.getlist("files"))
    if uploads.size_of(paths) > uploads.READ_AT_ONCE:
        jobs.start(
            "people.import_read",
            "people.import_read",
            subject_id=upload_id,
            started_by=request.principal.staff_id,
            upload_id=str(upload_id),
            staff_id=str(request.principal.staff_id or ""),
        )
        return HttpResponseRedirect(reverse("import_upload", args=[upload_id]))
    try:
        state = service.start_import(request.principal, paths)
    except Refused:
        uploads.forget(upload_id)
        raise
    return HttpResponseRedirect(reverse("import", args=[state.id]))


def _context(request: access.StaffRequest, state: service.ImportState, starting: bool) -> dict[str, Any]:
    planned = state.state in ("proposed", "checking") and not starting
    found = [] if planned else show.results(state)
    return {
        "state": state,
        "label": _("Starting") if starting and state.state == "proposed" else _state_label(state.state),
        "planned": planned,
        "files": [show.file_view(file) for file in state.files] if planned else [],
        "checked": show.checked(state.report, request.principal) if planned else [],
        "waiting": _waiting(state),
        "sampled": bool(state.report.get("sampled")),
        "results": found,
        "currency": settings.CONFIG.currency,
        "unknown": sum(1 for file in state.files if not file.noun),
        "totals": {
            name: sum(getattr(line, name) for line in found)
            for name in ("rows", "looked_at", "created", "updated", "unchanged", "rejected")
        },
    }


def _waiting(state: service.ImportState) -> dict[str, int]:
    """Pairs to be reviewed that a finished import brought."""
    if state.state != "done":
        return {}
    with connection.cursor() as cursor:
        return alike.waiting_of(cursor, state.id)


def _moved(request: access.StaffRequest, url: str) -> HttpResponse:
    """A redirect that htmx follows with the whole page."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _state_label(state: str) -> str:
    return str(Import.State(state).label)


def _with_mark(lines: Any) -> Any:
    """A byte-order mark first, so that spreadsheets read the text as UTF-8."""
    yield "\ufeff"
    yield from lines

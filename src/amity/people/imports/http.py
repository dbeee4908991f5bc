"""Public API of imports: upload, look, correct, run, stop, go on, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from amity.access import api as access
from amity.base import rest
from amity.base.errors import Refused
from amity.people.imports import service, uploads

router = Router(tags=["imports"])


class FileOut(Schema):
    """A file of an import: what it is taken for, and its counts."""

    id: UUID
    name: str
    noun: str
    rows: int
    rows_done: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    size: int
    columns: list[str]
    mapping: dict[str, Any]


class ImportOut(Schema):
    """An import with its files; ``job_id`` is its newest job."""

    id: UUID
    name: str
    system: str
    state: str
    error_code: str
    error: str
    report: dict[str, Any]
    rows: int
    rows_done: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    job_id: UUID | None
    files: list[FileOut]


class MappingIn(Schema, extra="forbid"):
    """Take a file for something else."""

    noun: str | None = None
    columns: dict[str, Any] | None = None
    options: dict[str, Any] | None = None


class JobOut(Schema):
    """The job that was started; see GET /jobs/{id}."""

    job_id: UUID


@router.get("/imports", response=rest.document(list[ImportOut]), operation_id="listImports")
def list_imports(request: access.StaffRequest) -> Any:
    """Imports, newest first, at most 100."""
    return service.listing(request.principal)


@router.post("/imports", response={201: ImportOut, **rest.problems()}, operation_id="createImport")
def create_import(
    request: access.StaffRequest, files: File[list[UploadedFile]], name: Form[str] = "", system: Form[str] = "import"
) -> Any:
    """Upload exports (multipart, field ``files``); the answer proposes what each one is. Nothing runs yet."""
    access.require(request.principal, service.PERMISSION)
    upload_id, kept = uploads.keep(files)
    try:
        return Status(201, service.start_import(request.principal, kept, name, system))
    except Refused:
        uploads.forget(upload_id)
        raise


@router.get("/imports/{import_id}", response=rest.document(ImportOut), operation_id="getImport")
def get_import(request: access.StaffRequest, import_id: UUID) -> Any:
    """How far an import is."""
    return service.get(request.principal, import_id)


@router.patch("/imports/{import_id}/files/{file_id}", response=rest.document(ImportOut), operation_id="mapImportFile")
def map_file(request: access.StaffRequest, import_id: UUID, file_id: UUID, body: MappingIn) -> Any:
    """Correct what a file or its columns are taken for."""
    return service.set_mapping(request.principal, import_id, file_id, body.dict(exclude_none=True))


@router.post("/imports/{import_id}/run", response={202: JobOut, **rest.problems()}, operation_id="runImport")
def run_import(request: access.StaffRequest, import_id: UUID) -> Any:
    """Run a proposed import as a job."""
    return Status(202, {"job_id": service.run_job(request.principal, import_id)})


@router.post("/imports/{import_id}/stop", response={202: ImportOut, **rest.problems()}, operation_id="stopImport")
def stop_import(request: access.StaffRequest, import_id: UUID) -> Any:
    """Stop after the present batch; what has landed stays."""
    service.stop(request.principal, import_id)
    return Status(202, service.get(request.principal, import_id))


@router.post("/imports/{import_id}/resumption", response={202: JobOut, **rest.problems()}, operation_id="resumeImport")
def resume_import(request: access.StaffRequest, import_id: UUID) -> Any:
    """Go on with a stopped or failed import."""
    return Status(202, {"job_id": service.resume(request.principal, import_id)})


@router.post("/imports/{import_id}/undo", response={202: JobOut, **rest.problems()}, operation_id="undoImport")
def undo_import(request: access.StaffRequest, import_id: UUID) -> Any:
    """Take the import back as a whole."""
    service.get(request.principal, import_id)
    return Status(202, {"job_id": service.undo(request.principal, import_id)})


@router.get("/imports/{import_id}/files/{file_id}/rejects", operation_id="listRejects")
def rejects(request: access.StaffRequest, import_id: UUID, file_id: UUID) -> HttpResponseBase:
    """Rejected rows of a file as CSV, each with its reason."""
    service.get(request.principal, import_id)
    return StreamingHttpResponse(
        service.rejects_csv(request.principal, file_id), content_type="text/csv; charset=utf-8"
    )

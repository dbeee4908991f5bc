"""Imports as pages, API and command line ask for them: with permission, as jobs, with audit lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import jobs
from amity.base.errors import NotFound, Refused
from amity.base.models import JobRun
from amity.people.imports import check, engine, journal, plan, rejects
from amity.people.models import Import, ImportFile

PERMISSION = "imports.run"


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file of an import: its counts, what it is taken for (``mapping`` with its ``proposal``), and notes."""

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
    columns: tuple[str, ...]
    mapping: Mapping[str, Any]
    source: Mapping[str, Any]
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ImportState:
    """An import with its files. ``job_id``: its newest job; ``report``: the last dry run."""

    id: UUID
    name: str
    system: str
    state: str
    error_code: str
    error: str
    report: Mapping[str, Any]
    started_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    job_id: UUID | None
    files: tuple[ImportedFile, ...]

    @property
    def rows(self) -> int:
        """Data rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def rows_done(self) -> int:
        """Rows that have a home or a reason so far."""
        return sum(file.rows_done for file in self.files)


def start_import(
    principal: access.Principal, files: Sequence[Path], name: str = "", system: str = "import"
) -> ImportState:
    """Propose an import of these files and folders; nothing runs yet. Raises ``Refused`` for a broken file."""
    access.require(principal, PERMISSION)
    job = plan.propose(files, system=system, name=name, staff_id=principal.staff_id)
    return get(principal, job.pk)


def set_mapping(principal: access.Principal, import_id: UUID, file_id: UUID, mapping: Mapping[str, Any]) -> ImportState:
    """Take a file for something else: ``{noun?, columns?, options?}``; see `plan.set_mapping`."""
    access.require(principal, PERMISSION)
    plan.set_mapping(import_id, file_id, mapping)
    return get(principal, import_id)


def dry_run(principal: access.Principal, import_id: UUID) -> check.Report:
    """What would become of every row; nothing is written."""
    access.require(principal, PERMISSION)
    return check.dry_run(import_id)


def run_job(principal: access.Principal, import_id: UUID) -> UUID:
    """Start the import as a job; returns the id of its progress row."""
    access.require(principal, PERMISSION)
    return _as_job(principal, import_id, "imports.start", engine.RUNNABLE)


def resume(principal: access.Principal, import_id: UUID) -> UUID:
    """Go on with a stopped or failed import."""
    access.require(principal, PERMISSION)
    return _as_job(principal, import_id, "imports.resume", engine.RUNNABLE)


def run_now(principal: access.Principal, import_id: UUID, report: jobs.Report) -> ImportState:
    """Run (or go on with) the import in this process, as the command line does."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        access.record(principal, "imports.start", "import", import_id)
    engine.run(import_id, report)
    return get(principal, import_id)


def stop(principal: access.Principal, import_id: UUID) -> None:
    """Ask a running import to stop after its present batch; what has landed stays."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        if not Import.objects.filter(pk=import_id, state=Import.State.RUNNING).update(stop_requested=True):
            raise Refused("import_not_running", _("This import is not running."), 409)
        access.record(principal, "imports.stop", "import", import_id)


def undo(principal: access.Principal, import_id: UUID) -> UUID:
    """Undo the import as a job; raises ``Refused("undo_blocked")`` when something was built on it since."""
    access.require(principal, PERMISSION)
    journal.check(import_id)
    with transaction.atomic():
        access.record(principal, "imports.undo", "import", import_id)
        return jobs.start(
            "people.import_undo",
            "people.import_undo",
            subject_id=import_id,
            started_by=principal.staff_id,
            import_id=str(import_id),
        )


def undo_now(principal: access.Principal, import_id: UUID, report: jobs.Report) -> ImportState:
    """Undo in this process, as the command line does."""
    access.require(principal, PERMISSION)
    journal.check(import_id)
    with transaction.atomic():
        access.record(principal, "imports.undo", "import", import_id)
    journal.undo(import_id, report)
    return get(principal, import_id)


def get(principal: access.Principal, import_id: UUID) -> ImportState:
    """An import with its files. 3 queries."""
    access.require(principal, PERMISSION)
    job = Import.objects.filter(pk=import_id).first()
    if job is None:
        raise NotFound(_("This import does not exist."))
    return _states([job])[0]


def listing(principal: access.Principal, limit: int = 100) -> list[ImportState]:
    """Imports, newest first. 3 queries."""
    access.require(principal, PERMISSION)
    return _states(list(Import.objects.order_by("-created_at", "-id")[:limit]))


def rejects_csv(principal: access.Principal, file_id: UUID) -> Iterator[str]:
    """Rejected rows of a file as CSV lines, each with its reason."""
    access.require(principal, PERMISSION)
    file = ImportFile.objects.filter(pk=file_id).first()
    if file is None:
        raise NotFound(_("This file is not part of the import."))
    return rejects.as_csv(file)


def revive() -> list[UUID]:
    """Go on with imports (and undoings) whose process died; called when a worker starts and once a minute."""
    revived: list[UUID] = []
    try:
        with engine.alone(wait_s=0):
            dead = list(Import.objects.filter(state__in=(Import.State.RUNNING, Import.State.UNDOING)))
            for job in dead:
                revived.append(
                    _revived(job, "people.import" if job.state == Import.State.RUNNING else "people.import_undo")
                )
            Import.objects.filter(state=Import.State.CHECKING).update(state=Import.State.PROPOSED)
    except Refused:  # an import is running, so none has died
        return []
    return [item for item in revived if item]


def _revived(job: Import, task: Any) -> UUID:
    kind = "people.import" if job.state == Import.State.RUNNING else "people.import_undo"
    waiting = JobRun.objects.filter(subject_id=job.pk, state=JobRun.State.WAITING).values_list("id", flat=True).first()
    if waiting:
        return waiting
    with transaction.atomic():
        JobRun.objects.filter(subject_id=job.pk, state=JobRun.State.RUNNING).update(
            state=JobRun.State.FAILED, error_code="worker_died", error=_("The process died; another one went on.")
        )
        return jobs.start(kind, task, subject_id=job.pk, started_by=job.started_by, import_id=str(job.pk))


def _as_job(principal: access.Principal, import_id: UUID, verb: str, states: Sequence[str]) -> UUID:
    with transaction.atomic():
        job = Import.objects.select_for_update().filter(pk=import_id).first()
        if job is None:
            raise NotFound(_("This import does not exist."))
        if job.state not in states:
            raise Refused("import_not_runnable", _("This import has run already or is being undone."), 409)
        access.record(principal, verb, "import", import_id)
        return jobs.start(
            "people.import",
            "people.import",
            subject_id=import_id,
            started_by=principal.staff_id,
            import_id=str(import_id),
        )


def _states(found: Sequence[Import]) -> list[ImportState]:
    ids = [job.pk for job in found]
    files: dict[UUID, list[ImportedFile]] = {}
    for file in ImportFile.objects.filter(run_id__in=ids).order_by("position"):
        files.setdefault(file.run_id, []).append(_file(file))
    newest = dict(
        JobRun.objects.filter(subject_id__in=ids, kind__startswith="people.import")
        .order_by("created_at")
        .values_list("subject_id", "id")
    )
    return [
        ImportState(
            job.pk, job.name, job.system, job.state, job.error_code, job.error, job.report, job.started_by,
            job.created_at, job.started_at, job.finished_at, newest.get(job.pk), tuple(files.get(job.pk, ())),
        )
        for job in found
    ]  # fmt: skip


def _file(file: ImportFile) -> ImportedFile:
    return ImportedFile(
        file.pk, file.name, file.noun, file.rows or 0, file.rows_done, file.created, file.updated, file.unchanged,
        file.rejected, file.size, tuple(file.source.get("columns", ())), file.mapping, file.source, file.notes,
    )  # fmt: skip

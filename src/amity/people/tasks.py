"""Job entry points of the room: parse, call, done; each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.task(name="people.import", retry=jobs.RETRY)
def run_import(job_run_id: str, import_id: str) -> None:
    """Land the rows of an import that have not landed yet."""
    from amity.people.imports import engine

    close_old_connections()  # the server may have been restarted since the last job

    jobs.running(job_run_id, lambda report: engine.run(UUID(import_id), report))


@jobs.app.task(name="people.import_read")
def read_upload(job_run_id: str, upload_id: str, staff_id: str) -> None:
    """Read a large upload through and propose what it holds."""
    from amity.people.imports import uploads

    jobs.running(job_run_id, lambda report: uploads.read(UUID(upload_id), UUID(staff_id) if staff_id else None))


@jobs.app.task(name="people.import_check")
def check_import(job_run_id: str, import_id: str) -> None:
    """Try an import out; the report is kept with it."""
    from amity.people.imports import check

    def work(report: jobs.Report) -> None:
        check.dry_run(UUID(import_id))

    jobs.running(job_run_id, work)


@jobs.app.task(name="people.import_undo", retry=jobs.RETRY)
def undo_import(job_run_id: str, import_id: str) -> None:
    """Put everything back as it was before an import."""
    from amity.people.imports import journal

    close_old_connections()

    jobs.running(job_run_id, lambda report: journal.undo(UUID(import_id), report))


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="people.import_revive", queueing_lock="people.import_revive")
def revive_imports(timestamp: int) -> None:
    """Go on with imports whose process died."""
    from amity.people.imports import service

    close_old_connections()

    service.revive()

"""Job entry points of the room: parse, call, done; each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from django.db import close_old_connections

from amity.base import jobs
from amity.people import quality_tasks  # noqa: F401 - registers its tasks

jobs.SELF_HEALING.update(("people.import", "people.import_undo"))  # `imports.revive` starts a new job for them


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


@jobs.app.periodic(cron="40 * * * *")
@jobs.app.task(name="people.uploads_clear", queueing_lock="people.uploads_clear")
def clear_uploads(timestamp: int) -> None:
    """Remove uploaded files that are no longer needed."""
    from amity.people.imports import uploads

    close_old_connections()

    uploads.clear_old()


@jobs.app.task(name="people.segment_fill", retry=jobs.RETRY, lock="people.segments")
def fill_segment(job_run_id: str, segment_id: str) -> None:
    """Evaluate a live segment for everybody."""
    from amity.people import segments

    close_old_connections()

    jobs.running(job_run_id, lambda report: report(segments.recompute(UUID(segment_id), reason="definition"), None, ""))


@jobs.app.task(name="people.computed_count", retry=jobs.RETRY, lock="people.segments")
def count_computed(job_run_id: str, computed_id: str) -> None:
    """Count the past events of a computed value."""
    from amity.people import computed

    close_old_connections()

    jobs.running(job_run_id, lambda report: computed.count_past(UUID(computed_id)))


@jobs.app.task(name="people.segments_refresh", retry=jobs.RETRY, lock="people.segments")
def refresh_after_import(job_run_id: str, import_id: str) -> None:
    """Count what an import brought and evaluate everybody again."""
    from amity.people import segments_refresh

    close_old_connections()

    jobs.running(job_run_id, lambda report: segments_refresh.after_import(UUID(import_id), report))


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="people.segment_timers", queueing_lock="people.segment_timers")
def fire_timers(timestamp: int) -> None:
    """Re-evaluate people for whom time alone may have changed something."""
    from amity.people import segments

    close_old_connections()

    segments.fire_all_due()


@jobs.app.periodic(cron="30 2 * * *")
@jobs.app.task(name="people.segments_check", queueing_lock="people.segments_check", lock="people.segments")
def check_segments(timestamp: int) -> None:
    """Compare sums, members and bits with what a full evaluation gives, and mend them."""
    from amity.people import segments

    close_old_connections()

    segments.check_all()


@jobs.app.task(name="people.golden.apply", retry=jobs.RETRY, lock="people.golden")
def apply_golden_policy(job_run_id: str) -> None:
    """Judge again which values hold, after the policy changed."""
    from amity.people import golden_apply

    close_old_connections()

    jobs.running(job_run_id, golden_apply.apply)


@jobs.app.task(name="people.renamed", retry=jobs.RETRY)
def follow_new_names(company_ids: list[str]) -> None:
    """People are found by the new name of their company."""
    from amity.people import renaming

    close_old_connections()

    renaming.follow([UUID(each) for each in company_ids])

"""The dry run: the very landing, in a transaction that is taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.base.errors import NotFound, Refused
from amity.people.imports import alike, engine, reading
from amity.people.imports.feed import Feed, Load, typed_load
from amity.people.imports.homes import Home
from amity.people.imports.landing import Context
from amity.people.models import Import, ImportFile

FULL_ROWS = 200_000  # files up to this size are checked whole
SAMPLE_ROWS = 20_000


@dataclass(slots=True)
class FileReport:
    """What a file's rows would become. ``looked_at`` < ``rows``: counts are of a sample.

    ``reasons``: code -> rows; ``notes``: what had to be helped along, with counts. Sentences: see `show`.
    ``alike``: ids of known people or companies that some of the first ``alike_of`` new rows look like.
    """

    file_id: str
    name: str
    noun: str
    rows: int
    looked_at: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    alike_of: int = 0  # new rows that were compared with everybody here
    alike: list[str] = field(default_factory=list)  # and whom they look like


@dataclass(frozen=True, slots=True)
class Report:
    """The dry run of an import. ``sampled``: at least one file was too long to be checked whole."""

    files: tuple[FileReport, ...]
    sampled: bool

    def as_json(self) -> dict[str, Any]:
        """A plain dict to store."""
        return {"files": [asdict(file) for file in self.files], "sampled": self.sampled}


def dry_run(import_id: UUID) -> Report:
    """Say what would become of every row, writing nothing. Bounded: about 30 s for a file of 200,000 rows or more."""
    job = Import.objects.filter(pk=import_id).first()
    if job is None:
        raise NotFound(_("This import does not exist."))
    if job.state not in (Import.State.PROPOSED, Import.State.CHECKING):
        raise Refused("import_started", _("The import has begun: there is nothing to try out any more."), 409)
    with engine.alone(wait_s=5):
        Import.objects.filter(pk=job.pk).update(state=Import.State.CHECKING)
        try:
            files = _files(job)
        finally:
            Import.objects.filter(pk=job.pk).update(state=Import.State.PROPOSED)
    report = Report(tuple(files), any(file.looked_at < file.rows for file in files))
    Import.objects.filter(pk=job.pk).update(report=report.as_json())
    return report


def _files(job: Import) -> list[FileReport]:
    found: list[FileReport] = []
    with transaction.atomic(), connection.cursor() as cursor:
        for file in engine.ordered_files(job):
            found.append(_file(job, file, cursor))
        transaction.set_rollback(True)
    order = {str(file.pk): file.position for file in ImportFile.objects.filter(run=job)}
    return sorted(found, key=lambda item: order[item.file_id])


def _file(job: Import, file: ImportFile, cursor: object) -> FileReport:
    report = FileReport(str(file.pk), file.name, file.noun, file.rows or 0)
    if not file.noun:
        report.rejected = report.looked_at = report.rows
        report.notes = {"not_understood": report.rows}
        return report
    home = engine.home_of(file)
    context = engine.context_of(job, file, cursor)
    context.notes = Counter()
    for load in _loads(file, context, home):
        landed = engine.land_load(context, home, load)
        report.created += landed.outcome.created
        report.updated += landed.outcome.updated
        report.unchanged += landed.outcome.unchanged
        report.rejected += landed.refused.height
        report.looked_at += load.frame.height + len(load.batch.rejected)
        _count_reasons(report, landed.refused)
    report.notes = dict(context.notes)
    report.alike_of, found = alike.sample(context.cursor, file.noun)
    report.alike = [str(each) for each in found]
    return report


def _loads(file: ImportFile, context: Context, home: Home) -> Iterator[Load]:
    source = reading.Source.from_json(file.source)
    if source.n_rows <= FULL_ROWS:
        yield from Feed(source, context.mapping, home, settings.CONFIG.import_batch_rows).loads(0)
        return
    frame = reading.sample(source, SAMPLE_ROWS)
    numbers = pl.Series(range(1, frame.height + 1), dtype=pl.Int64)
    yield typed_load(reading.Batch(1, frame.height, frame, numbers, ()), context.mapping, home)


def _count_reasons(report: FileReport, refused: pl.DataFrame) -> None:
    for code, count in refused.group_by("code").agg(pl.len()).sort("len", descending=True).iter_rows():
        report.reasons[code] = report.reasons.get(code, 0) + count

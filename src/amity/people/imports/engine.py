"""Runs an import: each batch of rows and the import's own progress commit together, so a killed run goes on exactly.

One import runs at a time (an advisory lock on the session), so an import that is ``running`` while nobody holds the
lock has died, and `service.revive` goes on with it.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.models import F
from django.utils.translation import gettext as _

from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.jobs import Report, Stopped
from amity.people import privacy_returning
from amity.people.imports import rejects, shelf, streams
from amity.people.imports.ends import record_end
from amity.people.imports.feed import Feed, Load
from amity.people.imports.homes import Home
from amity.people.imports.keys import Seen, prefix
from amity.people.imports.landing import Context, Outcome
from amity.people.imports.nouns import noun
from amity.people.imports.reading import Source
from amity.people.imports.values import ROW, Mapping
from amity.people.models import Import, ImportFile

LOCK = 0x494D504F  # advisory lock: one import lands at a time
_WAIT_S = 6 * 3600
_POLL_S = 0.5
RUNNABLE = (Import.State.PROPOSED, Import.State.STOPPED, Import.State.FAILED, Import.State.RUNNING)


@contextmanager
def alone(wait_s: float = _WAIT_S) -> Iterator[None]:
    """Hold the lock of imports; raises ``Refused("import_busy")`` when another one keeps it for ``wait_s`` seconds."""
    give_up = time.monotonic() + wait_s
    while not _try_lock():
        if time.monotonic() > give_up:
            raise Refused("import_busy", _("Another import is running. Try again when it has finished."), 409)
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        _unlock()


def run(import_id: UUID, report: Report) -> None:
    """Land all rows that have not landed yet. Safe to call again at any time; a finished import is left alone."""
    with alone():
        job = _begin(import_id)
        if job is None:
            return
        try:
            for file in ordered_files(job):
                _land_file(job, file, report)
            shelf.put_back(job)
        except BaseException as error:
            _ended_early(job, error)
            raise
        _finish(job)


def ordered_files(job: Import) -> list[ImportFile]:
    """The files in landing order: what others refer to first; files that were not understood last."""
    files = list(ImportFile.objects.filter(run=job).order_by("position"))
    return sorted(files, key=lambda file: (noun(file.noun).order if file.noun else 1_000, file.position))


def context_of(job: Import, file: ImportFile, cursor: object) -> Context:
    """What the file's landing needs to know."""
    return Context(
        cursor=cursor,
        run_id=job.id,
        system=job.system,
        stamp=job.started_at or clock.now(),
        mapping=mapping_of(file),
        currency=settings.CONFIG.currency,
        seen=Seen(),
        prefixes=_prefixes(job),
        fresh=file.fresh,
    )


def mapping_of(file: ImportFile) -> Mapping:
    """The file's mapping, its columns in the file's order (which jsonb does not keep)."""
    columns = file.mapping["columns"]
    ordered = {column: columns[column] for column in file.source["columns"] if column in columns}
    return Mapping.from_json({**file.mapping, "columns": ordered})


def home_of(file: ImportFile) -> Home:
    """Where the rows of the file land; raises ``Refused`` when no room takes them."""
    home = noun(file.noun).land
    if not isinstance(home, Home):
        raise Refused(
            "noun_not_landed", _("Rows of this kind cannot be imported yet: choose another kind for the file.")
        )
    return home


@dataclass(slots=True)
class Landed:
    """What became of one load of rows."""

    outcome: Outcome
    refused: pl.DataFrame


def land_load(context: Context, home: Home, load: Load) -> Landed:
    """Land one load inside the caller's transaction; rows that the database refuses are found and rejected alone."""
    faults = privacy_returning.turned_away(load.frame, home.noun, home.faults(load.frame), context.notes)
    faulty = faults.is_not_null()
    refused = [rejects.of_rows(load, load.frame.filter(faulty)[ROW], faults.filter(faulty))] if faulty.any() else []
    refused.append(rejects.of_reader(load.batch))
    good = load.frame.filter(~faulty) if faulty.any() else load.frame
    outcome = _land_or_halve(context, home, good, load, refused) if good.height else Outcome()
    for column, count in load.unread.items():
        context.notes[f"unread:{column}"] += count
    return Landed(outcome, pl.concat(refused))


def _land_or_halve(
    context: Context, home: Home, frame: pl.DataFrame, load: Load, refused: list[pl.DataFrame]
) -> Outcome:
    notes = Counter(context.notes)
    identities, others = load.known(home, context, frame)
    before = load.shown(home, context) if frame is load.frame else context.seen.before(identities, others)
    shown = frame.with_columns(identities.alias("identity"), before.alias("before"))
    try:
        with transaction.atomic():
            outcome = home(shown, context)
    except (OperationalError, InterfaceError, ProgrammingError):  # of us, not of the row
        raise
    except DatabaseError as error:
        context.notes = notes
        if frame.height == 1:
            refused.append(rejects.of_error(load, frame[ROW], error))
            return Outcome()
        half = frame.height // 2
        first = _land_or_halve(context, home, frame[:half], load, refused)
        return first + _land_or_halve(context, home, frame[half:], load, refused)
    context.seen.add(identities)
    context.seen.add(others["identity"])
    return outcome


def _land_file(job: Import, file: ImportFile, report: Report) -> None:
    if file.rows is not None and file.rows_done >= file.rows:
        return
    if not file.noun:
        return _leave_out(file)
    home = home_of(file)
    source = Source.from_json(file.source)
    _check_unchanged(file, source)
    if file.rows_done == 0:
        _note_fresh(file, home)
    fields = file.mapping["columns"].values()
    if file.fresh and shelf.set_aside(job, home, source.n_rows - file.rows_done, fields):
        report(file.rows_done, file.rows, file.name)
    with connection.cursor() as cursor:
        context = context_of(job, file, cursor)
        feed = Feed(source, context.mapping, home, settings.CONFIG.import_batch_rows)
        feed.remember(context, file.rows_done)
        for load in feed.loads(file.rows_done, context):
            _land_batch(job, file, context, home, load)
            report(file.rows_done, file.rows, file.name)
            _stop_if_asked(job)


def _leave_out(file: ImportFile) -> None:
    """Nobody said what the rows are: all of them are refused for this reason, without copying them."""
    rows = file.rows or 0
    notes = {**file.notes, "not_understood": rows}
    ImportFile.objects.filter(pk=file.pk).update(rejected=rows, rows_done=rows, notes=notes)


def _land_batch(job: Import, file: ImportFile, context: Context, home: Home, load: Load) -> None:
    """One transaction: the rows, what was refused, and how far the file is."""
    context.notes = Counter()
    if job.shelved and (load.shown(home, context) > 0).any():
        shelf.put_back(job)  # a record shown twice is looked up by the indexes
    try:
        _commit_batch(job, file, context, home, load, careful=False)
    except IntegrityError:  # a deferred constraint at commit: check row by row
        context.notes = Counter()
        _commit_batch(job, file, context, home, load, careful=True)
    file.rows_done = load.batch.last_row


def _commit_batch(job: Import, file: ImportFile, context: Context, home: Home, load: Load, careful: bool) -> None:
    seen = context.seen.copy()
    try:
        with transaction.atomic():
            if careful:
                context.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            landed = land_load(context, home, load)
            rejects.keep(context.cursor, file, landed.refused)
            _advance(job, file, landed, context.notes, load)
    except BaseException:
        context.seen = seen
        raise


def _advance(job: Import, file: ImportFile, landed: Landed, notes: Counter[str], load: Load) -> None:
    file.notes = dict(Counter(file.notes) + notes)
    changed = ImportFile.objects.filter(pk=file.pk, rows_done=file.rows_done).update(
        rows_done=load.batch.last_row,
        created=F("created") + landed.outcome.created,
        updated=F("updated") + landed.outcome.updated,
        unchanged=F("unchanged") + landed.outcome.unchanged,
        rejected=F("rejected") + landed.refused.height,
        notes=file.notes,
        fresh=file.fresh,
    )
    if changed != 1:
        raise Refused("import_busy", _("Another worker took this import over."), 409)
    Import.objects.filter(pk=job.pk).update(beat_at=clock.now())


def _begin(import_id: UUID) -> Import | None:
    job = Import.objects.filter(pk=import_id).first()
    if job is None:
        raise NotFound(_("This import does not exist."))
    if job.state not in RUNNABLE:
        return None
    job.started_at = job.started_at or clock.now()
    job.state, job.error, job.error_code, job.beat_at = Import.State.RUNNING, "", "", clock.now()
    job.stop_requested = False
    job.finished_at = None
    job.save(update_fields=["started_at", "state", "error", "error_code", "beat_at", "stop_requested", "finished_at"])
    return job


def _finish(job: Import) -> None:
    with transaction.atomic():
        Import.objects.filter(pk=job.pk).update(state=Import.State.DONE, finished_at=clock.now())
        record_end(job, "imports.finish")


def _ended_early(job: Import, error: BaseException) -> None:
    """Say why the run ended, and leave the tables in order; what has landed stays."""
    if isinstance(error, OperationalError | InterfaceError):  # the database is away: the import is revived later
        return
    state, code, message = Import.State.FAILED, "bug", type(error).__name__
    if isinstance(error, Stopped):
        state, code, message = Import.State.STOPPED, "", ""
    elif isinstance(error, Refused):
        code, message = error.code, error.message
    elif not isinstance(error, Exception):  # the process is being ended: go on when it is back
        return
    shelf.put_back(job)
    Import.objects.filter(pk=job.pk).update(state=state, error_code=code, error=str(message), finished_at=clock.now())


def _stop_if_asked(job: Import) -> None:
    if Import.objects.filter(pk=job.pk, stop_requested=True).exists():
        raise Stopped


def _note_fresh(file: ImportFile, home: Home) -> None:
    """A table without rows has nothing that the file's rows could be."""
    from django.apps import apps

    file.fresh = not apps.get_model(home.main).objects.exists()


def _check_unchanged(file: ImportFile, source: Source) -> None:
    if not source.path.exists():
        raise Refused(
            "file_gone", _("The file “%(name)s” is no longer there: import it anew.") % {"name": file.name}, 410
        )
    if source.format == "sheet":
        with source.path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    else:
        digest, _size = streams.fingerprint(source.path, source.member, settings.CONFIG.import_max_bytes)
    if digest != source.sha256:
        raise Refused(
            "file_changed", _("The file “%(name)s” has changed since: import it anew.") % {"name": file.name}, 409
        )


def _prefixes(job: Import) -> dict[str, list[str]]:
    """Name spaces of keys by noun: those of this import's files first, then those of earlier imports of the system."""
    found: dict[str, list[str]] = {}
    files = ImportFile.objects.filter(run__system=job.system).exclude(noun="").order_by("-run__created_at", "position")
    rows = files.values_list("run_id", "noun", "mapping")[:2_000]
    for _run_id, noun_key, mapping in sorted(rows, key=lambda row: row[0] != job.id):
        column = next((c for c, to in mapping.get("columns", {}).items() if to == "external_id"), "")
        spaces = found.setdefault(noun_key, [])
        if column and (space := prefix(job.system, column)) not in spaces:
            spaces.append(space)
    return found


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _unlock() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    except (OperationalError, InterfaceError):  # with the connection the lock is gone too
        connection.close()

"""Running connectors: one job per batch; a batch's rows and the position behind them commit together.

Reading happens outside any transaction (a long one would hold the consumers back). The writing transaction locks the
connector and goes on only when its position still is the one that was read from: whoever comes second leaves. A worker
that is killed leaves the position where it was, so the batch is read again, and what had landed is known by its id.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from amity.base import clock, jobs
from amity.base.errors import Refused
from amity.base.sealing import unseal
from amity.events import doors, mappings, schedules
from amity.events.connector_kinds import BATCH, FileNote, Piece, Reading
from amity.events.connector_readers import reader_of
from amity.events.mapping import Problem, Rules, applied, body_hash
from amity.events.mapping_paths import Sample
from amity.events.models import Connector, ConnectorFile, ConnectorRun, Quarantine

TASK = "events.pull"
STALE = timedelta(minutes=6)  # longer than any one batch may take
MAX_BATCHES = 20_000  # of one run; the next run goes on
KEPT_RUNS = 200
_START_OVER = 3  # failures after which an endpoint's page marker is thrown away
log = logging.getLogger("amity.connectors")


def tick() -> int:
    """Start what is due, and go on with runs whose worker died. Returns how many. Safe to run twice."""
    now = clock.now()
    due = Q(active=True, source__enabled=True, busy_since=None, next_run_at__lte=now)
    with transaction.atomic():
        rows = Connector.objects.filter(due | Q(busy_since__lt=now - STALE)).select_for_update(
            skip_locked=True, of=("self",)
        )
        found = list(rows.order_by("next_run_at")[:50])
        for row in found:
            start(row)
    return len(found)


def start(row: Connector) -> None:
    """Begin a run, or go on with the one that broke off. ``row`` is locked by the caller's transaction."""
    now = clock.now()
    if row.busy_since is None:
        row.run_no += 1
        ConnectorRun.objects.create(connector=row, number=row.run_no)
    row.busy_since = now
    row.next_run_at = schedules.following(row.every_minutes, row.cron, now)
    row.save(update_fields=["run_no", "busy_since", "next_run_at"])
    _defer(row.pk, row.run_no)


def stop(row: Connector) -> None:
    """End the run that is going on: what a worker has in hand is not written. ``row`` is locked by the caller."""
    if row.busy_since is not None:
        row.busy_since = None
        row.save(update_fields=["busy_since"])
        running = ConnectorRun.objects.filter(connector=row, state="running")
        running.update(state="stopped", finished_at=clock.now())


def pull(connector_id: UUID, run_no: int) -> bool:
    """One batch of a run; the next one is deferred in the same transaction. False: there was nothing to do."""
    row = Connector.objects.select_related("source", "source__mapping").filter(pk=connector_id).first()
    if row is None or row.run_no != run_no or row.busy_since is None:
        return False
    run = ConnectorRun.objects.filter(connector=row, number=run_no, state="running").first()
    if run is None:
        return False
    try:
        rules = mappings.live_of(row.source)
        if rules is None:
            raise Refused("not_live", _("The mapping is not live."))
        position = row.position
        if row.kind == Connector.Kind.REST and row.failures >= _START_OVER and run.batches == 0:
            position = {name: value for name, value in position.items() if name == "since"}
        secret = unseal(row.secret) if row.secret else ""
        piece = reader_of(row.kind).read(Reading(row.settings, secret, position, BATCH, run.batches == 0, row.pk))
        return _landed(row, run, piece, rules)
    except Refused as error:
        _failed(row, run, error)
        return True
    except Exception as error:  # a bug: the page says so, the queue's log has the rest
        _failed(row, run, Refused("bug", type(error).__name__))
        raise


def _landed(row: Connector, run: ConnectorRun, piece: Piece, rules: Rules) -> bool:
    """Write what was read, unless somebody else was faster."""
    with transaction.atomic():
        held = Connector.objects.select_for_update().filter(pk=row.pk, run_no=run.number).first()
        current = ConnectorRun.objects.filter(pk=run.pk, state="running", batches=run.batches).exists()
        if held is None or held.busy_since is None or held.position != row.position or not current:
            return False
        taken, rejected = _append(row, piece, rules)
        _note_files(row, piece.files)
        ConnectorRun.objects.filter(pk=run.pk).update(
            batches=F("batches") + 1, rows=F("rows") + len(piece.rows), events=F("events") + taken,
            rejected=F("rejected") + rejected,
        )  # fmt: skip
        held.position, held.rows = piece.position, held.rows + len(piece.rows)
        held.busy_since = clock.now()
        more = piece.more and run.batches + 1 < MAX_BATCHES
        if not more:
            _finish(held, run)
        held.save()
        if more:
            _defer(held.pk, run.number)
    return True


def _append(row: Connector, piece: Piece, rules: Rules) -> tuple[int, int]:
    """Map rows and put their events into the log; rows that give none for a reason go to the quarantine."""
    events, rejects = [], list[Quarantine]()
    for sample in piece.rows:
        outcome = applied(rules, sample)
        events += outcome.events
        if outcome.problems:
            rejects.append(_reject(row, outcome.problems[0], sample))
    rejects += [_reject(row, Problem("", "unreadable_row", sentence), None) for sentence in piece.rejected]
    Quarantine.objects.bulk_create(rejects[:1_000], batch_size=500)
    appended = doors.append(row.source_id, events)
    return appended.taken, len(rejects) + len(appended.bad)


def _reject(row: Connector, problem: Problem, sample: Sample | None) -> Quarantine:
    body, known_as = (msgspec.json.encode(sample.body), body_hash(sample)) if sample else (b"", "")
    return Quarantine(
        source_id=row.source_id,
        kind=mappings.ROW,
        message_id=known_as,
        body=body,
        code=problem.code,
        sentence=problem.sentence[:300],
    )


def _note_files(row: Connector, notes: list[FileNote]) -> None:
    for note in notes:
        ConnectorFile.objects.update_or_create(
            connector=row, name=note.name,
            defaults={
                "size": note.size, "modified_ns": note.modified_ns, "sha256": note.sha256, "rows": note.rows,
                "finished_at": clock.now() if note.finished else None, "sentence": note.sentence[:300],
            },
        )  # fmt: skip


def _finish(held: Connector, run: ConnectorRun) -> None:
    now = clock.now()
    held.busy_since, held.ok_at, held.failures, held.code, held.sentence = None, now, 0, "", ""
    ConnectorRun.objects.filter(pk=run.pk).update(state="done", finished_at=now)
    ConnectorRun.objects.filter(connector=held, number__lte=run.number - KEPT_RUNS).delete()


def _failed(row: Connector, run: ConnectorRun, error: Refused) -> None:
    """The run ends; the position stays, the next attempt comes after a pause."""
    now = clock.now()
    with transaction.atomic():
        held = Connector.objects.select_for_update().filter(pk=row.pk, run_no=run.number).first()
        if held is None or held.busy_since is None:
            return
        held.busy_since, held.failures = None, held.failures + 1
        held.code, held.sentence = error.code[:40], str(error.message)[:300]
        held.next_run_at = schedules.after_failure(held.every_minutes, held.cron, held.failures, now)
        held.save()
        ConnectorRun.objects.filter(pk=run.pk).update(
            state="failed", finished_at=now, code=held.code, sentence=held.sentence
        )
    log.warning("connector.failed", extra={"connector_id": str(row.pk), "code": error.code})


def _defer(connector_id: UUID, run_no: int) -> None:
    jobs.named(TASK).defer(connector_id=str(connector_id), run_no=run_no)

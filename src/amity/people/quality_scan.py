"""Looking through the records: what detectors find becomes proposals, once; what is gone is no longer proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.base import clock, jobs
from amity.people.models import Correction, Import, QualityNote
from amity.people.quality_kinds import Found, Noun, Row, fingerprint, noun, nouns

CHUNK = 2_000
EXTERNAL = ("gap_signature",)  # reasons of proposals that no detector makes again
State = Correction.State
_GONE = (
    "UPDATE people_correction c SET state = 'void' WHERE state = 'proposed' AND target_kind = %s AND kind = ANY(%s) "
    "AND created_at < %s AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = c.target_id AND {listed})"
)


def scan(report: jobs.Report, keys: Iterable[str] = (), since: datetime | None = None) -> int:
    """Look through all rows of these nouns (none: all), or those written since; how many problems are open now."""
    wanted = [noun(key) for key in keys] or nouns()
    total = sum(each.total() for each in wanted) if since is None else None
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        report(done, max(total, done) if total else None, "quality")

    for each in wanted:
        started = clock.now()
        _through(each, since, tell)
        remember(f"scan:{each.key}", {"at": started.isoformat(), "whole": since is None})
    return Correction.objects.filter(state=State.PROPOSED).count()


def scan_changed(report: jobs.Report) -> None:
    """Look through what was written since the last look; the first time, through everything."""
    for each in nouns():
        told = recall(f"scan:{each.key}").get("at")
        scan(report, [each.key], _since(datetime.fromisoformat(told)) if told else None)


def look_again(noun_key: str, ids: Sequence[UUID]) -> None:
    """Look at a few rows now."""
    each = noun(noun_key)
    rows = each.batch(None, len(ids), None, ids)
    if rows:
        world = each.world()
        keep(each, [(row, list(each.look(row, world))) for row in rows])


def remember(name: str, value: dict[str, Any]) -> None:
    """Keep a job's note."""
    QualityNote.objects.update_or_create(name=name, defaults={"value": value, "updated_at": clock.now()})


def recall(name: str) -> dict[str, Any]:
    """A job's note, empty where there is none."""
    found = QualityNote.objects.filter(name=name).values_list("value", flat=True).first()
    return found if isinstance(found, dict) else {}


def keep(each: Noun, looked: Sequence[tuple[Row, list[Found]]]) -> int:
    """Store what was found about these rows, and void what is no longer so; how many proposals are new."""
    with transaction.atomic():
        ids = [row.id for row, _found in looked]
        known = {
            row.fingerprint: row
            for row in Correction.objects.filter(target_id__in=ids, target_kind=each.key).select_for_update()
        }
        found_now: dict[str, Correction] = {}
        for row, all_found in looked:
            for found in all_found:
                proposal = _proposal(each, row, found)
                found_now.setdefault(proposal.fingerprint, proposal)
        new = [proposal for mark, proposal in found_now.items() if mark not in known]
        Correction.objects.bulk_create(new, ignore_conflicts=True)
        again = [c.pk for mark, c in known.items() if mark in found_now and c.state == State.VOID]
        Correction.objects.filter(pk__in=again).update(state=State.PROPOSED)
        gone = [c.pk for mark, c in known.items() if mark not in found_now and _ours(c)]
        Correction.objects.filter(pk__in=gone).update(state=State.VOID)
    return len(new)


def _through(each: Noun, since: datetime | None, tell: Callable[[int], None]) -> None:
    started, last = clock.now(), None
    world = None
    while rows := each.batch(last, CHUNK, since, None):
        world = world or each.world()
        keep(each, [(row, list(each.look(row, world))) for row in rows])
        last = rows[-1].id
        tell(len(rows))
    if since is None:
        model: Any = each.visible_model()
        with connection.cursor() as cursor:
            kinds = [kind.key for kind in each.kinds]
            cursor.execute(_GONE.format(table=model._meta.db_table, listed=each.listed_sql), [each.key, kinds, started])


def _since(moment: datetime) -> datetime:
    """Rows of an import carry the time at which it started, so one that was running then is looked through whole."""
    running = Import.objects.filter(started_at__isnull=False).exclude(finished_at__lt=moment)
    begun = running.order_by("started_at").values_list("started_at", flat=True).first()
    return min(moment, begun) if begun else moment


def _ours(correction: Correction) -> bool:
    """An open proposal that a detector made, and would make again if it still held."""
    return correction.state == State.PROPOSED and (correction.reason or [""])[0] not in EXTERNAL


def _proposal(each: Noun, row: Row, found: Found) -> Correction:
    version = next((kind.version for kind in each.kinds if kind.key == found.kind), 1)
    return Correction(
        kind=found.kind, target_kind=each.key, target_id=row.id, field=found.field[:240],
        before=dict(found.before), after=dict(found.after), reason=[found.reason[0], dict(found.reason[1])],
        confidence=found.confidence, source=row.source[:120], detector_version=version,
        fingerprint=fingerprint(row.id, found),
    )  # fmt: skip


def store(noun_key: str, row: Row, found: Sequence[Found]) -> list[str]:
    """Keep proposals that no detector makes; their fingerprints."""
    proposals = [_proposal(noun(noun_key), row, each) for each in found]
    Correction.objects.bulk_create(proposals, ignore_conflicts=True)
    return [proposal.fingerprint for proposal in proposals]

"""Every minute: what was made or changed is matched, aliases are proposed, decisions calibrate the probabilities."""

from __future__ import annotations

from django.db import connection, transaction

from amity.base import clock, jobs
from amity.base.models import JobRun
from amity.people import duplicates_base, duplicates_live, duplicates_merging, duplicates_models, duplicates_pairs
from amity.people.duplicates_scan import SCAN_KIND

_SECONDS = 40  # of one run, so that the next begins with the next minute
_DUE = "SELECT count(*) FROM (SELECT FROM people_matchdue LIMIT %s) few"


def catch_up() -> int:
    """Match what is due; after a large import file the keys and start a scan instead. Returns how many were due."""
    began, done, backlog = clock.now(), 0, _backlog()
    step = duplicates_live.file_keys if backlog else duplicates_live.follow
    while (clock.now() - began).total_seconds() < _SECONDS:
        matched = step()
        done += matched
        if not matched:
            break
    if backlog and not _backlog():
        _scan_soon()
    with transaction.atomic(), connection.cursor() as cursor:
        duplicates_pairs.propose_aliases(cursor)
    for kind in duplicates_base.kinds():
        duplicates_models.learn_from_decisions(kind)
        if done and not backlog:
            duplicates_merging.merge_certain(kind, lambda done, total, stage: None)
    return done


def _backlog() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [duplicates_live.BACKLOG])
        return int(cursor.fetchone()[0]) >= duplicates_live.BACKLOG


def _scan_soon() -> None:
    """Start a scan unless one waits or runs."""
    if not JobRun.objects.filter(kind=SCAN_KIND, state__in=("waiting", "running")).exists():
        jobs.start(SCAN_KIND, "people.duplicates_scan")

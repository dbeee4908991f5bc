"""Retention: how long each kind of thing is kept, with a dry run. Nightly; people are announced before they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.people import privacy_erase, privacy_export
from amity.people.imports import uploads
from amity.people.models import RetentionMark, RetentionRule
from amity.people.privacy_map import places, quoted
from amity.people.privacy_subject import subject_of
from amity.people.privacy_tables import RESTRICTED_SQL
from amity.people.privacy_words import Words
from amity.people.profiles import names

PERMISSION = "privacy.manage"
AT_ONCE = 200  # people erased together: everything is read through once for all of them
_ENDED = ("succeeded", "failed", "cancelled", "aborted")
_QUIET = """
SELECT p.id FROM people_person p
WHERE p.merged_into_id IS NULL AND p.created_at < %(since)s AND p.updated_at < %(since)s
AND p.lead_status <> 'open' AND p.id NOT IN ({restricted})
AND NOT EXISTS (SELECT 1 FROM events_event e WHERE e.person_id = p.id AND e.occurred_at >= %(since)s)
AND NOT EXISTS (SELECT 1 FROM people_person m JOIN events_event e ON e.person_id = m.id AND e.occurred_at >= %(since)s
                WHERE m.merged_into_id = p.id)
{others}
ORDER BY p.updated_at, p.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. ``usual``: days as they are kept without a rule, None: for ever; ``least``: fewest days."""

    key: str
    label: Words
    hint: Words
    due: Callable[[int], int]
    apply: Callable[[int], int]
    usual: Callable[[], int | None]
    least: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the page shows it, with what it would do now."""

    kind: Kind
    days: int | None
    active: bool
    window_days: int
    due: int | None
    last_run_at: datetime | None
    last_run: dict[str, Any]


def rules(principal: access.Principal, *, dry_run: bool = True) -> list[Rule]:
    """Every kind with its rule and, in a dry run, how many it concerns now."""
    access.require(principal, PERMISSION)
    known = {row.kind: row for row in RetentionRule.objects.all()}
    return [_rule(kind, known.get(kind.key), dry_run) for kind in KINDS.values()]


def _rule(kind: Kind, row: RetentionRule | None, dry_run: bool) -> Rule:
    days = row.days if row and row.days is not None else kind.usual()
    due = kind.due(days) if dry_run and days is not None else None
    if row is None:
        return Rule(kind, days, False, 30, due, None, {})
    return Rule(kind, days, row.active, row.window_days, due, row.last_run_at, row.last_run)


def change(principal: access.Principal, key: str, days: int | None, active: bool, window_days: int = 30) -> None:
    """Set a rule. Audited. Raises ``Refused("bad_retention")``."""
    access.require(principal, PERMISSION)
    kind = KINDS.get(key)
    if kind is None or (active and (days is None or not kind.least <= days <= 36_500)) or not 0 <= window_days <= 365:
        raise Refused(
            "bad_retention", _("Give a number of days, at least {least}.").format(least=kind.least if kind else 1)
        )
    values = {"days": days, "active": active, "window_days": window_days, "changed_by": principal.staff_id}
    with transaction.atomic():
        RetentionRule.objects.update_or_create(kind=key, defaults={**values, "changed_at": clock.now()})
        access.record(principal, "change", "retention", key, {"days": days, "active": active, "window": window_days})


def announced(principal: access.Principal, limit: int = 100) -> list[tuple[RetentionMark, str]]:
    """People whom the rule will erase, the next first, with their names. 2 queries."""
    access.require(principal, PERMISSION)
    rows = list(RetentionMark.objects.order_by("due_on", "pk")[:limit])
    told = names([row.person_id for row in rows])
    return [(row, told.get(row.person_id, "")) for row in rows]


def keep(principal: access.Principal, mark_id: UUID, *, kept: bool = True) -> None:
    """Somebody announced is kept after all, or not. Audited."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        row = RetentionMark.objects.filter(pk=mark_id).first()
        if row is None:
            raise NotFound(_("This person is not announced any more."))
        RetentionMark.objects.filter(pk=mark_id).update(kept_by=principal.staff_id if kept else None)
        access.record(principal, "keep" if kept else "unkeep", "person", row.person_id)


def quiet_people(days: int, limit: int = 1_000_000) -> list[UUID]:
    """People with whom nothing happened for so many days, in any room; those who are restricted are not touched."""
    with connection.cursor() as cursor:
        query = _QUIET.format(restricted=RESTRICTED_SQL, others=_others())
        cursor.execute(query, {"since": clock.now() - timedelta(days=days), "most": limit})
        return [row[0] for row in cursor.fetchall()]


def _others() -> str:
    """Nothing newer in the books of other rooms: deals, orders, messages, whatever refers to people."""
    tests = []
    for place in places():
        if place.label.startswith("people."):
            continue
        columns = {field.column for field in apps.get_model(place.label)._meta.concrete_fields}
        ages = [quoted(name) for name in ("created_at", "updated_at") if name in columns]
        for tie in place.ties if ages else ():
            if tie.reference:
                newest = f"greatest({', '.join(f't.{age}' for age in ages)})"
                tests.append(
                    f"AND NOT EXISTS (SELECT 1 FROM {quoted(place.table)} t WHERE t.{quoted(tie.name)} = p.id "
                    f"AND {newest} >= %(since)s)"
                )
    return "\n".join(tests)


def run(now: datetime | None = None) -> dict[str, int]:
    """Apply every active rule; how many things went, by kind. Nightly."""
    done: dict[str, int] = {}
    for row in RetentionRule.objects.filter(active=True, days__isnull=False):
        kind = KINDS.get(row.kind)
        if kind is None or row.days is None:
            continue
        gone = _people(row, now or clock.now()) if kind.key == "people" else {"gone": kind.apply(row.days)}
        RetentionRule.objects.filter(pk=row.pk).update(last_run=gone, last_run_at=clock.now())
        done[row.kind] = gone["gone"]
    return done


def _people(rule: RetentionRule, now: datetime) -> dict[str, int]:
    """Announce who has gone quiet, forget announcements of those who have not, erase those whose time has come."""
    quiet = set(quiet_people(rule.days or 0))
    RetentionMark.objects.exclude(person_id__in=quiet).filter(kept_by=None).delete()
    due_on = (now + timedelta(days=rule.window_days)).date()
    fresh = quiet - set(RetentionMark.objects.values_list("person_id", flat=True))
    marks = [RetentionMark(person_id=pk, due_on=due_on) for pk in fresh]
    RetentionMark.objects.bulk_create(marks, batch_size=5_000, ignore_conflicts=True)
    due = RetentionMark.objects.filter(due_on__lte=now.date(), kept_by=None).order_by("due_on", "pk")
    gone = 0
    while batch := list(due.values_list("person_id", flat=True)[:AT_ONCE]):
        subjects = {new_id(): subject for pk in batch if (subject := subject_of(pk))}
        privacy_erase.erase_all(subjects, privacy_erase.Why("retention", "retention"))
        RetentionMark.objects.filter(person_id__in=batch).delete()
        gone += len(subjects)
    return {"gone": gone, "announced": len(fresh)}


def _old(label: str, column: str) -> tuple[Callable[[int], int], Callable[[int], int]]:
    """Counting and deleting rows of a table by age."""

    def rows(days: int) -> Any:
        return apps.get_model(label).objects.filter(**{f"{column}__lt": clock.now() - timedelta(days=days)})

    return (lambda days: int(rows(days).count())), (lambda days: int(rows(days).delete()[0]))


def _jobs(days: int) -> tuple[str, list[Any]]:
    where = (
        "status::text = ANY(%s) AND id NOT IN (SELECT job_id FROM procrastinate_events WHERE at >= %s "
        "AND job_id IS NOT NULL)"
    )
    return where, [list(_ENDED), clock.now() - timedelta(days=days)]


def _jobs_due(days: int) -> int:
    where, values = _jobs(days)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM procrastinate_jobs WHERE {where}", values)
        return int(cursor.fetchone()[0])


def _jobs_gone(days: int) -> int:
    where, values = _jobs(days)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM procrastinate_jobs WHERE {where}", values)
        return int(cursor.rowcount)


def _old_backups(days: int) -> list[Path]:
    before = clock.now() - timedelta(days=days)
    folder = settings.CONFIG.home / "backups"
    return [folder / name for name, made in privacy_export.backups() if made < before]


def _backups_gone(days: int) -> int:
    gone = _old_backups(days)
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _quarantine_days() -> int:
    return 30


def _never() -> None:
    return None


KINDS: dict[str, Kind] = {
    each.key: each
    for each in (
        Kind(
            "people", gettext_lazy("People without activity"),
            gettext_lazy("Nothing happened with them in any part of Amity; open leads and restricted people stay."),
            lambda days: len(quiet_people(days)), lambda days: 0, _never, 30,
        ),
        Kind(
            "uploads", gettext_lazy("Uploaded files"), gettext_lazy("After their import has ended."),
            lambda days: len(uploads.spent(days)), uploads.clear_old, lambda: int(settings.CONFIG.upload_days), 0,
        ),
        Kind(
            "quarantine", gettext_lazy("Events that could not be taken"),
            gettext_lazy("They go after 30 days in any case."), *_old("events.Quarantine", "received_at"),
            _quarantine_days,
        ),
        Kind(
            "payloads", gettext_lazy("Webhook payloads as received"),
            gettext_lazy("They go after 30 days in any case."), *_old("events.HookPayload", "received_at"),
            _quarantine_days,
        ),
        Kind(
            "deliveries", gettext_lazy("Webhooks sent"), gettext_lazy("Copies of what was handed on."),
            *_old("events.WebhookDelivery", "created_at"), _never,
        ),
        Kind("jobs", gettext_lazy("Jobs that have ended"), gettext_lazy("With their arguments."), _jobs_due, _jobs_gone,
             _never),
        Kind(
            "backups", gettext_lazy("Backups"), gettext_lazy("In the data folder; copies elsewhere are up to you."),
            lambda days: len(_old_backups(days)), _backups_gone, _never,
        ),
    )
}  # fmt: skip

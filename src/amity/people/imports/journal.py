"""Undo of an import: what it changed is put back from the journal, what it made is removed. Survives kills."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.jobs import Report
from amity.people.imports import blockers, land_consents, shelf, uploads
from amity.people.imports.ends import record_end
from amity.people.imports.homes import Home
from amity.people.imports.nouns import registered
from amity.people.models import Import

STEP = 20_000  # rows put back per transaction
_LEFT = frozenset(("id", "merged_into_id", "grade", "anonymous"))  # who is who is not an import's to say
_UNDOABLE = (Import.State.DONE, Import.State.STOPPED, Import.State.FAILED, Import.State.UNDOING)


def check(import_id: UUID) -> Import:
    """The import, when it can be undone; else ``Refused`` says what stands in the way."""
    job = Import.objects.filter(pk=import_id).first()
    if job is None:
        raise NotFound(_("This import does not exist."))
    if job.state not in _UNDOABLE:
        raise Refused("import_not_undoable", _("Only an import that has ended can be undone."), 409)
    if job.state != Import.State.UNDOING:
        blockers.refuse_if_built_upon(job, landed_models())
    return job


def undo(import_id: UUID, report: Report) -> None:
    """Put everything back as it was before the import; about 20,000 rows a transaction, safe to call again."""
    from amity.people.imports.engine import alone

    with alone():
        job = Import.objects.filter(pk=import_id).first()
        if job is None or job.state == Import.State.UNDONE:
            return
        job = check(import_id)
        shelf.put_back(job)
        Import.objects.filter(pk=job.pk).update(state=Import.State.UNDOING, beat_at=clock.now())
        tables = landed_models()
        done = 0
        for model in tables:
            done = _restore(job, model, done, report)
        with transaction.atomic(), connection.cursor() as cursor:
            land_consents.take_back(cursor, job.pk)
            for model in tables:
                _untie(job, model, tables)
        for model in reversed(tables):
            done = _remove(job, model, done, report)
        _finish(job)


def landed_models() -> list[type[models.Model]]:
    """Every table that imports write, what others refer to first."""
    names: dict[str, None] = {}
    for noun in registered().values():
        if isinstance(noun.land, Home):
            names |= dict.fromkeys(noun.land.models)
    return [apps.get_model(name) for name in names]


def _restore(job: Import, model: Any, done: int, report: Report) -> int:
    """Rows as they were before; the journal lines go in the same transaction, so what is left is still to do."""
    table = model._meta.db_table
    names = [f.attname for f in model._meta.concrete_fields if not f.generated and f.attname not in _LEFT]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f'b."{name}"' for name in names)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "WITH taken AS (DELETE FROM people_importchange WHERE id IN (SELECT id FROM people_importchange "
                'WHERE run_id = %s AND "table" = %s LIMIT %s) RETURNING object_id, before) '
                f", put AS (UPDATE {table} t SET ({columns}) = ROW({values}) FROM taken k "
                f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, k.before) b WHERE t.id = k.object_id) "
                "SELECT count(*) FROM taken",
                [job.pk, table, STEP],
            )
            count = int(cursor.fetchone()[0])
        if not count:
            return done
        done += count
        report(done, None, table)


def _untie(job: Import, model: Any, tables: list[type[models.Model]]) -> None:
    """References to rows that are removed earlier (a parent company, a team's manager) are let go."""
    at = tables.index(model)
    for field in model._meta.concrete_fields:
        later = field.related_model in tables[at:] if field.related_model else False
        if later and field.null:
            with connection.cursor() as cursor:
                cursor.execute(
                    f'UPDATE {model._meta.db_table} SET "{field.attname}" = NULL '
                    f'WHERE origin_id = %s AND "{field.attname}" IS NOT NULL',
                    [job.pk],
                )


def _remove(job: Import, model: Any, done: int, report: Report) -> int:
    table = model._meta.db_table
    last = str(job.undo_done.get(table, "00000000-0000-0000-0000-000000000000"))
    while last != "done":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {table} WHERE id > %s AND origin_id = %s ORDER BY id LIMIT %s", [last, job.pk, STEP]
            )
            ids = [row[0] for row in cursor.fetchall()]
            _release(model, cursor, ids)
            cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [ids])
            count = len(ids)
            last = str(ids[-1]) if count == STEP else "done"
            job.undo_done = {**job.undo_done, table: last}
            Import.objects.filter(pk=job.pk).update(undo_done=job.undo_done, beat_at=clock.now())
        done += count
        if count:
            report(done, None, table)
    return done


def _release(model: Any, cursor: Any, ids: list[UUID]) -> None:
    """Whoever keeps something outside the rows that are about to go lets it go as well."""
    for noun in registered().values():
        if isinstance(noun.land, Home) and apps.get_model(noun.land.main) is model:
            noun.land.release(cursor, ids)


def _finish(job: Import) -> None:
    with transaction.atomic():
        Import.objects.filter(pk=job.pk).update(state=Import.State.UNDONE, finished_at=clock.now())
        record_end(job, "imports.undone")
        transaction.on_commit(uploads.clear_old)

"""Indexes set aside while a first, big load fills a nearly empty table, and made again afterwards.

Building an index over a million rows once costs a tenth of growing it row by row. What was dropped is written down
in the import itself by the transaction that drops it, so whoever goes on with the import (or ends it) puts it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import OperationalError, ProgrammingError, connection, transaction

from amity.people.models import Import

MIN_ROWS = 150_000  # below this, growing the indexes is cheap enough
_SHARE = 4  # the load must be this many times what the table holds
_INDEXES = """
SELECT format('DROP INDEX %%I', i.relname), replace(pg_get_indexdef(x.indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = ANY (%s::regclass[]) AND NOT x.indisunique AND x.indisvalid ORDER BY i.relname
"""
_CONSTRAINTS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = ANY (%s::regclass[]) AND (contype = 'f' OR contype = 'u' AND conname = ANY (%s))
ORDER BY contype DESC, conname
"""


def set_aside(run: Import, models: Iterable[str], constraints: Iterable[str], rows: int) -> bool:
    """Drop indexes, foreign keys and the named constraints of the tables when ``rows`` dwarf what they hold.

    False where it does not pay, or the tables are in use.
    """
    tables = [apps.get_model(model)._meta.db_table for model in models]
    if rows < MIN_ROWS or run.shelved or any(_holds(table, rows // _SHARE) for table in tables):
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(_INDEXES, [tables])
            shelved = [list(row) for row in cursor.fetchall()]
            cursor.execute(_CONSTRAINTS, [tables, list(constraints)])
            shelved += [list(row) for row in cursor.fetchall()]
            for drop, _make in shelved:
                cursor.execute(drop)
            Import.objects.filter(pk=run.pk).update(shelved=shelved)
    except (
        OperationalError,
        ProgrammingError,
    ):  # somebody reads the table just now, or the role may not: load with indexes
        return False
    run.shelved = shelved
    return True


def put_back(run: Import) -> None:
    """Make everything again that was set aside; one transaction, safe to repeat. About 20 s per million people."""
    with transaction.atomic(), connection.cursor() as cursor:
        shelved: list[list[str]] = Import.objects.select_for_update().get(pk=run.pk).shelved
        if not shelved:
            return
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _drop, make in shelved:
            cursor.execute(make)
        Import.objects.filter(pk=run.pk).update(shelved=[])
    run.shelved = []


def _holds(table: str, limit: int) -> bool:
    """Whether the table has more than ``limit`` rows; looks at no more than that many."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT FROM {table} LIMIT %s) few", [limit + 1])
        return int(cursor.fetchone()[0]) > limit


def analyze(cursor: Any, models: Iterable[str]) -> None:
    """Tell the planner what the tables hold now."""
    for model in models:
        cursor.execute(f"ANALYZE {apps.get_model(model)._meta.db_table}")

"""Indexes set aside while a first, big load fills a nearly empty table, and made again afterwards.

Building an index over a million rows once costs a tenth of growing it row by row. What was dropped is written down
in the import itself by the transaction that drops it, so whoever goes on with the import (or ends it) puts it back.
"""

from __future__ import annotations

import json
import queue
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.apps import apps
from django.db import OperationalError, ProgrammingError, connection, transaction

from amity.people.imports.homes import Home
from amity.people.models import Import

MIN_ROWS = 150_000  # below this, growing the indexes is cheap enough
_SHARE = 4  # the load must be this many times what the table holds
_SIDE_BY_SIDE = 2  # indexes from which a second connection pays
_MEMORY = "128MB"
_GIN_MEMORY = "8MB"  # a tree of words that fits the processor's cache is built in half the time of a big one
_CROSS_OFF = """
UPDATE people_import SET shelved = coalesce((SELECT jsonb_agg(e) FROM jsonb_array_elements(shelved) e
  WHERE e <> %s::jsonb), '[]') WHERE id = %s
"""
_INDEXES = """
SELECT format('DROP INDEX %%I', i.relname), replace(pg_get_indexdef(x.indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_am m ON m.oid = i.relam
WHERE (x.indrelid = ANY (%s::regclass[]) OR x.indrelid = ANY (%s::regclass[]) AND m.amname = 'gin')
AND NOT x.indisunique AND x.indisvalid ORDER BY i.relname
"""
# A key comes back as an index, built beside the others, and then as the constraint that uses it. A foreign key comes
# back for new rows at once, and is then checked beside the others.
_CONSTRAINTS = """
WITH keys AS (SELECT *, conrelid::regclass AS held FROM pg_constraint
  WHERE conrelid = ANY (%s::regclass[]) AND contype IN ('u', 'p') AND conname = ANY (%s))
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', held, conname), pg_get_indexdef(conindid) FROM keys
UNION ALL
SELECT 'SELECT 1', format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s USING INDEX %%I', held, conname,
  CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, conname) FROM keys
UNION ALL
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
  format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s NOT VALID', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = ANY (%s::regclass[]) AND contype = 'f' AND convalidated
UNION ALL
SELECT 'SELECT 1', format('ALTER TABLE %%s VALIDATE CONSTRAINT %%I', conrelid::regclass, conname)
FROM pg_constraint WHERE conrelid = ANY (%s::regclass[]) AND contype = 'f' AND convalidated
UNION ALL
SELECT format('ALTER TABLE %%s SET (autovacuum_enabled = off)', oid::regclass),
       format('ALTER TABLE %%s RESET (autovacuum_enabled)', oid::regclass)
FROM pg_class WHERE oid = ANY (%s::regclass[]) AND relkind = 'r'
"""


def set_aside(run: Import, home: Home, rows: int, fields: Iterable[str] = ()) -> bool:
    """Drop indexes, foreign keys and the named constraints of the home's tables when ``rows`` dwarf what they hold.

    ``fields``: what the file fills; the home's ledger is among the tables when they write to it. Nothing is vacuumed
    meanwhile. Of the tables beside them (which are still searched by key and name) only the
    indexes of words and custom fields go. False where it does not pay, or the tables are in use.
    """
    tables = [apps.get_model(model)._meta.db_table for model in home.models]
    beside = [apps.get_model(model)._meta.db_table for model in home.beside]
    beside = [table for table in beside if not _holds(table, rows // _SHARE)]
    if rows < MIN_ROWS or run.shelved or any(_holds(table, rows // _SHARE) for table in tables):
        return False
    if home.ledger and set(home.ledger[1]) & set(fields):
        ledger = apps.get_model(home.ledger[0])._meta.db_table
        tables += [] if _holds(ledger, rows // _SHARE) else [ledger]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(_INDEXES, [tables, beside])
            shelved = [list(row) for row in cursor.fetchall()]
            cursor.execute(_CONSTRAINTS, [tables, list(home.shelved), tables, tables, [*tables, *beside]])
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
    """Make everything again that was set aside; safe to repeat. About 15 s per million people on two cores.

    The indexes are built side by side on two connections, each in a transaction that also crosses it off the list;
    then come the constraints, which need the tables for themselves, and the checks of foreign keys, side by side.
    """
    shelved: list[list[str]] = Import.objects.get(pk=run.pk).shelved
    if not shelved:
        return
    checks = [entry for entry in shelved if " VALIDATE CONSTRAINT " in entry[1]]
    _build(run, sorted((entry for entry in shelved if _is_index(entry)), key=_is_gin, reverse=True))
    with transaction.atomic(), connection.cursor() as cursor:
        for entry in shelved:
            if not _is_index(entry) and entry not in checks:
                cursor.execute(entry[1])
        Import.objects.filter(pk=run.pk).update(shelved=checks)
    _build(run, checks)
    run.shelved = []


def _build(run: Import, entries: list[list[str]]) -> None:
    """Make indexes (or checks), the most laborious first; a second connection takes its share of them."""
    waiting: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    for entry in entries:
        waiting.put(entry)
    if len(entries) < _SIDE_BY_SIDE or connection.in_atomic_block:  # another connection would not see our rows
        _make_waiting(run, waiting)
        return
    with ThreadPoolExecutor(1, "import-indexes") as beside:
        second = beside.submit(_make_beside, run, waiting)
        _make_waiting(run, waiting)
        second.result()


def _make_beside(run: Import, waiting: queue.SimpleQueue[list[str]]) -> None:
    try:
        _make_waiting(run, waiting)
    finally:
        connection.close()  # this thread's own


def _make_waiting(run: Import, waiting: queue.SimpleQueue[list[str]]) -> None:
    while not waiting.empty():
        try:
            entry = waiting.get_nowait()
        except queue.Empty:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may wait for the end of an outer transaction
            cursor.execute("SET LOCAL max_parallel_maintenance_workers = 0")
            cursor.execute(f"SET LOCAL maintenance_work_mem = '{_GIN_MEMORY if _is_gin(entry) else _MEMORY}'")
            cursor.execute(entry[1])
            cursor.execute(_CROSS_OFF, [json.dumps(entry), run.pk])


def _is_index(entry: list[str]) -> bool:
    return entry[1].startswith(("CREATE INDEX", "CREATE UNIQUE INDEX"))


def _is_gin(entry: list[str]) -> bool:
    return " USING gin " in entry[1]


def _holds(table: str, limit: int) -> bool:
    """Whether the table has more than ``limit`` rows; looks at no more than that many."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT FROM {table} LIMIT %s) few", [limit + 1])
        return int(cursor.fetchone()[0]) > limit


def analyze(cursor: Any, models: Iterable[str]) -> None:
    """Tell the planner what the tables hold now."""
    for model in models:
        cursor.execute(f"ANALYZE {apps.get_model(model)._meta.db_table}")

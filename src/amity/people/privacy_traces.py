"""Traces that a person leaves where nothing names them: samples of files, names of counted events, rejected rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from amity.people import segments_world
from amity.people.models import Import, ImportFile, ImportReject

_ENDED = (Import.State.DONE, Import.State.UNDONE)
_UNCOUNTED = """
DELETE FROM people_measure m WHERE m.event = ANY(%s) AND NOT EXISTS (SELECT FROM events_event e WHERE e.name = m.event)
AND NOT EXISTS (SELECT FROM people_computed c WHERE c.measure_id = m.id)
AND NOT EXISTS (SELECT FROM people_segment s WHERE position(m.event IN s.definition::text) > 0)
"""
_TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
AND (relname = ANY(%s) OR oid IN (
    SELECT i.inhrelid FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent WHERE c.relname = ANY(%s)))
ORDER BY 1
"""
_FORGET = """
SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited) FROM pg_stats
WHERE schemaname = 'public' AND tablename = ANY(%s)
"""


def clear_statistics(cursor: Any, tables: Iterable[str]) -> None:
    """The planner's samples of these tables hold values of rows that are gone: sampled anew.

    PostgreSQL before 18 cannot forget the samples of a table that has become empty.
    """
    wanted = list(tables)
    cursor.execute(_TABLES, [wanted, wanted])
    names = [row[0] for row in cursor.fetchall()]
    if connection.pg_version >= 180_000:  # type: ignore[attr-defined]
        cursor.execute(_FORGET, [names])
    for name in names:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(name)}")


def event_names(cursor: Any, ids: Sequence[UUID]) -> list[str]:
    """Names of what the person did; that of a note or mail is its subject."""
    cursor.execute("SELECT DISTINCT name FROM events_event WHERE person_id = ANY(%s)", [list(ids)])
    return [row[0] for row in cursor.fetchall()]


def clear_measures(cursor: Any, names: Sequence[str]) -> int:
    """What is counted by names that only the erased person's events had is counted no longer; how many."""
    cursor.execute(_UNCOUNTED, [list(names)])
    gone = int(cursor.rowcount)
    if gone:
        segments_world.bump()
    return gone


def clear_samples() -> int:
    """Files of imports that have ended need no samples of their columns: whose they are cannot be told; how many."""
    cleared = []
    for file in ImportFile.objects.filter(run__state__in=_ENDED):
        columns = file.mapping.get("proposal", {}).get("columns", [])
        if any(column.get("samples") for column in columns):
            for column in columns:
                column["samples"] = []
            cleared.append(file)
    ImportFile.objects.bulk_update(cleared, ["mapping"], batch_size=200)
    return len(cleared)


def clear_rejects(keys: dict[str, set[str]]) -> int:
    """Rejected rows that name the person by their id in the old system only; how many went."""
    gone = 0
    rows = ImportFile.objects.filter(run__system__in=list(keys)).values_list("pk", "noun", "mapping", "run__system")
    for pk, noun, mapping, system in rows:
        wanted = ("external_id", "person") if noun == "person" else ("person",)
        for name, to in mapping.get("columns", {}).items():
            if to in wanted:
                found = ImportReject.objects.filter(file_id=pk).extra(
                    where=['"row" ->> %s = ANY(%s)'], params=[name, sorted(keys[system])]
                )
                gone += found.delete()[0]
    return gone

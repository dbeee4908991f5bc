"""Tests that commit are cleaned up by deleting the rows they left: Django would empty all three hundred tables, and
leave the server as many files to put away after each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase


@contextmanager
def quickly() -> Iterator[None]:
    """Within this, what a `TransactionTestCase` leaves is deleted from the tables that hold something."""
    usual = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: Any) -> None:
        empty_tables()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = usual  # type: ignore[attr-defined]


def empty_tables() -> None:
    """Delete every row of every model; what Django itself writes after a migration stays. 3 queries.

    One statement deletes from all of them, so foreign keys are looked at when all rows are gone. Our own triggers look
    away: some refuse to delete (the audit log), some note what is gone.
    """
    made_by_django = {Permission._meta.db_table, ContentType._meta.db_table}
    names = sorted(set(connection.introspection.django_table_names(only_existing=False)) - made_by_django)
    quoted = [connection.ops.quote_name(name) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT {n} FROM {each} LIMIT 1)" for n, each in enumerate(quoted)))
        left = [quoted[n] for (n,) in cursor.fetchall()]
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D' "
            "AND tgparentid = 0 AND tgrelid = ANY(%s::regclass[]) GROUP BY tgrelid",
            [left],
        )
        minded = [name for (name,) in cursor.fetchall()]
        deletes = ", ".join(f"d{n} AS (DELETE FROM {each})" for n, each in enumerate(left))
        steps = [
            *(f"ALTER TABLE {each} DISABLE TRIGGER USER" for each in minded),
            *([f"WITH {deletes} SELECT"] if left else []),
            "SET CONSTRAINTS ALL IMMEDIATE",  # else a table with checks still to come could not be altered
            *(f"ALTER TABLE {each} ENABLE TRIGGER USER" for each in minded),
        ]
        with transaction.atomic():
            cursor.execute("; ".join(steps))

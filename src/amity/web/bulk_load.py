"""Fill the real tables with made-up people, companies, deals and events, to measure lists and person pages at size.

Rows go in by COPY and INSERT … SELECT with the secondary indexes and foreign keys set aside and put back after.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from amity.base.errors import Refused
from amity.web import bulk, bulk_sql

TABLES = (
    "people_company",
    "people_person",
    "people_identifier",
    "sales_deal",
    "sales_order",
    "events_event",
    "intelligence_score",
)
_BATCH = 100_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much to load."""

    people: int = 1_000_000
    events: int = 10_000_000
    deals: int = 200_000
    seed: int = 1

    @property
    def companies(self) -> int:
        return -(-self.people // bulk.PEOPLE_PER_COMPANY)


def load_scale(size: Size, tell: Callable[[str], None] = lambda line: None) -> float:
    """Fill an empty database; seconds it took. ``tell`` hears of each step.

    Raises ``Refused("not_empty")`` where there are people already: this is no place for real data.
    """
    begin = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM people_person)")
        if cursor.fetchone()[0]:
            raise Refused("not_empty", "The database holds people already: load made-up data into an empty one.")
        cursor.execute("SET synchronous_commit TO off")
        cursor.execute(bulk_sql.FUNCTIONS)
        with _timed("reading in names", tell):
            _stage_people(cursor, size)
        with _timed("indexes set aside and put back", tell), _without_indexes(cursor, tell):
            for label, sql in bulk_sql.steps(size.companies, size.deals, size.events):
                with _timed(label, tell):
                    cursor.execute(sql)
        with _timed("statistics", tell):
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
        cursor.execute("RESET synchronous_commit")
    return time.perf_counter() - begin


def _stage_people(cursor: Any, size: Size) -> None:
    rng, pool = np.random.default_rng(size.seed), bulk.name_pool()
    cursor.execute(
        "CREATE TEMP TABLE made (n bigint, language text, first text, last text, folded text, email text, phone text,"
        " city text, city_words text, country text, firm bigint)"
    )
    with cursor.copy("COPY made FROM STDIN (FORMAT csv)") as copy:
        for start in range(0, size.people, _BATCH):
            frame = bulk.numbered(rng, pool, start, min(_BATCH, size.people - start))
            copy.write(frame.write_csv(include_header=False))
    cursor.execute("ANALYZE made")


@contextmanager
def _timed(label: str, tell: Callable[[str], None]) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    tell(f"{label}: {time.perf_counter() - begin:.1f} s")


@contextmanager
def _without_indexes(cursor: Any, tell: Callable[[str], None]) -> Iterator[None]:
    """Foreign keys, unique constraints and indexes other than primary keys are dropped, and made again after."""
    cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype FROM pg_constraint"
        " WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('f', 'u') ORDER BY contype, conname",
        [list(TABLES)],
    )
    constraints = cursor.fetchall()
    for table, name, _definition, _kind in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    cursor.execute(
        "SELECT indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT indisprimary",
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    begin = time.perf_counter()
    for _name, definition in indexes:
        cursor.execute(definition)
    for table, name, definition, _kind in reversed(constraints):
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    tell(f"{len(indexes)} indexes and {len(constraints)} constraints: {time.perf_counter() - begin:.1f} s")

"""Big made-up data: a file that a strict reader accepts, and tables filled so that lists have something to list."""

from __future__ import annotations

from pathlib import Path

import phonenumbers
import polars as pl
import pytest
from django.db import connection

from amity.base import searching
from amity.base.errors import Refused
from amity.web import bulk, bulk_load

pytestmark = [pytest.mark.slow]


def test_the_people_file_is_the_same_again_and_its_contacts_are_unique(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    assert bulk.people_csv(first, rows=20_000, seed=3) == first.stat().st_size
    bulk.people_csv(second, rows=20_000, seed=3)
    assert first.read_bytes() == second.read_bytes()
    people = pl.read_csv(first, infer_schema=False).fill_null("")
    assert people.height == 20_000
    phones = people.filter(pl.col("Phone") != "")["Phone"]
    assert phones.n_unique() == len(phones)
    assert people["Email"].n_unique() == people["Contact ID"].n_unique() == 20_000
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones[:2000])
    broken = people.filter(~pl.col("Email").str.contains("@")).height
    assert 50 < broken < 160
    assert set(people["Lead status"]) == set(bulk.STATUSES)


def test_the_name_pool_folds_names_as_search_does() -> None:
    pool = bulk.name_pool()
    assert pool["weight"].sum() == pytest.approx(1)
    for first, last, folded in pool.select("first", "last", "folded").sample(200, seed=1).rows():
        assert folded == searching.fold(f"{first} {last}")


@pytest.mark.django_db(transaction=True)
def test_tables_are_filled_and_keep_their_indexes_and_foreign_keys() -> None:
    before = _indexes()
    size = bulk_load.Size(people=3000, events=20_000, deals=500)
    bulk_load.load_scale(size)
    assert _indexes() == before
    assert _count("people_person") == 3000
    assert _count("people_company") == 300
    assert _count("people_identifier") == 6000
    assert _count("sales_deal") == 500
    assert _count("events_event") == 20_000
    assert _count("people_person WHERE lead_status = 'open'") == _count("intelligence_score WHERE target = 'lead'")
    busiest = _number("SELECT max(n) FROM (SELECT count(*) AS n FROM events_event GROUP BY person_id) t")
    assert busiest > 20 * 20_000 / 3000
    homeless = "events_event e WHERE NOT EXISTS (SELECT FROM people_person p WHERE p.id = e.person_id)"
    assert _count(homeless) == 0
    with pytest.raises(Refused, match="empty"):
        bulk_load.load_scale(size)


def _count(source: str) -> int:
    return _number(f"SELECT count(*) FROM {source}")


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _indexes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid::regclass::text = ANY(%s)"
            " UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid::regclass::text = ANY(%s)",
            [list(bulk_load.TABLES)] * 2,
        )
        return sorted(row[0] for row in cursor.fetchall())

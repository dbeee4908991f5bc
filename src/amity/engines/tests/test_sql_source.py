"""Reading other people's databases: one contract, run on PostgreSQL and on MariaDB."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pymysql
import pytest
from django.db import connection

from amity.engines import api as engines
from amity.engines.mysql_source import MySqlSource
from amity.engines.sql_questions import Place, Question, SourceProblem
from amity.engines.sql_source import PostgresSource
from amity.engines.sql_values import earlier, marked, plain, unmarked
from amity.engines.tests import mariadb

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PEOPLE = """CREATE TABLE {schema}.people (
    id bigint PRIMARY KEY, code {bytes} NOT NULL, name varchar(50), spent numeric(20, 2), changed {time}, born date)"""


@dataclass
class Elsewhere:
    """A database with a table ``people``; ``run`` changes it as its owner does."""

    source: Any
    place: Place
    run: Callable[..., None]
    schema: str

    @property
    def table(self) -> str:
        return f"{self.schema}.people"

    def add(self, *rows: tuple[Any, ...]) -> None:
        for row in rows:
            self.run(
                f"INSERT INTO {self.table} (id, code, name, spent, changed, born) VALUES (%s, %s, %s, %s, %s, %s)", row
            )


@pytest.fixture(scope="module")
def maria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if not mariadb.BINARY:
        pytest.skip(mariadb.MISSING)
    with mariadb.running(tmp_path_factory.mktemp("maria")) as port:
        yield port


@pytest.fixture(params=["postgres", "mysql"])
def elsewhere(request: pytest.FixtureRequest, db: None) -> Iterator[Elsewhere]:
    yield from _postgres() if request.param == "postgres" else _mysql(request.getfixturevalue("maria"))


def _postgres() -> Iterator[Elsewhere]:
    asked = connection.get_connection_params()
    place = Place(
        "postgres", asked.get("host") or "localhost", int(asked.get("port") or 5432), asked["dbname"],
        asked.get("user", ""), asked.get("password") or "",
    )  # fmt: skip
    with psycopg.connect(
        host=place.host,
        port=place.port,
        dbname=place.database,
        user=place.user,
        password=place.password,
        autocommit=True,
    ) as owner:
        owner.execute("DROP SCHEMA IF EXISTS elsewhere CASCADE")
        owner.execute("CREATE SCHEMA elsewhere")
        owner.execute(PEOPLE.format(schema="elsewhere", bytes="bytea", time="timestamptz"))
        yield Elsewhere(PostgresSource(place), place, owner.execute, "elsewhere")
        owner.execute("DROP SCHEMA elsewhere CASCADE")


def _mysql(port: int) -> Iterator[Elsewhere]:
    owner = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True)
    with owner, owner.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS elsewhere")
        cursor.execute("CREATE DATABASE elsewhere CHARACTER SET utf8mb4")
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(PEOPLE.format(schema="elsewhere", bytes="binary(4)", time="datetime(6)"))
        place = Place("mysql", "127.0.0.1", port, "elsewhere", "root")
        yield Elsewhere(MySqlSource(place), place, cursor.execute, "elsewhere")


def person(number: int, at: str = "2026-01-01 10:00:00", **other: Any) -> tuple[Any, ...]:
    code = number.to_bytes(4, "big")
    return (number, code, other.get("name", f"Ann {number}"), other.get("spent", "12.50"), at, "1990-02-03")


def all_rows(elsewhere: Elsewhere, question: Question, size: int) -> list[int]:
    after, found = None, []
    while True:
        batch = elsewhere.source.rows(question, after, size)
        if not batch.rows:
            return found
        found += [row["id"] for row in batch.rows]
        assert batch.last != after
        after = batch.last


def test_values_arrive_as_json_has_them(elsewhere: Elsewhere) -> None:
    elsewhere.add(person(1, "2026-01-01 10:00:00.123456", name="Łucja 🐈", spent="12345678901234567.89"))
    (row,) = elsewhere.source.rows(Question("id", "id", elsewhere.table), None, 10).rows
    assert row == {
        "id": 1, "code": base64.b64encode(b"\0\0\0\1").decode(), "name": "Łucja 🐈", "spent": "12345678901234567.89",
        "changed": "2026-01-01T10:00:00.123456+00:00", "born": "1990-02-03",
    }  # fmt: skip


@pytest.mark.parametrize("cursor", ["changed", "born", "spent", "id", "code"])
def test_every_row_once_however_many_share_a_cursor_value(elsewhere: Elsewhere, cursor: str) -> None:
    times = ["2026-01-01 10:00:00.5"] * 4 + ["2026-01-01 10:00:00.6"] * 3
    elsewhere.add(*(person(n, at) for n, at in enumerate(times)))
    for size in (1, 3, 100):
        for key in ("id", "code"):
            assert all_rows(elsewhere, Question(cursor, key, elsewhere.table), size) == [0, 1, 2, 3, 4, 5, 6]


def test_a_query_is_read_like_a_table(elsewhere: Elsewhere) -> None:
    elsewhere.add(*map(person, range(5)))
    query = f"SELECT id, name AS who FROM {elsewhere.table} WHERE name LIKE '%nn%' AND id % 2 = 0 -- even;\n;"
    question = Question("id", "id", query=query)
    assert all_rows(elsewhere, question, 2) == [0, 2, 4]
    assert elsewhere.source.columns(query=query).names == ("id", "who")


def test_reading_again_from_a_cursor_value_on(elsewhere: Elsewhere) -> None:
    elsewhere.add(person(1, "2026-01-01 10:00:00"), person(2, "2026-01-01 10:01:00"), person(3, "2026-01-01 10:02:00"))
    question = Question("changed", "id", elsewhere.table)
    last = elsewhere.source.rows(question, None, 10).last
    again = elsewhere.source.rows(question, (earlier(last[0], 60), None), 10)
    assert [row["id"] for row in again.rows] == [2, 3]
    assert elsewhere.source.rows(question, last, 10) == engines.SqlBatch([], last)


def test_columns_and_tables_are_listed(elsewhere: Elsewhere) -> None:
    assert elsewhere.table in elsewhere.source.tables()
    found = elsewhere.source.columns(elsewhere.table)
    assert found.names == ("id", "code", "name", "spent", "changed", "born")
    assert found.key == "id"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 AS id) q; DROP TABLE {table}; SELECT (1", "DELETE FROM {table}",
        "WITH gone AS (DELETE FROM {table} RETURNING id) SELECT * FROM gone",
        "SELECT 1 AS id; DROP TABLE {table}",
    ],
)  # fmt: skip
def test_nothing_can_be_changed(elsewhere: Elsewhere, query: str) -> None:
    elsewhere.add(person(1))
    with pytest.raises(SourceProblem) as problem:
        elsewhere.source.rows(Question("id", "id", query=query.format(table=elsewhere.table)), None, 10)
    assert problem.value.code in ("bad_query", "read_only")
    assert all_rows(elsewhere, Question("id", "id", elsewhere.table), 10) == [1]


def test_what_goes_wrong_is_named(elsewhere: Elsewhere) -> None:
    elsewhere.add(person(1, name=None))
    cases = {
        "bad_query": Question("nothing", "id", elsewhere.table),
        "null_key": Question("id", "name", elsewhere.table),
        "no_column": Question("id", "ID2", query=f"SELECT id, 1 AS x FROM {elsewhere.table}"),
    }
    for code, question in cases.items():
        with pytest.raises(SourceProblem) as problem:
            elsewhere.source.rows(question, None, 10)
        assert problem.value.code in (code, "bad_query")
    unreachable = type(elsewhere.source)(replace(elsewhere.place, host="127.0.0.1", port=1))
    with pytest.raises(SourceProblem) as problem:
        unreachable.tables()
    assert problem.value.code == "unreachable"


def test_sockets_of_this_machine_are_not_sources() -> None:
    with pytest.raises(SourceProblem, match="name or address"):
        engines.sql_source(Place("postgres", "/var/run/postgresql", 5432, "amity", "amity"))


def test_positions_survive_json() -> None:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    for value in (
        1,
        "x",
        date(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        datetime(2026, 1, 2),  # noqa: DTZ001 (columns without a zone)
        Decimal("1.50"),
        b"\xff",
        None,
    ):
        assert unmarked(marked(value)) == value
    assert [earlier(value, 90) for value in (100, "x", {"date": "2026-01-02"})] == [10, "x", {"date": "2026-01-01"}]
    assert plain(float("nan")) is None
    assert plain({"a": [memoryview(b"x"), Decimal("NaN")]}) == {"a": ["eA==", None]}

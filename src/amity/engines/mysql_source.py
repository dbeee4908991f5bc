"""Rows of MySQL and MariaDB through PyMySQL (pure Python; the extra ``mysql``)."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

from amity.engines.sql_questions import (
    CONNECT_S,
    MAX_ROWS,
    STATEMENT_S,
    After,
    Batch,
    Columns,
    Place,
    Question,
    Row,
    SourceProblem,
    bare,
    batch_of,
)
from amity.engines.sql_values import unmarked

_DENIED = {1044, 1045, 1142, 1143, 1698}
_READ_ONLY = {1792, 1290}
_TIME_LIMITS = ("SET SESSION max_execution_time = %s", "SET SESSION max_statement_time = %s")  # MySQL, MariaDB


class MySqlSource:
    """MySQL or MariaDB."""

    def __init__(self, place: Place) -> None:
        try:
            import pymysql
        except ImportError as error:
            raise SourceProblem("no_driver", "install the extra: pip install 'amity[mysql]'") from error
        self.place = place
        self.driver: Any = pymysql

    def tables(self) -> list[str]:
        found = self._ask(
            "SELECT concat(table_schema, '.', table_name) AS name FROM information_schema.tables WHERE table_schema"
            " NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1 LIMIT %s",
            [1_000],
        )
        return [row["name"] for row in found]

    def columns(self, table: str = "", query: str = "") -> Columns:
        with self._opened() as cursor:
            cursor.execute(f"SELECT * FROM {self._from(table, query)} AS q LIMIT %s", [0])
            description = cursor.description or []
            names = tuple(str(each[0]) for each in description)
            types = tuple(self._type(each[1]) for each in description)
            key = self._primary_key(cursor, table) if table else ""
        return Columns(names, types, key)

    def rows(self, question: Question, after: After | None, limit: int) -> Batch:
        first, second = _quoted(question.cursor), _quoted(question.key)
        beyond, params = f"{first} IS NOT NULL", list[Any]()
        if after is not None and after[1] is None:
            beyond, params = f"{first} >= %s", [unmarked(after[0])]
        elif after is not None:
            at, key = map(unmarked, after)
            beyond, params = f"({first} > %s OR ({first} = %s AND {second} > %s))", [at, at, key]
        found = self._ask(
            f"SELECT * FROM {self._from(question.table, question.query)} AS q WHERE {beyond}"
            f" ORDER BY {first}, {second} LIMIT %s",
            [*params, min(limit, MAX_ROWS)],
        )
        return batch_of(question, found, after)

    def _from(self, table: str, query: str) -> str:
        if table:
            return ".".join(_quoted(part) for part in table.split(".", 1))
        return "(" + bare(query).replace("%", "%%") + "\n)"

    def _primary_key(self, cursor: Any, table: str) -> str:
        schema, _dot, name = table.rpartition(".")
        cursor.execute(
            "SELECT column_name AS name FROM information_schema.key_column_usage WHERE constraint_name = 'PRIMARY'"
            " AND table_name = %s AND table_schema = coalesce(nullif(%s, ''), database())",
            [name, schema],
        )
        found = cursor.fetchall()
        return str(found[0]["name"]) if len(found) == 1 else ""

    def _type(self, code: int) -> str:
        kinds = self.driver.constants.FIELD_TYPE
        return next((name.lower() for name, value in vars(kinds).items() if value == code), "")

    def _ask(self, statement: str, params: Sequence[Any]) -> list[Row]:
        with self._opened() as cursor:
            cursor.execute(statement, params)
            return list(cursor.fetchall())

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        place, driver = self.place, self.driver
        try:
            connection = driver.connect(
                host=place.host, port=place.port, database=place.database or None, user=place.user,
                password=place.password, connect_timeout=CONNECT_S, read_timeout=STATEMENT_S + 10, write_timeout=30,
                charset="utf8mb4", cursorclass=driver.cursors.DictCursor, local_infile=False, autocommit=True,
                **_encryption(place),
            )  # fmt: skip
        except driver.MySQLError as error:
            raise self._problem(error) from error
        try:
            with connection.cursor() as cursor:
                self._prepare(cursor)
                yield cursor
                cursor.execute("ROLLBACK")
        except driver.MySQLError as error:
            raise self._problem(error) from error
        finally:
            connection.close()

    def _prepare(self, cursor: Any) -> None:
        cursor.execute("SET time_zone = '+00:00'")
        for statement, limit in zip(_TIME_LIMITS, (STATEMENT_S * 1_000, STATEMENT_S), strict=True):
            with contextlib.suppress(self.driver.MySQLError):  # each server knows one of the two
                cursor.execute(statement, [limit])
        cursor.execute("START TRANSACTION READ ONLY")

    def _problem(self, error: Any) -> SourceProblem:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[1] if len(error.args) > 1 else error)[:280]
        if number in _DENIED:
            return SourceProblem("not_allowed", text)
        if number in _READ_ONLY:
            return SourceProblem("read_only", text)
        return SourceProblem("unreachable" if 2000 <= number < 2100 or not number else "bad_query", text)


def _encryption(place: Place) -> dict[str, Any]:
    if place.tls == "off":
        return {"ssl_disabled": True}
    if place.tls == "verify":
        return {"ssl": ssl.create_default_context()}
    if place.tls == "require":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return {"ssl": context}
    return {}


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"

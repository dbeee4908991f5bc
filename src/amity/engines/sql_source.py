"""Rows of somebody else's database: read only, in the order of a cursor column, a batch at a time.

Two versions under one contract: PostgreSQL (psycopg) and MySQL or MariaDB (PyMySQL, the extra ``mysql``). Every batch
is its own short read-only transaction; a batch goes on behind the last (cursor, key) seen, so no row is skipped when
many share a cursor value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from amity.engines.mysql_source import MySqlSource
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
    SqlSource,
    bare,
    batch_of,
)
from amity.engines.sql_values import unmarked


def sql_source(place: Place) -> SqlSource:
    """The source at ``place``; nothing is opened yet. Raises ``SourceProblem("no_driver")`` without the extra."""
    if not place.host or place.host.startswith(("/", "@")):
        raise SourceProblem("bad_host", "give the name or address of a host")
    if place.dialect == "postgres":
        return PostgresSource(place)
    return MySqlSource(place)


class PostgresSource:
    """PostgreSQL through psycopg."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def tables(self) -> list[str]:
        found = self._ask(
            "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            " AND has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'SELECT')"
            " ORDER BY 1 LIMIT %s",
            [1_000],
        )
        return [row["name"] for row in found]

    def columns(self, table: str = "", query: str = "") -> Columns:
        with self._opened() as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} AS q LIMIT %s").format(self._from(table, query)), [0])
            description = cursor.description or []
            types = [connection.adapters.types.get(each.type_code) for each in description]
            names = tuple(each.name for each in description)
            key = self._primary_key(cursor, table) if table else ""
        return Columns(names, tuple(each.name if each else "" for each in types), key)

    def rows(self, question: Question, after: After | None, limit: int) -> Batch:
        names = [sql.Identifier(question.cursor), sql.Identifier(question.key)]
        order = sql.SQL(", ").join(names)
        beyond, params = sql.SQL("{} IS NOT NULL").format(names[0]), list[Any]()
        if after is not None and after[1] is None:
            beyond, params = sql.SQL("{} >= %s").format(names[0]), [unmarked(after[0])]
        elif after is not None:
            beyond, params = sql.SQL("({}) > (%s, %s)").format(order), [unmarked(part) for part in after]
        statement = sql.SQL("SELECT * FROM {} AS q WHERE {} ORDER BY {} LIMIT %s").format(
            self._from(question.table, question.query), beyond, order
        )
        return batch_of(question, self._ask(statement, [*params, min(limit, MAX_ROWS)]), after)

    def _from(self, table: str, query: str) -> sql.Composable:
        """With at least one parameter the statement is sent as one: a query cannot close its bracket and go on."""
        if table:
            return sql.Identifier(*table.split(".", 1))
        return sql.SQL("({}\n)").format(sql.SQL(bare(query).replace("%", "%%")))

    def _primary_key(self, cursor: psycopg.Cursor[Row], table: str) -> str:
        cursor.execute(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            " WHERE i.indrelid = %s::regclass AND i.indisprimary AND i.indnkeyatts = 1",
            [sql.Identifier(*table.split(".", 1)).as_string(cursor)],
        )
        found = cursor.fetchone()
        return str(found["attname"]) if found else ""

    def _ask(self, statement: Any, params: Sequence[Any]) -> list[Row]:
        with self._opened() as connection, connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.fetchall()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[psycopg.Connection[Row]]:
        place = self.place
        modes = {"off": "disable", "prefer": "prefer", "require": "require", "verify": "verify-full"}
        roots: dict[str, Any] = {"sslrootcert": "system"} if place.tls == "verify" else {}
        try:
            with psycopg.connect(
                host=place.host, port=place.port, dbname=place.database, user=place.user, password=place.password,
                sslmode=modes[place.tls], connect_timeout=CONNECT_S, application_name="amity", passfile="/nonexistent",
                options=f"-c statement_timeout={STATEMENT_S}s -c TimeZone=UTC -c default_transaction_read_only=on",
                row_factory=dict_row, **roots,
            ) as connection:  # fmt: skip
                connection.read_only = True
                yield connection
        except psycopg.Error as error:
            raise SourceProblem(_code(error), _told(error)) from error


def _code(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.OperationalError) and not error.sqlstate:
        return "unreachable"
    state = error.sqlstate or ""
    return (
        "not_allowed"
        if state.startswith("28") or state == "42501"
        else "read_only"
        if state == "25006"
        else "bad_query"
    )


def _told(error: psycopg.Error) -> str:
    text = (
        error.diag.message_primary or str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    )
    return text[:280]

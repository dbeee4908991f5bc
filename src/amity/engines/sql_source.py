"""Rows of somebody else's database: read only, in the order of a cursor column, a batch at a time.

Two versions under one contract: PostgreSQL (psycopg) and MySQL or MariaDB (PyMySQL, the extra ``mysql``). Every batch
is its own short read-only transaction; a batch goes on behind the last (cursor, key) seen, so no row is skipped when
many share a cursor value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from amity.engines.sql_values import marked, plain, unmarked

CONNECT_S, STATEMENT_S = 10, 120
MAX_ROWS = 10_000
Dialect = Literal["postgres", "mysql"]
Row = dict[str, Any]
After = tuple[Any, Any]  # cursor and key, marked; key None: from that cursor value on, it included


class SourceProblem(Exception):
    """The other database refused or could not be reached. ``code`` is stable, the text is the database's own."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is. ``tls``: ``prefer``, ``require`` (encrypted) or ``verify`` (and the name is checked)."""

    dialect: Dialect
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False, default="")
    tls: Literal["off", "prefer", "require", "verify"] = "prefer"


@dataclass(frozen=True, slots=True)
class Question:
    """What to read: a table (``schema.table``) or a query, the column that grows and the one that tells rows apart.

    The two may be the same column, which is then unique.
    """

    cursor: str
    key: str
    table: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a table or query with their types, and the primary key where there is one."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in order and the position behind the last one (the old one when there are none)."""

    rows: list[Row]
    last: After | None


class SqlSource(Protocol):
    """A database that rows are read from."""

    def tables(self) -> list[str]:
        """Names of tables and views that can be read, at most 1,000."""
        ...

    def columns(self, table: str = "", query: str = "") -> Columns:
        """Columns of a table or of a query's answer."""
        ...

    def rows(self, question: Question, after: After | None, limit: int) -> Batch:
        """At most ``limit`` rows behind ``after``, by cursor and key; rows without a cursor value are left out."""
        ...


def sql_source(place: Place) -> SqlSource:
    """The source at ``place``; nothing is opened yet. Raises ``SourceProblem("no_driver")`` without the extra."""
    if not place.host or place.host.startswith(("/", "@")):
        raise SourceProblem("bad_host", "give the name or address of a host")
    if place.dialect == "postgres":
        return PostgresSource(place)
    from amity.engines.mysql_source import MySqlSource

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


def batch_of(question: Question, rows: list[Row], after: After | None) -> Batch:
    """Rows as JSON has them. Raises ``SourceProblem`` ``no_column`` or ``null_key``."""
    if not rows:
        return Batch([], after)
    missing = next((name for name in (question.cursor, question.key) if name not in rows[0]), None)
    if missing is not None:
        raise SourceProblem("no_column", f"there is no column {missing}")
    if any(row[question.key] is None for row in rows):
        raise SourceProblem(
            "null_key", f"the column {question.key} has rows without a value: it cannot tell rows apart"
        )
    last = rows[-1]
    found = [{str(name): plain(value) for name, value in row.items()} for row in rows]
    return Batch(found, (marked(last[question.cursor]), marked(last[question.key])))


def bare(query: str) -> str:
    """A query without the semicolon and blanks at its end. Raises ``SourceProblem("bad_query")`` for none."""
    text = query.strip().rstrip(";").strip()
    if not text.lower().startswith(("select", "with", "(", "values", "table")):
        raise SourceProblem("bad_query", "the query must be one SELECT")
    return text


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

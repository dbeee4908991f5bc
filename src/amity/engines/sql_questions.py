"""What reading other people's databases shares: where they are, what is asked, what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from amity.engines.sql_values import marked, plain

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

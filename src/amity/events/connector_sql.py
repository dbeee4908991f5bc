"""Connectors to tables and queries of PostgreSQL and MySQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.events.connector_kinds import Json, Piece, Reading, refused, sample_of, settings_as

Answer = TypeVar("Answer")
_PORTS = {"postgres": 5432, "mysql": 3306}
_PROBLEMS = {
    "unreachable": "the database does not answer", "not_allowed": "the database refuses this user",
    "read_only": "the query would change something", "bad_query": "the database refuses the query",
    "no_driver": "the driver is missing", "bad_host": "this is no host", "null_key": "the key is not filled",
    "no_column": "a column is missing",
}  # fmt: skip


class SqlSettings(msgspec.Struct, forbid_unknown_fields=True):
    """Where the rows are. ``look_back``: how far each run goes back before its position (seconds or steps), for rows
    that were committed late; rows known already are passed over."""

    host: str
    database: str
    user: str
    cursor: str
    key: str
    port: int = 0
    table: str = ""
    query: str = ""
    tls: Literal["off", "prefer", "require", "verify"] = "prefer"
    look_back: int = 300


class SqlReader:
    """Reads behind a (cursor, key) position."""

    def __init__(self, dialect: Literal["postgres", "mysql"]) -> None:
        self.dialect = dialect

    def check(self, settings: Json) -> Json:
        found: SqlSettings = settings_as(SqlSettings, settings)
        found.port = found.port or _PORTS[self.dialect]
        if bool(found.table) == bool(found.query):
            raise Refused("bad_connector", _("Give either a table or a query."))
        if not (found.host and found.cursor and found.key):
            raise Refused(
                "bad_connector", _("Give the host, the column that grows and the column that tells rows apart.")
            )
        if not 0 <= found.look_back <= 86_400 * 7 or not 0 < found.port < 65_536:
            raise Refused("bad_connector", _("The look-back is at most a week, the port a number up to 65535."))
        _asked(lambda: self._source(found, ""))
        stored: Json = msgspec.to_builtins(found)
        return stored

    def read(self, reading: Reading) -> Piece:
        settings: SqlSettings = settings_as(SqlSettings, reading.settings)
        question = engines.SqlQuestion(settings.cursor, settings.key, settings.table, settings.query)
        after = _after(reading, settings)
        batch = _asked(lambda: self._source(settings, reading.secret).rows(question, after, reading.limit))
        position = {"after": list(batch.last)} if batch.rows and batch.last else reading.position
        return Piece([sample_of(row) for row in batch.rows], position, len(batch.rows) >= reading.limit)

    def columns(self, settings: Json, secret: str) -> engines.SqlColumns:
        """Columns of the table or query, for the form."""
        found: SqlSettings = settings_as(SqlSettings, {"cursor": "x", "key": "x", **settings})
        return _asked(lambda: self._source(found, secret).columns(found.table, found.query))

    def tables(self, settings: Json, secret: str) -> list[str]:
        """Tables that can be read."""
        found: SqlSettings = settings_as(SqlSettings, {"cursor": "x", "key": "x", **settings})
        return _asked(lambda: self._source(found, secret).tables())

    def _source(self, settings: SqlSettings, secret: str) -> engines.SqlSource:
        return engines.sql_source(
            engines.SqlPlace(
                self.dialect, settings.host, settings.port or _PORTS[self.dialect], settings.database, settings.user,
                secret, settings.tls,
            )
        )  # fmt: skip


def _after(reading: Reading, settings: SqlSettings) -> tuple[Any, Any] | None:
    stored = reading.position.get("after")
    if not stored:
        return None
    at, key = stored
    if reading.fresh and settings.look_back:
        moved = engines.earlier_position(at, settings.look_back)
        return (at, key) if moved == at else (moved, None)
    return at, key


def _asked(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except engines.SourceProblem as error:
        known = {code: _(text) for code, text in _PROBLEMS.items()}
        raise refused(error.code, f"{known.get(error.code, error.code)}: {error}") from error

"""The readers of connectors, by kind."""

from __future__ import annotations

from amity.events.connector_folder import FolderReader
from amity.events.connector_kinds import Reader
from amity.events.connector_rest import RestReader
from amity.events.connector_sql import SqlReader


def reader_of(kind: str) -> Reader:
    """The reader of a kind of connector."""
    readers: dict[str, Reader] = {
        "postgres": SqlReader("postgres"), "mysql": SqlReader("mysql"), "rest": RestReader(), "folder": FolderReader(),
    }  # fmt: skip
    return readers[kind]

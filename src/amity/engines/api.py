"""The only door of the engines."""

from __future__ import annotations

from pathlib import Path

from amity.engines.postgres.binaries import client as postgres_client
from amity.engines.postgres.server import EmbeddedPostgres, Status

__all__ = ["EmbeddedPostgres", "Status", "embedded_postgres", "postgres_client"]


def embedded_postgres(home: Path) -> EmbeddedPostgres:
    """The embedded Postgres of the installation under ``home``; nothing is started yet."""
    return EmbeddedPostgres(home)

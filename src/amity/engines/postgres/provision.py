"""What a fresh server needs before the application can use it: role, database, extensions. Safe to repeat."""

from __future__ import annotations

import psycopg
from psycopg import sql

from amity.engines.postgres.cluster import Cluster

ROLE = "amity"
DATABASE = "amity"
EXTENSIONS = ("pg_trgm", "unaccent", "vector")
VERSION = "1"  # raise it when provision() does more


def provision(cluster: Cluster) -> None:
    """Make what is missing. Extensions go into the template too, so that tests and restores inherit them."""
    with _connect(cluster.url()) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
    _extend(cluster.url("template1"))
    make_database(cluster, DATABASE)
    _extend(cluster.url(DATABASE))


def make_database(cluster: Cluster, name: str) -> None:
    """Create a database of the application's role where it is missing."""
    with _connect(cluster.url()) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(ROLE)))


def _extend(url: str) -> None:
    with _connect(url) as connection:
        query = "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)"
        for (name,) in connection.execute(query, [list(EXTENSIONS)]).fetchall():
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(str(name))))


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url, autocommit=True, connect_timeout=10)

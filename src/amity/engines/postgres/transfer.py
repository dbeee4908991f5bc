"""A whole database out into one file, back into a fresh database, and that one put in place of another.

Works on any server the application can reach: the embedded one and those of ``AMITY_DATABASE_URL``.
The application's role needs CREATEDB for loading and swapping.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from amity.base.errors import Refused
from amity.engines.postgres import binaries

_SECONDS = 6 * 3600
_SWAP_TRIES = 40
_HEAD_BYTES = 64 * 1024
_NEW_IN_17 = b"SET transaction_timeout = 0;\n"  # programs from 17 on say this to every server, older servers refuse it


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database held at one moment: rows per table (``schema.table``), extensions, server version."""

    tables: dict[str, int]
    extensions: tuple[str, ...]
    server: str

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def dump(url: str, target: Path) -> Contents:
    """Write the database into ``target`` (pg_dump custom format); the counts are of the very same snapshot."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        program, _ = _client(connection, "pg_dump")
        options = ["--format=custom", "--compress=4", "--no-owner", "--no-privileges", f"--snapshot={row[0]}"]
        _run([program, *options, f"--file={target}"], url)
        return _contents(connection)


def as_text(url: str) -> bytes:
    """The whole database as a plain SQL script, for looking through it; held in memory."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        program, _ = _client(connection, "pg_dump")
    command = [program, "--format=plain", "--no-owner", "--no-privileges", f"--dbname={_public(url)}"]
    return subprocess.run(command, env=_environment(url), capture_output=True, check=True, timeout=_SECONDS).stdout


def contents(url: str) -> Contents:
    """Count every table of the database at ``url``; one full scan."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return _contents(connection)


def load(url: str, source: Path, name: str, extensions: tuple[str, ...]) -> str:
    """Make the database ``name`` beside the one at ``url`` and fill it from ``source``; returns its URL.

    Raises ``Refused`` with code ``no_createdb``, ``extension_missing`` or ``restore_failed``; then it is dropped again.
    """
    try:
        with _keeper(url) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except errors.InsufficientPrivilege as error:
        raise Refused(
            "no_createdb", "The database user may not create databases. Allow it (ALTER ROLE … CREATEDB) and try again."
        ) from error
    fresh = database_url(url, name)
    try:
        _extend(fresh, extensions)
        _fill(fresh, source)
    except BaseException:
        drop(url, name)
        raise
    return fresh


def swap(url: str, name: str, aside: str) -> None:
    """Put database ``name`` in place of the one at ``url``, which becomes ``aside``: both or nothing.

    Ends other sessions of the old one; raises ``Refused("database_busy")`` when some cannot be ended.
    """
    current = str(conninfo_to_dict(url)["dbname"])
    with _keeper(url) as connection:
        _admit(connection, current, False)
        try:
            _rename(connection, current, name, aside)
        except BaseException:
            _admit(connection, current, True)
            raise
        _admit(connection, aside, True)


def drop(url: str, name: str) -> None:
    """Remove a database made by `load`, with whoever is connected to it."""
    with _keeper(url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def database_url(url: str, name: str) -> str:
    """The same server and user, another database."""
    return make_conninfo(url, dbname=name)


def _contents(connection: psycopg.Connection[tuple[object, ...]]) -> Contents:
    query = """
        SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
        ORDER BY 1, 2
    """
    tables: dict[str, int] = {}
    for schema, table in connection.execute(query).fetchall():
        name = sql.Identifier(str(schema), str(table))
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        tables[f"{schema}.{table}"] = int(str(row[0])) if row else 0
    found = connection.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1").fetchall()
    version = connection.info.parameter_status("server_version") or ""
    return Contents(tables, tuple(str(name) for (name,) in found), version)


def _extend(url: str, extensions: tuple[str, ...]) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        for extension in extensions:
            try:
                connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
            except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile) as error:
                raise Refused(
                    "extension_missing",
                    f"The backup needs the PostgreSQL extension {extension}, and the database user cannot create it. "
                    f"Ask the database's administrator to install it in template1.",
                ) from error


def _fill(url: str, source: Path) -> None:
    with psycopg.connect(url, connect_timeout=10) as connection:
        restore, restore_major = _client(connection, "pg_restore")
        psql, _ = _client(connection, "psql")
        server_major = connection.info.server_version // 10000
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
        wanted.write(_without_extensions(_run([restore, "--list", str(source)], url)))
        wanted.flush()
        command = [restore, "--no-owner", "--no-privileges", f"--use-list={wanted.name}"]
        if restore_major >= 17 > server_major:
            _fill_by_script([*command, "--file=-", str(source)], psql, url)
        else:
            jobs = f"--jobs={min(os.cpu_count() or 1, 4)}"
            _run([*command, jobs, "--exit-on-error", f"--dbname={_public(url)}", str(source)], url)
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("ANALYZE")


def _without_extensions(listing: str) -> str:
    """The list of contents less extensions and their comments: these were made before, by whoever may."""
    kept = [line for line in listing.splitlines() if " EXTENSION " not in line]
    return "\n".join(kept) + "\n"


def _fill_by_script(command: list[str], psql: str, url: str) -> None:
    """Restore through psql, less the one setting that the older server does not know."""
    quiet = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={_public(url)}"]
    with tempfile.TemporaryFile() as complaints:
        reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, env=_environment(url))
        writer = subprocess.Popen([psql, *quiet], stdin=subprocess.PIPE, stderr=complaints, env=_environment(url))
        assert reader.stdout is not None
        assert writer.stdin is not None
        try:
            with closing(reader.stdout), closing(writer.stdin):
                _pass_on(reader.stdout, writer.stdin)
        except BrokenPipeError:  # psql stopped at an error, which its exit code tells
            pass
        codes = (reader.wait(_SECONDS), writer.wait(_SECONDS))
        if codes != (0, 0):
            complaints.seek(0)
            raise Refused(
                "restore_failed", f"psql failed: {complaints.read().decode(errors='replace').strip()[-600:]}", 503
            )


def _pass_on(source: IO[bytes], target: IO[bytes]) -> None:
    target.write(source.read(_HEAD_BYTES).replace(_NEW_IN_17, b"", 1))
    while block := source.read(1024 * 1024):
        target.write(block)


def _rename(connection: psycopg.Connection[tuple[object, ...]], current: str, name: str, aside: str) -> None:
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    for _ in range(_SWAP_TRIES):
        for database in (current, name):
            query = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
            )
            connection.execute(query, [database])
        try:
            with connection.transaction():
                connection.execute(statement.format(sql.Identifier(current), sql.Identifier(aside)))
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(current)))
            return
        except errors.ObjectInUse:
            time.sleep(0.25)
    raise Refused(
        "database_busy", f"Others keep the database {current} open. Stop them (amity up, psql) and try again.", 409
    )


def _admit(connection: psycopg.Connection[tuple[object, ...]], name: str, yes: bool) -> None:
    statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Literal(yes)))


def _keeper(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection beside the application's database, for creating and renaming."""
    return psycopg.connect(database_url(url, "postgres"), autocommit=True, connect_timeout=10)


def _client(connection: psycopg.Connection[tuple[object, ...]], program: str) -> tuple[str, int]:
    return binaries.client(program, connection.info.server_version // 10000, tls=bool(connection.pgconn.ssl_in_use))


def _public(url: str) -> str:
    """The connection string without its password: command lines are visible to every user of the machine."""
    return make_conninfo("", **{key: value for key, value in conninfo_to_dict(url).items() if key != "password"})


def _environment(url: str) -> dict[str, str]:
    password = conninfo_to_dict(url).get("password")
    return {**os.environ, "PGPASSWORD": str(password)} if password else dict(os.environ)


def _run(command: list[str], url: str) -> str:
    if not any(argument.startswith(("--dbname", "--list")) for argument in command):
        command = [*command, f"--dbname={_public(url)}"]
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=_environment(url),
        timeout=_SECONDS,
        check=False,
    )
    if result.returncode:
        name = Path(command[0]).name
        code = "backup_failed" if name == "pg_dump" else "restore_failed"
        raise Refused(code, f"{name} failed: {result.stderr.strip()[-600:]}", 503)
    return result.stdout

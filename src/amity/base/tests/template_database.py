"""Test databases are copies of one template, which is migrated once for all workers and kept until a migration changes.

A template stays on the server under a name that tells what it was made of, also where the server is somebody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from amity.base import migrating

_PREFIX = "amity_template_"
_LOCK = 7_240_115_902  # held while templates are made or copied: no copy is taken of one that is in use


def digest() -> str:
    """What the tables depend on: every migration, and this page."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for app in sorted(apps.get_app_configs(), key=lambda each: each.label):
        for file in sorted((Path(app.path) / "migrations").glob("*.py")):
            found.update(f"{app.label}/{file.name}".encode() + file.read_bytes())
    return found.hexdigest()[:24]


def use_copy(*, keep: bool) -> str:
    """Connect to the test database, a fresh copy of the template; with ``keep`` the one that is there, if it still
    fits. Returns its name."""
    name, made_of = connection.creation._get_test_db_name(), digest()
    with _server() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') = %s FROM pg_database WHERE datname = %s", [made_of, name]
        )
        if not (keep and cursor.fetchone() == (True,)):
            _make_template(cursor, made_of)
            _drop(cursor, name)
            cursor.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(_PREFIX + made_of)}")
            cursor.execute(f"COMMENT ON DATABASE {_quoted(name)} IS '{made_of}'")
    _connect_to(name)
    return name


def make() -> None:
    """Migrate an empty database from the first migration to the last, unless that was done."""
    with _server() as cursor:
        _make_template(cursor, digest())


def drop(name: str, usual: str) -> None:
    """Drop a test database, whoever is connected to it, and go back to the ``usual`` one."""
    _connect_to(usual)
    with _server() as cursor:
        _drop(cursor, name)


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


def _make_template(cursor: Any, made_of: str) -> None:
    """Migrate a template unless there is one; those of other migrations go."""
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
    there = {name for (name,) in cursor.fetchall()}
    if _PREFIX + made_of in there:
        return
    for name in there:
        _drop(cursor, name)
    before, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    usual, test["NAME"] = test["NAME"], _PREFIX + "unfinished"
    try:
        with migrating.quickly():
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        _connect_to(before)
        test["NAME"] = usual
    cursor.execute(f"ALTER DATABASE {_quoted(_PREFIX + 'unfinished')} RENAME TO {_quoted(_PREFIX + made_of)}")


def _connect_to(name: str) -> None:
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[Any]:
    """A cursor outside of every test database; one at a time, the server lets go of the lock with the connection."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield cursor


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


if __name__ == "__main__":
    import django

    django.setup()
    make()

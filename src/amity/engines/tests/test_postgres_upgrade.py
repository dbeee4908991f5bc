"""A new major version of Postgres takes over the data of the old one, or says what to do."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.engines.postgres import binaries, owner, provision, upgrade
from amity.engines.postgres.cluster import Cluster

OLD = 15
OLD_FOLDER = Path(f"/usr/lib/postgresql/{OLD}/bin")
needs_old = pytest.mark.skipif(not (OLD_FOLDER / "postgres").exists(), reason=f"needs Debian's PostgreSQL {OLD}")


@pytest.fixture
def old(home: Path) -> Cluster:
    """A running cluster of the old version with rows in it."""
    user = owner.of_server()
    base = owner.base_folder(home, user, lambda _: None)
    cluster = Cluster(base, str(OLD), binaries.Binaries(OLD_FOLDER, OLD), user)
    cluster.create()
    cluster.start()
    provision.provision(cluster)
    with psycopg.connect(cluster.url("amity", "amity")) as connection:
        connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO person SELECT n, 'Żółć ' || n FROM generate_series(1, 500) n")
        connection.execute("CREATE INDEX person_name ON person USING gin (name gin_trgm_ops)")
    return cluster


def people(url: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*)::int, min(name), max(id) FROM person").fetchone()


@needs_old
@pytest.mark.slow
def test_rows_move_to_the_new_version_and_the_old_folder_stays(home: Path, old: Cluster) -> None:
    before = people(old.url("amity", "amity"))
    server = engines.embedded_postgres(home)
    url = server.ensure_running()
    assert people(url) == before == (500, "Żółć 1", 500)
    assert server.status().major == 18
    assert old.major == OLD
    assert old.running() is None
    assert upgrade.majors(old.base) == [OLD, 18]
    with psycopg.connect(url) as connection:
        owner_row = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'person'").fetchone()
        index_row = connection.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'person_name'").fetchone()
    assert owner_row == ("amity",)
    assert index_row == (1,)
    server.stop()
    assert people(server.ensure_running()) == before  # the second start upgrades nothing


@needs_old
@pytest.mark.slow
def test_half_done_upgrade_starts_again(home: Path, old: Cluster) -> None:
    half = old.base / "18.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    (old.base / "upgrade").mkdir()
    (old.base / "upgrade" / "0").write_text("half a dump")
    assert people(engines.embedded_postgres(home).ensure_running()) == (500, "Żółć 1", 500)
    assert not half.exists()


def data_of_version(home: Path, major: int) -> Path:
    base = owner.base_folder(home, owner.of_server(), lambda _: None)
    (base / str(major)).mkdir()
    (base / str(major) / "PG_VERSION").write_text(f"{major}\n")
    return base / str(major)


def test_without_programs_for_the_old_data_nothing_is_touched(home: Path) -> None:
    data = data_of_version(home, 11)
    with pytest.raises(Refused, match="postgresql-11") as refusal:
        engines.embedded_postgres(home).ensure_running()
    assert refusal.value.code == "old_postgres_missing"
    assert [entry.name for entry in data.iterdir()] == ["PG_VERSION"]
    assert not (data.parent / "18").exists()


def test_data_newer_than_the_programs_is_refused(home: Path) -> None:
    data_of_version(home, 99)
    with pytest.raises(Refused) as refusal:
        engines.embedded_postgres(home).ensure_running()
    assert refusal.value.code == "postgres_too_old"


def test_programs_are_kept_beside_the_data(home: Path) -> None:
    base = owner.base_folder(home, owner.of_server(), lambda _: None)
    programs = binaries.installed(base)
    assert programs.folder.is_relative_to(base)
    assert binaries.kept(base, programs.major) == programs
    older = programs.folder.parent.parent.parent.with_name("18.0")
    older.mkdir()
    binaries.prune(base)
    assert not older.exists()
    assert programs.has("postgres")


def test_client_programs_are_new_enough_or_refused() -> None:
    path, major = binaries.client("pg_dump", 18)
    assert (Path(path).name, major) == ("pg_dump", 18)
    with pytest.raises(Refused, match="postgresql-client-99") as refusal:
        binaries.client("pg_dump", 99)
    assert refusal.value.code == "no_client_program"

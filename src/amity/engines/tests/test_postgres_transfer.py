"""A database goes into a file, comes back beside the old one, and takes its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.engines.postgres import binaries, owner, provision, transfer
from amity.engines.postgres.cluster import Cluster
from amity.engines.tests.test_postgres_upgrade import OLD, OLD_FOLDER, needs_old

pytestmark = [pytest.mark.slow]


@pytest.fixture
def url(home: Path) -> str:
    """The application's database on the embedded server, with rows."""
    address = engines.embedded_postgres(home).ensure_running()
    fill(address)
    return address


def fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO person SELECT n, 'SET transaction_timeout = 0;' FROM generate_series(1, 300) n")
        connection.execute("CREATE TABLE deal (id int PRIMARY KEY, person_id int REFERENCES person)")
        connection.execute("INSERT INTO deal SELECT n, n FROM generate_series(1, 40) n")
        connection.execute("CREATE INDEX ON person USING gin (name gin_trgm_ops)")


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")}


def test_round_trip_and_swap(url: str, tmp_path: Path) -> None:
    held = engines.dump_database(url, tmp_path / "dump")
    assert held.tables == {"public.deal": 40, "public.person": 300}
    assert held.rows == 340
    assert held.extensions == ("pg_trgm", "unaccent", "vector")
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM deal")
    fresh = engines.load_database(url, tmp_path / "dump", "amity_fresh", held.extensions)
    assert engines.database_contents(fresh).tables == held.tables
    with psycopg.connect(url) as lingering:
        engines.swap_database(url, "amity_fresh", "amity_before")
        with pytest.raises(psycopg.OperationalError):
            lingering.execute("SELECT 1")
    assert databases(url) == {"amity", "amity_before", "postgres"}
    assert engines.database_contents(url).tables == held.tables
    before = engines.database_contents(transfer.database_url(url, "amity_before"))
    assert before.tables == {"public.deal": 0, "public.person": 300}


def test_broken_dump_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    engines.dump_database(url, tmp_path / "dump")
    whole = (tmp_path / "dump").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused) as refusal:
        engines.load_database(url, tmp_path / "half", "amity_fresh", ())
    assert refusal.value.code == "restore_failed"
    assert databases(url) == {"amity", "postgres"}


def test_failed_swap_leaves_the_present_database_in_use(url: str) -> None:
    with pytest.raises(psycopg.errors.InvalidCatalogName):
        engines.swap_database(url, "no_such_database", "amity_before")
    assert engines.database_contents(url).rows == 340
    assert databases(url) == {"amity", "postgres"}


def test_missing_extension_is_named(url: str, tmp_path: Path) -> None:
    engines.dump_database(url, tmp_path / "dump")
    with pytest.raises(Refused, match="postgis_of_dreams") as refusal:
        engines.load_database(url, tmp_path / "dump", "amity_fresh", ("postgis_of_dreams",))
    assert refusal.value.code == "extension_missing"
    assert databases(url) == {"amity", "postgres"}


@needs_old
@pytest.mark.slow
@pytest.mark.parametrize("programs", ["own", "newer"])
def test_older_server_with_its_own_and_with_newer_programs(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: str
) -> None:
    user = owner.of_server()
    base = owner.base_folder(home, user, lambda _: None)
    cluster = Cluster(base, str(OLD), binaries.Binaries(OLD_FOLDER, OLD), user)
    cluster.create()
    cluster.start()
    provision.provision(cluster)
    url = cluster.url("amity", "amity")
    fill(url)
    monkeypatch.setattr(binaries, "_client_candidates", _candidates[programs])
    held = engines.dump_database(url, tmp_path / "dump")
    fresh = engines.load_database(url, tmp_path / "dump", "amity_fresh", held.extensions)
    assert engines.database_contents(fresh).tables == {"public.deal": 40, "public.person": 300}
    with psycopg.connect(fresh) as connection:
        row = connection.execute("SELECT min(name), count(*) FROM person").fetchone()
    assert row == ("SET transaction_timeout = 0;", 300)


_candidates: dict[str, Callable[[str, bool], list[str]]] = {
    "own": lambda program, tls: [str(OLD_FOLDER / program)],
    "newer": lambda program, tls: [binaries.of_wheel().path(program)],
}

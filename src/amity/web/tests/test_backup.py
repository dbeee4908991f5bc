"""Back up, lose data, restore: everything is as it was, and the lost state is kept too."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from amity.base import clock
from amity.base.config import Config, secret
from amity.base.errors import Refused
from amity.engines import api as engines
from amity.web import backup as backups

pytestmark = [pytest.mark.slow]

NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home with its own embedded Postgres."""
    folder = Path(tempfile.mkdtemp(prefix="amity-test-"))
    folder.chmod(0o711)
    yield folder
    engines.embedded_postgres(folder).stop()
    shutil.rmtree(folder)


@pytest.fixture
def config(home: Path) -> Iterator[Config]:
    """A fresh installation in it, with a few rows."""
    installation = Config(home=home)
    secret(installation)
    with psycopg.connect(url(installation)) as connection:
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
        connection.execute("INSERT INTO django_migrations VALUES ('sessions', '0001_initial')")
        connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO person SELECT n, 'Zażółć ' || n FROM generate_series(1, 250) n")
    yield installation
    with psycopg.connect(url(installation).replace("/amity?", "/postgres?"), autocommit=True) as connection:
        for name in databases(installation):
            if name != "postgres":
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute("CREATE DATABASE amity")
    shutil.rmtree(home / "backups", ignore_errors=True)
    for key in home.glob("secret.key*"):
        key.unlink()


def url(config: Config) -> str:
    return engines.embedded_postgres(config.home).ensure_running()


def rows(address: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute("SELECT id, name FROM person ORDER BY id").fetchall()


def lose_data(config: Config) -> None:
    with psycopg.connect(url(config)) as connection:
        connection.execute("DELETE FROM person WHERE id > 10")


def databases(config: Config) -> list[str]:
    with psycopg.connect(url(config)) as connection:
        query = "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1"
        return [name for (name,) in connection.execute(query)]


def rewritten(source: Path, target: Path, name: str, change: object) -> Path:
    """A copy of a backup with one member changed (or left out when ``change`` gives None)."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for entry in old:
            data = old.extractfile(entry).read()  # type: ignore[union-attr]
            if entry.name == name:
                data = change(data)  # type: ignore[operator]
            if data is not None:
                entry.size = len(data)
                with tempfile.TemporaryFile() as file:
                    file.write(data)
                    file.seek(0)
                    new.addfile(entry, file)
    return target


def test_round_trip(config: Config, tmp_path: Path) -> None:
    before, key = rows(url(config)), (config.home / "secret.key").read_bytes()
    with clock.fixed_at(NOON):
        written = backups.backup(config, tmp_path / "amity.tar")
    assert (written.tables, written.rows, written.created_at, written.kept) == (2, 251, NOON, "")
    assert (tmp_path / "amity.tar").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["amity.tar"]
    lose_data(config)
    (config.home / "secret.key").write_text("another key, of the same installation, made by mistake")
    with clock.fixed_at(NOON):
        restored = backups.restore(config, tmp_path / "amity.tar")
    assert rows(url(config)) == before
    assert (restored.rows, restored.kept) == (251, "amity_before_20260504T120000")
    assert databases(config) == ["amity", "amity_before_20260504T120000", "postgres"]
    assert len(rows(url(config).replace("/amity?", f"/{restored.kept}?"))) == 10
    assert (config.home / "secret.key").read_bytes() == key
    assert (config.home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (config.home / "secret.key.20260504T120000").exists()
    assert not list(config.home.glob(".amity-*"))


def test_settings_and_uploads_come_back_and_overwrite_nothing(config: Config, tmp_path: Path) -> None:
    upload = config.uploads / "018f" / "1" / "people.csv"
    upload.parent.mkdir(parents=True)
    upload.write_text("Name\nAnn\n")
    blob = config.home / "blobs" / "mail" / "ab" / "0123"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"sealed")
    settings = config.home / "amity.toml"
    settings.write_text('language = "pl"\n')
    try:
        with clock.fixed_at(NOON):
            backups.backup(config, tmp_path / "amity.tar")
            upload.unlink()
            blob.unlink()
            settings.write_text('language = "de"\n')
            backups.restore(config, tmp_path / "amity.tar")
        assert upload.read_text() == "Name\nAnn\n"
        assert upload.stat().st_mode & 0o777 == 0o600
        assert (blob.read_bytes(), blob.stat().st_mode & 0o777) == (b"sealed", 0o600)
        assert settings.read_text() == 'language = "de"\n'
        assert (config.home / "amity.toml.20260504T120000").read_text() == 'language = "pl"\n'
    finally:
        shutil.rmtree(config.uploads)
        shutil.rmtree(config.home / "blobs")
        for left in config.home.glob("amity.toml*"):
            left.unlink()


def test_moves_to_another_installation(config: Config, tmp_path: Path) -> None:
    backups.backup(config, tmp_path / "amity.tar")
    other = replace(config, home=Path(tempfile.mkdtemp(prefix="amity-test-")))
    other.home.chmod(0o711)
    try:
        backups.restore(other, tmp_path / "amity.tar")
        assert rows(url(other)) == rows(url(config))
        assert secret(other) == secret(config)
    finally:
        engines.embedded_postgres(other.home).stop()
        shutil.rmtree(other.home)


def test_works_with_a_server_named_in_the_settings(config: Config, tmp_path: Path) -> None:
    named = replace(config, database_url=url(config), secret_key="k" * 64)
    written = backups.backup(named, tmp_path / "amity.tar")
    assert written.rows == 251
    assert list(backups.read_manifest(tmp_path / "amity.tar")["members"]) == ["database.dump"]
    lose_data(config)
    backups.restore(named, tmp_path / "amity.tar")
    assert len(rows(named.database_url)) == 250


def test_default_place_is_in_the_home(config: Config) -> None:
    with clock.fixed_at(NOON):
        written = backups.backup(config)
    assert written.file == str(config.home / "backups" / "amity-20260504-120000.tar")
    assert Path(written.file).parent.stat().st_mode & 0o777 == 0o700


def test_no_file_is_overwritten(config: Config, tmp_path: Path) -> None:
    (tmp_path / "taken.tar").write_text("precious")
    with pytest.raises(Refused) as refusal:
        backups.backup(config, tmp_path / "taken.tar")
    assert refusal.value.code == "backup_exists"
    assert (tmp_path / "taken.tar").read_text() == "precious"
    with pytest.raises(Refused) as refusal:
        backups.backup(config, tmp_path / "no such folder" / "a.tar")
    assert refusal.value.code == "backup_folder"


def test_damage_anywhere_is_found_before_anything_changes(config: Config, tmp_path: Path) -> None:
    good = tmp_path / "good.tar"
    backups.backup(config, good)
    whole = good.read_bytes()
    (tmp_path / "short.tar").write_bytes(whole[: len(whole) * 2 // 3])
    (tmp_path / "text.tar").write_text("not a tar")

    def flip(data: bytes) -> bytes:
        return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]

    def less(data: bytes) -> bytes:
        manifest = json.loads(data)
        manifest["tables"]["public.person"] = 1
        return json.dumps(manifest).encode()

    damaged = [
        tmp_path / "short.tar",
        tmp_path / "text.tar",
        tmp_path / "absent.tar",
        rewritten(good, tmp_path / "flipped.tar", "database.dump", flip),
        rewritten(good, tmp_path / "key.tar", "secret.key", flip),
        rewritten(good, tmp_path / "manifest.tar", "manifest.json", less),
        rewritten(good, tmp_path / "without.tar", "database.dump", lambda data: None),
    ]
    for source in damaged:
        with pytest.raises(Refused) as refusal:
            backups.restore(config, source)
        assert refusal.value.code == "backup_damaged", source
    assert len(rows(url(config))) == 250
    assert databases(config) == ["amity", "postgres"]


def test_backup_of_a_newer_amity_is_refused(config: Config, tmp_path: Path) -> None:
    with psycopg.connect(url(config)) as connection:
        connection.execute("INSERT INTO django_migrations VALUES ('people', '9999_from_the_future')")
    backups.backup(config, tmp_path / "amity.tar")
    with pytest.raises(Refused) as refusal:
        backups.restore(config, tmp_path / "amity.tar")
    assert refusal.value.code == "backup_newer"
    assert databases(config) == ["amity", "postgres"]


def test_summary_in_words_and_as_json(config: Config, tmp_path: Path) -> None:
    with clock.fixed_at(NOON):
        written = backups.backup(config, tmp_path / "amity.tar")
        assert "251 rows in 2 tables" in backups.in_words(written)
        lose_data(config)
        restored = backups.restore(config, tmp_path / "amity.tar")
    assert "amity_before_20260504T120000" in backups.in_words(restored)
    assert json.loads(json.dumps(backups.as_dict(written), default=str))["rows"] == 251

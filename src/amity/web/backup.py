"""One file with everything needed to put this installation back, and the way back.

The file is a tar of: ``manifest.json`` (versions, rows per table, sha256 of each member),
``manifest.sha256``, ``database.dump`` (pg_dump custom format), ``secret.key``, without which sealed
secrets (second factors, webhook keys) could not be read again, ``amity.toml`` (the settings), ``uploads.tar``
(files of imports) and ``blobs.tar`` (attachments and mails, encrypted, unless they lie in a bucket). It therefore
holds all personal data and the key: it is written for the owner's eyes only (mode 0600) and belongs in a safe place.
Not inside: logs, settings that come from the environment, and the erase ledger (``<home>/erased``): whoever was erased
since the backup is erased from it before it is put in place.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import django
import psycopg
from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amity import __version__
from amity.base import clock
from amity.base.config import Config
from amity.base.errors import Refused
from amity.engines import api as engines
from amity.web import restored_ledger

FORMAT = 1
_MANIFEST, _SEAL, _DUMP, _KEY = "manifest.json", "manifest.sha256", "database.dump", "secret.key"
_SETTINGS, _UPLOADS, _SPREAD, _BLOBS = "amity.toml", "uploads.tar", "uploads", "blobs.tar"
_MEMBERS = (_DUMP, _KEY, _SETTINGS, _UPLOADS, _BLOBS)
_BLOCK = 1024 * 1024
_MANIFEST_LIMIT = 4 * _BLOCK


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written or put back. ``kept`` names the database set aside by a restore."""

    file: str
    bytes: int
    created_at: datetime
    amity: str
    postgres: str
    tables: int
    rows: int
    seconds: float
    kept: str = ""


def backup(config: Config, target: Path | None = None) -> Summary:
    """Write a backup; without ``target`` into ``<home>/backups``. Other work goes on meanwhile.

    Needs about twice the file's size on its disk for a moment.
    Raises ``Refused`` with code ``backup_exists``, ``backup_folder`` or ``backup_failed``.
    """
    began = time.monotonic()
    path = _target(config, target)
    with _workshop(path.parent) as folder:
        url = _url(config)
        held = engines.dump_database(url, folder / _DUMP)
        _copy_key(config, folder)
        _copy_files(config, folder)
        manifest = _manifest(held, _applied_migrations(url), folder)
        with _rounded(folder / "whole") as file, tarfile.open(fileobj=file, mode="w") as tar:
            _pack(tar, manifest, folder)
        _publish(folder / "whole", path)
    return _summary(path, manifest, began)


def restore(config: Config, source: Path) -> Summary:
    """Check ``source``, load it into a fresh database, compare the counts, and put it in place of the present one.

    The present database is kept under another name (``Summary.kept``), a replaced key as ``secret.key.<time>``.
    Until the swap at the end nothing of the present data is touched. Raises ``Refused`` with code
    ``backup_damaged``, ``backup_newer``, ``restore_incomplete``, ``database_busy`` or those of the engine.
    """
    began = time.monotonic()
    if not apps.ready:
        django.setup()
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _workshop(config.home) as folder:
        manifest = _unpack(source, folder)
        _refuse_newer(manifest)
        url = _url(config)
        moment = clock.now().strftime("%Y%m%dT%H%M%S")
        fresh, aside = f"amity_restore_{moment}", f"amity_before_{moment}"
        _load(url, folder / _DUMP, fresh, manifest)
        try:
            _spread(folder / _UPLOADS, folder / _SPREAD)
            _spread(folder / _BLOBS, config.home / "blobs")  # before the ledger, which takes away the erased
            restored_ledger.replay(config, url, fresh, folder / _SPREAD)
            engines.swap_database(url, fresh, aside)
        except BaseException:
            engines.drop_database(url, fresh)
            raise
        _put_key(config, folder / _KEY, moment)
        _put_files(config, folder, moment)
    return _summary(source, manifest, began, kept=aside)


def read_manifest(source: Path) -> dict[str, Any]:
    """The manifest of a backup, checked against its seal; raises ``Refused("backup_damaged")``."""
    with _opened(source) as tar:
        return _read_manifest(tar)


def as_dict(summary: Summary) -> dict[str, Any]:
    return asdict(summary)


def in_words(summary: Summary) -> str:
    """One or two lines for the terminal."""
    held = ngettext("%(rows)d row in %(tables)d tables", "%(rows)d rows in %(tables)d tables", summary.rows) % {
        "rows": summary.rows,
        "tables": summary.tables,
    }
    values = {"file": summary.file, "held": held, "mb": summary.bytes / 1e6, "seconds": summary.seconds}
    if not summary.kept:
        written = _("Backup written: %(file)s (%(mb).1f MB, %(held)s, %(seconds).1f s).") % values
        return written + "\n" + _("It holds all personal data and the secret key: keep it in a safe place.")
    restored = _("Restored: %(file)s (%(held)s, %(seconds).1f s).") % values
    kept = _("The database as it was is kept as %(kept)s until you drop it.") % {"kept": summary.kept}
    return restored + "\n" + kept + "\n" + _("If Amity is running, restart it now (amity up).")


# --- writing --------------------------------------------------------------------------------------


def _target(config: Config, target: Path | None) -> Path:
    if target is None:
        folder = config.home / "backups"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"amity-{clock.now():%Y%m%d-%H%M%S}.tar"
    path = target.expanduser().absolute()
    if path.exists():
        raise Refused("backup_exists", _("%(path)s is there already: choose another name.") % {"path": path}, 409)
    if not path.parent.is_dir():
        raise Refused("backup_folder", _("There is no folder %(path)s: create it first.") % {"path": path.parent})
    return path


def _copy_key(config: Config, folder: Path) -> None:
    """The key of this installation, unless the operator keeps it elsewhere (``secret_key`` in the settings)."""
    key = config.home / _KEY
    if not config.secret_key and key.exists():
        shutil.copyfile(key, folder / _KEY)


def _copy_files(config: Config, folder: Path) -> None:
    """The settings file and what was uploaded, where there is any."""
    settings = config.home / _SETTINGS
    if settings.exists():
        shutil.copyfile(settings, folder / _SETTINGS)
    trees = [(config.uploads, _UPLOADS), *([] if config.blobs_url else [(config.home / "blobs", _BLOBS)])]
    for tree, name in trees:
        if tree.is_dir() and any(tree.iterdir()):
            with _rounded(folder / name) as file, tarfile.open(fileobj=file, mode="w") as tar:
                tar.add(tree, ".", filter=_plain_file)


def _plain_file(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Files and folders, without the names of their owners; nothing else is ever uploaded."""
    entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, "", ""
    return entry if entry.isfile() or entry.isdir() else None


def _manifest(held: engines.Contents, migrations: list[str], folder: Path) -> dict[str, Any]:
    members = {name: _measure(folder / name) for name in _MEMBERS if (folder / name).exists()}
    return {
        "format": FORMAT,
        "amity": __version__,
        "created_at": clock.now().isoformat(),
        "postgres": held.server,
        "extensions": list(held.extensions),
        "tables": held.tables,
        "rows": held.rows,
        "migrations": migrations,
        "members": members,
    }


def _pack(tar: tarfile.TarFile, manifest: dict[str, Any], folder: Path) -> None:
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    for name, data in ((_MANIFEST, text), (_SEAL, hashlib.sha256(text).hexdigest().encode())):
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
        tar.addfile(entry, io.BytesIO(data))
    for name in manifest["members"]:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = (folder / name).stat().st_size, 0o600, int(time.time())
        with (folder / name).open("rb") as file:
            tar.addfile(entry, file)


@contextmanager
def _rounded(path: Path) -> Iterator[IO[bytes]]:
    """A new private file, on disk for certain when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _publish(finished: Path, path: Path) -> None:
    """Give the finished file its name; never over another one."""
    try:
        os.link(finished, path)
    except FileExistsError as error:
        message = _("%(path)s is there already: choose another name.") % {"path": path}
        raise Refused("backup_exists", message, 409) from error
    except OSError:  # a file system without hard links
        finished.rename(path)


# --- reading --------------------------------------------------------------------------------------


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        tar = tarfile.open(source, mode="r:")  # noqa: SIM115 - closed below; only opening may fail with OSError
    except (tarfile.TarError, OSError) as error:
        raise _damaged(source, str(error)) from error
    with tar:
        try:
            yield tar
        except tarfile.TarError as error:
            raise _damaged(source, str(error)) from error


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    """Copy the members out, checking each against the manifest on the way."""
    with _opened(source) as tar:
        manifest = _read_manifest(tar)
        for name in _MEMBERS:
            if name in manifest["members"]:
                _copy_out(tar, name, folder / name, manifest["members"][name])
        if not (folder / _DUMP).exists():
            raise _damaged(source, _DUMP)
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    text, seal = _read(tar, _MANIFEST), _read(tar, _SEAL)
    if hashlib.sha256(text).hexdigest().encode() != seal.strip():
        raise _damaged(tar.name, _MANIFEST)
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    with _member(tar, name) as file:
        return file.read(_MANIFEST_LIMIT)


def _copy_out(tar: tarfile.TarFile, name: str, target: Path, expected: dict[str, Any]) -> None:
    digest = hashlib.sha256()
    with _member(tar, name) as file, _rounded(target) as copy:
        while block := file.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    if digest.hexdigest() != expected["sha256"]:
        raise _damaged(tar.name, name)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise _damaged(tar.name, name)
    return file


def _refuse_newer(manifest: dict[str, Any]) -> None:
    """A backup of a newer Amity has tables that this one does not know."""
    from django.db.migrations.loader import MigrationLoader

    on_disk = MigrationLoader(None).disk_migrations
    replaced = [old for migration in on_disk.values() for old in migration.replaces]
    known = {f"{app}.{name}" for app, name in [*on_disk, *replaced]}
    unknown = [name for name in manifest["migrations"] if name not in known]
    if manifest["format"] > FORMAT or unknown:
        message = _(
            "This backup was written by Amity %(theirs)s, this is %(ours)s: install that version or a later one."
        )
        raise Refused("backup_newer", message % {"theirs": manifest["amity"], "ours": __version__}, 409)


def _load(url: str, dump: Path, fresh: str, manifest: dict[str, Any]) -> None:
    from amity.events import api as events  # its tables need Django, which a restore starts late

    address = engines.load_database(url, dump, fresh, tuple(manifest["extensions"]))
    found = engines.database_contents(address).tables
    wrong = [table for table, rows in manifest["tables"].items() if found.get(table) != rows]
    if wrong:
        engines.drop_database(url, fresh)
        message = _("The restored database differs from the backup in: %(tables)s. The present data stays in use.")
        raise Refused("restore_incomplete", message % {"tables": ", ".join(wrong)}, 500)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        events.align_log(cursor)


def _put_key(config: Config, key: Path, moment: str) -> None:
    present = config.home / _KEY
    if config.secret_key or not key.exists() or (present.exists() and present.read_bytes() == key.read_bytes()):
        return
    if present.exists():
        present.rename(present.with_name(f"{_KEY}.{moment}"))
    key.chmod(0o600)
    key.rename(present)


def _put_files(config: Config, folder: Path, moment: str) -> None:
    """Uploads beside those that are there; settings where there are none, else under another name to compare."""
    for path in sorted((folder / _SPREAD).rglob("*")):
        target = config.uploads / path.relative_to(folder / _SPREAD)
        if path.is_file() and not target.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(path, target)
    theirs, ours = folder / _SETTINGS, config.home / _SETTINGS
    if not theirs.exists() or (ours.exists() and ours.read_bytes() == theirs.read_bytes()):
        return
    theirs.chmod(0o600)
    theirs.rename(ours.with_name(f"{_SETTINGS}.{moment}") if ours.exists() else ours)


def _spread(packed: Path, root: Path) -> None:
    """Unpack files into a folder, leaving alone what is there."""
    if packed.exists():
        with tarfile.open(packed) as tar:
            for entry in tar:
                _put_upload(tar, entry, root)


def _put_upload(tar: tarfile.TarFile, entry: tarfile.TarInfo, root: Path) -> None:
    """One uploaded file, never outside of the folder and never over one that is there."""
    target = (root / entry.name).resolve()
    if not entry.isfile() or not target.is_relative_to(root.resolve()) or target.exists():
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _member(tar, entry.name) as file, _rounded(target) as copy:
        shutil.copyfileobj(file, copy, _BLOCK)


# --- both -----------------------------------------------------------------------------------------


@contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    """A private folder on the same disk, gone at the end."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".amity-", dir=parent))
    except OSError as error:
        message = _("Cannot write in %(path)s: %(reason)s.") % {"path": parent, "reason": error.strerror}
        raise Refused("backup_folder", message) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _url(config: Config) -> str:
    return config.database_url or engines.embedded_postgres(config.home).ensure_running()


def _applied_migrations(url: str) -> list[str]:
    """``app.name`` of every migration the database has seen; none for one that was never migrated."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        try:
            rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
        except psycopg.errors.UndefinedTable:
            return []
    return [f"{app}.{name}" for app, name in rows]


def _measure(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _summary(path: Path, manifest: dict[str, Any], began: float, kept: str = "") -> Summary:
    return Summary(
        file=str(path),
        bytes=path.stat().st_size,
        created_at=datetime.fromisoformat(manifest["created_at"]),
        amity=manifest["amity"],
        postgres=manifest["postgres"],
        tables=len(manifest["tables"]),
        rows=manifest["rows"],
        seconds=round(time.monotonic() - began, 1),
        kept=kept,
    )


def _damaged(source: object, what: str) -> Refused:
    message = _("%(path)s is not a whole backup of Amity (%(what)s). Take another copy; nothing was changed.")
    return Refused("backup_damaged", message % {"path": source, "what": what})

"""Connectors to folders: each file is read once; one that changed is read again, and its known rows are passed over."""

from __future__ import annotations

import fnmatch
import hashlib
import time
from pathlib import Path

import msgspec
from django.conf import settings as django_settings
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.events import doors
from amity.events.connector_kinds import FileNote, Json, Piece, Reading, sample_of, settings_as
from amity.events.models import ConnectorFile

SETTLE_S = 5.0  # a file that changed this recently may still be written
MAX_FILES = 10_000


class FolderSettings(msgspec.Struct, forbid_unknown_fields=True):
    """A folder on this machine, and which of its files."""

    folder: str
    pattern: str = "*.csv"


def allowed_roots(own: str, extra: tuple[str, ...]) -> list[Path]:
    """Folders that may be used: one under the home, and those that the operator named."""
    return [Path(django_settings.CONFIG.home) / own, *(Path(name).expanduser() for name in extra)]


def folder_under(folder: str, roots: list[Path]) -> Path:
    """``folder`` (relative ones stand in the first root), links followed. Raises ``Refused("bad_folder")``."""
    path = (roots[0] / folder).resolve()
    if not any(path.is_relative_to(root.resolve()) for root in roots):
        named = ", ".join(str(root) for root in roots)
        raise Refused("bad_folder", _("This folder may not be used. Allowed: {folders}").format(folders=named))
    return path


def inbox_folders() -> list[Path]:
    """Folders out of which connectors may read."""
    return allowed_roots("inbox", django_settings.CONFIG.connector_folders)


def file_cleaned(path: Path) -> None:
    """Lines about somebody were taken out of a file, or all of it: connectors that have read it do not read it again.

    1 query and 1 for each connector that knows the file.
    """
    known = ConnectorFile.objects.filter(name=path.name, finished_at__isnull=False).select_related("connector")
    for row in known:
        folder = inbox_folders()[0] / str(row.connector.settings.get("folder", ""))
        if path.is_file() and folder.resolve() == path.parent.resolve():
            stat = path.stat()
            row.size, row.modified_ns, row.sha256 = stat.st_size, stat.st_mtime_ns, _hash(path)
            row.save(update_fields=["size", "modified_ns", "sha256"])


class FolderReader:
    """Reads one file after the other, the oldest first."""

    def check(self, settings: Json) -> Json:
        found: FolderSettings = settings_as(FolderSettings, settings)
        self._folder(found)
        if not found.pattern or "/" in found.pattern or len(found.pattern) > 100:
            raise Refused("bad_connector", _("The pattern is one of file names, such as *.csv."))
        stored: Json = msgspec.to_builtins(found)
        return stored

    def read(self, reading: Reading) -> Piece:
        settings: FolderSettings = settings_as(FolderSettings, reading.settings)
        folder = self._folder(settings)
        position = reading.position
        if not position.get("file"):
            known = _known(reading)
            path = next((each for each in _waiting(folder, settings.pattern) if _is_new(each, known)), None)
            if path is None:
                return Piece([], {}, False)
            return self._begin(path, known, reading)
        return self._go_on(folder, position, reading)

    def _folder(self, settings: FolderSettings) -> Path:
        path = folder_under(settings.folder, allowed_roots("inbox", django_settings.CONFIG.connector_folders))
        if not path.is_dir():
            raise Refused("no_folder", _("There is no folder {folder}.").format(folder=path))
        return path

    def _begin(self, path: Path, known: dict[str, ConnectorFile], reading: Reading) -> Piece:
        stat = path.stat()
        sha256 = _hash(path)
        before = known.get(path.name)
        note = FileNote(path.name, stat.st_size, stat.st_mtime_ns, sha256, before.rows if before else 0, True)
        if any(each.sha256 == sha256 and each.finished_at for each in known.values()):
            return Piece([], {}, True, files=[note])  # touched, renamed or copied: its rows are known
        try:
            tables = doors.file_reader().tables(path)
        except Refused as error:
            return Piece([], {}, True, [error.message], [_with(note, 0, True, error.message)])
        position = {
            "file": path.name, "sha256": sha256, "size": stat.st_size, "modified_ns": stat.st_mtime_ns,
            "tables": msgspec.to_builtins(tables), "table": 0, "row": 0, "rows": 0,
        }  # fmt: skip
        return self._go_on(path.parent, position, reading)

    def _go_on(self, folder: Path, position: Json, reading: Reading) -> Piece:
        path = folder / position["file"]
        if not path.is_file() or path.stat().st_mtime_ns != position["modified_ns"]:
            return Piece([], {}, True)  # it changed while being read: begin again with what it is now
        table = msgspec.convert(position["tables"][position["table"]], doors.FileTable)
        piece = doors.file_reader().rows(table, position["row"], reading.limit)
        rows = [sample_of(row, f"{path.name}\0{table.name}\0{number}\0".encode()) for number, row in piece.rows]
        behind = position | {"row": piece.last_row, "rows": position["rows"] + len(rows)}
        if piece.last_row >= table.rows or piece.last_row <= position["row"]:
            behind |= {"table": position["table"] + 1, "row": 0}
        done = behind["table"] >= len(position["tables"])
        note = FileNote(path.name, position["size"], position["modified_ns"], position["sha256"], behind["rows"], done)
        return Piece(rows, {} if done else behind, True, list(piece.rejected), [note])


def _waiting(folder: Path, pattern: str) -> list[Path]:
    """Files that match and have settled, oldest first."""
    newest = time.time() - SETTLE_S
    found = [path for path in sorted(folder.iterdir())[:MAX_FILES] if fnmatch.fnmatch(path.name, pattern)]
    settled = [path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_mtime <= newest]
    return sorted(settled, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _is_new(path: Path, known: dict[str, ConnectorFile]) -> bool:
    before, stat = known.get(path.name), path.stat()
    return (
        before is None
        or (before.size, before.modified_ns) != (stat.st_size, stat.st_mtime_ns)
        or not before.finished_at
    )


def _known(reading: Reading) -> dict[str, ConnectorFile]:
    rows = ConnectorFile.objects.filter(connector_id=reading.connector_id) if reading.connector_id else []
    return {row.name: row for row in rows}


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def _with(note: FileNote, rows: int, finished: bool, sentence: str) -> FileNote:
    return FileNote(note.name, note.size, note.modified_ns, note.sha256, rows, finished, sentence)

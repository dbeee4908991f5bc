"""Uploaded files of an import: moved to the data folder under their own names, removed when nothing came of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils.translation import gettext as _

from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.base.words import filesize
from amity.people.imports import plan
from amity.people.imports.plan import ENDINGS, MAX_FILES
from amity.people.models import Import, ImportFile

Upload = Any  # django.core.files.uploadedfile.UploadedFile, generic only in its stubs
READ_AT_ONCE = 50 * 1024**2  # bytes that are read while the person waits; more is read as a job
_UNCLAIMED = timedelta(days=1)  # an upload that no import refers to
_AT_WORK = (Import.State.RUNNING, Import.State.CHECKING, Import.State.UNDOING)
_NAME = re.compile(r"[^\w .,()\[\]+@&'’–-]")


def keep(files: Sequence[Upload]) -> tuple[UUID, list[Path]]:
    """Put the uploads into a folder of their own; returns its id and the paths of what may be tables."""
    wanted = [file for file in files if _name(file).lower().endswith(ENDINGS)] or list(files)
    if not wanted:
        raise Refused("no_files", _("Choose the files to import first."))
    if len(wanted) > MAX_FILES:
        raise Refused(
            "too_many_files", _("More than %(limit)s files at once: import them in parts.") % {"limit": MAX_FILES}
        )
    size, limit = sum(file.size or 0 for file in wanted), settings.CONFIG.import_max_bytes
    if size > limit:
        raise Refused(
            "file_too_large", _("Together the files are larger than %(limit)s.") % {"limit": filesize(limit)}, 413
        )
    upload_id = new_id()
    return upload_id, [_stored(file, folder_of(upload_id) / str(at)) for at, file in enumerate(wanted, 1)]


def folder_of(upload_id: UUID) -> Path:
    """Where the files of an upload lie."""
    folder: Path = settings.CONFIG.uploads / str(upload_id)
    return folder


def forget(upload_id: UUID) -> None:
    """Remove an upload that became no import."""
    shutil.rmtree(folder_of(upload_id), ignore_errors=True)


def paths_of(upload_id: UUID) -> list[Path]:
    """The files of an upload, in the order in which they came."""
    files = [path for path in folder_of(upload_id).glob("*/*") if path.is_file()]
    return sorted(files, key=lambda path: int(path.parent.name))


def read(upload_id: UUID, staff_id: UUID | None) -> None:
    """Propose an import of a kept upload, once; an upload that cannot be read is removed."""
    if ImportFile.objects.filter(path__startswith=str(folder_of(upload_id))).exists():
        return
    try:
        plan.propose(paths_of(upload_id), staff_id=staff_id)
    except Refused:
        forget(upload_id)
        raise


def clear_old(days: int | None = None) -> int:
    """Remove uploads whose import has ended long ago or was undone, and those that became none; returns how many.

    ``days``: kept so long after their import (none: as the setting says). 1 query.
    """
    gone = spent(days)
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def spent(days: int | None = None) -> list[Path]:
    """The folders that `clear_old` removes. 1 query."""
    if not settings.CONFIG.uploads.is_dir():
        return []
    now, found = clock.now(), []
    kept_until = _kept_until(now + timedelta(days=1), settings.CONFIG.upload_days if days is None else days)
    for folder in list(settings.CONFIG.uploads.iterdir()):
        touched = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        if kept_until.get(folder.name, touched + _UNCLAIMED) <= now:
            found.append(folder)
    return found


def _kept_until(always: datetime, days: int) -> dict[str, datetime]:
    """By folder of an upload, when its files may go; ``always`` for those that are being read or put back."""
    root, found = str(settings.CONFIG.uploads) + "/", dict[str, datetime]()
    rows = ImportFile.objects.filter(path__startswith=root)
    kept = timedelta(days=days)
    for path, state, created, finished in rows.values_list(
        "path", "run__state", "run__created_at", "run__finished_at"
    ).iterator():
        name = path.removeprefix(root).split("/")[0]
        until = always if state in _AT_WORK else (finished or created) + kept
        if state == Import.State.UNDONE:
            until = finished or created
        found[name] = max(found.get(name, until), until)
    return found


def size_of(paths: Sequence[Path]) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in paths)


def _stored(file: Upload, folder: Path) -> Path:
    folder.mkdir(parents=True, mode=0o700)
    path = folder / _name(file)
    if isinstance(file, TemporaryUploadedFile):
        shutil.move(file.temporary_file_path(), path)
    else:
        with path.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
    path.chmod(0o600)
    return path


def _name(file: Upload) -> str:
    """The file's own name without folders or characters that mean something to a file system."""
    base = (file.name or "").replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, ending = _NAME.sub("_", base).strip(" .").rpartition(".")
    return f"{stem[:100]}{dot}{ending[:20]}" if stem else f"file{dot}{ending[:20]}" if ending else "file"

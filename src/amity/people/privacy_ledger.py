"""The erase ledger: in the database, and in a file of the data folder that no backup holds and no restore replaces.

An entry has no personal data: of what a person was known by, only hashes are kept, made with a key that lies beside
the file and never in the database. Whoever has the folder can tell a person again (to erase them from a restored
backup, or to recognise them in an import); whoever has only the database cannot.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from amity.base import clock
from amity.people.models import ErasedMark, Erasure
from amity.people.privacy_needles import Needle, normal

_FOLDER, _FILE, _KEY = "erased", "ledger.jsonl", "key"


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure as the file tells it. ``marks``: (kind, hash)."""

    id: str
    at: str
    reason: str
    source: str
    by: str | None
    request: str | None
    marks: list[tuple[str, str]]


def folder() -> Path:
    """Where ledger and key lie."""
    path: Path = settings.CONFIG.home / _FOLDER
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def key() -> bytes:
    """The key of the hashes; made once."""
    path = folder() / _KEY
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    with os.fdopen(fd, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    return bytes.fromhex(path.read_text().strip())


def hasher() -> Callable[[str], str]:
    """What a token's mark is."""
    own = key()
    return lambda token: hmac.new(own, token.encode(), hashlib.sha256).hexdigest()


def marks(needles: Iterable[Needle]) -> list[tuple[str, str]]:
    """Marks of what somebody is known by; names are no identifiers."""
    mark = hasher()
    return sorted({(each.kind, mark(each.known_again)) for each in needles if each.kind != "name"})


def append(entry: Entry) -> None:
    """Write an entry to the file, on disk for certain; an entry that is there stays once."""
    if any(known.id == entry.id for known in entries()):
        return
    path = folder() / _FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(json.dumps(asdict(entry)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entries() -> Iterator[Entry]:
    """The file's entries, oldest first; a line that was cut off by a crash is none."""
    path = folder() / _FILE
    if not path.exists():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            continue
        yield Entry(**{**values, "marks": [(kind, mark) for kind, mark in values["marks"]]})


def note(entry: Entry, counts: Mapping[str, int], replayed: datetime | None = None) -> Erasure:
    """The entry in the database, in the caller's transaction."""
    row, _made = Erasure.objects.update_or_create(
        pk=UUID(entry.id),
        defaults={
            "at": datetime.fromisoformat(entry.at),
            "reason": entry.reason,
            "source": entry.source,
            "by": UUID(entry.by) if entry.by else None,
            "request_id": UUID(entry.request) if entry.request else None,
            "counts": dict(counts),
            "replayed_at": replayed,
        },
    )
    ErasedMark.objects.filter(erasure=row).delete()
    ErasedMark.objects.bulk_create([ErasedMark(erasure=row, kind=kind, mark=mark) for kind, mark in entry.marks])
    return row


def missing() -> list[Entry]:
    """Entries of the file that this database does not know: it was restored from before them. 1 query."""
    told = list(entries())
    if not told:
        return []
    known = {str(pk) for pk in Erasure.objects.filter(pk__in=[entry.id for entry in told]).values_list("pk", flat=True)}
    return [entry for entry in told if entry.id not in known]


def write_missing_to_file() -> int:
    """The other way round: a file that was lost is written anew from the database. The key cannot be."""
    told = {entry.id for entry in entries()}
    lost = [row for row in Erasure.objects.prefetch_related("marks").order_by("at") if str(row.pk) not in told]
    for row in lost:
        found = [(each.kind, each.mark) for each in row.marks.all()]
        by, request = (str(value) if value else None for value in (row.by, row.request_id))
        append(Entry(str(row.pk), row.at.isoformat(), row.reason, row.source, by, request, found))
    return len(lost)


def returned(known_by: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (kind, value) belonged to somebody who was erased; noted in the ledger. 1 query, 2 when some."""
    pairs = list(known_by)
    if not pairs or not ErasedMark.objects.exists():
        return set()
    mark = hasher()
    by_mark = {mark(Needle(kind, value).known_again): (kind, value) for kind, value in pairs if normal(kind, value)}
    rows = ErasedMark.objects.filter(mark__in=list(by_mark))
    found = {by_mark[each] for each in rows.values_list("mark", flat=True)}
    if found:
        with transaction.atomic():
            rows.update(returned=F("returned") + 1, returned_at=clock.now())
    return found

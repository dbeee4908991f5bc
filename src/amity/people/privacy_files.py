"""Files in the data folder in which somebody may stand: uploads of imports, files handed on, logs, kept letters.

Rows and lines about the person are taken out. A file whose rows cannot be taken out one by one (a workbook, an archive
of several tables) is removed, when its import has ended. Log lines are overwritten in place, because processes go on
writing to them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

from django.conf import settings

from amity.events import api as events
from amity.people.models import ImportFile, Person
from amity.people.privacy_needles import WHOLE, Matcher, document, leaves, pruned

_LOGS = (".log", ".jsonl", ".log.1")
_LINES = (".jsonl", ".ndjson", ".jsonlines")
_TABLES = (".csv", ".tsv", ".txt", ".tab")
_BIG = 256 * 1024**2  # bytes
_MOST_SHOWN = 1_000  # lines of a file that an export tells


@dataclass(slots=True)
class Hits:
    """A file with lines about the person. ``kind``: upload, handed_on, inbox, log. ``how``: lines, whole."""

    path: Path
    kind: str
    how: str
    lines: list[str] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Folders:
    """Where to look. A replay looks at files that are about to be put back."""

    uploads: Path
    handed_on: tuple[Path, ...]
    logs: tuple[Path, ...]
    inbox: tuple[Path, ...] = ()  # of connectors


def folders() -> Folders:
    """Where this installation keeps files."""
    config = settings.CONFIG
    handed_on = (config.home / "exports", config.home / "outbox", *(Path(folder) for folder in config.export_folders))
    logs = (config.home / "logs", config.home / "postgres" / "log")
    return Folders(config.uploads, handed_on, logs, tuple(events.inbox_folders()))


def find(matcher: Matcher, where: Folders, keys: dict[str, set[str]]) -> Iterator[Hits]:
    """Every file with lines about the person. ``keys``: their ids in other systems, by system."""
    yield from _each(matcher, where, keys, clean=False)


def clean(matcher: Matcher, where: Folders, keys: dict[str, set[str]]) -> list[Hits]:
    """Take the person out of every file; what was done."""
    return list(_each(matcher, where, keys, clean=True))


def keys_of(ids: Sequence[UUID]) -> dict[str, set[str]]:
    """The person's ids in other systems, by system. 1 query."""
    found: dict[str, set[str]] = {}
    for key in Person.objects.filter(pk__in=ids, key__isnull=False).values_list("key", flat=True):
        system, _sep, bare = str(key).partition(":")
        found.setdefault(system, set()).add(bare)
    return found


def _each(matcher: Matcher, where: Folders, keys: dict[str, set[str]], *, clean: bool) -> Iterator[Hits]:
    columns = _key_columns(where.uploads, keys)
    for path in _files(where.uploads):
        relative = path.relative_to(where.uploads)
        if hits := _in_file(path, "upload", matcher, columns.get(str(relative), {}), clean=clean):
            yield hits
    for folder in where.handed_on:
        for path in _files(folder):
            if hits := _in_file(path, "handed_on", matcher, {}, clean=clean):
                yield hits
    for folder in where.inbox:
        for path in _files(folder):
            if hits := _in_file(path, "inbox", matcher, {}, clean=clean):
                if clean:
                    events.file_cleaned(path)  # what is left in it is known: nothing is read twice
                yield hits
    for folder in where.logs:
        for path in _files(folder):
            if path.name.endswith(_LOGS) and (hits := _in_log(path, matcher, clean=clean)):
                yield hits


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _key_columns(uploads: Path, keys: dict[str, set[str]]) -> dict[str, dict[str, set[str]]]:
    """By upload: columns that hold people's ids in their old system, with those of this person. 1 query."""
    found: dict[str, dict[str, set[str]]] = {}
    if not keys:
        return found
    rows = ImportFile.objects.filter(run__system__in=list(keys)).values_list("path", "noun", "mapping", "run__system")
    for path, noun, mapping, system in rows:
        wanted = ("external_id", "person") if noun == "person" else ("person",)
        columns = {name: keys[system] for name, to in mapping.get("columns", {}).items() if to in wanted}
        parts = Path(path).parts[-3:]  # <upload>/<number>/<name>
        found[str(Path(*parts))] = columns
    return found


def _in_file(path: Path, kind: str, matcher: Matcher, keys: dict[str, set[str]], *, clean: bool) -> Hits | None:
    if path.stat().st_size > _BIG:
        return _big(path, kind, matcher, clean=clean)
    packed = path.suffix == ".gz"
    bare = Path(path.stem) if packed else path
    raw = path.read_bytes()
    if path.suffix == ".eml" or raw[:4] == b"PK\x03\x04" or not _is_text(gzip.decompress(raw) if packed else raw):
        return _whole(path, kind, raw, matcher, clean=clean)
    text, encoding = _decoded(gzip.decompress(raw) if packed else raw)
    hits = Hits(path, kind, "lines")
    if bare.suffix in _LINES:
        left = _lines(text, matcher, hits)
    elif bare.suffix == ".json":
        left = _json(text, matcher, hits)
    else:
        left = _table(text, matcher, keys, hits)
    if not hits.count:
        return None
    if clean:
        data = left.encode(encoding)
        _replace(path, gzip.compress(data, mtime=0) if packed else data)
    return hits


def _big(path: Path, kind: str, matcher: Matcher, *, clean: bool) -> Hits | None:
    """Too large to be written anew: read line by line, and removed when the person is found."""
    hits = Hits(path, kind, "whole")
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for raw in file:
            if matcher.hit(line := raw.decode("utf-8", "replace")):
                hits.count += 1
                hits.lines.append(line.rstrip("\r\n")[:20_000])
                if clean or hits.count >= _MOST_SHOWN:
                    break
    if hits.count and clean:
        path.unlink()
    return hits if hits.count else None


def _is_text(data: bytes) -> bool:
    return b"\x00" not in data[:4096] or data[:2] in (b"\xff\xfe", b"\xfe\xff")


def _decoded(data: bytes) -> tuple[str, str]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), "utf-16"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"  # bytes come back as they were


def _lines(text: str, matcher: Matcher, hits: Hits) -> str:
    return "".join(_kept(text.splitlines(keepends=True), lambda line: matcher.hit(_told(line)), hits))


def _told(line: str) -> str:
    """A line of JSON with its escapes read."""
    value = document(line.encode())
    return line if isinstance(value, str) else " ".join(leaves(value))


def _json(text: str, matcher: Matcher, hits: Hits) -> str:
    before = document(text.encode())
    if not any(matcher.hit(leaf) for leaf in leaves(before)):
        return text
    left = pruned(before, matcher)
    hits.count, hits.lines = 1, [json.dumps(before, ensure_ascii=False)[:20_000]]
    return "[]" if left is WHOLE else json.dumps(left, ensure_ascii=False)


def _table(text: str, matcher: Matcher, keys: dict[str, set[str]], hits: Hits) -> str:
    """Records of a delimited file; one may run over several lines inside quotes."""
    records = list(_records(text))
    if not keys:
        return "".join(_kept(records, matcher.hit, hits))
    separator = max(",;\t|", key=(records[0] if records else "").count)
    heading = next(csv.reader([records[0]], delimiter=separator), []) if records else []
    at = {number: keys[name] for number, name in enumerate(heading) if name in keys}

    def about(record: str) -> bool:
        cells = next(csv.reader(io.StringIO(record), delimiter=separator), [])
        mine = any(number < len(cells) and cells[number].strip() in known for number, known in at.items())
        return mine or matcher.hit(record)

    return "".join(_kept(records, about, hits))


def _records(text: str) -> Iterator[str]:
    waiting = ""
    for line in text.splitlines(keepends=True):
        waiting += line
        if waiting.count('"') % 2 == 0 or waiting.count("\n") > 500:
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def _kept(records: list[str], about: Callable[[str], bool], hits: Hits) -> Iterator[str]:
    for record in records:
        if not about(record):
            yield record
            continue
        hits.count += 1
        if len(hits.lines) < _MOST_SHOWN:
            hits.lines.append(record.rstrip("\r\n"))


def _whole(path: Path, kind: str, raw: bytes, matcher: Matcher, *, clean: bool) -> Hits | None:
    """A workbook, an archive, a columnar file: read for the person, and removed as a whole."""
    texts = list(_inside(path, raw))
    found = [text for text in texts if matcher.hit(text)]
    if not found:
        return None
    if clean:
        path.unlink()
    return Hits(path, kind, "whole", found[:_MOST_SHOWN], len(found))


def _inside(path: Path, raw: bytes) -> Iterator[str]:
    """Rows of whatever the file holds, as text."""
    if path.suffix in (".xlsx", ".xlsm", ".ods", ".xls"):
        import polars as pl

        for sheet in pl.read_excel(path, sheet_id=0, has_header=False, infer_schema_length=0).values():
            yield from (" ".join(str(cell) for cell in row if cell is not None) for row in sheet.iter_rows())
    elif path.suffix == ".parquet":
        import polars as pl

        yield from (" ".join(map(str, row)) for row in pl.read_parquet(path).iter_rows())
    elif path.suffix == ".eml":
        letter = message_from_bytes(raw, policy=default)
        yield " ".join(map(str, letter.values()))
        yield from (str(part.get_content()) for part in letter.walk() if part.get_content_maintype() == "text")
    elif raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield from _records(_decoded(archive.read(name))[0])
    else:
        yield raw.decode("latin-1")


def _in_log(path: Path, matcher: Matcher, *, clean: bool) -> Hits | None:
    """Lines of a log; overwritten with as many spaces, so that whoever appends to it can go on."""
    hits = Hits(path, "log", "lines")
    with path.open("r+b" if clean else "rb") as file:
        at = 0
        for raw in iter(file.readline, b""):
            line = raw.decode("utf-8", "replace")
            if matcher.hit(_told(line)) or matcher.hit(line):
                hits.count += 1
                hits.lines.append(line.rstrip("\n")[:20_000])
                if clean:
                    file.seek(at)
                    file.write(b" " * len(raw.rstrip(b"\r\n")))
                    file.seek(at + len(raw))
            at += len(raw)
    return hits if hits.count else None


def _replace(path: Path, data: bytes) -> None:
    """Another content under the same name: all or nothing, readable by the owner only."""
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

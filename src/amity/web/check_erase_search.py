"""A byte search for planted strings: a plain dump of the database with its binary columns decoded, and files."""

from __future__ import annotations

import base64
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from amity.engines import api as engines

_HEX = re.compile(rb"\\\\x([0-9a-f]{2,})")
_PACKED = re.compile(rb"\.?(eJ[\w-]{16,})")  # Django's sessions: zlib in base64
_NOT_DATA = ("postgres", "backups")  # the server's own files, and backups, which are never served


def search(home: Path, planted: Mapping[str, str]) -> dict[str, list[str]]:
    """Where each planted string is found: ``{door: [place, …]}``; doors of which nothing is found are left out."""
    found: dict[str, list[str]] = {}
    for place, data in _everything(home):
        low = data.lower()
        for door, text in planted.items():
            if text.lower().encode() in low:
                found.setdefault(door, []).append(place)
    return found


def raw_files(home: Path, planted: Mapping[str, str]) -> set[str]:
    """The same in the server's own files, once every table was written anew and the server was stopped."""
    server = engines.embedded_postgres(home)
    with psycopg.connect(server.ensure_running(), autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert row is not None
    server.stop()
    found: set[str] = set()
    for path in (home / "postgres").rglob("*"):
        if path.is_file() and path.parts[-3:-1] == ("base", str(row[0])):
            low = path.read_bytes().lower()
            found |= {door for door, text in planted.items() if text.lower().encode() in low}
    return found


def _everything(home: Path) -> Iterator[tuple[str, bytes]]:
    dump = _dump(home)
    yield from ((f"database, {table}", data) for table, data in _tables(dump))
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        own_log = relative.parts[:2] == ("postgres", "log")
        if path.is_file() and (relative.parts[0] not in _NOT_DATA or own_log):
            yield from ((str(relative), data) for data in _unpacked(path))


def _dump(home: Path) -> bytes:
    """The whole database as text (pg_dump --format=plain)."""
    return engines.database_text(engines.embedded_postgres(home).ensure_running())


def _tables(dump: bytes) -> Iterator[tuple[str, bytes]]:
    """Each table's rows, and what its binary and packed columns hold."""
    for part in re.split(rb"(?m)^COPY ", dump)[1:]:
        name = part.split(b" ", 1)[0].decode()
        rows = part.split(b"\n\\.\n", 1)[0]
        decoded = [bytes.fromhex(match[1].decode()[: len(match[1]) // 2 * 2]) for match in _HEX.finditer(rows)]
        unpacked = [data for body in decoded for data in _inflated(body)]
        yield name, b"\n".join([rows, *decoded, *unpacked, *_sessions(rows)])


def _inflated(body: bytes) -> Iterator[bytes]:
    for width in (31, 15, -15):
        try:
            yield zlib.decompressobj(width).decompress(body)
            return
        except zlib.error:
            continue


def _sessions(rows: bytes) -> Iterator[bytes]:
    for match in _PACKED.finditer(rows):
        try:
            yield zlib.decompress(base64.urlsafe_b64decode(match[1] + b"=" * (-len(match[1]) % 4)))
        except (zlib.error, ValueError):
            continue


def _unpacked(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())

"""Bytes of an import file: plain, gzip or a zip member, with guards against bombs and broken archives."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from django.utils.translation import gettext as _

from amity.base.errors import Refused

BLOCK = 4 * 1024 * 1024
MAX_BYTES = 20 * 1024**3
MAX_MEMBERS = 200
MAX_RATIO = 250  # real tables shrink 5 to 50 times
RATIO_FREE = 64 * 1024 * 1024  # below this size any ratio is harmless

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")


class Guarded(io.RawIOBase):
    """A decompressing stream that refuses to grow past the limits, whatever the archive declares."""

    def __init__(self, raw: IO[bytes], packed: int, max_bytes: int) -> None:
        super().__init__()
        self._raw, self._packed, self._max = raw, max(packed, 1), max_bytes
        self._seen = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; raises ``Refused`` for a bomb, a truncated or a corrupt archive."""
        try:
            data = self._raw.read(BLOCK if size is None or size < 0 else size)
        except EOFError as error:
            raise Refused(
                "file_truncated", _("The archive ends in the middle: it was not copied completely. Copy it again.")
            ) from error
        except (OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise Refused("file_corrupt", _("The archive is damaged and cannot be opened. Export it again.")) from error
        self._seen += len(data)
        check_growth(self._seen, self._packed, self._max)
        return data

    def close(self) -> None:
        """Close the archive under it too."""
        self._raw.close()
        super().close()


def check_growth(size: int, packed: int, max_bytes: int) -> None:
    """Raise ``Refused("file_too_large")`` or ``Refused("file_bomb")`` for ``size`` bytes out of ``packed``."""
    if size > max_bytes:
        message = _("The file is larger than %(limit)s GB: split it and import the parts.")
        raise Refused("file_too_large", message % {"limit": round(max_bytes / 1024**3, 2)}, 413)
    if size > RATIO_FREE and size / max(packed, 1) > MAX_RATIO:
        raise Refused("file_bomb", _("The archive unpacks to far more than a table would: it is not opened."), 413)


def outer(path: Path) -> str:
    """How the file is packed: ``gzip``, ``zip``, ``sheet`` (a workbook), ``ole`` or ``plain``."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "ole"
    if head.startswith(_ZIP):
        return "sheet" if _is_workbook(path) else "zip"
    return "plain"


def members(path: Path, max_bytes: int = MAX_BYTES) -> list[zipfile.ZipInfo]:
    """The files in a zip that may hold tables; raises ``Refused`` for locked, broken or oversized archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if not _is_noise(info)]
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise Refused("file_corrupt", _("The archive is damaged and cannot be opened. Export it again.")) from error
    if len(found) > MAX_MEMBERS:
        message = _("The archive holds more than %(limit)s files: pack fewer of them.")
        raise Refused("file_too_many", message % {"limit": MAX_MEMBERS}, 413)
    if any(info.flag_bits & 1 for info in found):
        raise Refused("file_locked", _("The archive is locked with a password: unpack it and import the files."))
    check_growth(sum(info.file_size for info in found), path.stat().st_size, max_bytes)
    return found


@contextmanager
def opened(path: Path, member: str = "", max_bytes: int = MAX_BYTES) -> Iterator[IO[bytes]]:
    """The unpacked bytes of ``path`` (or of its zip ``member``), to be read in blocks."""
    size = path.stat().st_size
    check_growth(size, size, max_bytes)
    with path.open("rb") as raw:
        if member:
            with zipfile.ZipFile(raw) as archive:
                info = archive.getinfo(member)
                with archive.open(info) as inner:
                    yield _unpacked(inner, info.compress_size, max_bytes, member)
        else:
            packed = raw.peek(2)[:2].startswith(_GZIP)
            yield _guard(gzip.GzipFile(fileobj=raw), size, max_bytes) if packed else raw


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream in blocks of 4 MiB."""
    while block := stream.read(BLOCK):
        yield block


def fingerprint(path: Path, member: str = "", max_bytes: int = MAX_BYTES) -> tuple[str, int]:
    """SHA-256 and size in bytes of the unpacked content; one pass."""
    digest, size = hashlib.sha256(), 0
    with opened(path, member, max_bytes) as stream:
        for block in blocks(stream):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _unpacked(inner: IO[bytes], packed: int, max_bytes: int, member: str) -> IO[bytes]:
    if member.lower().endswith(".gz"):
        return _guard(gzip.GzipFile(fileobj=inner), packed, max_bytes)
    return _guard(inner, packed, max_bytes)


def _guard(stream: object, packed: int, max_bytes: int) -> IO[bytes]:
    return cast(IO[bytes], Guarded(cast(IO[bytes], stream), packed, max_bytes))


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return path.suffix.lower() in (".xlsx", ".xlsm", ".ods")
    return any(name.startswith("xl/workbook") for name in names) or "content.xml" in names


def _is_noise(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    return info.is_dir() or name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")

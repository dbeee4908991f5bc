"""Files that belong to rows of the database: encrypted before they leave the process, kept in a folder or over S3.

Every file has a key of its own (AES-256-GCM), which lies sealed at its front (`base.sealing`): a copy of the folder or
of the bucket is of no use without the installation's key, and a file whose key is gone is gone. What stores them only
ever sees opaque names and ciphertext.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amity.base import sealing
from amity.base.ids import new_id
from amity.engines.blobs_errors import BlobDamaged, BlobsDown, NoBlob

_MAGIC = b"AMB1"
_NONCE = 12
_KEY = re.compile(r"[a-z]{1,20}/[0-9a-f]{32}")


class Store(Protocol):
    """Where ciphertext lies. ``name`` is what `Blobs` made; all raise `BlobsDown`."""

    def write(self, name: str, data: bytes) -> None:
        """Keep it, whole or not at all."""

    def read(self, name: str) -> bytes:
        """What was kept; raises `NoBlob`."""

    def remove(self, name: str) -> None:
        """Forget it; what is not there is forgotten already."""

    def names(self, area: str) -> Iterator[tuple[str, datetime]]:
        """Every name of an area with the time it was kept (aware)."""


class Blobs:
    """Encrypted files by key."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, content: bytes, area: str = "file") -> str:
        """Keep ``content``; returns its key (at most 53 characters). ``area``: a lower-case word, who sweeps it."""
        key = f"{area}/{new_id().hex}"
        self.store.write(_checked(key), _closed(content, key))
        return key

    def get(self, key: str) -> bytes:
        """What was put; raises `NoBlob`, `BlobDamaged`, `BlobsDown`."""
        if not _KEY.fullmatch(key):
            raise NoBlob(key[:60])
        return _opened(self.store.read(key), key)

    def delete(self, key: str) -> None:
        """Forget it, for good; twice is once."""
        if _KEY.fullmatch(key):
            self.store.remove(key)

    def keys(self, area: str = "file") -> Iterator[tuple[str, datetime]]:
        """Every key of an area, with the time it was put."""
        return self.store.names(area)


class FolderStore:
    """A folder of this machine; files are readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, data: bytes) -> None:
        path = self._path(name)
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise BlobsDown(str(error)[:300]) from error

    def read(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise NoBlob(name) from error
        except OSError as error:
            raise BlobsDown(str(error)[:300]) from error

    def remove(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise BlobsDown(str(error)[:300]) from error

    def names(self, area: str) -> Iterator[tuple[str, datetime]]:
        for path in sorted((self.folder / area).glob("??/*")):
            if _KEY.fullmatch(f"{area}/{path.name}"):
                yield f"{area}/{path.name}", datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, name: str) -> Path:
        area, _slash, bare = name.partition("/")
        return self.folder / area / bare[-2:] / bare


def blobs() -> Blobs:
    """The files of this installation, as its settings say (``blobs_url``; empty: a folder)."""
    from django.conf import settings

    return _blobs(settings.CONFIG.blobs_url, settings.CONFIG.home / "blobs")


@lru_cache(maxsize=16)
def _blobs(url: str, folder: Path) -> Blobs:
    if not url:
        return Blobs(FolderStore(folder))
    from amity.engines.blobs_s3 import S3Store

    return Blobs(S3Store(url))


def _closed(content: bytes, key: str) -> bytes:
    own, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
    head = sealing.seal(base64.b64encode(own).decode()).encode()
    return _MAGIC + len(head).to_bytes(2) + head + nonce + AESGCM(own).encrypt(nonce, content, key.encode())


def _opened(data: bytes, key: str) -> bytes:
    """Reverse of `_closed`; the key of the file is part of what is checked, so files cannot be swapped."""
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(data[len(_MAGIC) : start])
    if data[: len(_MAGIC)] != _MAGIC or len(data) < end + _NONCE:
        raise BlobDamaged(key)
    own = base64.b64decode(sealing.unseal(data[start:end].decode("ascii", "replace")))
    try:
        return AESGCM(own).decrypt(data[end : end + _NONCE], data[end + _NONCE :], key.encode())
    except InvalidTag as error:
        raise BlobDamaged(key) from error


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key[:60]!r} is no key of a file")
    return key

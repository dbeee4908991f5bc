"""What can go wrong with stored files."""

from __future__ import annotations


class NoBlob(Exception):
    """There is no such file (any more)."""


class BlobDamaged(Exception):
    """The file is not what was put, or was put under another key of the installation."""


class BlobsDown(Exception):
    """Where files are kept does not answer; the text says why, without secrets."""

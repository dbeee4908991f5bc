"""Addresses of static files change with their content, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class StampedFiles(StaticFilesStorage):
    """``/static/dist/style.css?v=3f2a…``: files are served from where they are installed, nothing is collected."""

    def url(self, name: str | None) -> str:
        """Address of ``name`` with its stamp; a name that no app has stays as it is."""
        address = super().url(name)
        stamp = (_stamp if settings.DEBUG else _kept_stamp)(name or "")
        return f"{address}?v={stamp}" if stamp else address


def _stamp(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if path else ""


_kept_stamp = lru_cache(maxsize=1_000)(_stamp)

"""Homes for servers of the tests' own: short, outside pytest's closed folders, stopped and removed afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from amity.engines import api as engines


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home that the server's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="amity-test-"))
    folder.chmod(0o711)
    yield folder
    engines.embedded_postgres(folder).stop()
    shutil.rmtree(folder)

"""An installation whose letters stay in a folder of the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.CONFIG = replace(settings.CONFIG, home=tmp_path, mail_url="", mail_from="")
    yield tmp_path

"""What all tests share: names of rendered templates are noted, so that none goes untested."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.signals import template_rendered

_rendered: set[str] = set()


def _note(sender: object, template: object, **kwargs: object) -> None:
    name = getattr(template, "name", None)
    if name:
        _rendered.add(name)


@pytest.fixture(autouse=True, scope="session")
def _noted_templates() -> Iterator[None]:
    template_rendered.connect(_note)
    yield
    folder = os.environ.get("AMITY_RENDERED")
    if folder:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        path = Path(folder) / f"{os.getpid()}-{worker}.txt"
        path.write_text("\n".join(sorted(_rendered)))

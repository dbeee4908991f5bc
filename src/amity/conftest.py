"""What all tests share: names of rendered templates are noted, so that none goes untested."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.signals import template_rendered
from django.utils import translation
from hypothesis import settings

settings.register_profile("amity", deadline=None)  # speed belongs in the benches: this machine may be busy
settings.load_profile("amity")
_rendered: set[str] = set()
CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb", "--font-render-hinting=none",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit look into every table afterwards: they are slow ones."""
    for item in items:
        database = item.get_closest_marker("django_db")
        if database is not None and database.kwargs.get("transaction") and not item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.slow)


def _note(sender: object, template: object, **kwargs: object) -> None:
    name = getattr(template, "name", None)
    if name:
        _rendered.add(name)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """No test inherits the language that another one's request or job spoke."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True, scope="session")
def _noted_templates() -> Iterator[None]:
    template_rendered.connect(_note)
    yield
    folder = os.environ.get("RENDERED_TEMPLATES")
    if folder:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        path = Path(folder) / f"{os.getpid()}-{worker}.txt"
        path.write_text("\n".join(sorted(_rendered)))


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any,
    django_db_keepdb: bool, django_db_createdb: bool,
) -> Iterator[None]:  # fmt: skip
    """A copy of the one migrated database; --reuse-db keeps it, --create-db copies anew."""
    from django.conf import settings

    from amity.base.tests import emptying, template_database

    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        name = template_database.use_copy(keep=django_db_keepdb and not django_db_createdb)
    with emptying.quickly():
        yield
    # On the suite's own server the next run drops it: now, minutes would go by until the server has put away the files
    # of tables that tests emptied.
    if not django_db_keepdb and settings.CONFIG.database_url:
        with django_db_blocker.unblock():
            template_database.drop(name, before)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, one for all tests: a thread has room for one driver only."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed: apt install chromium")
        pytest.skip("Chromium is not installed: apt install chromium")
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as driver:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # its loop runs in the thread in which tests use the database
        opened = driver.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_ARGS)
        yield opened
        opened.close()

"""A throw-away installation for measurements: its own folder, its own embedded Postgres, removed afterwards."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from amity.engines import api as engines

_MINE = "AMITY_"


@contextmanager
def installation(keep: Path | None = None, **settings: object) -> Iterator[dict[str, str]]:
    """Environment of a new, migrated installation with these settings (``import_batch_rows=2000``, …).

    ``keep``: a folder in which it stays (stopped) for the next time.
    """
    home = keep.absolute() if keep else Path(tempfile.mkdtemp(prefix="amity-measure-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_MINE)}
    environment |= {f"{_MINE}{key.upper()}": str(value) for key, value in settings.items()}
    environment |= {f"{_MINE}HOME": str(home), "DJANGO_SETTINGS_MODULE": "amity.web.settings"}
    try:
        amity(environment, "migrate")
        yield environment
    finally:
        engines.embedded_postgres(home).stop()
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


def asked_number(argv: Sequence[str], check: str, about: str | None, name: str, usual: int) -> int:
    """The one optional number that ``amity check …`` takes; says what it is for on ``--help`` or anything else."""
    parser = argparse.ArgumentParser(prog=f"amity check {check}", description=about)
    parser.add_argument(name, type=int, nargs="?", default=usual, help=f"how many (default: {usual:,})")
    return int(vars(parser.parse_args(argv))[name])


def amity(environment: Mapping[str, str], *arguments: str) -> None:
    """Run one `amity` command to its end."""
    subprocess.run([sys.executable, "-m", "amity", *arguments], env=dict(environment), check=True, timeout=600)


def python(environment: Mapping[str, str], module: str, *arguments: str) -> int:
    """Run a module to its end in that installation; its output goes to ours."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], env=dict(environment), timeout=3600, check=False
    ).returncode

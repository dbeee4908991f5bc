"""Whoever was erased since a backup was written is erased from it, before it takes the place of the present data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.utils.translation import gettext as _

from amity.base.config import Config
from amity.base.errors import Refused

_SECONDS = 3 * 3600


def replay(config: Config, url: str, name: str, uploads: Path) -> None:
    """Bring the database ``name`` to this version's tables and apply the erase ledger to it and to ``uploads``.

    In a process of its own, because this one may be connected to the present database. Nothing is done where nobody
    was ever erased. Raises ``Refused("replay_failed")``.
    """
    if not (config.home / "erased" / "ledger.jsonl").exists():
        return
    environment = {
        **os.environ,
        "AMITY_HOME": str(config.home),
        "AMITY_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}")),
        "DJANGO_SETTINGS_MODULE": "amity.web.settings",
    }
    command = [sys.executable, "-m", "amity", "privacy", "replay", "--uploads", str(uploads)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [""]
        message = _("The erase ledger could not be applied to the backup (%(reason)s). The present data stays in use.")
        raise Refused("replay_failed", message % {"reason": reason[0]}, 500)

"""Which user of the operating system runs the server, and where this user can reach its data.

Postgres refuses to run as root. When root starts Amity, the server runs as the system user ``amity`` where
that exists, otherwise as ``nobody``. The home of root is usually closed to them (mode 0700) and stays so:
the data then lives in /var/lib/amity/<hash of home>, and <home>/postgres is a link to it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pwd
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amity.base.errors import Refused

_log = logging.getLogger(__name__)
_UNPRIVILEGED = ("amity", "nobody")
_UNQUOTABLE = ('"', "$", "`", "\\", "\n")  # initdb and pg_ctl hand paths to a shell within double quotes
_STATE = Path("/var/lib/amity")


@dataclass(frozen=True, slots=True)
class Owner:
    """The user that the server runs as."""

    uid: int
    gid: int
    name: str

    @property
    def steps_down(self) -> bool:
        """Whether we are root and the server must run as somebody else."""
        return os.geteuid() != self.uid

    def process_arguments(self) -> dict[str, Any]:
        """Keyword arguments for ``subprocess`` that make a program run as this user."""
        if not self.steps_down:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def folder(self, path: Path) -> Path:
        """Make (or check) a folder that only this user may enter."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.steps_down:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        status = path.lstat()
        if status.st_uid != self.uid or path.is_symlink():
            raise Refused("foreign_folder", f"{path} belongs to somebody else; remove it and start again.")
        path.chmod(0o700)
        return path


def of_server() -> Owner:
    """The present user, or for root the unprivileged one; raises ``Refused("no_system_user")``."""
    if os.geteuid() != 0:
        return _present()
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid, name)
    raise Refused(
        "no_system_user",
        "PostgreSQL does not run as root and there is neither a user 'amity' nor 'nobody'. "
        "Create one (useradd --system amity), run Amity as an ordinary user, or set AMITY_DATABASE_URL.",
    )


def _present() -> Owner:
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise Refused(
            "no_system_user",
            f"User id {os.geteuid()} has no name on this machine (/etc/passwd), which PostgreSQL needs. "
            "Add it, or set AMITY_DATABASE_URL.",
        ) from error
    return Owner(entry.pw_uid, os.getegid(), entry.pw_name)


def base_folder(home: Path, owner: Owner, vacate: Callable[[Path], None]) -> Path:
    """The folder that holds data, socket, logs and programs of this home's server; made when missing.

    ``vacate`` stops the servers in a folder that was left by an earlier home of the same path.
    """
    _check_home(home)
    entry = home / "postgres"
    if entry.exists():
        return entry.resolve()
    if entry.is_symlink():  # never begin with an empty database where there was a full one
        raise Refused(
            "state_gone",
            f"The database of {home} was kept in {entry.readlink()}, which is gone. Put that folder back; or remove "
            f"{entry} to start empty, and bring the data back with `amity restore`.",
        )
    if not owner.steps_down:
        entry.mkdir(mode=0o700)
        return entry.resolve()
    if _reachable(home.resolve(), owner):
        entry.mkdir()
        entry.chmod(0o711)
        return entry.resolve()
    return _state_folder(home, entry, vacate)


def _check_home(home: Path) -> None:
    if any(sign in str(home) for sign in _UNQUOTABLE):
        raise Refused(
            "home_unusable",
            f"PostgreSQL cannot work in {home}: choose an AMITY_HOME without quotes, $, ` or backslash.",
        )
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        holder = home.stat().st_uid
    except OSError as error:
        raise Refused("home_unusable", f"Cannot use the folder {home}: {error.strerror}. Set AMITY_HOME.") from error
    if holder != os.geteuid():
        raise Refused(
            "home_foreign", f"The folder {home} belongs to another user (id {holder}): run Amity as that user."
        )


def _reachable(folder: Path, owner: Owner) -> bool:
    """Whether ``owner`` may pass through ``folder`` and all folders above it (access lists are not looked at)."""
    for step in (folder, *folder.parents):
        status = step.stat()
        if status.st_uid == owner.uid:
            passes = status.st_mode & 0o100
        elif status.st_gid == owner.gid:
            passes = status.st_mode & 0o010
        else:
            passes = status.st_mode & 0o001
        if not passes:
            return False
    return True


def _state_folder(home: Path, entry: Path, vacate: Callable[[Path], None]) -> Path:
    """A folder outside the closed home, linked from it. One left by an earlier home of the same path is set aside."""
    target = _STATE / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    try:
        _STATE.mkdir(parents=True, exist_ok=True)
        _STATE.chmod(0o711)
        if target.exists():
            vacate(target)
            aside = target.rename(target.with_name(f"{target.name}.left-{int(time.time())}"))
            _log.warning("postgres.data_set_aside", extra={"folder": str(aside)})
        target.mkdir()
        target.chmod(0o711)
    except OSError as error:
        raise Refused(
            "state_unusable",
            f"{home} is closed to the user that runs PostgreSQL and {_STATE} cannot be used ({error.strerror}). "
            f"Run Amity as an ordinary user, open the way (chmod 711 {home}), or set AMITY_DATABASE_URL.",
        ) from error
    (target / "HOME").write_text(f"{home}\n")
    entry.symlink_to(target)
    return target

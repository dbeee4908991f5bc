"""`amity doctor`: what this installation needs, whether it has it, and what to do when not. Changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import amity
from amity.base import clock
from amity.base.config import Config, secret
from amity.base.errors import Refused
from amity.engines import api as engines

if TYPE_CHECKING:
    from amity.events import api as events

_DISK_BYTES = 2 * 1024**3
_MEMORY_BYTES = 512 * 1024**2
_POSTGRES_MAJOR = 15
_PYTHON = (3, 11)
_NEEDED_EXTENSIONS = {"pg_trgm", "unaccent"}
_HEARTBEAT_SECONDS = 60  # the worker beats every 10
_WEB_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``name`` is stable; ``remedy`` says what to do when not ``ok``, and is empty otherwise."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def checks(config: Config) -> list[Check]:
    """All findings, the machine first. Takes about a second, a few more when something does not answer.

    Starts the embedded database when it does not run. What needs the database is left out when it is unreachable.
    """
    broken = _set_up()
    if broken is not None:
        return [broken]
    answers = _answers(config)
    found = [_settings(config), _python(), _memory(), _disk(config), _front_end(), _port(config, answers)]
    found.append(_database(config))
    if found[-1].ok:
        found += [_extensions(), _migrations(), _models(), _worker(answers), _queue(), _consumers(), _segments()]
    return found


def alarms() -> list[Check]:
    """What keeps profiles from following what arrives: findings that are not well. 3 queries per consumer at most."""
    return [one for one in (_consumers(), _segments()) if not one.ok]


def _set_up() -> Check | None:
    """Start Django; without it there are no translations yet, so this one speaks English."""
    if apps.ready:
        return None
    try:
        django.setup()
    except Refused as error:
        name = "settings" if error.code == "bad_setting" else "database"
        return Check(name, False, f"{error.code}: {error}", str(error))
    except ImproperlyConfigured as error:
        return Check("settings", False, str(error), "Correct the settings named here (amity.toml or AMITY_ variables).")
    return None


def _settings(config: Config) -> Check:
    values = {"home": config.home, "mode": f"{config.home.stat().st_mode & 0o777:o}"}
    if not os.access(config.home, os.W_OK):
        return Check(
            "settings", False, _("%(home)s cannot be written.") % values, _("Run Amity as the folder's owner.")
        )
    secret(config)
    key = config.home / "secret.key"
    if key.exists() and key.stat().st_mode & 0o077:
        remedy = _("Close it: chmod 600 %(path)s") % {"path": key}
        return Check("settings", False, _("Other users can read the secret key."), remedy)
    return Check("settings", True, _("Home is %(home)s.") % values)


def _python() -> Check:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    remedy = _("Install Python %(version)s or newer.") % {"version": "{}.{}".format(*_PYTHON)}
    return _check("python", sys.version_info >= _PYTHON, version, remedy)


def _memory() -> Check:
    available = _available_memory()
    if available is None:
        return Check("memory", True, _("Not known on this system."))
    detail = _("%(mb)d MB available.") % {"mb": available >> 20}
    remedy = _("Stop other programs or add memory: training needs %(mb)d MB.") % {"mb": _MEMORY_BYTES >> 20}
    return _check("memory", available >= _MEMORY_BYTES, detail, remedy)


def _disk(config: Config) -> Check:
    """The home, and where the embedded database really lies when that is another disk."""
    folders = [config.home] if config.database_url else [config.home, (config.home / "postgres").resolve()]
    free = min(shutil.disk_usage(folder).free for folder in folders if folder.exists())
    detail = _("%(mb)d MB free.") % {"mb": free >> 20}
    remedy = _("Free at least %(mb)d MB, or move the home to a larger disk.") % {"mb": _DISK_BYTES >> 20}
    return _check("disk", free >= _DISK_BYTES, detail, remedy)


def _front_end() -> Check:
    folder = Path(amity.__file__).parent / "base" / "static" / "dist"
    built = folder.is_dir() and any(folder.iterdir())
    detail = _("Scripts and styles are built.") if built else _("Scripts and styles are missing.")
    return _check("front_end", built, detail, _("Build them: make install"))


def _port(config: Config, answers: bool) -> Check:
    values = {"address": f"{config.host}:{config.port}"}
    if answers:
        return Check("port", True, _("Amity answers on %(address)s.") % values)
    try:
        with socket.create_server((config.host, config.port), family=_family(config.host)):
            return Check("port", True, _("%(address)s is free; Amity is not running.") % values)
    except OSError:
        remedy = _("Stop the other program, or choose another port: amity up --port 8001")
        return Check("port", False, _("Another program holds %(address)s, or it may not be used.") % values, remedy)


def _database(config: Config) -> Check:
    try:
        [(number,)] = _rows("SHOW server_version_num")
    except DatabaseError as error:
        remedy = _("Check AMITY_DATABASE_URL and that the server runs; the embedded one logs to postgres/log.")
        return Check("database", False, str(error).strip(), remedy)
    version = int(number)
    values = {"version": f"{version // 10000}.{version % 10000}", "least": _POSTGRES_MAJOR}
    place = _("embedded") if not config.database_url else _("named by AMITY_DATABASE_URL")
    detail = _("PostgreSQL %(version)s, %(place)s.") % {**values, "place": place}
    remedy = _("Amity needs PostgreSQL %(least)d or newer.") % values
    return _check("database", version >= _POSTGRES_MAJOR * 10000, detail, remedy)


def _extensions() -> Check:
    present = {str(name) for (name,) in _rows("SELECT extname FROM pg_extension")}
    missing = sorted(_NEEDED_EXTENSIONS - present)
    if missing:
        statements = " ".join(f"CREATE EXTENSION {name};" for name in missing)
        remedy = _("As the database's administrator run: %(statements)s") % {"statements": statements}
        return Check("extensions", False, _("Missing: %(names)s.") % {"names": ", ".join(missing)}, remedy)
    listed = ", ".join(sorted(present & set(engines.POSTGRES_EXTENSIONS)))
    return Check("extensions", True, _("%(names)s.") % {"names": listed})


def _migrations() -> Check:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    detail = ngettext("%(count)d migration waits.", "%(count)d migrations wait.", waiting) % {"count": waiting}
    return _check("migrations", not waiting, detail if waiting else _("All applied."), _("Run: amity migrate"))


def _models() -> Check:
    if "intelligence_modelversion" not in connection.introspection.table_names():
        return Check("models", True, _("None yet."))
    query = "SELECT target, rung, created_at FROM intelligence_modelversion WHERE state = 'live' ORDER BY target"
    live = [f"{target} ({rung}, {moment:%Y-%m-%d})" for target, rung, moment in _rows(query)]
    return Check("models", True, ", ".join(live) if live else _("None yet: import data, then run amity train."))


def _worker(answers: bool) -> Check:
    if "procrastinate_workers" not in connection.introspection.table_names():
        return Check("worker", True, _("Not started yet."))
    [(beat,)] = _rows("SELECT max(last_heartbeat) FROM procrastinate_workers")
    age = None if beat is None else (clock.now() - beat).total_seconds()
    if age is not None and age < _HEARTBEAT_SECONDS:
        return Check("worker", True, _("Last sign of life %(seconds)d s ago.") % {"seconds": max(0, round(age))})
    if not answers:
        return Check("worker", True, _("Not running, and neither are the pages."))
    return Check(
        "worker", False, _("The pages run, the worker does not."), _("Start it: amity worker (or all: amity up)")
    )


def _queue() -> Check:
    """Jobs that claim to run although no worker lives that could run them."""
    if "procrastinate_jobs" not in connection.introspection.table_names():
        return Check("queue", True, _("Empty."))
    query = """
        SELECT count(*) FILTER (WHERE j.status = 'todo'), count(*) FILTER (WHERE j.status = 'doing' AND w.id IS NULL)
        FROM procrastinate_jobs j
        LEFT JOIN procrastinate_workers w ON w.id = j.worker_id AND w.last_heartbeat > now() - interval '1 minute'
        WHERE j.status IN ('todo', 'doing')
    """
    [(waiting, stuck)] = _rows(query)
    waits = ngettext("%(count)d job waits.", "%(count)d jobs wait.", waiting) % {"count": waiting}
    stays = ngettext("%(count)d job is stuck.", "%(count)d jobs are stuck.", stuck) % {"count": stuck}
    detail = f"{waits} {stays}" if stuck else waits
    return _check("queue", not stuck, detail, _("Restart the worker; it takes interrupted jobs up again."))


def _consumers() -> Check:
    """Consumers of events that are a minute behind, fail, or cannot reach their stream."""
    from amity.events import api as events  # not above: the doctor is read before Django has started

    found = events.standings()
    if not (behind := events.late(found)):
        waiting = sum(one.lag.rows for one in found if one.lag)
        text = ngettext("%(count)d event waits.", "%(count)d events wait.", waiting) % {"count": waiting}
        return Check("consumers", True, text)
    detail = "; ".join(f"{one.name}: {_trouble(one)}" for one in behind)
    return Check("consumers", False, detail, _("Start them (amity consumers, or all: amity up), or see their log."))


def _segments() -> Check:
    """Live segments whose members the nightly check found wrong, or whose timers nobody fires."""
    from amity.people import api as people

    found = people.segments.health()
    values = {"live": found.live, "people": found.differences, "waiting": found.overdue_timers}
    if found.differences:
        detail = _("The last nightly check found %(people)d wrong memberships and put them right.") % values
        return Check("segments", False, detail, _("See the log (segments.differ) and report it as a bug."))
    if found.overdue_timers:
        detail = _("%(waiting)d people wait for a time condition to be looked at.") % values
        return Check("segments", False, detail, _("Start the worker: amity worker (or all: amity up)"))
    return Check("segments", True, _("%(live)d live, in agreement with the last full check.") % values)


def _trouble(one: events.Standing) -> str:
    if one.error:
        return one.error
    if one.lag is None:
        return _("the stream cannot be reached")
    return _("%(seconds)d s behind") % {"seconds": one.lag.seconds}


def _check(name: str, ok: bool, detail: str, remedy: str) -> Check:
    return Check(name, ok, detail, "" if ok else remedy)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _answers(config: Config) -> bool:
    """Whether an Amity answers at the configured address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{shown}:{config.port}/healthz", timeout=_WEB_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _available_memory() -> int | None:
    """Bytes that programs can still get; the least of the machine's and the container's."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    values = {line.partition(":")[0]: line.partition(":")[2].split() for line in lines}
    machine = int(values["MemAvailable"][0]) * 1024
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (group / "memory.max").read_text().strip(), int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return machine
    return min(machine, int(limit) - used) if limit.isdigit() else machine

"""The long-running processes, each runnable alone: web, live and intake (granian, ASGI) and worker (procrastinate)."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import sysconfig
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from amity.base.config import Config
from amity.base.errors import Refused


def web(config: Config) -> NoReturn:
    """Replace this process by granian; its workers recycle themselves on crash.

    Pages run on ``web_threads`` threads per worker; what has an ASGI door of its own (`web.asgi`) does not wait for
    them.
    """
    _granian("amity.web.asgi:application", config.host, config.port, workers=config.web_workers)


def live(config: Config) -> NoReturn:
    """Replace this process by granian serving live updates of open pages only."""
    if not config.live_port:
        raise Refused("no_live_port", "Say where to listen: amity live --port 8002, or the setting live_port.")
    _granian("amity.web.asgi:live_only", config.host, config.live_port, workers=1)


def intake(config: Config) -> NoReturn:
    """Replace this process by granian taking events in; without Django, one worker."""
    if not config.intake_port:
        raise Refused("no_intake_port", "Say where to listen: amity intake --port 8001, or the setting intake_port.")
    target = "amity.events.intake:application"
    _granian(target, config.intake_host, config.intake_port, "--factory", "--http", "1", workers=1)


def _granian(target: str, host: str, port: int, *more: str, workers: int) -> NoReturn:
    from amity.web import supervisor

    supervisor.check_port(host, port)  # granian itself would share the port with a stranger
    script = Path(sysconfig.get_path("scripts")) / "granian"
    granian = str(script) if script.exists() else shutil.which("granian") or "granian"
    os.execv(  # noqa: S606
        granian,
        [
            granian, "--interface", "asgi", "--host", host, "--port", str(port), "--workers", str(workers),
            "--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "10",
            "--backpressure", "4096", "--no-ws", "--log-level", "warning", *more, target,
        ],
    )  # fmt: skip
    sys.exit(1)


def consumers(names: Sequence[str], others: Sequence[str] = ()) -> None:
    """Run consumers of events, not ``others``, until told to stop (SIGTERM lets each finish its batch)."""
    from amity.events import api as events

    stopped = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_args: stopped.set())
    events.run_consumers(names, stopped, others)


def worker(config: Config) -> None:
    """Do jobs until told to stop (SIGTERM lets running jobs finish, within a bound)."""
    from procrastinate.contrib.django import app

    from amity.people import api as people

    people.imports.revive()
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]

    async def run() -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=config.job_concurrency, shutdown_graceful_timeout=20, install_signal_handlers=True
            )

    asyncio.run(run())

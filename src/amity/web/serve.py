"""The two long-running processes, each runnable alone: web (granian, WSGI) and worker (procrastinate)."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import NoReturn

from amity.base.config import Config


def web(config: Config) -> NoReturn:
    """Replace this process by granian; its workers recycle themselves on crash."""
    from amity.web import supervisor

    supervisor.check_port(config.host, config.port)  # granian itself would share the port with a stranger
    script = Path(sysconfig.get_path("scripts")) / "granian"
    granian = str(script) if script.exists() else shutil.which("granian") or "granian"
    os.execv(  # noqa: S606
        granian,
        [
            granian, "--interface", "wsgi", "--host", config.host, "--port", str(config.port),
            "--workers", str(config.web_workers), "--blocking-threads", str(config.web_threads),
            "--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "10",
            "--backpressure", "64", "--no-ws", "--log-level", "warning", "amity.web.wsgi:application",
        ],
    )  # fmt: skip
    sys.exit(1)


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

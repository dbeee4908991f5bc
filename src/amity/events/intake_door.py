"""The intake inside the web process, so that a newcomer needs one port. It starts with the first event."""

from __future__ import annotations

import asyncio

from amity.base.config import Config
from amity.events.intake import Intake, Receive, Scope, Send, make
from amity.events.intake_http import is_intake

_START_SECONDS = 3.0  # how long the first event waits; then it is told to come again

__all__ = ["IntakeDoor", "is_intake"]


class IntakeDoor:
    """An ASGI application; one connection commits here, so that pages keep most of the database."""

    def __init__(self, config: Config, url: str) -> None:
        self.config, self.url = config, url
        self._intake: Intake | None = None
        self._began = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._intake is None:
            self._intake, self._began = make(self.config, self.url, lines=1), asyncio.get_running_loop().time()
            await self._intake.start()
        await self._ready(self._intake)
        await self._intake(scope, receive, send)

    async def _ready(self, intake: Intake) -> None:
        """The first events wait until there are keys and a line into the log, but not for long."""
        while not (intake.keys.loaded and intake.commits.up):
            if asyncio.get_running_loop().time() > self._began + _START_SECONDS:
                return
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Commit what waits, then end."""
        intake, self._intake = self._intake, None
        if intake is not None:
            await intake.stop()

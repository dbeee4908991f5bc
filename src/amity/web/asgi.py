"""The ASGI applications that granian serves: `application` is everything on one port, `live_only` the live process.

One port for a newcomer: `application` looks at the path and hands a request to its own door; whatever has no door
of its own is a page or the API, which Django answers in threads.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings

# Sets Django up; whatever imports models comes after it.
from amity.web.wsgi import application as pages  # isort: skip

from amity.web.bridge import Bridge, Receive, Scope, Send
from amity.web.chat_live import ChatLive
from amity.web.chat_live_http import is_chat
from amity.web.live import PATH as LIVE_PATH
from amity.web.live import Application, Live

Door = Callable[[str, str], bool]  # method, path


class Doors:
    """The first door that knows method and path takes the request; ``other`` takes the rest."""

    def __init__(self, doors: list[tuple[Door, Application]], other: Application, stop: list[Any]) -> None:
        self.doors, self.other, self.stop = doors, other, stop
        self._told_when_to_end = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            if not self._told_when_to_end:
                self._told_when_to_end = True
                _on_sigterm(self._end)
            method, path = scope["method"], scope["path"]
            app = next((app for knows, app in self.doors if knows(method, path)), self.other)
            await app(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._end()
        await send({"type": "lifespan.shutdown.complete"})

    async def _end(self) -> None:
        await asyncio.gather(*(stop() for stop in self.stop))


def _on_sigterm(end: Callable[[], Any]) -> None:
    """Run ``end()`` at SIGTERM: granian waits for open answers, and a stream would stay open for ever.

    The loop hears of the signal by its wake-up pipe, so granian's own handler runs as before.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def on_signal(sign: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(lambda: asyncio.ensure_future(end()))

    signal.signal(signal.SIGTERM, on_signal)
    signal.siginterrupt(signal.SIGTERM, False)


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """404 in plain words."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Nothing here.", "more_body": False})


def make_live() -> Live:
    """The live application, asking `access` who a session belongs to."""
    from amity.access import api as access

    return Live(access.principal_of_session, settings.SESSION_COOKIE_NAME)


def make_intake() -> tuple[Door, Any]:
    """Events of SDKs, by the same port as the pages."""
    from amity.events import api as events

    return events.is_intake, events.IntakeDoor(settings.CONFIG, settings.DATABASE_URL)


def _is_live(method: str, path: str) -> bool:
    return path == LIVE_PATH


live = make_live()
chat = ChatLive(settings.CONFIG, live)
is_intake, intake = make_intake()
application = Doors(
    [(_is_live, live), (is_chat, chat), (is_intake, intake)],
    Bridge(pages, settings.CONFIG.web_threads),
    [live.stop, chat.stop, intake.stop],
)
live_only = Doors([(_is_live, live), (is_chat, chat)], nothing_here, [live.stop, chat.stop])

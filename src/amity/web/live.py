"""The `live` process: open pages hear over server-sent events that what they show has changed.

``GET /live?watch=person:<id>&watch=job`` with the session cookie. An event names kinds and ids and nothing else;
the page asks for its parts again. Bare ASGI: Django's database layer is used in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs

from amity.base import live
from amity.web.bridge import Receive, Scope, Send
from amity.web.live_hub import ANY, Full, Hub, Key, Stream

PATH = "/live"
LISTEN_SECONDS = 10.0  # a stream is refused when the database has not answered by then
MAX_WATCHES = 50
_MAX_DELAY = 10.0
_PROBE_SECONDS = 15.0
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
log = logging.getLogger("amity.live")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between signs of life, between looks at the session, and how events are gathered and spaced."""

    heartbeat: float = 15.0
    check: float = 60.0  # how long a session that was ended may still hear
    # Told more often, fifty pages and five hundred visitors wait for the processor instead (p95 650 ms, not 310).
    gather: float = 0.03  # changes of the same moment go out together
    rest: float = 0.15  # between two events to one page, none before what it shows by itself or a customer's word
    rest_asked: float = 0.25  # instead where the database was asked what the reader may hear, none before what it shows


class Hears(Protocol):
    """What hears notices: each payload, that the line broke, and that it is there (again)."""

    def hear(self, payload: str) -> None: ...
    def lost(self) -> None: ...
    def found(self) -> None: ...


class Live:
    """The ASGI application: one hub and one listening connection per process, begun by the first reader."""

    def __init__(self, principal_of: Callable[[str], Any], cookie: str, pace: Pace | None = None) -> None:
        self.principal_of, self.cookie, self.pace = principal_of, cookie, pace or Pace()
        self.hub = Hub()
        self.beside: list[Hears] = []  # what else hears the notices of this process
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._listener: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await _refuse(send, 405, "Only GET works here.")
            return
        headers = dict(scope["headers"])
        session = _cookie(headers.get(b"cookie", b""), self.cookie)
        if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            await _refuse(send, 403, "Only Amity's own pages may listen.")
            return
        principal = await self._in_thread(self.principal_of, session) if session else None
        if principal is None:
            await _refuse(send, 401, "Sign in first.")
            return
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=MAX_WATCHES + 4)
        stream = Stream(session, principal, _keys(query.get("watch", [])))
        if not stream.keys:
            await _refuse(send, 400, "Say what to listen for: watch=person:<id>.")
            return
        await self._open(stream, headers, query, receive, send)

    async def stop(self) -> None:
        """End the listening connection and every stream."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None
        for stream in list(self.hub.streams):
            stream.principal = None
            stream.wake.set()
        self._pool.submit(_close_connections)
        self._pool.shutdown(wait=False)

    async def _open(
        self, stream: Stream, headers: dict[bytes, bytes], query: dict[str, list[str]], receive: Receive, send: Send
    ) -> None:
        try:
            await self.listening()
            self.hub.enter(stream)
        except TimeoutError:
            await _refuse(send, 503, "The database does not answer.", b"5")
            return
        except Full as full:
            await _refuse(send, 429 if full.mine else 503, "Too many pages listen already.", b"60")
            return
        try:
            last = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("last", [""])[0]
            self.hub.catch_up(stream, last, _number(query.get("since", [""])[0]))
            await self._serve(stream, receive, send)
        finally:
            self.hub.leave(stream)

    async def _serve(self, stream: Stream, receive: Receive, send: Send) -> None:
        """Write until the reader leaves or the session ends."""
        gone = asyncio.ensure_future(_gone(receive))
        writing = asyncio.ensure_future(self._write(stream, send))
        try:
            await asyncio.wait({gone, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, writing):
                task.cancel()
            results = await asyncio.gather(gone, writing, return_exceptions=True)
        for problem in results:
            if isinstance(problem, Exception) and not isinstance(problem, OSError):
                log.warning("live.broken", extra={"problem": type(problem).__name__})

    async def _write(self, stream: Stream, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _say(send, f"retry: 2000\nid: {self.hub.event_id()}\nevent: hello\ndata: {{}}\n\n")
        checked = time.monotonic()
        while stream.principal is not None:
            await _within(self.pace.heartbeat, stream.wake)
            if time.monotonic() - checked >= self.pace.check:
                checked = time.monotonic()
                stream.principal = await self._in_thread(self.principal_of, stream.session)
            elif stream.wake.is_set() and stream.principal is not None:
                await asyncio.sleep(self.pace.gather)
                asked = await self._tell(stream, send)
                await _within(*((self.pace.rest_asked, stream.shown) if asked else (self.pace.rest, stream.urgent)))
            elif stream.principal is not None:
                await _say(send, ":\n\n")
        await _say(send, "event: bye\ndata: {}\n\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, stream: Stream, send: Send) -> bool:
        """Say what is waiting; whether the database was asked."""
        number, behind = self.hub.event_id(), stream.behind
        keys, words, stream.behind = stream.take(), list(stream.words), False
        stream.words.clear()
        for each in await self._in_thread(_audible, stream.principal, words) if words else ():
            await _say(send, f"event: said\ndata: {json.dumps(each, separators=(',', ':'))}\n\n")
        if behind:
            await _say(send, f"id: {number}\nevent: missed\ndata: {{}}\n\n")
            return False
        asks = not all(live.hears_all(stream.principal, kind) for kind, _id in keys)
        seen = await self._in_thread(_visible, stream.principal, keys) if asks else _by_kind(keys)
        if seen:
            await _say(send, f"id: {number}\nevent: changed\ndata: {json.dumps(seen, separators=(',', ':'))}\n\n")
        return asks

    async def _in_thread(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_fresh_connection, work, *given)

    async def listening(self) -> None:
        """Wait until notices are heard; raises ``TimeoutError``."""
        if self._listener is None or self._listener.done():
            self._listener = asyncio.ensure_future(self._listen())
        await asyncio.wait_for(self._ready.wait(), LISTEN_SECONDS)

    async def _listen(self) -> None:
        """Hold the listening connection; when it breaks, everybody asks for everything once it is back."""
        delay = 0.25
        while True:
            try:
                async for payload in _notices(self._found):
                    delay = 0.25
                    for each in (self.hub, *self.beside):
                        each.hear(payload)
            except OSError as problem:
                log.warning("live.deaf", extra={"problem": type(problem).__name__})
            self._ready.clear()
            for each in (self.hub, *self.beside):
                each.lost()
            await asyncio.sleep(delay)
            delay = min(delay * 2, _MAX_DELAY)

    def _found(self) -> None:
        for each in (self.hub, *self.beside):
            each.found()
        self._ready.set()


async def _notices(found: Callable[[], None]) -> Any:
    """Payloads of our channel; raises ``OSError`` when the line breaks."""
    import psycopg
    from django.db import connections

    params = connections["default"].get_connection_params()
    given = {key: value for key, value in params.items() if key not in ("cursor_factory", "context")}
    given |= {"application_name": "amity live"}
    try:
        async with await psycopg.AsyncConnection.connect(**given, autocommit=True) as line:
            await line.execute(f"LISTEN {live.CHANNEL}")
            found()
            while True:
                async for notice in line.notifies(timeout=_PROBE_SECONDS):
                    yield notice.payload
                await line.execute("SELECT 1")
    except psycopg.Error as problem:
        raise OSError(str(type(problem).__name__)) from problem


def _visible(principal: Any, keys: set[Key]) -> dict[str, list[str]]:
    """Kinds and ids that this reader may hear of. At most 1 query per kind."""
    found = {kind: sorted(live.visible(principal, kind, ids)) for kind, ids in _by_kind(keys).items()}
    return {kind: seen for kind, seen in found.items() if seen}


def _by_kind(keys: set[Key]) -> dict[str, list[str]]:
    """Ids by kind, both in order."""
    found: dict[str, list[str]] = {}
    for kind, each in sorted(keys):
        found.setdefault(kind, []).append(each)
    return found


def _audible(principal: Any, words: list[dict[str, str]]) -> list[dict[str, str]]:
    """What was said of records that this reader may hear of. At most 1 query per kind."""
    seen = _visible(principal, {(each["kind"], each["of"]) for each in words})
    return [each for each in words if each["of"] in seen.get(each["kind"], ())]


def _with_fresh_connection(work: Callable[..., T], *given: Any) -> T:
    from django.db import close_old_connections

    close_old_connections()
    try:
        return work(*given)
    finally:
        close_old_connections()


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _keys(watches: list[str]) -> frozenset[Key]:
    """``person:<id>`` or ``job`` (any job); unknown kinds are left out."""
    known = live.kinds()
    pairs = (each.partition(":") for each in watches[:MAX_WATCHES])
    return frozenset((kind, known_id[:64] or ANY) for kind, _, known_id in pairs if kind in known)


def _cookie(header: bytes, name: str) -> str:
    try:
        found = SimpleCookie(header.decode("latin-1")).get(name)
    except CookieError:
        return ""
    return found.value[:128] if found else ""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < 1e11 else None


async def _within(seconds: float, happens: asyncio.Event) -> None:
    """Wait for it, but not for longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await happens.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send: Send, status: int, told: str, retry_after: bytes = b"") -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(b"retry-after", retry_after)] if retry_after else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": told.encode(), "more_body": False})


Application = Callable[[Scope, Receive, Send], Awaitable[None]]

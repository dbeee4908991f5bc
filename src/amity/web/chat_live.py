"""The door of web chat: visitors begin, write, and hear what is answered, from pages of other sites.

Bare ASGI beside the live updates (`web.live`), whose listening connection it shares. Visitors hold a token and no
cookie. What comes is taken in by `channels.chat` on a few threads; what is new is read once for everybody
(`chat_live_hub`) and written to each stream from its own place on (``Last-Event-ID``), so a stream that breaks goes on
where it was. Who cannot hold a stream asks for ``news``, which waits up to 25 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from amity.base.config import Config
from amity.base.errors import Refused, TooMany
from amity.channels import api as channels
from amity.desk import api as desk
from amity.web import chat_live_http as http
from amity.web import chat_live_work as work
from amity.web.bridge import Receive, Scope, Send
from amity.web.chat_live_hub import ChatHub, Full, Listener, Round, Who
from amity.web.live import Live

THREADS = 4
NEWS_SECONDS = 25.0
_KEPT_SECONDS = 5.0  # how long a change of a chat's settings takes to be heard of
_STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
log = logging.getLogger("amity.chat")
T = TypeVar("T")


class ChatLive:
    """The ASGI application. ``heartbeat``: seconds between signs of life."""

    def __init__(self, config: Config, live: Live, heartbeat: float = 20.0) -> None:
        self.config, self.live, self.heartbeat = config, live, heartbeat
        self.hub, self.limits = ChatHub(), http.Limits()
        self.hub.asked = lambda home: self._later(desk.chat.visitor_does, home, "looks")
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="chat")
        self._pump: asyncio.Task[None] | None = None
        self._chats: dict[str, tuple[float, channels.chat.Chat]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        live.beside.append(self.hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = http.read(scope, receive, send, self.config.trusted_proxies)
        try:
            await self._answer(asked)
        except TooMany as much:
            wait = (b"retry-after", b"%d" % much.retry_after)
            told = {"code": much.code, "message": much.message}
            await http.answer(asked, 429, told, [*http.allowing(asked.origin), wait])
        except Refused as refused:
            await http.answer(asked, refused.status, {"code": refused.code, "message": str(refused.message)})
        except (OSError, TimeoutError):
            wait = (b"retry-after", b"2")
            told = {"code": "unavailable", "message": "Try again in a moment."}
            await http.answer(asked, 503, told, [*http.allowing(asked.origin), wait])
        except ConnectionError:  # whoever asked has gone
            log.debug("chat.gone")

    async def stop(self) -> None:
        """End every stream and the pump."""
        self.hub.end()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
            self._pump = None
        self._pool.submit(work.close_connections)
        self._pool.shutdown(wait=False)

    async def _answer(self, asked: http.Asked) -> None:
        about = await self._chat(asked.key)
        host = asked.text(b"host")
        if not http.may_show(asked.origin, host, self.config.public_url, about.origins):
            raise Refused("bad_origin", "This site may not show this chat.", 403)
        if asked.method == "OPTIONS":
            await http.answer(asked, 204, None, http.preflight(asked.origin))
        elif asked.method not in http.PLACES[asked.place]:
            raise Refused("method_not_allowed", "Not that way.", 405)
        elif asked.place == "sessions":
            await self._session(asked, about)
        elif asked.place in ("stream", "news"):
            visitor = await self._in_thread(work.visitor, about, asked.token)
            await (self._stream if asked.place == "stream" else self._news)(asked, visitor)
        elif asked.place == "files" and asked.method == "GET":
            given = work.Given(asked.token, b"", after=asked.asked("after"))
            await http.file(asked, await self._in_thread(work.content, about, given, _language(asked)))
        else:
            await self._work(asked, about)

    async def _session(self, asked: http.Asked, about: channels.chat.Chat) -> None:
        told: http.SessionIn = http.parsed(await http.body(asked), http.SessionIn)
        self._spend(f"session:{asked.client}", self.config.chat_sessions_per_minute)
        await http.answer(asked, 200, await self._in_thread(work.begin, about, told, _language(asked)))

    async def _work(self, asked: http.Asked, about: channels.chat.Chat) -> None:
        """Everything that is asked and answered with a token."""
        if asked.method == "POST":
            limit = self.config.chat_messages_per_minute * (4 if asked.place == "signs" else 1)
            self._spend(f"{asked.place}:{asked.token}", limit)
        doing = work.BY_PLACE[asked.place, asked.method]
        most = work.MAX_FILE if asked.place == "files" else http.MAX_BODY
        raw = await http.body(asked, most) if asked.method == "POST" else b""
        given = work.Given(asked.token, raw, asked.text(b"x-file-name"), asked.asked("after"))
        await http.answer(asked, 200, await self._in_thread(doing, about, given, _language(asked)))

    async def _stream(self, asked: http.Asked, visitor: channels.chat.Visitor) -> None:
        listener = await self._listen(asked, visitor)
        gone = asyncio.ensure_future(_gone(asked.receive))
        writing = asyncio.ensure_future(self._write(asked, listener))
        try:
            await asyncio.wait({gone, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, writing):
                task.cancel()
            results = await asyncio.gather(gone, writing, return_exceptions=True)
            self._leave(listener)
        for problem in results:
            if isinstance(problem, Exception) and not isinstance(problem, OSError):
                log.warning("chat.broken", extra={"problem": type(problem).__name__})

    async def _news(self, asked: http.Asked, visitor: channels.chat.Visitor) -> None:
        """One answer: what is new, as soon as there is something."""
        listener = await self._listen(asked, visitor)
        listener.told = _standing_told(asked.asked("standing"), visitor)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(listener.wake.wait(), NEWS_SECONDS)
            told = {"lines": listener.news, "typing": listener.typing, "standing": listener.standing}
            await http.answer(asked, 200, told)
        finally:
            self._leave(listener)

    async def _write(self, asked: http.Asked, listener: Listener) -> None:
        headers = [*http.allowing(asked.origin), *_STREAM]
        await asked.send({"type": "http.response.start", "status": 200, "headers": headers})
        await _say(asked.send, "retry: 2000\nevent: hello\ndata: {}\n\n")
        while not listener.ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(listener.wake.wait(), self.heartbeat)
            listener.wake.clear()
            await _say(asked.send, written(listener) or ":\n\n")
        await asked.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _listen(self, asked: http.Asked, visitor: channels.chat.Visitor) -> Listener:
        """A listener that is being read for. Raises ``Refused`` where there is no place."""
        await self.live.listening()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.ensure_future(self.hub.pump(self._read))
        mark = asked.text(b"last-event-id") or asked.asked("after") or desk.chat.START
        listener = Listener(visitor.id, (visitor.account_id, visitor.address), visitor.room, mark[:60])
        try:
            self.hub.enter(listener)
        except Full:
            raise TooMany("Too many open chats.", 30) from None
        return listener

    def _leave(self, listener: Listener) -> None:
        if self.hub.leave(listener):
            self._presence(listener, "left")

    def _presence(self, listener: Listener, does: str) -> None:
        """Staff with the conversation open see whether the visitor is there; nothing is kept."""
        if listener.standing and listener.standing.conversation_id:
            self._later(desk.chat.visitor_does, listener.standing.conversation_id, does)

    async def _read(self, marks: dict[Who, str]) -> Round:
        return await self._in_thread(work.news, marks)

    async def _chat(self, key: str) -> channels.chat.Chat:
        kept = self._chats.get(key)
        if kept is None or kept[0] < time.monotonic():
            if len(self._chats) > 1_000:
                self._chats.clear()
            kept = time.monotonic() + _KEPT_SECONDS, await self._in_thread(channels.chat.chat, key)
            self._chats[key] = kept
        return kept[1]

    def _spend(self, whose: str, per_minute: int) -> None:
        if wait := self.limits.spend(whose, per_minute):
            raise TooMany("Too many at once. Wait a little.", wait)

    async def _in_thread(self, doing: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work.connected, doing, *given)

    def _later(self, doing: Callable[..., Any], *given: Any) -> None:
        """In a thread, without waiting; what goes wrong is only a sign that does not show."""
        with contextlib.suppress(RuntimeError):
            future = asyncio.get_running_loop().run_in_executor(self._pool, work.connected, doing, *given)
            self._tasks.add(future)
            future.add_done_callback(self._tasks.discard)


def written(listener: Listener) -> str:
    """What is new for a listener as server-sent events; the id of a message is its mark."""
    lines, listener.news = listener.news, []
    parts = [f"id: {line.mark}\nevent: message\ndata: {_json(line)}\n\n" for line in lines]
    if listener.standing is not None and listener.standing != listener.told:
        listener.told = listener.standing
        parts.append(f"event: standing\ndata: {_json(listener.standing)}\n\n")
    if listener.typing:
        listener.typing = False
        parts.append("event: typing\ndata: {}\n\n")
    return "".join(parts)


def _json(told: Any) -> str:
    return msgspec.json.encode(told).decode()


def _standing_told(known: str, visitor: channels.chat.Visitor) -> desk.chat.Standing | None:
    """What a poller said it knows of the standing, in the form in which it was told."""
    try:
        return msgspec.json.decode(known, type=desk.chat.Standing) if known else None
    except msgspec.DecodeError:
        return None


def _language(asked: http.Asked) -> str:
    """Of refusals: what the widget speaks."""
    told = asked.asked("language") or asked.text(b"accept-language")
    language = told[:2].lower()
    return language if language in channels.chat.LANGUAGES else "en"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

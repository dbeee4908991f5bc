"""A WSGI application on an ASGI server: Django's threads and their database connections stay as they are.

Bodies are streamed both ways with bounded memory. One hop to a thread and back per request; a body that came in
one piece and an answer of less than 64 KiB need no further hops.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_PIECE = 64 * 1024
log = logging.getLogger("amity.web")


class Bridge:
    """ASGI outside, ``app`` (WSGI) inside, run on ``threads`` threads."""

    def __init__(self, app: Wsgi, threads: int) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        body = await _body(scope, receive, loop)
        answer = _Answer(send, loop)
        await loop.run_in_executor(self.pool, self._run, environ_of(scope, body), answer)
        await answer.finish()

    def _run(self, environ: dict[str, Any], answer: _Answer) -> None:
        """In a thread. What the application does not catch itself becomes a bare 500."""
        try:
            chunks = self.app(environ, answer.start)
            try:
                for chunk in chunks:
                    answer.write(chunk)
            finally:
                getattr(chunks, "close", _nothing)()
        except ConnectionError:  # whoever asked has gone
            answer.gone = True
        except Exception:
            log.exception("http.broken")
            answer.broken()


class _Answer:
    """Collects what the application says and sends it in pieces."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self.send, self.loop = send, loop
        self.status, self.headers = 500, list[tuple[bytes, bytes]]()
        self.waiting, self.started, self.gone = bytearray(), False, False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info and self.started:
            raise exc_info[1].with_traceback(exc_info[2])
        self.status = int(status[:3])
        self.headers = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers]
        return self.write

    def write(self, chunk: bytes) -> None:
        """In the thread: keep the piece, or hand a full one on and wait until it is taken."""
        self.waiting += chunk
        if len(self.waiting) >= _PIECE:
            asyncio.run_coroutine_threadsafe(self._flush(more=True), self.loop).result()

    def broken(self) -> None:
        """Nothing sent yet: answer 500. Otherwise the connection ends in the middle, as it must."""
        if self.started:
            self.gone = True
            return
        self.status, self.headers = 500, [(b"content-type", b"text/plain"), (b"content-length", b"0")]
        self.waiting.clear()

    async def finish(self) -> None:
        """In the loop: what is left."""
        if not self.gone:
            await self._flush(more=False)

    async def _flush(self, *, more: bool) -> None:
        if not self.started:
            self.started = True
            await self.send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        piece, self.waiting = bytes(self.waiting), bytearray()
        await self.send({"type": "http.response.body", "body": piece, "more_body": more})


class _Stream(io.RawIOBase):
    """A request body that is still arriving, read from a thread."""

    def __init__(self, first: bytes, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self.left, self.receive, self.loop, self.more = memoryview(first), receive, loop, True

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self.left and self.more:
            message = asyncio.run_coroutine_threadsafe(_next(self.receive), self.loop).result()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the sender left in the middle of the body")
            self.left, self.more = memoryview(message.get("body", b"")), message.get("more_body", False)
        size = min(len(target), len(self.left))
        target[:size] = self.left[:size]
        self.left = self.left[size:]
        return size


async def _next(receive: Receive) -> Message:
    return await receive()


async def _body(scope: Scope, receive: Receive, loop: asyncio.AbstractEventLoop) -> io.BufferedIOBase:
    """The body: in memory when it came in one piece, else a stream."""
    lengths = [value for key, value in scope["headers"] if key in (b"content-length", b"transfer-encoding")]
    if not lengths or lengths == [b"0"]:
        return io.BytesIO()
    message = await receive()
    first = bytes(message.get("body", b""))
    if not message.get("more_body", False):
        return io.BytesIO(first)
    return io.BufferedReader(_Stream(first, receive, loop), _PIECE)


def environ_of(scope: Scope, body: Any) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of an ASGI request."""
    raw = scope.get("raw_path")
    path = unquote_to_bytes(raw.split(b"?")[0]) if raw else scope["path"].encode()
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:  # would be taken for its twin with dashes
        return
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    joint = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value


def _nothing() -> None:
    return None

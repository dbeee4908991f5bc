"""A client of ASGI applications that can hold an answer open: what arrives is read piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

PATIENCE = 30  # seconds until a test that waits for nothing fails


class Asked:
    """One request on its way; use as an async context manager, leaving it is hanging up."""

    def __init__(
        self,
        app: Callable[..., Any],
        path: str,
        *,
        method: str = "GET",
        query: str = "",
        headers: dict[str, str] | None = None,
        body: list[bytes] | None = None,
    ) -> None:
        self.app = app
        self.scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "http_version": "1.1",
            "query_string": query.encode(), "scheme": "http", "server": ("test", 80), "client": ("127.0.0.1", 5),
            "headers": [(key.lower().encode(), value.encode()) for key, value in (headers or {}).items()],
        }  # fmt: skip
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        pieces = body or [b""]
        for at, piece in enumerate(pieces):
            self._in.put_nowait({"type": "http.request", "body": piece, "more_body": at + 1 < len(pieces)})
        self._text = ""

    async def __aenter__(self) -> Asked:
        self._task = asyncio.ensure_future(self.app(self.scope, self._in.get, self._out.put))
        start = await self._next()
        self.status, self.headers = start["status"], {k.decode(): v.decode() for k, v in start["headers"]}
        return self

    async def __aexit__(self, *problem: object) -> None:
        self.hang_up()
        await asyncio.wait_for(self._task, PATIENCE)

    def hang_up(self) -> None:
        self._in.put_nowait({"type": "http.disconnect"})

    async def event(self) -> dict[str, str]:
        """The next server-sent event; signs of life are passed over."""
        while True:
            block, found, rest = self._text.partition("\n\n")
            if not found:
                self._text += (await self._next())["body"].decode()
                continue
            self._text = rest
            if block.strip(":\n"):
                return dict(line.split(": ", 1) for line in block.split("\n") if line)

    async def line(self) -> str:
        """The next block, signs of life included."""
        while "\n\n" not in self._text:
            self._text += (await self._next())["body"].decode()
        block, _, self._text = self._text.partition("\n\n")
        return block

    async def content(self) -> bytes:
        """The whole body of an answer that ends."""
        whole = bytearray()
        while True:
            message = await self._next()
            whole += message["body"]
            if not message.get("more_body", False):
                return bytes(whole)

    async def _next(self) -> dict[str, Any]:
        reading = asyncio.ensure_future(self._out.get())
        await asyncio.wait({reading, self._task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done() and self._task.done() and not self._task.cancelled() and self._task.exception():
            raise self._task.exception() or AssertionError
        return await asyncio.wait_for(reading, PATIENCE)

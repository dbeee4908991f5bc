"""HTTP/1.1 as thin as a load generator needs it: requests over a kept connection, and server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

HOST = "127.0.0.1"
TIMEOUT = 20.0


class Line:
    """One kept connection. Raises ``OSError``, ``EOFError``, ``TimeoutError`` where it breaks; then it opens anew."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:  # fmt: skip
        """Status and body."""
        try:
            async with asyncio.timeout(TIMEOUT):
                reader, writer = await self._opened()
                writer.write(_request(method, path, headers or {}, body))
                status, told = await _head(reader)
                return status, await _body(reader, told)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(HOST, self.port)
        return self._reader, self._writer


async def events(port: int, path: str, headers: Mapping[str, str]) -> AsyncIterator[tuple[str, str, str]]:
    """(event, id, data) of a stream until it ends. Raises like `Line`, and ``OSError`` when it is refused."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), TIMEOUT)
    try:
        writer.write(_request("GET", path, headers, b""))
        status, _told = await asyncio.wait_for(_head(reader), TIMEOUT)
        if status != 200:
            raise OSError(f"stream refused: {status}")
        text = ""
        while piece := await asyncio.wait_for(_chunk(reader), 60):
            text += piece.decode()
            *blocks, text = text.split("\n\n")
            for block in blocks:
                told = dict(row.split(": ", 1) for row in block.split("\n") if ": " in row)
                if "event" in told:
                    yield told["event"], told.get("id", ""), told.get("data", "")
    finally:
        writer.close()


def _request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    given = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{given}{length}\r\n".encode() + body


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    told = dict(row.lower().split(": ", 1) for row in head[1:] if ": " in row)
    return int(head[0].split(" ")[1]), told


async def _body(reader: asyncio.StreamReader, told: Mapping[str, str]) -> bytes:
    if "content-length" in told:
        return await reader.readexactly(int(told["content-length"]))
    if told.get("transfer-encoding") == "chunked":
        whole = bytearray()
        while piece := await _chunk(reader):
            whole += piece
        return bytes(whole)
    return b""


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readline()).strip() or b"0", 16)
    piece = await reader.readexactly(size + 2)
    return piece[:-2]


def encoded(told: Any) -> bytes:
    return json.dumps(told).encode()

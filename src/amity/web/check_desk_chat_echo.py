"""The baseline of `amity check desk --only chat`: bare ASGI that gives what is posted to a stream, in memory."""

from __future__ import annotations

import asyncio
import random
import shutil
import sysconfig
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from amity.web.check_desk_chat_wire import Line, events

_STREAM = [(b"content-type", b"text/event-stream")]
_rooms: defaultdict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """POST /<room> gives its body to everybody who reads GET /<room>."""
    if scope["type"] != "http":
        return
    room = scope["path"]
    if scope["method"] == "POST":
        body = (await receive())["body"]
        for reader in _rooms[room]:
            reader.put_nowait(body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _rooms[room].add(queue)
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
    await send({"type": "http.response.body", "body": b"event: hello\ndata: -\n\n", "more_body": True})
    while True:
        piece = b"event: message\ndata: " + await queue.get() + b"\n\n"
        await send({"type": "http.response.body", "body": piece, "more_body": True})


def command(port: int) -> list[str]:
    """How it is started: the same server with the same options as the product."""
    script = Path(sysconfig.get_path("scripts")) / "granian"
    granian = str(script) if script.exists() else shutil.which("granian") or "granian"
    return [
        granian, "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws",
        "--log-level", "error", "--backpressure", "4096", "amity.web.check_desk_chat_echo:application",
    ]  # fmt: skip


async def measured(port: int, readers: int, per_second: float, seconds: float) -> list[float]:
    """Seconds from post to stream, with so many streams open and so many posts a second in all."""
    took: list[float] = []
    open_now = 0

    async def listen(room: int) -> None:
        nonlocal open_now
        async for event, _id, data in events(port, f"/{room}", {}):
            if event == "hello":
                open_now += 1
            else:
                took.append(time.perf_counter() - float(data))

    await _up(port)
    tasks = [asyncio.create_task(listen(room)) for room in range(readers)]
    while open_now < readers:
        await asyncio.sleep(0.05)
    line, end = Line(port), time.monotonic() + seconds
    while time.monotonic() < end:
        room = random.randrange(readers)  # noqa: S311 - a simulated visitor
        await line.ask("POST", f"/{room}", {}, str(time.perf_counter()).encode())
        await asyncio.sleep(random.expovariate(per_second))
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    line.close()
    return took


async def _up(port: int) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            await Line(port).ask("POST", "/up", {}, b"-")
        except (OSError, EOFError, TimeoutError):
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError("The echo server does not come up.")

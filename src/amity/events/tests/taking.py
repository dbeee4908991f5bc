"""A running intake for the tests: the real application on a loop of its own, over the test's database."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from amity.events.intake import Intake, make


def database_url() -> str:
    """Of the database that the tests use, for a process that knows no Django."""
    found = connection.settings_dict
    parts = {"host": found["HOST"], "port": found["PORT"], "user": found["USER"], "password": found["PASSWORD"]}
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in parts.items() if value)
    return f"postgresql:///{quote(found['NAME'])}?{query}"


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Taking:
    """The intake, until `stop`. ``ask`` is a request, ``ask_all`` many at once."""

    def __init__(self, url: str = "", line: Callable[[], Any] | None = None, **config: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.intake: Intake = make(replace(settings.CONFIG, **config), url or database_url(), line)
        self.do(self.intake.start())

    def do(self, step: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(30)

    def wait(self, done: Callable[[], bool]) -> None:
        """Until something that happens by itself has happened."""
        give_up = time.monotonic() + 30
        while not done():
            assert time.monotonic() < give_up, "did not happen"
            time.sleep(0.01)

    def ready(self) -> Taking:
        self.wait(lambda: self.intake.keys.loaded and self.intake.commits.up)
        return self

    def stop(self) -> None:
        self.do(self.intake.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def ask(self, method: str, path: str, body: bytes | Any = b"", key: str = "", **headers: str) -> Told:
        return self.ask_all([(method, path, body, key, headers)])[0]

    def ask_all(self, requests: list[tuple[Any, ...]]) -> list[Told]:
        async def together() -> list[Told]:
            return await asyncio.gather(*(self._ask(*one) for one in requests))

        return self.do(together())  # type: ignore[no-any-return]

    async def _ask(self, method: str, path: str, body: Any, key: str, headers: dict[str, str]) -> Told:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        path, _, query = path.partition("?")
        given = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
        given += [(b"authorization", basic(key).encode())] if key else []
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
            "headers": [(b"host", b"localhost"), (b"content-length", b"%d" % len(sent)), *given],
        }  # fmt: skip
        chunks = [sent[at : at + 60_000] for at in range(0, len(sent), 60_000)] or [b""]
        told: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            told.append(message)

        await self.intake(scope, receive, send)
        start, end = told
        return Told(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, end["body"])

"""The intake: events of any SDK of Segment or RudderStack, answered once they are durable.

A bare ASGI application; Django is not on this path. `Intake.answer` is the whole of it, so that the web process can
answer the same addresses (`intake_door`). Success is exactly 200. 400, 401, 403 and 413 make an SDK drop what it sent,
429 and 503 make it try again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from amity.base.config import Config
from amity.base.logs import JsonFormatter
from amity.events import intake_documents, intake_http, intake_metrics, intake_wire
from amity.events.intake_commit import Broken, GroupCommit, Line, NotStorable, Unavailable
from amity.events.intake_http import SUCCESS, Answer, Request, problem
from amity.events.intake_keys import Defaults, Keys, Sender, key_in
from amity.events.intake_lines import PostgresLine
from amity.events.intake_rows import POSTGRES_EPOCH, Batch
from amity.events.intake_wire import BadRequest, Limits, Parsed, Reject

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_MOST_READING = 96 * 1024**2  # bytes of bodies on their way in, all requests together
_OVERHEAD = 200  # bytes that an event needs in memory besides its own


class _NoSender(Exception):
    """The answer to a request whose sender may not send."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True)
class Intake:
    """Everything one process needs to take events in. `start` and `stop` belong to the same event loop."""

    config: Config
    keys: Keys
    commits: GroupCommit
    answers: dict[int, int] = field(default_factory=dict)
    _reading: int = 0
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.commits.start()
        self._task = asyncio.create_task(self.keys.run())

    async def stop(self) -> None:
        await self.commits.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.keys.close()

    async def answer(self, asked: Request) -> Answer:
        """The answer to any request; never raises for what a sender does."""
        try:
            answer = await self._routed(asked)
        except BadRequest as bad:
            answer = problem(bad.status, bad.code, bad.message)
        except _NoSender as none:
            answer = none.answer
        except Unavailable as away:
            answer = problem(503, away.code, "Try again in a moment.", retry_after=1)
        except Broken:
            answer = problem(503, "keys_unavailable", "Try again in a moment.", retry_after=1)
        except NotStorable:
            answer = problem(400, "not_storable", "The log cannot hold this.")
        self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
        return answer

    async def _routed(self, asked: Request) -> Answer:
        if asked.method == "POST":
            kind = intake_http.EVENTS.get(asked.path)
            if kind is None:
                kind = intake_http.EVENTS.get(asked.path.rstrip("/"))
            if kind is not None:
                return await self._events(asked, kind)
        return await self._other(asked, asked.path.rstrip("/"))

    async def _other(self, asked: Request, path: str) -> Answer:
        """Everything but events."""
        answer = problem(404, "no_such_address", "There is nothing at this address.")
        if asked.method == "OPTIONS":
            answer = intake_http.preflight(asked)
        elif path in intake_http.IGNORED and asked.method == "POST":
            await self._read(asked, self.config.intake_batch_bytes)
            answer = SUCCESS
        elif path in intake_http.EVENTS or path in intake_http.IGNORED:
            answer = problem(405, "method_not_allowed", "Send events by POST.")
            answer.headers = [(b"allow", b"POST, OPTIONS")]
        elif asked.method in ("GET", "HEAD"):
            if path == "/healthz":
                answer = self._health()
            elif path == intake_metrics.ADDRESS:
                answer = intake_metrics.page(self.config, asked, self.answers, self.commits)
            elif path == intake_http.SOURCE_CONFIG or intake_http.settings_key(path):
                answer = await self._document(asked, path)
        return answer

    def _health(self) -> Answer:
        if self.keys.loaded and self.commits.up:
            return intake_http.document({"ok": True})
        return problem(503, "keys_loading" if self.commits.up else "log_unavailable", "Not ready.", retry_after=1)

    async def _document(self, asked: Request, path: str) -> Answer:
        key = intake_http.settings_key(path) or key_in(asked.authorization) or asked.asked("writeKey")
        try:
            sender = await self._sender(key)
        except _NoSender as none:
            if none.answer.status == 401 and path != intake_http.SOURCE_CONFIG:
                return problem(404, "invalid_write_key", "There is no such source.")
            raise
        if path == intake_http.SOURCE_CONFIG:
            return intake_http.document(intake_documents.rudder_source_config(key, sender))
        return intake_http.document(intake_documents.segment_settings(key, *self._address(asked)))

    def _address(self, asked: Request) -> tuple[str, str]:
        """Scheme and host that the sender used, seen through the proxies that the installation trusts."""
        scheme, host = asked.scheme, asked.host
        if self.config.trusted_proxies:
            scheme = asked.forwarded_scheme.decode("latin-1").split(",")[-1].strip() or scheme
            host = asked.forwarded_host.decode("latin-1").split(",")[-1].strip() or host
        return ("https" if scheme == "https" else "http"), host

    async def _events(self, asked: Request, kind: str) -> Answer:
        if not self.keys.loaded:
            raise Unavailable("keys_loading")
        if not self.commits.up:
            raise Unavailable("log_unavailable")
        sender = self.keys.known(asked.authorization) if asked.authorization else None
        if sender is None and (key := key_in(asked.authorization) or asked.asked("writeKey")):
            sender = await self._sender(key)
        if sender is not None:
            self._check(sender)
        most = self.keys.largest_batch if sender is None else sender.limits.batch_bytes
        body = await self._read(asked, most)
        if sender is None:
            sender = await self._sender(intake_wire.key_of(body))
            self._check(sender)
        received = time.time_ns() // 1_000 - POSTGRES_EPOCH
        return await self._take(sender, body, kind, received)

    async def _take(self, sender: Sender, body: bytes, kind: str, received: int) -> Answer:
        """Log the events in ``body`` and quarantine what cannot be taken."""
        refusal: Answer | None = None
        try:
            parsed = intake_wire.read(body, kind, sender.limits)
        except BadRequest as bad:
            parsed = Parsed(single=True, size=len(body))
            parsed.rejects.append(
                Reject(kind, "", None, body[: sender.limits.batch_bytes], None, bad.code, bad.message)
            )
            refusal = problem(bad.status, bad.code, bad.message)
        rows, rejects = parsed.rows, parsed.rejects
        count = len(rows) + len(rejects)
        if count:
            sender.spend(count)
            size = parsed.size + sum(len(reject.body) for reject in rejects) + count * _OVERHEAD
            await self.commits.offer(Batch(sender.id_bytes, received, rows, rejects), size)
            self.keys.count(sender, len(rows), len(rejects), len(body))
        if refusal is None and parsed.single and rejects:
            status = 413 if rejects[0].code == "event_too_large" else 400
            refusal = problem(status, rejects[0].code, rejects[0].sentence)
        return refusal or SUCCESS

    async def _sender(self, key: str) -> Sender:
        if not self.keys.loaded:
            raise Unavailable("keys_loading")
        sender = await self.keys.find(key)
        if sender is None:
            why = "The write key is unknown." if key else "Send the write key: HTTP Basic user name, or writeKey."
            raise _NoSender(problem(401, "invalid_write_key", why))
        return sender

    @staticmethod
    def _check(sender: Sender) -> None:
        if not sender.enabled:
            raise _NoSender(problem(403, "source_disabled", "This source is switched off."))
        wait = sender.wait(time.monotonic())
        if wait:
            raise _NoSender(problem(429, "too_many_events", "This source is over its limit.", int(wait) + 1))

    async def _read(self, asked: Request, most: int) -> bytes:
        if asked.length > most:
            raise intake_http.too_large(most)
        expected = asked.length or most
        if self._reading + expected > _MOST_READING:
            raise Unavailable("overloaded")
        self._reading += expected
        try:
            return await intake_http.body_of(asked, most)
        finally:
            self._reading -= expected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        asked = intake_http.request(
            scope["method"], scope["path"], scope["query_string"], scope["headers"], _reader(receive)
        )
        asked.scheme, asked.client = scope.get("scheme", "http"), (scope.get("client") or ("", 0))[0]
        answer = await self.answer(asked)
        headers = intake_http.headers_of(answer, asked)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if asked.method == "HEAD" else answer.body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                with contextlib.suppress(Exception):
                    await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _reader(receive: Receive) -> intake_http.Reader:
    async def read(most: int) -> bytes:
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > most:
                raise intake_http.too_large(most)
            return body
        parts, size = [body], len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BadRequest("cut_off", "The body did not arrive in full.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise intake_http.too_large(most)
        return b"".join(parts)

    return read


def make(config: Config, url: str, line: Callable[[], Line] | None = None, lines: int = 2) -> Intake:
    """An intake into the database at ``url`` (or over ``line``), not started yet."""
    limits = Limits(config.intake_event_bytes, config.intake_batch_bytes, config.intake_message_id)
    keys = Keys(url, Defaults(limits, config.intake_events_per_second), largest_batch=limits.batch_bytes)
    return Intake(config, keys, GroupCommit(line or (lambda: _line(config, url)), lines))


def _line(config: Config, url: str) -> Line:
    """The way into the stream that is configured."""
    if config.stream != "kafka":
        return PostgresLine(url)
    from amity.events import intake_kafka  # with Kafka's client, which others need not have

    return intake_kafka.line(config, url)


def database_url(config: Config) -> str:
    """Where the log is: as set, or the embedded Postgres (started when it does not run)."""
    from amity.engines import api as engines

    return config.database_url or engines.embedded_postgres(config.home).ensure_running()


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def application() -> Intake:
    """What granian serves (``--factory``)."""
    import gc

    from amity.base import config as base_config

    config = base_config.load()
    _log_to_stderr(config.log_level)
    url = database_url(config)
    made = make(config, url)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # rows come and go by the thousand, and none of them is a cycle
    return made

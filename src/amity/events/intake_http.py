"""The HTTP side of the intake: addresses, headers, bodies with bounds, answers with CORS."""

from __future__ import annotations

import json
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from amity.events.intake_wire import BadRequest

_LONG = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
# POST address -> the type of its one event; "" for a batch.
EVENTS: dict[str, str] = {
    **{f"/v1/{kind}": kind for kind in _LONG.values()},
    **{f"/v1/{letter}": kind for letter, kind in _LONG.items()},
    **dict.fromkeys(("/v1/batch", "/v1/b", "/v1/import", "/batch", "/beacon/v1/batch"), ""),
}
IGNORED = frozenset({"/v1/m"})  # what analytics-next tells of its own work
SOURCE_CONFIG = "/sourceConfig"
_SETTINGS = ("/v1/projects/", "/settings")
_MOST_ECHOED = 1_000

Headers = list[tuple[bytes, bytes]]
Reader = Callable[[int], Awaitable[bytes]]


@dataclass(slots=True)
class Request:
    """What the intake looks at. ``read(most)`` gives the body as sent, or raises `BadRequest` when it is longer."""

    method: str
    path: str
    query: bytes
    read: Reader
    scheme: str = "http"
    host: str = ""
    client: str = ""
    origin: bytes = b""
    authorization: bytes = b""
    encoding: bytes = b""
    length: int = 0
    asked_headers: bytes = b""
    asked_private: bool = False
    forwarded_scheme: bytes = b""
    forwarded_host: bytes = b""

    def asked(self, name: str) -> str:
        """A value of the query, empty when there is none."""
        if not self.query:
            return ""
        values = parse_qs(self.query.decode("latin-1"), max_num_fields=50).get(name)
        return values[0] if values else ""


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    retry_after: int = 0
    headers: Headers = field(default_factory=list)
    content_type: bytes = b"application/json"


SUCCESS = Answer(200, b'{"success": true}')


def problem(status: int, code: str, message: str, retry_after: int = 0) -> Answer:
    return Answer(status, json.dumps({"code": code, "message": message}).encode(), retry_after)


def document(content: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(content).encode(), headers=[(b"cache-control", b"no-cache")])


def is_intake(method: str, path: str) -> bool:
    """Whether this request is for the intake, where it shares an address with the pages."""
    path = path.rstrip("/")
    if method in ("POST", "OPTIONS") and (path in EVENTS or path in IGNORED):
        return True
    return method in ("GET", "HEAD", "OPTIONS") and (path == SOURCE_CONFIG or settings_key(path) != "")


def settings_key(path: str) -> str:
    """The key in ``/v1/projects/{key}/settings``, empty for other addresses."""
    start, end = _SETTINGS
    if not (path.startswith(start) and path.endswith(end)):
        return ""
    key = path[len(start) : -len(end)]
    return "" if "/" in key else key


def request(method: str, path: str, query: bytes, headers: Headers, read: Reader) -> Request:
    """A request from ASGI's (lower-case) headers."""
    made = Request(method, path, query, read)
    for name, value in headers:
        match name:
            case b"authorization":
                made.authorization = value
            case b"content-length":
                made.length = int(value) if value.isdigit() else 0
            case b"content-encoding":
                made.encoding = value.strip().lower()
            case b"origin":
                made.origin = value
            case b"host":
                made.host = value.decode("latin-1")
            case b"access-control-request-headers":
                made.asked_headers = value
            case b"access-control-request-private-network":
                made.asked_private = True
            case b"x-forwarded-proto":
                made.forwarded_scheme = value
            case b"x-forwarded-host":
                made.forwarded_host = value
    return made


def headers_of(answer: Answer, asked: Request) -> Headers:
    """Headers of the answer. Every origin may send: a write key lets events in and nothing else."""
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", b"%d" % len(answer.body)),
        *answer.headers,
    ]
    if answer.retry_after:
        headers.append((b"retry-after", b"%d" % answer.retry_after))
    if asked.origin:
        headers += [
            (b"access-control-allow-origin", asked.origin[:_MOST_ECHOED]),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"retry-after"),
            (b"vary", b"origin"),
        ]
    return headers


def preflight(asked: Request) -> Answer:
    """What a browser wants to know before it sends: the headers it asked for are allowed."""
    wanted = asked.asked_headers[:_MOST_ECHOED] or b"authorization, anonymousid, sentat, content-type"
    answer = Answer(200, b"")
    answer.headers = [
        (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
        (b"access-control-allow-headers", wanted),
        (b"access-control-max-age", b"7200"),
    ]
    if asked.asked_private:
        answer.headers.append((b"access-control-allow-private-network", b"true"))
    return answer


async def body_of(asked: Request, most: int) -> bytes:
    """The body, decompressed, of at most ``most`` bytes. Raises `BadRequest`."""
    sent = await asked.read(most)
    if asked.encoding in (b"", b"identity"):
        return inflated(sent, most) if sent.startswith(b"\x1f\x8b") else sent
    if asked.encoding in (b"gzip", b"x-gzip", b"deflate"):
        return inflated(sent, most) if sent[:1] not in (b"{", b"[") else sent  # said gzip, sent plain
    raise BadRequest("bad_encoding", "Send the body as it is, or gzipped.", 415)


def inflated(sent: bytes, most: int) -> bytes:
    """gzip, zlib or bare deflate data in plain, if that is at most ``most`` bytes; no more than that is ever held."""
    stream, plain = _opened(sent, most)
    if len(plain) > most:
        raise too_large(most)
    if not stream.eof:
        raise BadRequest("bad_gzip", "The compressed body is cut off.")
    return plain


def _opened(sent: bytes, most: int) -> tuple[Any, bytes]:
    """The stream in the form that its first bytes say (gzip or zlib), or else without any head, and what it begins."""
    failed: zlib.error | None = None
    for form in (47, -15):
        stream = zlib.decompressobj(form)
        try:
            return stream, stream.decompress(sent, most + 1)
        except zlib.error as error:
            failed = failed or error
    raise BadRequest("bad_gzip", "The body cannot be decompressed.") from failed


def too_large(most: int) -> BadRequest:
    return BadRequest("too_large", f"A request may hold {most} bytes.", 413)

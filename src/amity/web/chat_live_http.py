"""The HTTP side of web chat: addresses, who may ask from where, bodies with bounds, limits, answers."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec

from amity.base.errors import Refused
from amity.web.bridge import Receive, Scope, Send

PREFIX = "/chat/"
PLACES = {
    "sessions": ("POST",), "messages": ("GET", "POST"), "stream": ("GET",), "news": ("GET",), "signs": ("POST",),
    "contact": ("POST",), "person": ("POST",), "rating": ("POST",), "files": ("GET", "POST"),
}  # fmt: skip
MAX_BODY = 32 * 1024
_MOST_BUCKETS = 20_000
_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"), (b"vary", b"origin")]


class SessionIn(msgspec.Struct):
    """What a browser says when it begins; see `channels.chat.Opening`."""

    token: str = ""
    anonymous_id: str = ""
    user_id: str = ""
    proof: str = ""
    name: str = ""
    language: str = ""
    page: str = ""


class MessageIn(msgspec.Struct):
    """What a visitor says. ``id`` is the browser's own: the same one twice is one message."""

    id: str
    text: str = ""
    files: list[str] = []


class SignIn(msgspec.Struct):
    """``typing``: the visitor types; ``read``: mark up to which everything was read."""

    typing: bool = False
    read: str = ""


class ContactIn(msgspec.Struct):
    email: str = ""
    name: str = ""


class RatingIn(msgspec.Struct):
    """1 to 5, and words."""

    score: int
    words: str = ""


class NothingIn(msgspec.Struct):
    """A request that says nothing but that it is made."""


@dataclass(slots=True)
class Asked:
    """A request for web chat. ``client``: the network address it came from."""

    method: str
    key: str
    place: str
    query: dict[str, list[str]]
    headers: dict[bytes, bytes]
    client: str
    receive: Receive
    send: Send

    def text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    def asked(self, name: str) -> str:
        return self.query.get(name, [""])[0]

    @property
    def token(self) -> str:
        scheme, _space, token = self.text(b"authorization").partition(" ")
        return token.strip()[:200] if scheme.lower() == "bearer" else ""

    @property
    def origin(self) -> str:
        return self.text(b"origin")


def is_chat(method: str, path: str) -> bool:
    """Whether this is for the chat's own door; its pages (the widget's script, the try-out) are not."""
    parts = path.split("/")
    return len(parts) == 4 and parts[1] == "chat" and parts[3] in PLACES


def read(scope: Scope, receive: Receive, send: Send, proxies: int) -> Asked:
    """A request from ASGI's (lower-case) headers; ``proxies`` in front of us say who asks."""
    _root, _chat, key, place = scope["path"].split("/")
    headers = dict(scope["headers"])
    client = (scope.get("client") or ("", 0))[0]
    if proxies:
        told = [each.strip() for each in headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")]
        client = told[-min(proxies, len(told))] or client
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=10)
    return Asked(scope["method"], key[:60], place, query, headers, client, receive, send)


def may_show(origin: str, host: str, public_url: str, allowed: frozenset[str]) -> bool:
    """Whether pages of ``origin`` may talk to this chat: Amity's own, those listed, or any where "*" is listed."""
    if not origin or "*" in allowed or origin in allowed:
        return True
    own = urlsplit(public_url).netloc
    return urlsplit(origin).netloc in {host, own} - {""}


async def body(asked: Asked, most: int = MAX_BODY) -> bytes:
    """The whole body; raises ``Refused("too_large")`` beyond ``most`` bytes."""
    whole = bytearray()
    while True:
        message = await asked.receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        whole += message.get("body", b"")
        if len(whole) > most:
            raise Refused("too_large", f"At most {most} bytes.", 413)
        if not message.get("more_body", False):
            return bytes(whole)


def parsed(raw: bytes, kind: type[Any]) -> Any:
    """JSON as ``kind``; raises ``Refused("bad_json")``."""
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("bad_json", "Send JSON as the documentation says.", 400) from error


def allowing(origin: str) -> list[tuple[bytes, bytes]]:
    """Headers with which a browser lets that page read the answer. No cookies are involved."""
    if not origin:
        return list(_HEADERS)
    return [
        *_HEADERS,
        (b"access-control-allow-origin", origin.encode("latin-1", "replace")[:500]),
        (b"access-control-expose-headers", b"retry-after"),
    ]


def preflight(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        *allowing(origin),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"authorization, content-type, last-event-id, x-file-name"),
        (b"access-control-max-age", b"7200"),
    ]


async def answer(
    asked: Asked, status: int, told: Any = None, headers: list[tuple[bytes, bytes]] | None = None
) -> None:  # fmt: skip
    """Send JSON."""
    content = b"" if told is None else msgspec.json.encode(told)
    given = headers if headers is not None else allowing(asked.origin)
    kind = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await asked.send({"type": "http.response.start", "status": status, "headers": [*given, *kind]})
    await asked.send({"type": "http.response.body", "body": content, "more_body": False})


async def file(asked: Asked, content: bytes) -> None:
    """Send a file to be saved, never shown: what strangers sent must not run on our address."""
    kind = [(b"content-type", b"application/octet-stream"), (b"content-disposition", b"attachment")]
    length = (b"content-length", b"%d" % len(content))
    headers = [*allowing(asked.origin), *kind, length]
    await asked.send({"type": "http.response.start", "status": 200, "headers": headers})
    await asked.send({"type": "http.response.body", "body": content, "more_body": False})


class Clock(Protocol):
    def __call__(self) -> float: ...


class Limits:
    """So many a minute of each, counted in this process; a burst of a whole minute's worth is fine. Bounded."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, whose: str, per_minute: int) -> int:
        """0 when it may; else the seconds to wait. ``per_minute`` 0: no limit."""
        if not per_minute:
            return 0
        now = self.clock()
        left, at = self._left.pop(whose, (float(per_minute), now))
        left = min(float(per_minute), left + (now - at) * per_minute / 60)
        wait = 0 if left >= 1 else int((1 - left) * 60 / per_minute) + 1
        self._left[whose] = (left if wait else left - 1, now)
        while len(self._left) > _MOST_BUCKETS:
            self._left.popitem(last=False)
        return wait

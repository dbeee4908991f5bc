"""What engines of message providers share: a request that says whether it may have been taken, and parts of messages.

A provider's answer becomes a `Receipt` as in `mail`: ``accepted``, ``refused`` (for good), ``later`` (certainly not
taken; ``after``: seconds that it asked for) or ``unknown`` (it may have been taken). ``reason`` "account" beside
``later`` says that the provider does not know us: no message is lost for a secret that expired.
"""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpcore

from amity.engines.http import CONNECT_S, Guarded, Resolve, Unreachable, check_url, resolve
from amity.engines.mail import Enclosure, Receipt

READ_S, TOTAL_S = 20.0, 40.0
MAX_BYTES = 26 * 1024**2
MOST_ASKED = 24 * 3600.0  # a provider that asks for a longer pause gets this one
JSON = {"Content-Type": "application/json"}
_WHY: Mapping[type[Exception], str] = {
    socket.gaierror: "the name has no address", httpcore.ConnectError: "nobody answers at its address",
    httpcore.ConnectTimeout: "it did not answer in time",
}  # fmt: skip


class Lost(Exception):
    """The connection broke after the request was sent: it may have been taken."""


class Trouble(Exception):
    """A provider's API did not do what was asked; the text says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that the provider has approved; ``parameters`` fill its places in order."""

    name: str
    language: str
    parameters: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to one address. ``id`` is our own and never changes: providers that take it know a repetition."""

    id: str
    to: str
    text: str
    files: Sequence[Enclosure] = ()
    subject: str = ""
    html: str = ""
    template: Template | None = None
    states_url: str = ""  # where the provider may tell what became of it


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers by lower-case name, the whole body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def told(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def pause(self) -> float:
        """Seconds that ``Retry-After`` asks for (a number or a date; Telegram says it in the body), 0 for none."""
        inside = self.told.get("parameters")
        asked = inside.get("retry_after") if isinstance(inside, dict) else ""
        given = self.headers.get("retry-after", str(asked or "")).strip()
        if given.isascii() and given.isdigit():
            return min(float(given), MOST_ASKED)
        try:
            return min(max(parsedate_to_datetime(given).timestamp() - time.time(), 0.0), MOST_ASKED)
        except (ValueError, TypeError):
            return 0.0


def ask(
    method: str, url: str, headers: Mapping[str, str], content: bytes = b"", *,
    allow_private: bool = False, look_up: Resolve = resolve, context: ssl.SSLContext | None = None,
) -> Reply:  # fmt: skip
    """One request: at most 40 s and 26 MiB, no redirects, never into our own network, never repeated.

    Raises `Unreachable` when it certainly was not taken, `Lost` when it may have been.
    """
    if wrong := check_url(url, allow_private):
        raise Unreachable(f"address not allowed: {wrong}")
    timeout = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": CONNECT_S}
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    backend = Guarded(allow_private, look_up)
    with httpcore.ConnectionPool(ssl_context=context, network_backend=backend, retries=0) as pool:
        try:
            with pool.stream(method, url, headers=given, content=content, extensions={"timeout": timeout}) as answer:
                named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                return Reply(answer.status, named, _whole(answer.iter_stream(), time.monotonic() + TOTAL_S))
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, OSError) as error:
            raise Unreachable(_WHY.get(type(error), type(error).__name__)) from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise Lost(type(error).__name__) from error


def carefully(asked: Callable[[], Reply], read: Callable[[Reply], Receipt], *, again: bool = False) -> Receipt:
    """Ask, and say what came of it. ``again``: the provider knows a repetition, so what may be lost is tried again."""
    try:
        reply = asked()
    except Unreachable as error:
        return Receipt("later", str(error))
    except Lost as error:
        return Receipt("later" if again else "unknown", str(error))
    if reply.status in (429, 503):
        return Receipt("later", f"{reply.status} {said(reply)}"[:300], after=reply.pause)
    if reply.status >= 500 and (told := read(reply)).result == "later":
        return told  # its own words say that it did not take it
    if reply.status >= 500:
        return Receipt("later" if again else "unknown", f"{reply.status} {said(reply)}"[:300], after=reply.pause)
    return read(reply)


def said(reply: Reply) -> str:
    """The first words of an answer, for the record."""
    return " ".join(reply.body[:1_200].decode("utf-8", "replace").split())[:250]


def in_parts(steps: Sequence[Callable[[], Receipt]]) -> Receipt:
    """A message of several parts. Once one was taken, nothing is tried again by itself: that would double it."""
    last = Receipt("refused", "There is nothing to send.")
    for number, step in enumerate(steps, 1):
        receipt = step()
        if receipt.result != "accepted" and number > 1:
            return Receipt(
                "unknown", f"{number - 1} of {len(steps)} parts were taken: {receipt.text}"[:300], id=last.id
            )
        if receipt.result != "accepted":
            return receipt
        last = receipt
    return last


def split(text: str, most: int) -> list[str]:
    """``text`` in parts of at most ``most`` characters, broken between paragraphs, lines, sentences or words. Pure."""
    parts, rest = [], text.strip()
    while len(rest) > most:
        window = rest[: most + 1]
        at = next(
            (cut for mark in ("\n\n", "\n", ". ", " ") if (cut := window.rfind(mark) + len(mark) - 1) > most // 2), 0
        )
        at = min(at, most) or most
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest else parts


def multipart(fields: Mapping[str, str], name: str, file: Enclosure) -> tuple[bytes, dict[str, str]]:
    """A form with one file (RFC 7578), and its header."""
    mark = secrets.token_hex(16)
    out = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    called = quote(file.name, safe=" .-_()+,") if not file.name.isascii() else file.name.replace('"', "'")
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{called}"\r\n'
    out += [f"{head}Content-Type: {file.kind}\r\n\r\n".encode(), file.content, f"\r\n--{mark}--\r\n".encode()]
    return b"".join(out), {"Content-Type": f"multipart/form-data; boundary={mark}"}


def _whole(chunks: Iterable[bytes], deadline: float) -> bytes:
    taken = bytearray()
    for chunk in chunks:
        taken += chunk
        if len(taken) > MAX_BYTES:
            raise Lost("the answer is larger than 26 MiB")
        if time.monotonic() > deadline:
            raise Lost("the answer took too long")
    return bytes(taken)

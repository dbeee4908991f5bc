"""JSON documents from other people's machines: guarded as `http.post` is, bounded, one address at a time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpcore

from amity.engines.http import CONNECT_S, ForbiddenAddress, Guarded, Resolve, Unreachable, check_url, resolve

READ_S, TOTAL_S = 60.0, 120.0
MAX_BYTES = 32 * 1024**2


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: status, headers by lower-case name, the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    url: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    content: bytes = b"",
    allow_private: bool = False,
    look_up: Resolve = resolve,
    context: ssl.SSLContext | None = None,
) -> Fetched:
    """GET (or POST) ``url``: at most 2 minutes and 32 MiB, no redirects, never into our own network.

    Raises ``Unreachable`` (also for a body that is too large) or ``ForbiddenAddress``.
    """
    wrong = check_url(url, allow_private)
    if wrong:
        raise ForbiddenAddress(f"address not allowed: {wrong}")
    timeout = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": CONNECT_S}
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    with httpcore.ConnectionPool(ssl_context=context, network_backend=Guarded(allow_private, look_up)) as pool:
        try:
            with pool.stream(method, url, headers=given, content=content, extensions={"timeout": timeout}) as answer:
                named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                return Fetched(answer.status, named, _whole(answer.iter_stream(), time.monotonic() + TOTAL_S))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(type(error).__name__) from error


def _whole(chunks: Iterable[bytes], deadline: float) -> bytes:
    taken = bytearray()
    for chunk in chunks:
        taken += chunk
        if len(taken) > MAX_BYTES:
            raise Unreachable("the answer is larger than 32 MiB")
        if time.monotonic() > deadline:
            raise Unreachable("the answer took longer than two minutes")
    return bytes(taken)

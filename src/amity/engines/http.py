"""Requests to other people's machines: bounded in time and size, no redirects, and never into our own network.

The name is resolved once, every address is checked, and the connection goes to a checked address: a name that changes
between the check and the connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore

CONNECT_S, READ_S, TOTAL_S = 5.0, 10.0, 20.0
MAX_ANSWER = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]


class Unreachable(Exception):
    """The other side did not answer in time or at all; the text says why, without secrets."""


class ForbiddenAddress(Unreachable):
    """The address leads into our own network."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``text`` is cut at 300 characters."""

    status: int
    text: str


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a name. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """True for an address of the open internet, also when it hides inside IPv6 (mapped, 6to4, Teredo, NAT64)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (ip, *_inside(ip)))


def check_url(url: str, allow_private: bool = False) -> str:
    """Why ``url`` cannot be sent to, as a stable word: ``scheme``, ``host``, ``credentials``; empty when it can."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and url.isascii() and parts.port != 0
    except ValueError:  # brackets that do not close, ports beyond 65,535
        return "host"
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        return "scheme"
    if not named:
        return "host"
    return "credentials" if parts.username or parts.password else ""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_private: bool = False,
    look_up: Resolve = resolve,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """POST ``body``; at most 20 seconds and 64 KiB of answer. Raises ``Unreachable`` or ``ForbiddenAddress``."""
    wrong = check_url(url, allow_private)
    if wrong:
        raise ForbiddenAddress(f"address not allowed: {wrong}")
    timeout = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": CONNECT_S}
    backend = Guarded(allow_private, look_up)
    with httpcore.ConnectionPool(ssl_context=context, network_backend=backend, retries=0) as pool:
        try:
            given = [(name.encode(), value.encode()) for name, value in headers.items()]
            with pool.stream("POST", url, headers=given, content=body, extensions={"timeout": timeout}) as response:
                return Answer(response.status, _text(response.iter_stream(), time.monotonic() + TOTAL_S))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(type(error).__name__) from error


def _text(chunks: Iterable[bytes], deadline: float) -> str:
    taken = b""
    for chunk in chunks:
        taken += chunk
        if len(taken) >= MAX_ANSWER or time.monotonic() > deadline:
            break
    return taken[:1200].decode("utf-8", "replace")[:300]


def _inside(ip: Address) -> list[Address]:
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    hidden: list[Address | None] = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        hidden.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [each for each in hidden if each is not None]


class Guarded(httpcore.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allow_private: bool, look_up: Resolve) -> None:
        self._allow_private, self._look_up = allow_private, look_up
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._look_up(host, port)
        except UnicodeError as error:  # labels that are empty or too long
            raise Unreachable("the name has no address") from error
        if not addresses:
            raise Unreachable("the name has no address")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise ForbiddenAddress("the name leads into a private network")
        return self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: object = None
    ) -> httpcore.NetworkStream:
        raise ForbiddenAddress("sockets are not allowed")

    def sleep(self, seconds: float) -> None:
        self._plain.sleep(seconds)

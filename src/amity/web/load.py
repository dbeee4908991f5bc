"""A load generator for HTTP: prebuilt requests over keep-alive connections, one waiting answer per connection.

Raw sockets and epoll, so that it takes as little as possible of the machine it measures.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What one run showed. Seconds; ``statuses`` counts answers."""

    seconds: float
    answers: int
    statuses: dict[int, int]
    p50: float
    p99: float
    worst: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


def request(path: str, body: bytes, authorization: str, host: str = "localhost") -> bytes:
    """One POST as an SDK sends it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(host: str, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Keep ``connections`` busy for ``seconds`` with these requests in turn. Raises ``OSError`` when one is closed."""
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    sent_at: dict[int, float] = {}
    for _n in range(connections):
        made = socket.create_connection((host, port), timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[made.fileno()] = made
        poll.register(made.fileno(), select.EPOLLIN)
    times, statuses, turn = [], dict[int, int](), 0
    started = now = time.perf_counter()
    for handle, each in sockets.items():
        each.sendall(requests[turn % len(requests)])
        turn, sent_at[handle] = turn + 1, time.perf_counter()
    while sent_at:
        for handle, _event in poll.poll(10):
            answer = sockets[handle].recv(65536)
            now = time.perf_counter()
            if not answer:
                raise OSError("the server closed a connection")
            status = int(answer[9:12])
            statuses[status] = statuses.get(status, 0) + 1
            times.append(now - sent_at.pop(handle))
            if now - started < seconds:
                sent_at[handle] = now
                sockets[handle].sendall(requests[turn % len(requests)])
                turn += 1
    for each in sockets.values():
        each.close()
    times.sort()
    return Load(now - started, len(times), statuses, times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])

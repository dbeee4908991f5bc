"""A real SMTP server on this machine that keeps what it takes, and says no when told to."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Mail:
    """What came in, and when (monotonic) its text had been taken."""

    to: str
    content: bytes
    at: float


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Sink:
    """Use as a context manager. ``answers``: receiver → what the server says to it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answers: dict[str, str] = {}
        self.drop_after_data = False
        self.pause = 0.0  # how long the server thinks about a text
        self.controller = Controller(self, hostname="127.0.0.1", port=_free_port(), ready_timeout=10)

    def __enter__(self) -> Sink:
        self.controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.drop_after_data:
            server.transport.abort()
            return "250 OK"
        await asyncio.sleep(self.pause)
        for to in envelope.rcpt_tos:
            self.mails.append(Mail(to, envelope.content, time.monotonic()))
        return "250 OK"

"""Whether a server answers yet, found out without waiting for it and without threads."""

from __future__ import annotations

import contextlib
import socket

_CONNECT_SECONDS = 0.2  # on this machine it is taken or refused at once


class Knock:
    """One small request to an address of this machine, sent once somebody listens there."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.address = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104
        self.request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
        self._asked: socket.socket | None = None
        self._answered = False

    def answered(self) -> bool:
        """True from the first answer on, whatever it says. Takes at most 0.2 s, hardly ever more than a moment."""
        if self._answered:
            return True
        with contextlib.suppress(BlockingIOError):
            try:
                self._asked = self._asked or self._ask()
                self._answered = bool(self._asked.recv(1))
            except BlockingIOError:
                raise
            except OSError:  # nobody listens yet, or whoever did has ended
                pass
            self.end()
        return self._answered

    def end(self) -> None:
        """Expect no answer any more; the next look asks anew."""
        if self._asked is not None:
            self._asked.close()
            self._asked = None

    def _ask(self) -> socket.socket:
        asked = socket.create_connection(self.address, timeout=_CONNECT_SECONDS)
        asked.sendall(self.request)
        asked.setblocking(False)
        return asked

"""Ways out by channel. A carrier hands one message over and says what became of it; the gate has spoken before.

A carrier is opened for a batch and closed after it, so that what is costly to open (a connection to a mail server)
serves many messages. ``hand_over`` is called inside the transaction in which the message's state is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from amity.channels.models import Outgoing
from amity.engines.api import Receipt


class Carrier(Protocol):
    """An open way out of one channel. ``name`` is the engine's, as the outbox shows it."""

    name: str

    def hand_over(self, row: Outgoing) -> Receipt:
        """Hand one message over; never raises for what servers and networks do."""

    def close(self) -> None:
        """Let go of connections."""


Opens = Callable[[], Carrier]
_registered: dict[str, Opens] = {}
_inside: set[str] = set()


def register_carrier(channel: str, opens: Opens, *, inside: bool = False) -> None:
    """Have messages of a channel go out through what ``opens`` returns; called in a room's apps.py.

    ``inside``: handing over is part of the transaction that writes the message, so nobody has to be waited for.
    """
    _registered[channel] = opens
    (_inside.add if inside else _inside.discard)(channel)


def carried() -> tuple[str, ...]:
    """Channels that have a way out."""
    return tuple(_registered)


def delivers_inside(channel: str) -> bool:
    """Whether a message of this channel is delivered by the transaction that proposes it."""
    return channel in _inside


class Ways:
    """Carriers of a batch, each opened when its first message comes."""

    def __init__(self) -> None:
        self._open: dict[str, Carrier] = {}

    def of(self, channel: str) -> Carrier:
        """The carrier of a channel; raises ``KeyError`` for one that has none."""
        if channel not in self._open:
            self._open[channel] = _registered[channel]()
        return self._open[channel]

    def close(self) -> None:
        """Close what was opened."""
        for each in self._open.values():
            each.close()
        self._open.clear()


@contextmanager
def ways() -> Iterator[Ways]:
    """Carriers for a batch."""
    opened = Ways()
    try:
        yield opened
    finally:
        opened.close()

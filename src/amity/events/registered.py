"""How far the consumers of the stream are behind, for whoever shows it."""

from __future__ import annotations

from amity.base.errors import Refused
from amity.events.consuming import registered_consumers
from amity.events.stream import Lag, StreamDown
from amity.events.streams import stream

_PROFILES = "profiles"


def lag_of_profiles() -> Lag | None:
    """The lag of the consumer that keeps profiles up to date; None where there is none, or the stream is away."""
    if _PROFILES not in registered_consumers():
        return None
    try:
        opened = stream()
    except Refused:
        return None
    try:
        return opened.lag(_PROFILES)
    except StreamDown:
        return None
    finally:
        opened.close()

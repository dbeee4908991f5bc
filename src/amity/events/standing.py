"""How the consumers stand: what /metrics, the doctor and the status page say about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from amity.events.consuming import registered_consumers
from amity.events.stream import Lag, StreamDown
from amity.events.stream_postgres import followed, table_lag
from amity.events.streams import stream

ALARM_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One consumer. ``lag`` is None while the stream cannot be reached; ``failures`` counts those in a row."""

    name: str
    lag: Lag | None
    handled: int
    quarantined: int
    failures: int
    error: str
    moved_at: datetime | None

    @property
    def late(self) -> bool:
        """Whether somebody should look: a minute behind, failing, or without its stream."""
        return self.lag is None or self.lag.seconds > ALARM_SECONDS or self.failures > 0


def standings() -> list[Standing]:
    """Every registered consumer, by name. 2 queries per consumer (and a look at the brokers, for Kafka)."""
    consumers = registered_consumers()
    if not consumers:
        return []
    source = stream()
    try:
        found = []
        for name in sorted(consumers):
            try:
                lag = source.lag(name) if (table := followed(consumers[name])) is None else table_lag(table, name)
            except StreamDown:
                lag = None
            found.append(_standing(name, lag))
        return found
    finally:
        source.close()


def late(found: Sequence[Standing]) -> list[Standing]:
    """Those that somebody should look at."""
    return [one for one in found if one.late]


def _standing(name: str, lag: Lag | None) -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(handled), 0)::bigint, coalesce(sum(quarantined), 0)::bigint, "
            "coalesce(max(failures), 0), coalesce(max(error), ''), max(moved_at) FROM events_cursor "
            "WHERE name = %s OR starts_with(name, %s)",
            [name, f"{name}/"],
        )
        handled, quarantined, failures, error, moved_at = cursor.fetchone()
    return Standing(name, lag, handled, quarantined, failures, error, moved_at)

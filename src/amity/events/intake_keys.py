"""Who may send: write keys, limits and counts of the sources, in the memory of an intake process.

Keys are read at the start, at every change (LISTEN), every few seconds, and when somebody shows a key that is not known
yet, so that a key made a moment ago is never refused.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import TupleRow

from amity.base.ids import new_id
from amity.events.intake_commit import Broken
from amity.events.intake_lines import Connection, connect, connection
from amity.events.intake_wire import Limits

log = logging.getLogger("amity.intake")
CHANNEL = "amity_sources"
LIVE_CHANNEL = "amity_live"  # of base.live, which needs Django
_MOST_TOLD = 200
_REFRESH_SECONDS = 5.0
_TICK_SECONDS = 1.0
_ASK_AGAIN_SECONDS = 0.5  # unknown keys cause at most this many look-ups
_BURST_SECONDS = 5.0  # a source may send so many seconds' worth at once
_QUERY = """
SELECT id, name, kind, write_key, previous_key, previous_until, events_per_second, max_event_bytes, max_batch_bytes,
       enabled
FROM events_source
"""
COUNT = """
INSERT INTO events_sourcevolume (id, source_id, minute, taken, refused, size)
SELECT %s, id, to_timestamp(%s), %s, %s, %s FROM events_source WHERE id = %s
ON CONFLICT (source_id, minute) DO UPDATE SET taken = events_sourcevolume.taken + excluded.taken,
    refused = events_sourcevolume.refused + excluded.refused, size = events_sourcevolume.size + excluded.size
"""


@dataclass(slots=True)
class Sender:
    """A source as the intake sees it. ``rate``: events per second, 0 for no limit."""

    id: UUID
    id_bytes: bytes
    name: str
    kind: str
    enabled: bool
    rate: int
    limits: Limits
    tokens: float = 0.0
    filled_at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until this source may send again, 0 for now (`now`: monotonic seconds)."""
        if not self.rate:
            return 0.0
        self.tokens = min(self.rate * _BURST_SECONDS, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        return 0.0 if self.tokens > 0 else max(-self.tokens / self.rate, 0.001)

    def spend(self, events: int) -> None:
        self.tokens -= events


@dataclass(slots=True)
class Defaults:
    """What the installation sets where a source sets nothing."""

    limits: Limits
    rate: int


@dataclass(slots=True)
class Keys:
    """Senders by write key, kept fresh by `run`."""

    url: str
    defaults: Defaults
    loaded: bool = False
    largest_batch: int = 0
    _by_key: dict[str, Sender] = field(default_factory=dict)
    _by_header: dict[bytes, Sender] = field(default_factory=dict)
    _expiring: dict[str, datetime] = field(default_factory=dict)
    _counts: dict[tuple[UUID, int], list[int]] = field(default_factory=dict)
    _active: set[UUID] = field(default_factory=set)
    _active_before: set[UUID] = field(default_factory=set)
    _read_at: float = -10.0  # when the look-up began that the keys are from
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def known(self, authorization: bytes) -> Sender | None:
        """The sender whose ``Authorization`` header this is, in the exact form that most SDKs send."""
        return self._by_header.get(authorization)

    async def find(self, key: str) -> Sender | None:
        """The sender with this write key. Looks it up when it is not known. Raises `Broken` when it cannot."""
        found = self._by_key.get(key)
        if found is None and key:
            await self._look_up(time.monotonic())
            found = self._by_key.get(key)
        expires = self._expiring.get(key)
        return None if expires is not None and expires <= datetime.now(UTC) else found

    async def _look_up(self, since: float) -> None:
        """Return once keys were read by a query that began after ``since``, so that no answer rests on older ones."""
        async with self._asking:
            if self._read_at < since:
                await asyncio.sleep(self._read_at + _ASK_AGAIN_SECONDS - time.monotonic())
                async with connection(self.url) as opened:
                    await self._load(opened)

    def count(self, sender: Sender, taken: int, refused: int, size: int) -> None:
        minute = int(time.time()) // 60
        self._active.add(sender.id)
        counts = self._counts.setdefault((sender.id, minute), [0, 0, 0])
        counts[0] += taken
        counts[1] += refused
        counts[2] += size

    async def run(self) -> None:
        """Keep the keys fresh, write the counts down and tell open pages what arrived, until cancelled."""
        while True:
            with contextlib.suppress(Broken, TimeoutError):
                async with connection(self.url) as listening, connection(self.url) as opened:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    while True:
                        async with asyncio.timeout(15):
                            await self._refresh(opened)
                        await self._until_stale(listening, opened)
            log.warning("intake.keys_unavailable")
            await asyncio.sleep(1.0)

    async def _until_stale(self, listening: Connection, opened: Connection) -> None:
        give_up = time.monotonic() + _REFRESH_SECONDS
        while time.monotonic() < give_up:
            async with asyncio.timeout(15):
                async for _notice in listening.notifies(timeout=_TICK_SECONDS, stop_after=1):
                    return
                await self._tell(opened)

    async def _refresh(self, opened: Connection) -> None:
        await self._load(opened)
        await self._write_counts(opened)

    async def _tell(self, opened: Connection) -> None:
        """Open pages hear of sources that sent within the last two ticks: the second time their profiles are done."""
        told = self._active | self._active_before
        self._active, self._active_before = set(), self._active
        if told:
            await opened.execute("SELECT pg_notify(%s, %s)", [LIVE_CHANNEL, live_notice(told)])

    async def close(self) -> None:
        """Write the last counts down, where possible."""
        with contextlib.suppress(Broken, TimeoutError):
            async with asyncio.timeout(3), connection(self.url) as opened:
                await self._write_counts(opened)

    async def _load(self, opened: Connection) -> None:
        began = time.monotonic()
        cursor = await opened.execute(_QUERY)
        before = {sender.id: sender for sender in self._by_key.values()}
        by_key: dict[str, Sender] = {}
        expiring: dict[str, datetime] = {}
        for row in await cursor.fetchall():
            sender = self._sender(row, before.get(row[0]))
            by_key[row[3]] = sender
            if row[4] and row[5] is not None:
                by_key.setdefault(row[4], sender)
                expiring[row[4]] = row[5]
        if began < self._read_at:
            return  # another look-up began later and knows more
        self._read_at = began
        self._by_key, self._expiring = by_key, expiring
        self._by_header = {
            b"Basic " + base64.b64encode(key.encode() + b":"): sender
            for key, sender in by_key.items()
            if key not in expiring
        }
        self.largest_batch = max([self.defaults.limits.batch_bytes, *(s.limits.batch_bytes for s in by_key.values())])
        self.loaded = True

    def _sender(self, row: TupleRow, before: Sender | None) -> Sender:
        usual = self.defaults.limits
        limits = Limits(row[7] or usual.event_bytes, row[8] or usual.batch_bytes, usual.message_id)
        rate = row[6] or self.defaults.rate
        made = Sender(row[0], row[0].bytes, row[1], row[2], row[9], rate, limits)
        if before is not None and before.rate == rate:
            made.tokens, made.filled_at = before.tokens, before.filled_at
        else:
            made.tokens, made.filled_at = rate * _BURST_SECONDS, time.monotonic()
        return made

    async def _write_counts(self, opened: Connection) -> None:
        counts, self._counts = self._counts, {}
        try:
            async with opened.transaction():
                for (source_id, minute), (taken, refused, size) in sorted(counts.items()):
                    await opened.execute(COUNT, [new_id(), minute * 60, taken, refused, size, source_id])
        except BaseException:
            for key, lost in counts.items():
                kept = self._counts.setdefault(key, [0, 0, 0])
                self._counts[key] = [one + other for one, other in zip(kept, lost, strict=True)]
            raise


def live_notice(ids: set[UUID]) -> str:
    """What `base.live.notices` makes of sources; of very many only that there are many."""
    return json.dumps(
        {"kind": "source", "ids": sorted(map(str, ids)) if len(ids) <= _MOST_TOLD else []}, separators=(",", ":")
    )


def key_in(authorization: bytes) -> str:
    """The user name of HTTP Basic, empty when there is none. Some SDKs leave out the colon or the padding."""
    scheme, _, rest = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        text = base64.b64decode(rest.strip() + b"==").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return text.partition(":")[0].strip()


__all__ = ["CHANNEL", "Defaults", "Keys", "Sender", "connect", "key_in"]

"""What the `live` process holds in memory: who listens for which records, and what was told lately."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from amity.base import live
from amity.base.ids import new_id

ANY = ""  # instead of an id: every record of the kind
KEPT = 5_000  # notices that a reader who was away for a moment can catch up on
WORDS = 50  # of what is said and kept nowhere, the newest that wait for one page
PER_SESSION, PER_PROCESS = 6, 2_000
Key = tuple[str, str]  # kind, id


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed. ``ids`` None: many records of the kind."""

    number: int
    at: float  # seconds since the epoch
    kind: str
    ids: frozenset[str] | None
    soon: bool = False


@dataclass(slots=True, eq=False)
class Stream:
    """One open page: what it shows, and what it has yet to hear. Bounded by what it shows."""

    session: str
    principal: Any
    keys: frozenset[Key]
    waiting: set[Key] = field(default_factory=set)
    words: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=WORDS))  # said, kept nowhere
    behind: bool = False  # something may have been missed: everything is to be asked again
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Event = field(default_factory=asyncio.Event)  # a record that the page shows by itself changed
    urgent: asyncio.Event = field(default_factory=asyncio.Event)  # or one that somebody waits for

    def told(self, keys: set[Key], soon: bool = False) -> None:
        self.waiting.update(keys)
        self.wake.set()
        if not self.keys.isdisjoint(keys):
            self.shown.set()
        if soon or self.shown.is_set():
            self.urgent.set()

    def missed(self) -> None:
        self.behind = True
        self.wake.set()

    def take(self) -> set[Key]:
        """What is waiting, once."""
        found, self.waiting = self.waiting, set()
        self.wake.clear()
        self.shown.clear()
        self.urgent.clear()
        return found


class Full(Exception):
    """No place for another stream; ``mine``: this session has too many, else the whole process."""

    def __init__(self, *, mine: bool) -> None:
        super().__init__("too many streams")
        self.mine = mine


class Hub:
    """Streams by what they listen for. Lives in one event loop; nothing here waits."""

    def __init__(self) -> None:
        self.name = new_id().hex  # a stream that comes back to another process must ask for everything again
        self.number = 0
        self.listening_since: float | None = None
        self.streams: set[Stream] = set()
        self._by_key: defaultdict[Key, set[Stream]] = defaultdict(set)
        self._sessions: Counter[str] = Counter()
        self._kept: deque[Notice] = deque(maxlen=KEPT)

    def enter(self, stream: Stream) -> None:
        """Begin to listen; raises `Full`."""
        if self._sessions[stream.session] >= PER_SESSION:
            raise Full(mine=True)
        if len(self.streams) >= PER_PROCESS:
            raise Full(mine=False)
        self.streams.add(stream)
        self._sessions[stream.session] += 1
        for key in stream.keys:
            self._by_key[key].add(stream)

    def leave(self, stream: Stream) -> None:
        """Stop listening."""
        if stream not in self.streams:
            return
        self.streams.discard(stream)
        self._sessions[stream.session] -= 1
        if not self._sessions[stream.session]:
            del self._sessions[stream.session]
        for key in stream.keys:
            self._by_key[key].discard(stream)
            if not self._by_key[key]:
                del self._by_key[key]

    def hear(self, payload: str) -> None:
        """A notice arrived from the database."""
        words = live.said(payload)
        if words is not None:
            self._say(*words)
            return
        read = live.read(payload)
        if read is None:
            return
        self.number += 1
        notice = Notice(self.number, time.time(), *read)
        self._kept.append(notice)
        for stream, keys in self._meant(notice):
            stream.told(keys, notice.soon)

    def _say(self, kind: str, subject: str, words: dict[str, str]) -> None:
        """Something that is kept nowhere: for who listens to that very record now."""
        for stream in self._by_key.get((kind, subject), ()):
            stream.words.append({**words, "kind": kind, "of": subject})
            stream.wake.set()

    def lost(self) -> None:
        """The line to the database broke: whatever was told meanwhile is unknown."""
        self.listening_since = None
        self._kept.clear()
        self.name = new_id().hex

    def found(self) -> None:
        """The line is there (again)."""
        self.listening_since = time.time()
        for stream in self.streams:
            stream.missed()

    def catch_up(self, stream: Stream, last: str, since: float | None) -> None:
        """Tell ``stream`` what it missed after event id ``last``, or after its page was made (``since``, epoch s)."""
        name, _, number = last.partition("-")
        if last:
            after = int(number) if name == self.name and number.isdecimal() else -1
            self._replay(stream, [n for n in self._kept if n.number > after] if self._reaches(after) else None)
        elif since is not None:
            known = self.listening_since is not None and self.listening_since <= since and self._covers(since)
            self._replay(stream, [n for n in self._kept if n.at >= since] if known else None)

    def event_id(self) -> str:
        return f"{self.name}-{self.number}"

    def _reaches(self, after: int) -> bool:
        return after == self.number or (after >= 0 and bool(self._kept) and self._kept[0].number <= after + 1)

    def _covers(self, since: float) -> bool:
        return len(self._kept) < KEPT or self._kept[0].at <= since

    def _replay(self, stream: Stream, notices: list[Notice] | None) -> None:
        if notices is None:
            stream.missed()
            return
        for notice in notices:
            keys = {key for key in stream.keys if key[0] == notice.kind and _hits(key[1], notice.ids)}
            if keys:
                stream.told(_named(keys, notice))

    def _meant(self, notice: Notice) -> list[tuple[Stream, set[Key]]]:
        """Streams that listen for this, each with what to tell it."""
        if notice.ids is None:
            found = [
                (key, stream) for key, streams in self._by_key.items() if key[0] == notice.kind for stream in streams
            ]
        else:
            wanted = ((notice.kind, each) for each in (*notice.ids, ANY))
            found = [(key, stream) for key in wanted for stream in self._by_key.get(key, ())]
        meant: defaultdict[Stream, set[Key]] = defaultdict(set)
        for key, stream in found:
            meant[stream] |= _named({key}, notice)
        return list(meant.items())


def _hits(wanted: str, ids: frozenset[str] | None) -> bool:
    return ids is None or wanted == ANY or wanted in ids


def _named(keys: set[Key], notice: Notice) -> set[Key]:
    """Keys with ids: who listens for a whole kind is told which records, at most 50 of them."""
    some = sorted(notice.ids or ())[:50] or [ANY]
    return {(kind, each) for kind, known in keys for each in ([known] if known != ANY else some)}

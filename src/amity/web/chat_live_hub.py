"""What a process holds in memory of web chat: which visitors listen, how far each has read, and who has news.

Notices name talks ("rooms"), never values. Whatever many notices come at the same moment, all who are concerned are
read for in one round (`desk.chat.lines_after`), so a message costs the database the same with one visitor or with 500.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from amity.base import live
from amity.channels import api as channels
from amity.desk import api as desk

PER_SESSION, PER_PROCESS = 6, 5_000
ROUND = 200  # talks that are read for together
GATHER = 0.005  # seconds: notices of the same moment are one round
Who = tuple[UUID, str]  # account, address


@dataclass(slots=True, eq=False)
class Listener:
    """One open chat. ``mark``: what it was given; ``news`` waits to be written; ``typing``: somebody of us types."""

    session_id: UUID
    who: Who
    room: str
    mark: str
    news: list[desk.chat.Line] = field(default_factory=list)
    standing: desk.chat.Standing | None = None
    told: desk.chat.Standing | None = None
    typing: bool = False
    ended: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, lines: Iterable[desk.chat.Line], standing: desk.chat.Standing) -> None:
        """What is new to this one."""
        fresh = [line for line in lines if line.mark > self.mark]
        if fresh:
            self.mark = fresh[-1].mark
            self.news += fresh
        self.standing = standing
        if fresh or standing != self.told:
            self.wake.set()

    def end(self) -> None:
        self.ended = True
        self.wake.set()


class Full(Exception):
    """No place for another listener."""


class ChatHub:
    """Listeners by talk. Lives in one event loop; `pump` is the only thing in it that waits for the database."""

    def __init__(self) -> None:
        self.rooms: defaultdict[str, set[Listener]] = defaultdict(set)
        self.homes: dict[str, str] = {}  # conversation id → room, of those who listen
        self.count = 0
        self._sessions: Counter[UUID] = Counter()
        self._dirty: set[str] = set()
        self.asked: Callable[[str], None] = lambda home: None  # staff asks whether a visitor is there, and one is
        self._wake = asyncio.Event()

    def enter(self, listener: Listener) -> None:
        """Begin to listen; raises `Full`."""
        if self._sessions[listener.session_id] >= PER_SESSION or self.count >= PER_PROCESS:
            raise Full
        self.count += 1
        self._sessions[listener.session_id] += 1
        self.rooms[listener.room].add(listener)
        self.stir([listener.room])

    def leave(self, listener: Listener) -> bool:
        """Stop listening; whether nobody is left in that talk."""
        if listener not in self.rooms.get(listener.room, ()):
            return False
        self.count -= 1
        self._sessions[listener.session_id] -= 1
        if not self._sessions[listener.session_id]:
            del self._sessions[listener.session_id]
        self.rooms[listener.room].discard(listener)
        if self.rooms[listener.room]:
            return False
        del self.rooms[listener.room]
        if listener.standing and listener.standing.conversation_id:
            self.homes.pop(str(listener.standing.conversation_id), None)
        return True

    def hear(self, payload: str) -> None:
        """A notice arrived from the database."""
        words = live.said(payload)
        if words is not None:
            self._said(*words)
            return
        read = live.read(payload)
        if read is None:
            return
        kind, ids, _soon = read
        if kind == channels.chat.TALK:
            self.stir(self.rooms if ids is None else ids)
        elif kind == "conversation":
            self.stir(self.rooms if ids is None else [self.homes[each] for each in ids if each in self.homes])

    def lost(self) -> None:
        """The line to the database broke."""

    def found(self) -> None:
        """The line is there (again): whatever was said meanwhile is read for."""
        self.stir(self.rooms)

    def stir(self, rooms: Iterable[str]) -> None:
        """There may be something new in these talks."""
        self._dirty |= {room for room in rooms if room in self.rooms}
        if self._dirty:
            self._wake.set()

    async def pump(self, read: Callable[[dict[Who, str]], Awaitable[Round]]) -> None:
        """Read for whoever has news, round after round, until cancelled. ``read`` raises ``OSError`` if it cannot."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            self._wake.clear()
            rooms = [self._dirty.pop() for _ in range(min(len(self._dirty), ROUND))]
            try:
                await self._round(rooms, read)
            except OSError:
                self.stir(rooms)
                await asyncio.sleep(0.5)
            if self._dirty:
                self._wake.set()

    def end(self) -> None:
        for listeners in list(self.rooms.values()):
            for listener in listeners:
                listener.end()

    async def _round(self, rooms: list[str], read: Callable[[dict[Who, str]], Awaitable[Round]]) -> None:
        marks: dict[Who, str] = {}
        for room in rooms:
            for listener in self.rooms.get(room, ()):
                marks[listener.who] = min(marks.get(listener.who, listener.mark), listener.mark)
        found = await read(marks)
        for room in rooms:
            lines, standing = found.lines.get(room, []), found.standings.get(room, desk.chat.NOTHING)
            asked = [each for each in self.rooms.get(room, ()) if each.mark >= marks.get(each.who, "~")]
            came = any(listener.standing is None for listener in asked)
            for listener in asked:  # who came meanwhile has read less than was asked for, and is read for next
                listener.give(lines, standing)
            if standing.conversation_id and room in self.rooms:
                home = str(standing.conversation_id)
                self.homes[home] = room
                if came:
                    self.asked(home)
            if len(lines) >= desk.chat.PAGE:
                self.stir([room])

    def _said(self, kind: str, home: str, words: dict[str, str]) -> None:
        """Staff writes in a conversation, or looks at it and wants to know whether the visitor is there."""
        room = self.homes.get(home, "")
        if kind != "conversation" or room not in self.rooms or words.get("id") == "customer":
            return
        if words.get("does") == "looks":
            self.asked(home)
        for listener in self.rooms[room] if words.get("does") == "writes" else ():
            listener.typing = True
            listener.wake.set()


@dataclass(frozen=True, slots=True)
class Round:
    """What one reading found, by room."""

    lines: dict[str, list[desk.chat.Line]]
    standings: dict[str, desk.chat.Standing]

"""Simulated visitors and agents of web chat, who behave as the widget and the inbox do: what is not answered is sent
again under the same id, a stream that breaks goes on after the last mark.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from amity.web.check_desk_chat_wire import Line, encoded, events

BROKEN = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, ValueError)
_ASKED = re.compile(r"\[q (\d+) (\d+)\]")
_MARK = re.compile(r'data-live-more="[^"]*since=([\d-]+)"')
_FORM = {"content-type": "application/x-www-form-urlencoded", "hx-request": "true"}
_CSRF = "check" + "0" * 27


@dataclass(slots=True)
class World:
    """Ports, and everything that was measured. Seconds since the start of this process."""

    key: str
    web: int
    live: int
    pause: float  # mean seconds between what one visitor says
    think: tuple[float, float]  # seconds until an agent answers
    name: str = field(default_factory=lambda: secrets.token_hex(4))  # so that keys of two worlds differ
    asked_at: dict[tuple[int, int], float] = field(default_factory=dict)
    answered_at: dict[tuple[int, int], float] = field(default_factory=dict)
    to_agent: list[float] = field(default_factory=list)
    to_visitor: list[float] = field(default_factory=list)
    homes: dict[str, int] = field(default_factory=dict)  # conversation -> visitor
    retries: int = 0
    speaking: bool = True
    running: bool = True
    quiet: bool = False  # nothing is measured

    async def until_done(self, doing: Callable[[], Awaitable[bool]]) -> bool:
        """Try until it is done, or the world ends."""
        while self.running:
            try:
                if await doing():
                    return True
            except BROKEN:
                pass
            self.retries += 1
            await asyncio.sleep(0.2 + random.random() * 0.3)  # noqa: S311 - a simulated pause
        return False


@dataclass(slots=True)
class Visitor:
    """Says numbered things one after another, and reads."""

    world: World
    number: int
    token: str = ""
    mark: str = ""
    taken: list[int] = field(default_factory=list)  # own messages that were acknowledged
    read: list[tuple[str, int]] = field(default_factory=list)  # (author, number) in the order in which they came
    seen: set[str] = field(default_factory=set)

    async def live(self, comes: float, speaks: float) -> None:
        """Come, listen, and talk for as long as the world speaks; seconds until coming, and until the first word."""
        line = Line(self.world.live)
        await asyncio.sleep(comes)
        await self.world.until_done(lambda: self._begin(line))
        listening = asyncio.create_task(self._listen())
        await asyncio.sleep(speaks)
        number = 0
        while self.world.speaking:
            await self._say(line, number)
            number += 1
            await asyncio.sleep(min(random.expovariate(1 / self.world.pause), 3 * self.world.pause))
        await listening
        line.close()

    async def _begin(self, line: Line) -> bool:
        status, body = await line.ask("POST", self._path("sessions"), {}, encoded({"language": "en"}))
        if status == 200:
            self.token = json.loads(body)["token"]
        return status == 200

    async def _say(self, line: Line, number: int) -> None:
        text = f"Where is my order? [q {self.number} {number}]"
        body = encoded({"id": f"m-{self.number:05}-{number:05}", "text": text})

        async def once() -> bool:
            self.world.asked_at[self.number, number] = time.perf_counter()
            status, told = await line.ask("POST", self._path("messages"), self._bearer(), body)
            if status == 200:
                self.world.homes[json.loads(told)["conversation"]] = self.number
            return status == 200

        if await self.world.until_done(once):
            self.taken.append(number)

    async def _listen(self) -> None:
        while self.world.running:
            try:
                headers = {**self._bearer(), "last-event-id": self.mark}
                async for event, mark, data in events(self.world.live, self._path("stream"), headers):
                    if event == "message":
                        self._hear(mark, json.loads(data))
            except BROKEN:
                await asyncio.sleep(0.2 + random.random() * 0.3)  # noqa: S311

    def _hear(self, mark: str, line: dict[str, str]) -> None:
        found = _ASKED.search(line["text"])
        self.mark = mark
        if found is None:
            return
        number = int(found[2])
        self.read.append((line["author"], number))
        at = self.world.answered_at.get((self.number, number))
        if line["author"] == "staff" and at is not None and line["id"] not in self.seen and not self.world.quiet:
            self.world.to_visitor.append(time.perf_counter() - at)
        self.seen.add(line["id"])

    def _path(self, place: str) -> str:
        return f"/chat/{self.world.key}/{place}"

    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "content-type": "application/json"}


@dataclass(slots=True)
class Agent:
    """Looks after some visitors: hears that something changed, opens the thread, answers each message once."""

    world: World
    number: int
    cookie: str
    visitors: frozenset[int]
    changed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    open_now: set[str] = field(default_factory=set)  # conversations on the screen: listened to by their ids
    more: dict[str, str] = field(default_factory=dict)  # conversation -> mark of what is on the screen of it
    known: set[tuple[int, int]] = field(default_factory=set)
    answered: dict[int, list[int]] = field(default_factory=dict)  # acknowledged, by visitor
    _answering: dict[int, asyncio.Queue[tuple[str, int]]] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def live(self) -> None:
        """Listen, look and answer until the world ends."""
        listening, looking = asyncio.create_task(self._listen()), asyncio.create_task(self._look())
        await asyncio.gather(listening, looking)
        await asyncio.gather(*self._tasks)

    async def _listen(self) -> None:
        last = ""
        while self.world.running:
            watched = "".join(f"&watch=conversation:{home}" for home in sorted(self.open_now))
            headers = {**self._headers(), **({"last-event-id": last} if last else {})}
            try:
                async for event, mark, data in events(self.world.live, f"/live?watch=conversation{watched}", headers):
                    told = json.loads(data or "{}").get("conversation", []) if event == "changed" else []
                    everything = event == "missed" or "" in told or not last
                    last = mark or last
                    wanted = self._mine(self.world.homes if everything else told)
                    for home in wanted:
                        self.changed.put_nowait(home)
                    if not self.open_now.issuperset(wanted):
                        self.open_now.update(wanted)
                        break  # as a page does that shows more: it listens anew, from where it was
            except BROKEN:
                await asyncio.sleep(0.2 + random.random() * 0.3)  # noqa: S311

    def _mine(self, homes: Iterable[str]) -> list[str]:
        return [home for home in homes if self.world.homes.get(home, -1) in self.visitors]

    async def _look(self) -> None:
        """Open threads that changed, newest state once however often they changed meanwhile."""
        line = Line(self.world.web)
        while self.world.running:
            try:
                home = await asyncio.wait_for(self.changed.get(), 1.0)
            except TimeoutError:
                continue
            others = {self.changed.get_nowait() for _ in range(self.changed.qsize())} - {home}
            for each in others:
                self.changed.put_nowait(each)

            async def once(home: str = home) -> bool:
                path = f"/conversations/{home}/live?since={self.more.get(home, '')}"
                status, page = await line.ask("GET", path, self._headers())
                if status == 200:
                    self._see(home, page.decode())
                return status == 200

            await self.world.until_done(once)
        line.close()

    def _see(self, home: str, page: str) -> None:
        now = time.perf_counter()
        mark = _MARK.search(page)
        if mark:
            self.more[home] = mark[1]
        for visitor, number in sorted({(int(v), int(n)) for v, n in _ASKED.findall(page)}):
            if (visitor, number) in self.known:
                continue
            self.known.add((visitor, number))
            if not self.world.quiet:
                self.world.to_agent.append(now - self.world.asked_at[visitor, number])
            if visitor not in self._answering:
                self._answering[visitor] = asyncio.Queue()
                self._tasks.append(asyncio.create_task(self._answer(visitor, self._answering[visitor])))
            self._answering[visitor].put_nowait((home, number))

    async def _answer(self, visitor: int, waiting: asyncio.Queue[tuple[str, int]]) -> None:
        line = Line(self.world.web)
        while self.world.running:
            try:
                home, number = await asyncio.wait_for(waiting.get(), 1.0)
            except TimeoutError:
                continue
            await asyncio.sleep(random.uniform(*self.world.think))  # noqa: S311
            told = {
                "text": f"On its way [q {visitor} {number}]",
                "key": f"{self.world.name}-{visitor}-{number}",
                "then": "open",
            }

            async def once(home: str = home, number: int = number, told: dict[str, str] = told) -> bool:
                self.world.answered_at[visitor, number] = time.perf_counter()
                path = f"/conversations/{home}/replies"
                form = {**told, "since": self.more.get(home, "")}
                status, page = await line.ask("POST", path, {**self._headers(), **_FORM}, urlencode(form).encode())
                if status == 200:
                    self._see(home, page.decode())
                return status == 200

            if await self.world.until_done(once):
                self.answered.setdefault(visitor, []).append(number)
        line.close()

    def _headers(self) -> dict[str, str]:
        return {"cookie": f"amity_session={self.cookie}; amity_csrf={_CSRF}", "x-csrftoken": _CSRF}

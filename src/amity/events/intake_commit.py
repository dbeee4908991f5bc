"""Group commit: the events of many requests in one transaction, answered after it.

Requests are collected for up to 3 ms or 1,000 events while the batches before them are being committed on the other
connections. Memory is bounded: what does not fit is refused at once, and so is everything while the database is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from amity.events.intake_rows import Batch

log = logging.getLogger("amity.intake")
GATHER_SECONDS = 0.003
GATHER_EVENTS = 1_000
MOST_EVENTS = 4_000  # in one transaction
COMMIT_SECONDS = 15.0
_REOPEN_SECONDS = 2.0
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0


class Unavailable(Exception):
    """Nothing can be taken now; the sender should try again in a second. ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotStorable(Exception):
    """The log refuses these very events: a fault of ours, since what it cannot hold should have been found before."""


class Broken(Exception):
    """The way into the log is broken; a new one may work."""


class Line(Protocol):
    """A way into the log that one batch at a time can take."""

    async def open(self) -> None: ...

    async def commit(self, batches: Sequence[Batch]) -> None:
        """Durable when it returns. Raises `NotStorable` for data the log refuses, `Broken` when it is away."""

    async def close(self) -> None: ...


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    events: int
    size: int
    done: asyncio.Future[None]


@dataclass(slots=True)
class Commits:
    """Counts for /metrics."""

    events: int = 0
    rejects: int = 0
    batches: int = 0
    failures: int = 0


@dataclass(slots=True)
class GroupCommit:
    """Collects batches and commits them over ``lines`` connections."""

    make_line: Callable[[], Line]
    lines: int = 2
    most_waiting_bytes: int = 64 * 1024**2
    counts: Commits = field(default_factory=Commits)
    _queue: deque[_Waiting] = field(default_factory=deque)
    _events: int = 0
    _bytes: int = 0
    _up: int = 0
    _wake: asyncio.Future[None] | None = None
    _enough: int = 1
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _last: int = 0

    @property
    def up(self) -> bool:
        """Whether the log can be reached."""
        return self._up > 0

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(self.make_line())) for _n in range(self.lines)]

    async def stop(self) -> None:
        """Commit what waits (up to `COMMIT_SECONDS`), then close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(COMMIT_SECONDS):
                while self._queue and self._up:
                    await asyncio.sleep(GATHER_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_waiting("stopping")

    def offer(self, batch: Batch, size: int) -> Awaitable[None]:
        """Done when committed. Raises `Unavailable` at once when there is no room or no log, later when it fails."""
        if not self._up:
            raise Unavailable("log_unavailable")
        if self._bytes + size > self.most_waiting_bytes:
            raise Unavailable("overloaded")
        done = asyncio.get_running_loop().create_future()
        events = len(batch.rows) + len(batch.rejects)
        self._queue.append(_Waiting(batch, events, size, done))
        self._events += events
        self._bytes += size
        if self._wake is not None and self._events >= self._enough and not self._wake.done():
            self._wake.set_result(None)
        return done

    async def _run(self, line: Line) -> None:
        delay = _FIRST_DELAY
        try:
            while True:
                try:
                    async with asyncio.timeout(COMMIT_SECONDS):
                        await line.open()
                except Exception as error:  # whatever keeps the log away, only trying again helps
                    log.warning("intake.log_unavailable", extra={"error": type(error).__name__})
                    await asyncio.sleep(delay)
                    delay = min(delay * 2, _LONGEST_DELAY)
                    continue
                delay = _FIRST_DELAY
                self._up += 1
                try:
                    await self._serve(line)
                finally:
                    self._up -= 1
                    if not self._up:
                        self._fail_waiting("log_unavailable")
                    await line.close()
        finally:
            await line.close()

    async def _serve(self, line: Line) -> None:
        """Commit batch after batch until the line breaks."""
        while True:
            async with self._turn:  # one gathers while the others commit
                taken = await self._gathered()
            if not await self._commit(line, taken):
                return

    async def _gathered(self) -> list[_Waiting]:
        await self._wait(1, None)
        if self._last > 1:  # somebody else is likely to come; a lone sender is not kept waiting
            await self._wait(GATHER_EVENTS, GATHER_SECONDS)
        taken, events = [], 0
        while self._queue and events < MOST_EVENTS:
            one = self._queue.popleft()
            events += one.events
            taken.append(one)
        self._events -= events
        self._last = len(taken)
        return taken

    async def _wait(self, events: int, seconds: float | None) -> None:
        if self._events >= events:
            return
        loop = asyncio.get_running_loop()
        self._wake, self._enough = loop.create_future(), events
        timer = None if seconds is None else loop.call_later(seconds, _release, self._wake)
        try:
            await self._wake
        finally:
            self._wake = None
            if timer is not None:
                timer.cancel()

    async def _commit(self, line: Line, taken: list[_Waiting]) -> bool:
        """False when the line is broken; those who wait are told in any case.

        A batch is tried again on a new connection: should the first have been committed after all, the readers drop
        what comes twice by its message ids.
        """
        batches = [one.batch for one in taken]
        try:
            try:
                await _within(COMMIT_SECONDS, line.commit(batches))
            except Broken:
                await line.close()
                await _within(_REOPEN_SECONDS, line.open())
                await _within(COMMIT_SECONDS, line.commit(batches))
        except NotStorable as error:
            return await self._one_by_one(line, taken, error)
        except asyncio.CancelledError:
            self._tell(taken, Unavailable("stopping"))
            raise
        except Exception as error:  # the connection is of no use any more: tell, and open another
            self.counts.failures += 1
            log.warning("intake.commit_failed", extra={"error": type(error).__name__})
            self._tell(taken, Unavailable("log_unavailable"))
            return False
        self._tell(taken, None)
        return True

    async def _one_by_one(self, line: Line, taken: list[_Waiting], error: NotStorable) -> bool:
        """Find the request that the log refuses, so that its neighbours do not suffer."""
        if len(taken) == 1:
            log.error("intake.not_storable", extra={"error": str(error)[:200]})
            self._tell(taken, error)
            return True
        for place, one in enumerate(taken, 1):
            if not await self._commit(line, [one]):
                self._tell(taken[place:], Unavailable("log_unavailable"))
                return False
        return True

    def _tell(self, taken: list[_Waiting], error: Exception | None) -> None:
        for one in taken:
            self._bytes -= one.size
            if error is None:
                self.counts.events += len(one.batch.rows)
                self.counts.rejects += len(one.batch.rejects)
            if not one.done.done():
                one.done.set_result(None) if error is None else one.done.set_exception(error)
        self.counts.batches += 1

    def _fail_waiting(self, code: str) -> None:
        waiting, self._events = list(self._queue), 0
        self._queue.clear()
        self._tell(waiting, Unavailable(code))


def _release(wake: asyncio.Future[None]) -> None:
    if not wake.done():
        wake.set_result(None)


async def _within(seconds: float, step: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await step
    except TimeoutError as error:
        raise Broken("no answer in time") from error

"""Running the consumers: micro-batches whose effects and cursor commit together; a bad event does not stop the rest."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import django.db
import psycopg
from django.db import connection, transaction

from amity.base.errors import Refused
from amity.events import clock_of_log, quarantining
from amity.events.consuming import Consumer, registered_consumers
from amity.events.log import prepare
from amity.events.schemas import Bad, Fact, RawRow, parse
from amity.events.stream import Batch, Overtaken, Reader, Stream, StreamDown, move
from amity.events.stream_postgres import CHANNEL, TableReader, followed, following, own_connection
from amity.events.streams import stream

log = logging.getLogger("amity.consumers")
_AWAY = (django.db.OperationalError, django.db.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_SWITCH_SECONDS = 0.0005  # so long a thread waits for one that computes when the server has answered
_TAKEN_SECONDS = 1.0  # between two looks at a name that another process holds
_FIRST_IDLE, _LONGEST_IDLE = 0.01, 0.2
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 10.0
_TRIES = 5  # of a batch that the database refuses for passing reasons, before the row at fault is looked for
_MOST_POISON = 20  # rows in a row that go to the quarantine; then the consumer itself is at fault


class Broken(Exception):
    """The consumer fails whatever it gets: nothing more goes to the quarantine until it succeeds again."""


Taken = tuple[Batch[Any], list[Any]]  # rows, and what each says (or `Bad`)


@dataclass(slots=True)
class Bell:
    """Wakes idle consumers of this process."""

    _condition: threading.Condition = field(default_factory=threading.Condition)
    _rung: int = 0

    @property
    def rung(self) -> int:
        return self._rung

    def ring(self) -> None:
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, since: int, seconds: float) -> None:
        """Until rung after ``since``, at most so long."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung != since, seconds)


@dataclass(slots=True)
class Runner:
    """One consumer, in one thread."""

    consumer: Consumer
    stream: Stream
    stopped: threading.Event = field(default_factory=threading.Event)
    bell: Bell = field(default_factory=Bell)
    _delay: float = _FIRST_DELAY
    _tries: int = 0
    _poison: int = 0
    _noted: bool = True  # perhaps, by the process before us
    _ahead: Future[Taken] | None = None
    _helper: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "ahead"))

    def run(self) -> None:
        """Until stopped. Whatever fails is tried again, from what the database holds, with growing pauses."""
        while not self.stopped.is_set():
            try:
                self._hold()
            except Overtaken:
                log.info("consumer.overtaken", extra={"consumer": self.consumer.name})
            except Broken as error:
                log.error("consumer.broken", exc_info=error, extra={"consumer": self.consumer.name})
                self._note(str(error))
                self._pause()
            except (*_AWAY, StreamDown) as error:
                log.warning("consumer.away", extra={"consumer": self.consumer.name, "error": type(error).__name__})
                with contextlib.suppress(Exception):  # a broken connection may not even close
                    connection.close()
                self._pause()
        self._helper.shutdown()
        connection.close()

    def drain(self) -> int:
        """Handle what is there now and return the number of rows. Raises what `run` would try again."""
        with self._open() as reader:
            if reader is None:
                return 0
            done = 0
            try:
                while (taken := self._take(reader))[0].rows:
                    self._handle(reader, *taken)
                    done += len(taken[0].rows)
            finally:
                self._forget_ahead()
            return done

    def _open(self) -> contextlib.AbstractContextManager[Reader[Any] | None]:
        if (table := followed(self.consumer)) is not None:
            return following(table, self.consumer.name, self.consumer.start)
        return self.stream.open(self.consumer.name, self.consumer.start)

    def _hold(self) -> None:
        with self._open() as reader:
            if reader is None:
                self.stopped.wait(_TAKEN_SECONDS)
                return
            log.info("consumer.started", extra={"consumer": self.consumer.name})
            try:
                self._follow(reader)
            finally:
                self._forget_ahead()

    def _follow(self, reader: Reader[Any]) -> None:
        idle = _FIRST_IDLE
        while not self.stopped.is_set():
            rung = self.bell.rung
            if self._passes_over(reader):
                self.bell.wait(rung, reader.idle_seconds)
                continue
            batch, read = self._take(reader)
            if batch.rows:
                self._handle(reader, batch, read)
                idle = _FIRST_IDLE
            elif reader.idle_seconds:
                self.bell.wait(rung, idle)
                idle = min(idle * 2, reader.idle_seconds)

    def _passes_over(self, reader: Reader[Any]) -> bool:
        """Whether nobody wants what landed: then it was passed over. Asked after the end was seen, so none is lost."""
        if self.consumer.wanted is None or not isinstance(reader, TableReader):
            return False
        end = reader.end()
        if self.consumer.wanted():
            return False
        self._forget_ahead()
        reader.pass_over(end)
        return True

    def _take(self, reader: Reader[Any]) -> Taken:
        """The next rows, understood: read while the ones before were handled, where those were many."""
        waiting, self._ahead = self._ahead, None
        if waiting is not None and (taken := waiting.result())[0].rows:
            return taken
        return _taken(partial(reader.read, self.consumer.batch))

    def _look_ahead(self, reader: Reader[Any], batch: Batch[Any]) -> None:
        """Read on beside the handling, in another thread, when we are behind."""
        if len(batch.rows) >= self.consumer.batch and (beyond := reader.beyond(batch)):
            self._ahead = self._helper.submit(_ahead, partial(beyond, self.consumer.batch), self.consumer.prepare)

    def _forget_ahead(self) -> None:
        waiting, self._ahead = self._ahead, None
        if waiting is not None:
            wait([waiting])

    def _handle(self, reader: Reader[Any], batch: Batch[Any], read: list[Any]) -> None:
        self._look_ahead(reader, batch)
        try:
            self._do(reader, batch, read, 0, len(read))
        except BaseException:
            self._forget_ahead()  # it went on from where we did not get to
            reader.rewind()
            raise
        self._delay, self._tries = _FIRST_DELAY, 0
        if self._noted:
            self._note("")
        self.bell.ring()  # those who follow the log of facts

    def _do(self, reader: Reader[Any], batch: Batch[Any], read: list[Any], start: int, end: int) -> None:
        """One transaction; when it fails, each half of the rows by itself."""
        moves = reader.moves(batch, start, end)
        good = [one for one in read[start:end] if not isinstance(one, Bad)]
        bad = [(batch.rows[at], read[at]) for at in range(start, end) if isinstance(read[at], Bad)]
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if good:
                    self.consumer.handle(good, cursor)
                if bad:
                    quarantining.put(cursor, self.consumer.name, bad)
                move(cursor, moves)
        except Overtaken:
            raise
        except Exception as error:  # the handler's: which row it is about is found by halving
            if isinstance(error, _AWAY) and not self._refused_for_good():
                raise
            self._without_fault(reader, batch, read, start, end, error)
        else:
            reader.moved(moves)
            self._poison = 0 if good else self._poison

    def _without_fault(
        self, reader: Reader[Any], batch: Batch[Any], read: list[Any], start: int, end: int, error: Exception
    ) -> None:
        if end - start > 1:
            middle = (start + end) // 2
            self._do(reader, batch, read, start, middle)
            self._do(reader, batch, read, middle, end)
            return
        self._poison += 1
        if self._poison > _MOST_POISON:
            raise Broken(f"{type(error).__name__}: {error}") from error
        log.error("consumer.poison", exc_info=error, extra={"consumer": self.consumer.name})
        read[start] = Bad("not_handled", f"{self.consumer.name}: {type(error).__name__}: {error}"[:300])
        self._do(reader, batch, read, start, end)

    def _refused_for_good(self) -> bool:
        """Whether a database that can be reached has refused this batch often enough to look for the row at fault."""
        self._tries += 1
        return self._tries > _TRIES and connection.is_usable()

    def _note(self, error: str) -> None:
        """Write down that the consumer fails, or (empty) that it does no longer."""
        with contextlib.suppress(*_AWAY), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE events_cursor SET failures = CASE WHEN %s = '' THEN 0 ELSE failures + 1 END, error = %s "
                "WHERE (name = %s OR starts_with(name, %s)) AND (failures > 0 OR %s <> '')",
                [error[:300], error[:300], self.consumer.name, f"{self.consumer.name}/", error[:300]],
            )
            self._noted = bool(error)

    def _pause(self) -> None:
        self.stopped.wait(self._delay)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)


def _taken(read: Callable[[], Batch[Any]]) -> Taken:
    batch = read()
    return batch, [_read(row) for row in batch.rows]


def _ahead(read: Callable[[], Batch[Any]], further: Callable[[list[Any]], None] | None) -> Taken:
    """Beside the handling of what came before: most of that waits for the server."""
    batch, read_ahead = _taken(read)
    prepare(read_ahead)
    if further is not None:
        further([one for one in read_ahead if not isinstance(one, Bad)])
    return batch, read_ahead


def _read(row: Any) -> Fact | Bad | Any:
    if not isinstance(row, RawRow):
        return row
    try:
        return parse(row)
    except Bad as error:
        return error


def run(names: Iterable[str], stopped: threading.Event, others: Iterable[str] = ()) -> None:
    """Run these consumers (all that are registered, when none is named), a thread each, until ``stopped``.

    Not those named in ``others``: another process runs them, on another core.

    Raises ``Refused("unknown_consumer")``.
    """
    chosen = _chosen(list(names), list(others))
    with transaction.atomic(), connection.cursor() as cursor:
        clock_of_log.align(cursor)
    _spare_the_collector()
    sys.setswitchinterval(_SWITCH_SECONDS)
    bell, source = Bell(), stream()
    runners = [Runner(consumer, source, stopped, bell) for consumer in chosen]
    threads = [threading.Thread(target=runner.run, name=runner.consumer.name, daemon=True) for runner in runners]
    threads.append(threading.Thread(target=_listen, args=(bell, stopped), name="listen", daemon=True))
    for thread in threads:
        thread.start()
    while not stopped.wait(1.0):
        if dead := [thread.name for thread in threads if not thread.is_alive()]:
            stopped.set()
            raise RuntimeError(f"The thread of {', '.join(dead)} has ended.")  # a bug: the supervisor starts us anew
    bell.ring()
    for thread in threads:
        thread.join(timeout=20.0)
    source.close()


def _spare_the_collector() -> None:
    """Batches make a hundred thousand objects that hardly ever form cycles: look for those less often, in what is new.

    Without this a tenth of the processor time goes into looking at the same modules and remembered identifiers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def _chosen(names: Sequence[str], others: Sequence[str]) -> list[Consumer]:
    known = registered_consumers()
    if unknown := [name for name in (*names, *others) if name not in known]:
        raise Refused(
            "unknown_consumer", f"There is no consumer {unknown[0]!r}. Known: {', '.join(sorted(known)) or 'none'}."
        )
    return [known[name] for name in names or known if name not in others]


def _listen(bell: Bell, stopped: threading.Event) -> None:
    """Ring when somebody says that rows came in; consumers look by themselves five times a second anyway."""
    while not stopped.is_set():
        try:
            with own_connection() as listening:
                listening.execute(f"LISTEN {CHANNEL}")
                _ring_while(listening, bell, stopped.is_set)
        except (*_AWAY, django.db.Error):
            stopped.wait(1.0)
        finally:
            connection.close()


def _ring_while(listening: psycopg.Connection[Any], bell: Bell, stopped: Callable[[], bool]) -> None:
    last = 0.0
    while not stopped():
        for _notice in listening.notifies(timeout=1.0, stop_after=1):
            if time.monotonic() - last > 0.001:
                bell.ring()
                last = time.monotonic()

"""Reads and normalises rows on a thread of its own, a few batches ahead of the database."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from amity.people.imports.homes import UNREAD, Home
from amity.people.imports.landing import Context
from amity.people.imports.reading import Batch, Source, batches
from amity.people.imports.values import ROW, Mapping, convert

_AHEAD = 1
# How long the reader may keep the interpreter: at the usual 5 ms the database waits a sixth of the time.
_SWITCH_S = 0.0003
_KNOWN_BY = ("external_id", "email", "phone", "name", "domain", "given_name", "family_name", "at", "order")


@dataclass(slots=True)
class Load:
    """A batch as read, its typed rows, and how many cells of which column could not be read.

    ``identities`` and ``others``: what the home says the rows are known by, where the reader looked already;
    ``before``: how often the file has shown each of them.
    """

    batch: Batch
    frame: pl.DataFrame
    unread: dict[str, int]
    identities: pl.Series | None = None
    others: pl.DataFrame | None = None
    before: pl.Series | None = None

    def known(self, home: Home, context: Context, frame: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
        """`Home.identities` and `Home.known_by` of ``frame``: the load's own rows, or a part of them."""
        if frame is self.frame and self.identities is not None and self.others is not None:
            return self.identities, self.others
        return home.identities(frame, context), home.known_by(frame, context)

    def shown(self, home: Home, context: Context) -> pl.Series:
        """How often the file has shown each of the rows, those of this load included."""
        if self.before is None:
            self.before = context.seen.before(*self.known(home, context, self.frame))
        return self.before


class Feed:
    """The rows of one file, typed, in order."""

    def __init__(self, source: Source, mapping: Mapping, home: Home, size: int) -> None:
        self.source, self.mapping, self.home, self.size = source, mapping, home, size

    def loads(self, skip_rows: int, context: Context | None = None) -> Iterator[Load]:
        """Loads after the first ``skip_rows`` rows; at most two are in memory beside the one that lands.

        With a ``context`` the reader also says what the rows are known by.
        """
        channel: queue.Queue[Load | BaseException | None] = queue.Queue(maxsize=_AHEAD)
        over = threading.Event()
        thread = threading.Thread(
            target=self._read, args=(skip_rows, channel, over, context), name="import-reader", daemon=True
        )
        patience = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        thread.start()
        try:
            while (item := channel.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            over.set()
            while thread.is_alive():
                _drain(channel)
                thread.join(0.05)
            sys.setswitchinterval(patience)

    def remember(self, context: Context, rows: int) -> None:
        """Show ``context.seen`` the identities of the first ``rows`` rows, which landed before this process began."""
        if not rows:
            return
        narrow = _narrowed(self.mapping)
        for batch in batches(self.source, size=self.size):
            frame, numbers = batch.frame, batch.numbers
            if batch.last_row > rows:
                keep = numbers <= rows
                frame, numbers = frame.filter(keep), numbers.filter(keep)
            if frame.height:
                self._show(context, frame, numbers, narrow)
            if batch.last_row >= rows:
                return

    def _show(self, context: Context, frame: pl.DataFrame, numbers: pl.Series, narrow: Mapping | None) -> None:
        typed = convert(frame, numbers, narrow or self.mapping).frame
        if narrow is not None and typed["external_id"].null_count():
            typed = convert(frame, numbers, self.mapping).frame
        typed = typed.filter(self.home.faults(typed).is_null())
        context.seen.add(self.home.identities(typed, context))
        context.seen.add(self.home.known_by(typed, context)["identity"])

    def _read(
        self,
        skip_rows: int,
        channel: queue.Queue[Load | BaseException | None],
        over: threading.Event,
        context: Context | None,
    ) -> None:
        try:
            for batch in batches(self.source, skip_rows=skip_rows, size=self.size):
                load = typed_load(batch, self.mapping, self.home)
                if context is not None:
                    load.identities, load.others = load.known(self.home, context, load.frame)
                channel.put(load)
                if over.is_set():
                    return
            channel.put(None)
        except BaseException as error:
            channel.put(error)


def typed_load(batch: Batch, mapping: Mapping, home: Home) -> Load:
    """A batch with its typed rows; cells that could not be read stay as text beside them."""
    converted = convert(batch.frame, batch.numbers, mapping)
    counts: dict[str, int] = {}
    frame = converted.frame
    for (column,), cells in converted.unread.group_by("column"):
        counts[str(column)] = cells.height
        texts = cells.select(pl.col(ROW), pl.col("text").alias(f"{UNREAD}{column}"))
        frame = frame.join(texts, on=ROW, how="left", maintain_order="left")
    return Load(batch, home.prepare(frame), counts)


def _narrowed(mapping: Mapping) -> Mapping | None:
    """The mapping of the columns that rows are known by alone, where one of them is a key."""
    columns = {column: to for column, to in mapping.columns.items() if to in _KNOWN_BY}
    return replace(mapping, columns=columns, constants={}) if "external_id" in columns.values() else None


def _drain(channel: queue.Queue[Load | BaseException | None]) -> None:
    try:
        channel.get_nowait()
    except queue.Empty:
        return

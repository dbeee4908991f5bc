"""`amity bench segments`: counting, recomputing and following segments over a million people and ten million events.

Fills the database `amity_bench` as `amity bench lists` does (about 8 GB at full size, some minutes) and keeps it for
the next run. Beside each figure stands plain SQL over the events, written by hand, in the same run. About two minutes.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.access import api as access
from amity.base import clock
from amity.events import api as events
from amity.people import api as people
from amity.web import bench_lists, bench_segments_made, bulk_load

COUNT_S, FULL_S, BATCH = 1.0, 5.0, 5_000
LIVE_RATES = {200: 12_000, 1_000: 8_000}  # live segments → events a second the whole pipeline must keep up with


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement in seconds, its target and the same question in plain SQL over the events (0: none)."""

    label: str
    seconds: float
    target: float
    plain: float = 0.0
    note: str = ""
    busy: float = 0.0  # seconds on a processor: ours and the database's, where no query ran in parallel

    @property
    def good(self) -> bool:
        return not self.target or self.seconds <= self.target


def main(arguments: list[str]) -> int:
    """Fill where needed, measure, print. Exit code 1 when a target is missed."""
    asked = _parser().parse_args(arguments)
    logging.disable(logging.WARNING)
    bench_lists.use_database(asked.database, asked.fresh)
    _filled(asked.people)
    figures = []
    for figure in measure(asked.rounds, asked.segments, asked.only):
        figures.append(figure)
        if not asked.json:
            print(_line(figure), flush=True)
    slow = [figure for figure in figures if not figure.good]
    if asked.json:
        print(json.dumps({"figures": [asdict(figure) for figure in figures]}))
    else:
        print(f"\n{len(figures) - len(slow)} of {len(figures)} within their targets")
    return 1 if slow else 0


def _filled(n: int) -> None:
    """People, events and their sums."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM people_person), EXISTS (SELECT FROM people_activity)")
        loaded, counted = cursor.fetchone()
    if not loaded:
        size = bulk_load.Size(people=n, events=n * 10, deals=n // 5)
        seconds = bulk_load.load_scale(size, lambda line: print(f"  {line}", file=sys.stderr, flush=True))
        print(f"loaded {size.people:,} people and {size.events:,} events in {seconds:.0f} s", file=sys.stderr)
    if not counted:
        begin = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            people.activity.count_everything(cursor)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) people_activity, people_person, events_event")
        print(f"events counted in {time.perf_counter() - begin:.0f} s", file=sys.stderr)


def measure(rounds: int, sizes: Iterable[int], only: str = "") -> Iterable[Figure]:
    """Counts, full recomputations, then batches of people against more and more live segments."""
    if only in ("", "count"):
        yield from _counted(rounds)
    _without_segments()
    if only in ("", "full"):
        yield from _recomputed(rounds)
    for size in sizes if only in ("", "live") else ():
        yield from _followed(size, rounds)
    _without_segments()


def _counted(rounds: int) -> Iterable[Figure]:
    for label, definition, plain in bench_segments_made.COUNTED:
        found = people.segments.count(definition)
        counted, by_hand = _best(rounds, partial(people.segments.count, definition)), _best(1, _plain(plain))
        note = f"{found.n:,} people" + ("" if found.exact else " (projected)")
        yield Figure(f"count: {label}", counted, COUNT_S, by_hand, note)


def _recomputed(rounds: int) -> Iterable[Figure]:
    view = people.segments.create(access.SYSTEM, "ten conditions", bench_segments_made.TEN, live=True)
    begin = time.perf_counter()
    moved = people.segments.recompute(view.id)
    yield Figure("first fill, ten conditions", time.perf_counter() - begin, 0, note=f"{moved:,} people entered")
    seconds = _best(rounds, lambda: people.segments.recompute(view.id))
    yield Figure("full recomputation, ten conditions", seconds, FULL_S, _best(1, _plain(bench_segments_made.TEN_SQL)))


def _followed(size: int, rounds: int) -> Iterable[Figure]:
    """Batches of 5,000 events: what sums and segments add to each. Nobody was evaluated before the first ones.

    The segments are not filled first, so those ones enter all that they belong to; the later ones are everyday work.
    """
    _without_segments()
    definitions = bench_segments_made.live(size)
    for number, definition in enumerate(definitions):
        people.segments.create(access.SYSTEM, f"bench {number}", definition, live=True)
    yield _batches(rounds, size, "first evaluation")
    yield _batches(rounds, size, "everyday")


def _batches(rounds: int, size: int, label: str) -> Figure:
    """The n-th batch is about the same people each time."""
    seconds, recorded, worked, moves = [], [], [], 0
    for at in range(rounds):
        rows = _batch(at)
        with transaction.atomic(), connection.cursor() as cursor:
            events.append_facts(cursor, rows)
            begin, work = time.perf_counter(), bench_lists._processor_seconds()
            changed = people.activity.record(cursor, rows)
            between, half = time.perf_counter(), bench_lists._processor_seconds()
            moves = people.segments.touched(cursor, changed)
            end, done = time.perf_counter(), bench_lists._processor_seconds()
        recorded.append((between - begin, half - work))
        seconds.append(end - between)
        worked.append(done - half)
    best = _median(seconds)
    counting, busy = (_median(column) * 1000 for column in zip(*recorded, strict=True))
    note = f"and {counting:.0f} (busy {busy:.0f}) ms to count; {moves:,} moves"
    budget = BATCH / LIVE_RATES[size] if size in LIVE_RATES else 0
    note += f"; a batch has {budget * 1000:.0f} ms in all" if budget else ""
    return Figure(f"{size:,} segments, {BATCH:,} events, {label}", best, budget, note=note, busy=_median(worked))


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _batch(number: int) -> list[events.Landed]:
    """Events of people chosen as a site's visitors are: some come often."""
    now, dice = clock.now(), random.Random()  # noqa: S311 (made-up data)
    ids = _people(random.Random(number))  # noqa: S311
    return [
        events.Landed(_fact(dice, now - timedelta(seconds=dice.random() * 60)), person, source="bench")
        for person in ids
    ]


def _people(dice: random.Random) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        total = cursor.fetchone()[0]
    numbers = [int(total * dice.random() * dice.random()) for _n in range(BATCH)]
    return [bench_segments_made.person(n) for n in numbers]


def _fact(dice: random.Random, at: Any) -> events.Fact:
    name = dice.choices(bench_segments_made.EVENTS, weights=bench_segments_made.WEIGHTS)[0]
    return events.Fact(
        source_id=UUID(int=1), kind="track", name=name, message_id=str(dice.getrandbits(64)), user_id="",
        anonymous_id="", previous_id="", group_id="", traits={}, properties={"seconds": dice.randrange(300)},
        context={}, occurred_at=at, received_at=at, position=(0, 0),
    )  # fmt: skip


def _without_segments() -> None:
    """Back to no segments at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE people_segment, people_segment_member, people_segment_move, people_segment_timer;"
            " UPDATE people_segment_version SET version = version + 1; DELETE FROM procrastinate_jobs WHERE"
            " task_name = 'people.segment_fill'; DELETE FROM base_jobrun WHERE kind = 'people.segment_fill'"
        )


def _plain(sql: str) -> Callable[[], Any]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()

    return run


def _best(rounds: int, work: Callable[[], Any]) -> float:
    """The median of ``rounds`` runs, in seconds."""
    taken = []
    for _n in range(rounds):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return _median(taken)


def _line(figure: Figure) -> str:
    target = f"target {figure.target:5.2f} s" if figure.target else ""
    plain = f"plain SQL {figure.plain:6.2f} s" if figure.plain else ""
    plain = f"busy {figure.busy * 1000:.0f} ms" if figure.busy else plain
    mark = "" if figure.good else "  SLOW"
    return f"{figure.label:<58} {figure.seconds:7.3f} s  {target:<14} {plain:<18} {figure.note}{mark}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amity bench segments", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="how many people to load; ten events for each")
    parser.add_argument("--rounds", type=int, default=5, help="runs for one figure; the median counts")
    parser.add_argument("--segments", type=int, nargs="*", default=[200, 1_000], help="how many live segments")
    parser.add_argument("--only", choices=["count", "full", "live"], default="", help="only one part")
    parser.add_argument("--database", default="amity_bench", help="database to fill and measure")
    parser.add_argument("--fresh", action="store_true", help="drop that database first")
    parser.add_argument("--json", action="store_true")
    return parser

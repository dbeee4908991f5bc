"""`amity bench pipeline`: events a second from the log to profiles and segments, with a million people known.

Makes its own installation (embedded Postgres, everything durable), fills it, appends events to the log and lets the
consumers catch up (profiles and segments, a process each, as `amity up` runs them), with 200 and with 1,000 live
segments. In the same run, as a ceiling: COPY of the same rows into the event table and nothing else. Then 1,000 events
a second, and how long it takes until a change of segment is to be seen. Each figure comes with the processor time of a
thousand events by part, and with how many entered or left a segment, since that is what much of the work is. One person
in twenty is active and has a past (``--past 0``: first contact for everybody, where nearly every event moves somebody).

About 8 minutes and 6 GB at full size. ``--keep FOLDER`` keeps the installation and the people for the next run, which
then takes about 4 minutes; ``--quick`` measures a quarter of the events.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from amity.web import scratch

TARGETS = {200: 12_000, 1_000: 8_000}
VISIBLE_S = 1.0
RATE, BATCH = 1_000, 5_000
CONSUMERS = ("profiles", "segments")
PING = "Bench ping"


def main(arguments: list[str]) -> int:
    """Make, fill, measure, print. Exit code 1 when a target is missed."""
    asked = _parser().parse_args(arguments)
    if asked.inside:
        return _inside(asked)
    with scratch.installation(keep=asked.keep) as environment:
        return scratch.python(environment, "amity.web.bench_pipeline", "--inside", *arguments)


def _inside(asked: argparse.Namespace) -> int:
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)
    from amity.web import bench_pipeline_made as made

    if asked.quick:
        asked.events, asked.seconds = asked.events // 4, asked.seconds // 3
    made.ready(asked.people, asked.past, asked.keep is not None)
    call_command("migrate", verbosity=0)  # what was kept may be older than the code
    figures: list[dict[str, Any]] = []
    for size in asked.segments:
        _follow(size, made.active(asked.people))
        figures.append(_throughput(size, asked))
        print(_line(figures[-1]), flush=True)
    _follow(asked.segments[0], made.active(asked.people))
    figures.append(_visible(asked))
    print(_line(figures[-1]), flush=True)
    if asked.json:
        print(json.dumps({"figures": figures}))
    return 0 if all(figure["good"] for figure in figures) else 1


def _follow(size: int, active: int) -> None:
    """Exactly ``size`` live segments, the last of them for those who sent a ping; active people are in theirs."""
    from django.db import connection, transaction

    from amity.access import api as access
    from amity.people import api as people
    from amity.web import bench_segments, bench_segments_made

    bench_segments._without_segments()
    for number, definition in enumerate([*bench_segments_made.live(size - 1), {"all": [{"event": PING}]}]):
        view = people.segments.create(access.SYSTEM, f"bench {number}", definition, live=True)
    people.segments.recompute(view.id)
    for start in range(0, active, BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            here = range(start, min(start + BATCH, active))
            people.segments.touched(cursor, {bench_segments_made.person(n): {"person:new"} for n in here})


def _throughput(size: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Append, let the consumer catch up, and copy the same rows plainly beside it."""
    from amity.events import api as events
    from amity.web import bench_pipeline_made as made
    from amity.web import processor

    dice = random.Random(size)  # noqa: S311 (made-up data)
    rows = list(made.rows(dice, asked.events, asked.people, str(size)))
    with _consumers() as pids:
        _warm(rows[: BATCH * 2])
        before, moves, work = _handled(), _moves(), processor.spent(*pids)
        for start in range(0, len(rows), 20_000):
            events.stream().append(rows[start : start + 20_000])
        rate = _until(before + len(rows), before + min(BATCH, len(rows) // 4))
        busy = processor.difference(work, processor.spent(*pids))
    ceiling = _ceiling(rows)
    target = TARGETS.get(size, 0)
    return {
        "label": f"{size:,} live segments", "rate": round(rate), "ceiling": round(ceiling), "target": target,
        "good": rate >= target, "moves": round((_moves() - moves) * 1000 / len(rows)), "busy": busy,
        "ms": processor.told(busy, len(rows) / 1000),
    }  # fmt: skip


def _moves() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM people_segment_move")
        return int(cursor.fetchone()[0])


def _warm(rows: Sequence[Any]) -> None:
    """The first batches of a process: connections, plans, partitions."""
    from amity.events import api as events

    before = _handled()
    copies = [events.RawRow(r.source_id, r.kind, f"w{r.message_id}", r.lane, r.received_at, r.body) for r in rows]
    events.stream().append(copies)
    _until(before + len(copies), before + 1)


def _until(end: int, begin: int) -> float:
    """Wait until ``end`` rows are handled and segments are up to date; rows a second since ``begin`` were handled."""
    started, first = 0.0, 0
    deadline = time.monotonic() + 900
    while (handled := _handled()) < end or _segments_wait():
        if not started and handled >= begin:
            started, first = time.perf_counter(), handled
        if time.monotonic() > deadline:
            raise RuntimeError(f"the consumer stands at {handled:,} of {end:,}")
        time.sleep(0.02)
    return (end - first) / (time.perf_counter() - started) if started else 0.0


def _segments_wait() -> bool:
    """Whether anybody's segments are still to be looked at."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM people_segment_work)")
        return bool(cursor.fetchone()[0])


def _handled() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(handled) FILTER (WHERE name = 'profiles'), 0), max(error), "
            "coalesce(sum(quarantined), 0) FROM events_cursor WHERE name = ANY(%s)",
            [list(CONSUMERS)],
        )
        handled, error, quarantined = cursor.fetchone()
    if error or quarantined:
        raise RuntimeError(f"the consumer put {quarantined} rows aside: {error}")
    return int(handled)


def _ceiling(rows: Sequence[Any]) -> float:
    """Rows a second that COPY alone puts into the event table, in transactions of the same size."""
    from django.db import connection, transaction

    from amity.events import api as events

    landed = [events.Landed(events.parse(row)) for row in rows]
    begin = time.perf_counter()
    for start in range(0, len(landed), BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            events.append_facts(cursor, landed[start : start + BATCH])
    return len(landed) / (time.perf_counter() - begin)


def _visible(asked: argparse.Namespace) -> dict[str, Any]:
    """A thousand events a second; from the answer to the sender until the change of segment can be read."""
    from amity.events import api as events
    from amity.web import bench_pipeline_made as made

    dice = random.Random(5)  # noqa: S311 (made-up data)
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    stopped = threading.Event()
    watcher = threading.Thread(target=_watch, args=(seen, stopped), daemon=True)
    with _consumers():
        _warm(list(made.rows(dice, BATCH, asked.people, "v")))
        watcher.start()
        begin = time.perf_counter()
        for tick in range(asked.seconds * 20):
            rows = list(made.rows(dice, RATE // 20 - 1, asked.people, f"t{tick}"))
            person = asked.people - 1 - tick
            rows.append(made.row("track", f"ping-{tick}", {"event": PING, "userId": f"user-{person}"}))
            events.stream().append(rows)
            sent[str(_person(person))] = time.perf_counter()
            time.sleep(max(0.0, begin + (tick + 1) / 20 - time.perf_counter()))
        deadline = time.monotonic() + 30
        while len(seen) < len(sent) and time.monotonic() < deadline:
            time.sleep(0.1)
        stopped.set()
        watcher.join()
    waits = sorted(seen[person] - at for person, at in sent.items() if person in seen)
    p95 = statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else float("inf")
    whole = len(waits) == len(sent)
    return {
        "label": f"{RATE:,} events/s", "p50_s": round(statistics.median(waits or [0]), 3), "p95_s": round(p95, 3),
        "seen": f"{len(waits)} of {len(sent)}", "target": VISIBLE_S, "good": p95 <= VISIBLE_S and whole,
    }  # fmt: skip


def _watch(seen: dict[str, float], stopped: threading.Event) -> None:
    from django.db import connection

    last = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(number) FROM people_segment")  # the segment of those who sent a ping
        number = cursor.fetchone()[0]
    while not stopped.is_set():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, person_id FROM people_segment_move WHERE segment_no = %s AND id > %s AND entered",
                [number, last],
            )
            for move, person in cursor.fetchall():
                seen.setdefault(str(person), time.perf_counter())
                last = max(last, move)
        time.sleep(0.01)
    connection.close()


def _person(number: int) -> UUID:
    from amity.web.bench_segments_made import person

    return person(number)


@contextmanager
def _consumers() -> Iterator[list[int]]:
    """The processes that make profiles and keep segments, as `amity up` runs them; their numbers."""
    amity = [sys.executable, "-m", "amity", "consumers"]
    running = [subprocess.Popen([*amity, name], stderr=subprocess.DEVNULL) for name in CONSUMERS]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def _line(figure: dict[str, Any]) -> str:
    mark = "" if figure["good"] else "  SLOW"
    if "rate" in figure:
        share = figure["rate"] / figure["ceiling"] if figure["ceiling"] else 0
        return (
            f"{figure['label']:<22} {figure['rate']:>8,} events/s   target {figure['target']:>7,}   "
            f"plain COPY of the same rows {figure['ceiling']:>8,} ({share:.0%}){mark}\n"
            f"    of 1,000 events: {figure['moves']} enter or leave a segment; processor ms: {figure['ms']}"
        )
    return (
        f"{figure['label']:<22} change of segment seen after p50 {figure['p50_s']:.3f} s, "
        f"p95 {figure['p95_s']:.3f} s   target {figure['target']:.1f} s   {figure['seen']}{mark}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amity bench pipeline", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="how many people are known")
    parser.add_argument("--events", type=int, default=400_000, help="events for one figure")
    parser.add_argument("--segments", type=int, nargs="*", default=[200, 1_000], help="how many live segments")
    parser.add_argument("--seconds", type=int, default=30, help="how long 1,000 events a second are sent")
    parser.add_argument("--past", type=int, default=20, help="events of each active person before")
    parser.add_argument("--keep", type=Path, help="folder of an installation that stays, people and all, for next time")
    parser.add_argument("--quick", action="store_true", help="a quarter of the events, a third of the seconds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

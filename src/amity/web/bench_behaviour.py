"""`amity bench behaviour`: from an event to the behaviour score on the screen, and what keeping the score costs.

Makes its own installation (embedded Postgres, everything durable) with people of whom one in twenty has a past. First
events a second from the log to profiles, without a lead score and with one, in the same run. Then `amity intake`,
`amity web` and the consumers run as `amity up` runs them; under 500 events a second, single events are sent over HTTP;
readers signed in to the web process listen (server-sent events) and, when told, fetch the person's score as the page
does. The time ends when the fetched part holds a new score. About 5 minutes with 200,000 people.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import logging
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from amity.web import bench_intake, scratch

KEY = "bench-behaviour"
TARGET_S, SHARE = 1.0, 0.85
RATE, BATCH, READERS, EVERY_S = 500, 5_000, 4, 2.0
_SHOWN = re.compile(r'data-lately="([\d.]+)"')


def main(arguments: list[str]) -> int:
    """Make, fill, measure, print. Exit code 1 when a target is missed."""
    asked = _parser().parse_args(arguments)
    if asked.inside:
        return _inside(asked)
    ports = {"port": bench_intake.free_port(), "intake_port": bench_intake.free_port()}
    with scratch.installation(keep=asked.keep, intake_events_per_second=0, log_level="ERROR", **ports) as environment:
        return scratch.python(environment, "amity.web.bench_behaviour", "--inside", *arguments)


def _inside(asked: argparse.Namespace) -> int:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)
    from amity.web import bench_pipeline_made as made

    made.ready(asked.people, 20, asked.keep is not None)
    call_command("migrate", verbosity=0)
    plain = _throughput("plain", asked)
    parts = _learned()
    scored = _throughput("scored", asked)
    ports = {"web": settings.CONFIG.port, "intake": settings.CONFIG.intake_port}
    waits, missed = _on_screen(asked, ports)
    p95 = statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else float("inf")
    share = scored["rate"] / plain["rate"]
    figures = {
        "people": asked.people, "parts": parts, "events_per_s": plain["rate"], "with_lead_score": scored["rate"],
        "share": round(share, 3), "score_lag_s": scored["lag_s"], "shown": len(waits), "missed": missed,
        "noise_per_s": RATE, "waits_s": [round(wait, 3) for wait in waits],
        "p50_s": round(statistics.median(waits or [0]), 3), "p95_s": round(p95, 3),
        "good": p95 <= TARGET_S and not missed and share >= SHARE,
    }  # fmt: skip
    print(_told(figures), flush=True)
    if asked.json:
        print(json.dumps(figures))
    return 0 if figures["good"] else 1


def _learned() -> int:
    """Weights from the events there are (nobody became a customer); how many parts."""
    from amity.access import api as access
    from amity.intelligence import api as intelligence

    return len(intelligence.lead_scores.relearn(access.SYSTEM).behaviour)


def _throughput(mark: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Events a second that become profiles, and how much later the last score stood."""
    from amity.events import api as events
    from amity.web import bench_pipeline_made as made

    rows = list(made.rows(random.Random(7), asked.events, asked.people, mark))  # noqa: S311 (made-up data)
    with _running("consumers", "--except", "segments"):
        _append(rows[:BATCH], f"w{mark}")
        _until("profiles", _handled("profiles") + 0, idle=True)
        before = _handled("profiles")
        begin = time.perf_counter()
        for start in range(0, len(rows), 20_000):
            events.stream().append(rows[start : start + 20_000])
        _until("profiles", before + len(rows))
        took = time.perf_counter() - begin
        _until("lead_score", 0, idle=True)
        return {"rate": round(len(rows) / took), "lag_s": round(time.perf_counter() - begin - took, 2)}


def _append(rows: Sequence[Any], mark: str) -> None:
    from amity.events import api as events

    copies = [events.RawRow(r.source_id, r.kind, f"{mark}{r.message_id}", r.lane, r.received_at, r.body) for r in rows]
    events.stream().append(copies)
    _until("profiles", _handled("profiles") + len(copies))


def _handled(consumer: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(handled), 0), coalesce(max(error), '') FROM events_cursor WHERE name = %s"
            " OR starts_with(name, %s)",
            [consumer, f"{consumer}/"],
        )
        handled, error = cursor.fetchone()
    if error:
        raise RuntimeError(f"{consumer}: {error}")
    return int(handled)


def _until(consumer: str, end: int, idle: bool = False) -> None:
    """Until so many rows are handled, or (``idle``) none were for a second."""
    deadline, last, since = time.monotonic() + 600, -1, time.monotonic()
    while time.monotonic() < deadline:
        handled = _handled(consumer)
        if handled != last:
            last, since = handled, time.monotonic()
        if (not idle and handled >= end) or (idle and time.monotonic() - since > 1.0):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{consumer} stands at {last:,} of {end:,}")


@contextmanager
def _running(*arguments: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "amity", *arguments], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _on_screen(asked: argparse.Namespace, ports: Mapping[str, int]) -> tuple[list[float], int]:
    """Seconds from sending an event until the page shows the score that it made; how many never showed."""
    from amity.web.bench_segments_made import person

    bench_intake.make_source(_url(), KEY)
    cookie = _signed_in()
    environment = dict(os.environ)
    readers = [Reader(ports["web"], cookie, person(asked.people - 1 - n)) for n in range(READERS)]
    stopped = threading.Event()
    with (
        bench_intake.serving(environment, "web", ports["web"]),
        bench_intake.serving(environment, "intake", ports["intake"]),
        _running("consumers", "--except", "segments"),
    ):
        _awake(asked.people)
        for reader in readers:
            reader.start()
        noise = threading.Thread(target=_noise, args=(asked.people, stopped), daemon=True)
        noise.start()
        for reader in readers:
            reader.ready.wait(30)
        time.sleep(4)
        begin, sent = time.perf_counter(), 0
        while time.perf_counter() - begin < asked.seconds:
            reader = readers[sent % READERS]
            reader.sent.append(time.perf_counter())
            _send(ports["intake"], f"user-{asked.people - 1 - sent % READERS}", f"ping-{sent}")
            sent += 1
            time.sleep(max(0.0, begin + sent * EVERY_S / READERS - time.perf_counter()))
        time.sleep(3)
        stopped.set()
        noise.join()
    for problem in {reader.problem for reader in readers if reader.problem}:
        print(f"a reader stopped: {problem}", file=sys.stderr)
    waits = [wait for reader in readers for wait in reader.waits]
    return waits, sent - len(waits)


class Reader(threading.Thread):
    """A page of one person that is open: told over server-sent events, it fetches the score's part anew."""

    def __init__(self, port: int, cookie: str, person: UUID) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.person = port, cookie, person
        self.sent: list[float] = []
        self.waits: list[float] = []
        self.problem = ""
        self.ready = threading.Event()
        self._before = 0.0

    def run(self) -> None:
        try:
            self._listen()
        except (OSError, RuntimeError, http.client.HTTPException) as problem:
            self.problem = f"{type(problem).__name__}: {problem}"
            self.ready.set()

    def _listen(self) -> None:
        listening = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        listening.request("GET", f"/live?watch=lead_score:{self.person}", headers=self._headers())
        stream = listening.getresponse()
        if stream.status != 200:
            raise RuntimeError(f"the live stream answers {stream.status}: {stream.read()[:200]!r}")
        self._before = self._fetch()
        while line := stream.readline():
            if line.startswith(b"event: hello"):
                self.ready.set()
            elif line.startswith((b"event: changed", b"event: missed")):
                self._look()

    def _look(self) -> None:
        """Fetch the part; whatever it counts by now is on screen."""
        counted = round(self._fetch() - self._before)
        at = time.perf_counter()
        while len(self.waits) < min(counted, len(self.sent)):
            self.waits.append(at - self.sent[len(self.waits)])

    def _fetch(self) -> float:
        """What the part says was done lately; 0 where nothing is known yet."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        asking.request("GET", f"/people/{self.person}/lead-score", headers=self._headers() | {"HX-Request": "true"})
        answer = asking.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"the part answers {answer.status}: {body[:200]!r}")
        shown = _SHOWN.search(body)
        return float(shown[1]) if shown else 0.0

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie, "Host": "localhost"}


def _awake(people: int) -> None:
    """Until the consumers that have just been started score what comes."""
    from amity.events import api as events
    from amity.web import bench_pipeline_made as made

    before = _handled("lead_score")
    events.stream().append(list(made.rows(random.Random(5), RATE, people - READERS, "awake")))  # noqa: S311 (made up)
    _until("lead_score", before + 1)


def _noise(people: int, stopped: threading.Event) -> None:
    """`RATE` events a second of other people."""
    from django.db import connection

    from amity.events import api as events
    from amity.web import bench_pipeline_made as made

    begin, tick, dice = time.perf_counter(), 0, random.Random(3)  # noqa: S311 (made-up data)
    while not stopped.is_set():
        events.stream().append(list(made.rows(dice, RATE // 10, people - READERS, f"n{tick}")))
        tick += 1
        stopped.wait(max(0.0, begin + tick / 10 - time.perf_counter()))
    connection.close()


def _send(port: int, user: str, message: str) -> None:
    body = json.dumps({"userId": user, "event": "call", "messageId": message, "properties": {}})
    known = base64.b64encode(f"{KEY}:".encode()).decode()
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    asking.request("POST", "/v1/track", body, {"Authorization": f"Basic {known}", "Content-Type": "application/json"})
    answer = asking.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"intake answers {answer.status}: {answer.read()[:200]!r}")


def _signed_in() -> str:
    """The cookie of a manager's session."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    staff = get_user_model()(name="Bench", email="bench@example.com", role="manager", scope="all")
    staff.set_unusable_password()
    staff.save()
    client = Client()
    client.force_login(staff)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def _url() -> str:
    return bench_intake.database_url(os.environ)


def _told(figure: Mapping[str, Any]) -> str:
    mark = "" if figure["good"] else "  MISSED"
    return (
        f"{figure['people']:,} people; {figure['events_per_s']:,} events/s to profiles, {figure['with_lead_score']:,}"
        f" with a lead score of {figure['parts']} parts ({figure['share']:.0%}, promised {SHARE:.0%}), scores"
        f" {figure['score_lag_s']} s behind\n"
        f"event to score on screen at {RATE} events/s: p50 {figure['p50_s']:.3f} s, p95 {figure['p95_s']:.3f} s"
        f" (promised {TARGET_S:.0f} s), {figure['shown']} shown, {figure['missed']} missed{mark}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amity bench behaviour", description=__doc__)
    parser.add_argument("--people", type=int, default=200_000, help="how many people are known")
    parser.add_argument("--events", type=int, default=100_000, help="events for one figure of throughput")
    parser.add_argument("--seconds", type=int, default=60, help="how long single events are sent, two a second")
    parser.add_argument("--keep", type=Path, help="folder of an installation that stays for next time")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""From an event over HTTP to the behaviour score on an open page, in a throw-away installation of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from amity.intelligence.benches.table import Line, Say

PEOPLE, EVENTS, SECONDS = 50_000, 50_000, 60
QUICK = (4_000, 4_000, 12)
TARGET_S = 1.0


def lines(_data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """Seconds until shown (p50, p95), how many were shown, and what keeping the score costs the log's followers."""
    figures = _figures(*(QUICK if quick else (PEOPLE, EVENTS, SECONDS)))
    say("   behaviour measured")
    waits, lost = figures["waits_s"], figures["missed"]
    about = f"{len(waits)} events among {figures['noise_per_s']} a second, {figures['people']:,} people"
    yield Line("behaviour", "screen", "shown p95 s", figures["p95_s"], beside={"p50": figures["p50_s"]},
               met=figures["p95_s"] <= TARGET_S, note=about)  # fmt: skip
    yield Line("behaviour", "screen", "never shown", lost, met=not lost)
    yield Line("behaviour", "followers", "events/s", figures["with_lead_score"],
               beside={"without a lead score": figures["events_per_s"]})  # fmt: skip


def _figures(people: int, events: int, seconds: int) -> dict[str, Any]:
    """See `amity.web.bench_behaviour`."""
    command = [sys.executable, "-m", "amity.web.bench_behaviour", "--json", "--people", str(people)]
    command += ["--events", str(events), "--seconds", str(seconds)]
    told = subprocess.run(command, stdout=subprocess.PIPE, timeout=1_800, text=True, check=False).stdout
    return next(json.loads(line) for line in reversed(told.splitlines()) if line.startswith('{"people"'))

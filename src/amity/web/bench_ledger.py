"""The ledger on a real database: rollback, replay of random rows, and features of one record beside those of all.

Prints one JSON line; a part of ``amity bench intelligence --only drift``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from amity.web import scratch

PEOPLE, COMPARED, REPLAYED = 12_000, 10_000, 1_000
_QUICK = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; in a throw-away installation of its own."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    if "--inside" in asked:
        print(json.dumps(_measured(_QUICK if "--quick" in asked else 1)))
        return 0
    with scratch.installation() as environment:
        return scratch.python(environment, "amity.web.bench_ledger", "--inside", *asked)


def _measured(less: int) -> dict[str, Any]:
    import django

    django.setup()
    from amity.access import api as access
    from amity.intelligence import api as intelligence

    people = _company(PEOPLE // less)
    for _ in range(2):
        intelligence.train(access.SYSTEM, "lead", _quiet)
    started = time.perf_counter()
    intelligence.roll_back(access.SYSTEM, "lead")
    scored = intelligence.score_open("lead", _quiet)
    took = time.perf_counter() - started
    replayed, other = intelligence.replay_some(REPLAYED // less)
    compared = people[: COMPARED // less]
    live = intelligence.live_model("lead")
    return {
        "rollback_s": took, "open": scored, "replayed": replayed, "equal": replayed - len(other),
        "compared": len(compared), "same": intelligence.served_alike("lead", compared),
        "rung": live.rung if live else "",
    }  # fmt: skip


def _company(count: int) -> list[Any]:
    """People with traits of all sorts, numbers among words and gaps included; three of four still open."""
    from amity.access import api as access
    from amity.base import clock
    from amity.people import api as people

    person = people.people_rows(access.SYSTEM).model

    rng, now = np.random.default_rng(7), clock.now()
    made = []
    for i in range(count):
        visits, source = int(rng.poisson(3)), ["web", "referral", "fair", "list"][int(rng.integers(4))]
        chance = 1 / (1 + np.exp(0.8 - 0.5 * (visits - 3) - (source == "referral")))
        decided = i % 4 == 0
        traits: dict[str, Any] = {"visits": visits, "size": [1, 12, "many", "few", 3.5][int(rng.integers(5))]}
        traits |= {"newsletter": bool(rng.integers(2))} if rng.random() < 0.7 else {}
        traits |= {"first call": f"2026-0{int(rng.integers(1, 9))}-1{int(rng.integers(9))}"} if i % 3 else {}
        opened = now - timedelta(days=float(rng.random() * 300 + 20))
        won = rng.random() < chance
        made.append(
            person(
                display_name=f"Lead {i}", source=source, traits=traits, lead_created_at=opened,
                city=["Omsk", "Kraków", "Berlin", ""][int(rng.integers(4))],
                lead_status="open" if not decided else "converted" if won else "lost",
                lead_decided_at=opened + timedelta(days=9) if decided else None,
            )
        )  # fmt: skip
    person.objects.bulk_create(made, batch_size=2_000)
    return [p.pk for p in made if p.lead_status == "open"] + [p.pk for p in made if p.lead_status != "open"]


def _quiet(done: int, total: int | None, stage: str) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    sys.exit(main())

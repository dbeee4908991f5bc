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
    from amity.intelligence import life, registry, training
    from amity.intelligence.models import Score

    people = _company(PEOPLE // less)
    for _ in range(2):
        intelligence.train(access.SYSTEM, "lead", _quiet)
    started = time.perf_counter()
    life.roll_back(access.SYSTEM, "lead")
    scored = intelligence.score_open("lead", _quiet)
    took = time.perf_counter() - started
    rows = list(Score.objects.values_list("id", flat=True))
    chosen = np.random.default_rng(7).permutation(len(rows))[: REPLAYED // less]
    equal = sum(abs(stored - again) < 1e-9 for stored, again in (intelligence.replay(rows[i]) for i in chosen))
    live = registry.live("lead")
    assert live is not None
    model = registry.model_of(live.id)
    source = training.source_of("lead")
    compared = people[: COMPARED // less]
    same = _same(model.spec, source, compared)
    return {
        "rollback_s": took, "open": scored, "replayed": len(chosen), "equal": equal, "compared": len(compared),
        "same": same, "rung": live.rung,
    }  # fmt: skip


def _company(count: int) -> list[Any]:
    """People with traits of all sorts, numbers among words and gaps included; three of four still open."""
    from amity.base import clock
    from amity.people.models import Person

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
            Person(
                display_name=f"Lead {i}", source=source, traits=traits, lead_created_at=opened,
                city=["Omsk", "Kraków", "Berlin", ""][int(rng.integers(4))],
                lead_status="open" if not decided else "converted" if won else "lost",
                lead_decided_at=opened + timedelta(days=9) if decided else None,
            )
        )  # fmt: skip
    Person.objects.bulk_create(made, batch_size=2_000)
    return [p.pk for p in made if p.lead_status == "open"] + [p.pk for p in made if p.lead_status != "open"]


def _same(spec: Any, source: Any, ids: list[Any]) -> int:
    """How many people have the same features alone, as serving asks for them, and among all, as training does."""
    frame = source.load()
    whole = spec.transform(frame.columns, frame.opened_at)
    at = {subject: i for i, subject in enumerate(frame.ids)}
    bulk = np.hstack(whole.blocks)
    same = 0
    for subject in ids:
        one = source.load([subject])
        alone = np.hstack(spec.transform(one.columns, one.opened_at).blocks)
        same += bool(np.array_equal(alone[0], bulk[at[subject]], equal_nan=True))
    return same


def _quiet(done: int, total: int | None, stage: str) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    sys.exit(main())

"""The champion and its challengers: how a new version would have done on the newest outcomes, and how a shadow does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from amity.access import api as access
from amity.base import clock
from amity.intelligence import life, registry
from amity.intelligence.ladder import train
from amity.intelligence.metrics import Array, bootstrap_interval, row_losses
from amity.intelligence.models import ModelVersion, TargetPolicy
from amity.intelligence.said import rows_after, said, together
from amity.intelligence.training import Frame

ENOUGH = 30  # new outcomes below which a comparison says nothing
PROVEN = 50  # outcomes after which a shadow may take over by itself


def challenge(key: str, frame: Frame, held: Sequence[str], live: registry.Version | None) -> dict[str, Any]:
    """How a version learned like the new one, but without the newest outcomes, does on them beside the live one.

    ``code``: first (there is no live one), few_new (nothing to compare on), better, no_worse or worse, with ``rows``
    and the gain in nats per record with its 90 % interval. Neither side has seen the outcomes. Costs one more training.
    """
    if live is None:
        return {"code": "first"}
    known = live.card.get("decided_until")
    before, newest = rows_after(frame, datetime.fromisoformat(known) if known else None)
    if len(newest) < ENOUGH or not before:
        return {"code": "few_new", "rows": len(newest), "number": live.number}
    table = frame.columns.drop([name for name in held if name in frame.columns.columns])
    opened, decided = frame.opened_at, frame.decided_at
    trial = train(
        table[before],
        frame.outcome[before],
        None if opened is None else opened[before],
        as_of=clock.now(),
        decided=None if decided is None else decided[before],
    ).model
    later = None if opened is None else opened[newest]
    champion = registry.model_of(live.id).score(frame.columns[newest], later, clock.now()).probability
    own = trial.score(table[newest], later, clock.now()).probability
    return {**verdict(frame.outcome[newest], own, champion), "number": live.number}


def verdict(outcome: Array, own: Array, other: Array) -> dict[str, Any]:
    """Whether ``own`` (n,) is better, worse, or no worse than ``other`` on outcomes that neither had seen."""
    gain = row_losses(outcome, other) - row_losses(outcome, own)
    low, high = bootstrap_interval(gain)
    code = "better" if low > 0 else "worse" if high < 0 else "no_worse"
    return {
        "code": code, "rows": len(outcome), "gain": float(gain.mean()) if len(gain) else 0.0, "low": low, "high": high,
    }  # fmt: skip


def shadows(key: str) -> list[registry.Version]:
    """Versions that score beside the live one. 1 query."""
    return [v for v in registry.history(key) if v.state == ModelVersion.State.SHADOW]


def standing(key: str, version: registry.Version, frame: Frame) -> dict[str, Any]:
    """A shadow beside what people were shown, on outcomes that came after both had spoken."""
    own, shown = together(said(key, frame, version.id, shadow=True), said(key, frame))
    if not len(own):
        return {"code": "few_new", "rows": 0}
    return verdict(own.outcome, own.value, shown.value)


def judge(key: str, frame: Frame) -> list[dict[str, Any]]:
    """Every shadow's standing; one that is proven better takes over where policy lets it."""
    found = []
    for version in shadows(key):
        told = {**standing(key, version, frame), "version": version.number}
        ModelVersion.objects.filter(pk=version.id).update(card={**version.card, "standing": told})
        takes_over = told["code"] == "better" and told["rows"] >= PROVEN
        if takes_over and life.promotion(key) == TargetPolicy.Promotion.AUTOMATIC:
            life.settle(access.SYSTEM, version, {**told, "code": "better"})
            with transaction.atomic():
                life.rescore(access.SYSTEM, key)
        found.append(told)
    return found


__all__ = ["ENOUGH", "PROVEN", "challenge", "judge", "shadows", "standing", "verdict"]

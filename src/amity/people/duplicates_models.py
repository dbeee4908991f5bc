"""The model in force for a kind, and its probabilities as reviewers' decisions calibrated them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from amity.base import clock
from amity.people.duplicate_models import DuplicatePair, MatchModel, MatchPolicy
from amity.people.matching.model import Doubles
from amity.people.matching.stored import Stored, from_json

CERTAIN = 0.99  # probability from which a pair is certain
REVIEW = 0.3  # and from which it is worth a reviewer's look
_PRIOR = Path(__file__).with_name("matching") / "prior.json"
_LEAST, _LEAST_OF_EACH = 30, 5  # decisions before they say anything
_LOOSER = 300  # decisions before `CERTAIN` may be reached sooner than the model says
_MOST = 5_000
_BITS = float(np.log(2))
_models: dict[str, Stored] = {}


def current(kind: str) -> Stored:
    """The model that the last scan learned, else one for any base. 1 query; the model itself is kept by the process."""
    newest = MatchModel.objects.filter(kind=kind).order_by("-created_at")
    version = newest.values_list("version", flat=True).first()
    if version is None:
        return prior(kind)
    known = _models.get(kind)
    if known is None or known.version != version:
        row = newest.filter(version=version).first()
        known = _models[kind] = from_json(kind, row.model) if row else prior(kind)
    return known if known.is_of_today else prior(kind)  # else until the next scan


@cache
def prior(kind: str) -> Stored:
    """What holds before the first scan: learned from made-up people and companies in four languages."""
    return from_json(kind, json.loads(_PRIOR.read_text())[kind])


def store(model: Stored) -> str:
    """Put a model in force; returns its version."""
    MatchModel.objects.create(kind=model.kind, version=model.version, model=model.as_json(), records=model.records)
    old = MatchModel.objects.filter(kind=model.kind).order_by("-created_at").values_list("pk", flat=True)[5:]
    MatchModel.objects.filter(pk__in=list(old)).delete()
    return model.version


def probabilities(kind: str, odds: Doubles) -> Doubles:
    """Log odds as calibrated probabilities, 0–1. 1 query."""
    return calibrated(calibration(kind), odds)


def calibration(kind: str) -> dict[str, Any]:
    """What decisions taught: ``a``, ``b``: log odds become ``a + b · log odds``; ``n``: decisions. 1 query."""
    return MatchPolicy.objects.filter(kind=kind).values_list("calibration", flat=True).first() or {}


def calibrated(taught: dict[str, Any], odds: Doubles) -> Doubles:
    """Log odds as probabilities."""
    moved = taught.get("a", 0.0) + taught.get("b", 1.0) * odds
    return np.asarray(1 / (1 + np.exp(-np.clip(moved, -50, 50))))


def certain(taught: dict[str, Any], odds: Doubles) -> Any:
    """Which pairs are certain. Decisions make this stricter at once, looser only with much evidence."""
    sure = calibrated(taught, odds)
    return (sure if taught.get("looser") else np.minimum(sure, calibrated({}, odds))) >= CERTAIN


def learn_from_decisions(kind: str) -> dict[str, Any] | None:
    """Fit the calibration to what reviewers decided (Platt 1999, with a prior of no change); None: nothing new."""
    rows = DuplicatePair.objects.filter(kind=kind, decided_by__isnull=False, state__in=("merged", "apart"))
    decided = list(rows.order_by("-decided_at").values_list("weight", "state")[:_MOST])
    known = calibration(kind)
    merged = sum(state == "merged" for _weight, state in decided)
    if len(decided) == known.get("n", 0) and merged == known.get("merged", 0):
        return None
    taught: dict[str, Any] = {"n": len(decided), "merged": merged}
    if len(decided) >= _LEAST and min(merged, len(decided) - merged) >= _LEAST_OF_EACH:
        odds = np.array([weight for weight, _state in decided]) * _BITS
        same = np.array([state == "merged" for _weight, state in decided], dtype=np.float64)
        taught["a"], taught["b"] = _fitted(odds, same)
        taught["looser"] = _may_be_looser(taught, odds, same)
    MatchPolicy.objects.update_or_create(kind=kind, defaults={"calibration": taught, "changed_at": clock.now()})
    return taught


def _fitted(odds: Doubles, same: Doubles) -> tuple[float, float]:
    """Slope and intercept by Newton's method; normal priors around 0 (deviation 1.5) and 1 (deviation 0.3)."""
    design = np.column_stack([np.ones(len(odds)), np.clip(odds, -15, 15)])
    centre, stiff = np.array([0.0, 1.0]), np.diag([1 / 1.5**2, 1 / 0.3**2])
    found = centre.copy()
    for _round in range(25):
        share = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (same - share) - stiff @ (found - centre)
        bend = (design * (share * (1 - share))[:, None]).T @ design + stiff
        step = np.linalg.solve(bend, slope)
        found = found + step
        if np.abs(step).max() < 1e-6:
            break
    return float(found[0]), float(max(found[1], 0.1))


def _may_be_looser(taught: dict[str, Any], odds: Doubles, same: Doubles) -> bool:
    """Whether enough pairs that only the calibration calls certain were merged: 95 % sure that 99 % are right."""
    more = (calibrated(taught, odds) >= CERTAIN) & (calibrated({}, odds) < CERTAIN)
    count, wrong = int(more.sum()), float((1 - same)[more].sum())
    return count >= _LOOSER and wrong == 0

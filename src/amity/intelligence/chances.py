"""The chances that stand now, in bulk, for those who count with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence import registry
from amity.intelligence.models import Score


@dataclass(frozen=True, slots=True)
class Lift:
    """Log-odds of one subject against the average of its model, and their standard error."""

    value: float
    error: float


def lifts(target: str, subjects: Sequence[UUID] | None = None) -> dict[UUID, Lift]:
    """Of all current scores of ``target``, or of some subjects only. 1 query; 0.1 s for 10,000.

    A model without a signal lifts nobody.
    """
    rows = Score.objects.filter(target=target, current=True, model__signal=True)
    if subjects is not None:
        rows = rows.filter(subject_id__in=list(subjects))
    found = list(rows.values_list("subject_id", "value", "low", "high", "model__positives", "model__rows"))
    if not found:
        return {}
    numbers = np.array([each[1:] for each in found], dtype=np.float64)
    base = _logit((numbers[:, 3] + 0.5) / (numbers[:, 4] + 1))
    value = _logit(numbers[:, 0]) - base
    error = (_logit(numbers[:, 2]) - _logit(numbers[:, 1])) / (2 * 1.645)
    return {each[0]: Lift(float(v), float(e)) for each, v, e in zip(found, value, error, strict=True)}


def knows(target: str, column: str) -> bool:
    """Whether the live model learned from ``column``. 1 query."""
    live = registry.live(target)
    return live is not None and column in live.card.get("columns", ())


def beside(
    target: str, table: pl.DataFrame, opened: pl.Series, now: datetime
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Every row against the first one, in log-odds, by the live model: how alike, and how much likelier to be won.

    Alike (n,) is the distance between what each column adds, so what the model does not use makes no difference. None
    without a model, or with one that tells nothing apart. 1 query, 1 more the first time.
    """
    live = registry.live(target)
    if live is None or not live.signal:
        return None
    model = registry.model_of(live.id)
    parts = model.contributions(model.spec.transform(table, opened, now))
    return np.abs(parts.by_column - parts.by_column[0]).sum(axis=1), parts.log_odds - parts.log_odds[0]


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(share, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))

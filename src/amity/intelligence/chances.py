"""The chances that stand now, in bulk, for those who count with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

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


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(share, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))

"""What was said and what happened: ledger rows from before the outcome beside the outcome. Never a score from after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from amity.intelligence.metrics import Array
from amity.intelligence.models import Score
from amity.intelligence.training import Frame

_CHUNK = 5_000
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Said:
    """One decided record per row, ordered by decision: the last chance said before it, and what happened (n,)."""

    ids: list[UUID]
    scores: list[UUID]
    value: Array
    low: Array
    high: Array
    outcome: Array
    decided_at: list[datetime]
    rows: list[int]  # of the frame

    def since(self, moment: datetime, until: datetime | None = None) -> Said:
        """Only what was decided from ``moment`` on, and before ``until``."""
        kept = [i for i, at in enumerate(self.decided_at) if at >= moment and (until is None or at < until)]
        return self.take(kept)

    def take(self, kept: list[int]) -> Said:
        """Some of the rows."""
        return Said(
            [self.ids[i] for i in kept], [self.scores[i] for i in kept], self.value[kept], self.low[kept],
            self.high[kept], self.outcome[kept], [self.decided_at[i] for i in kept], [self.rows[i] for i in kept],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.ids)


def said(target: str, frame: Frame, model_id: UUID | None = None, shadow: bool = False) -> Said:
    """The newest 50,000 decided records of ``frame`` that had a score of ``target`` before. 1 query per 5,000.

    ``model_id``: only scores of that version; ``shadow``: those said beside, that nobody saw.
    """
    decided, edge = _decided(frame), _edges(frame)
    found: dict[UUID, tuple[UUID, float, float, float]] = {}
    ids = list(decided)
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        rows = Score.objects.filter(target=target, subject_id__in=part, shadow=shadow)
        rows = rows if model_id is None else rows.filter(model_id=model_id)
        wanted = rows.order_by("subject_id", "scored_at").values_list(
            "subject_id", "id", "value", "low", "high", "scored_at"
        )
        found |= {s: (pk, v, lo, hi) for s, pk, v, lo, hi, at in wanted if at < edge[decided[s][1]].replace(tzinfo=UTC)}
    return _aligned(decided, found, frame)


def _decided(frame: Frame) -> dict[UUID, tuple[datetime, int]]:
    if frame.decided_at is None:
        return {}
    times = frame.decided_at.to_list()
    known = [i for i in np.flatnonzero(~np.isnan(frame.outcome)) if times[i] is not None]
    newest = sorted(known, key=lambda i: times[i])[-MOST:]
    return {frame.ids[i]: (times[i].replace(tzinfo=UTC), int(i)) for i in newest}


def _edges(frame: Frame) -> list[Any]:
    """The moment per row before which a chance must have been said."""
    times = frame.opened_at if frame.counted_from_opening else frame.decided_at
    return [] if times is None else times.to_list()


def _aligned(decided: dict[UUID, tuple[datetime, int]], found: dict[UUID, Any], frame: Frame) -> Said:
    ids = [i for i in decided if i in found]
    rows = [decided[i][1] for i in ids]
    columns = np.array([found[i][1:] for i in ids], dtype=np.float64).reshape(-1, 3)
    return Said(
        ids, [found[i][0] for i in ids], columns[:, 0], columns[:, 1], columns[:, 2], frame.outcome[rows],
        [decided[i][0] for i in ids], rows,
    )  # fmt: skip


def together(one: Said, other: Said) -> tuple[Said, Said]:
    """Both for the records that both spoke of, in the same order."""
    at = {subject: i for i, subject in enumerate(other.ids)}
    kept = [i for i, subject in enumerate(one.ids) if subject in at]
    return one.take(kept), other.take([at[one.ids[i]] for i in kept])


def latest_decision(frame: Frame) -> datetime | None:
    """When the newest outcome of ``frame`` was known."""
    if frame.decided_at is None:
        return None
    known = frame.decided_at.filter(pl.Series(~np.isnan(frame.outcome))).drop_nulls()
    top = known.max() if len(known) else None
    return top.replace(tzinfo=UTC) if isinstance(top, datetime) else None


def rows_after(frame: Frame, moment: datetime | None) -> tuple[list[int], list[int]]:
    """Decided rows known by ``moment``, and those decided later."""
    decided = [int(i) for i in np.flatnonzero(~np.isnan(frame.outcome))]
    if moment is None or frame.decided_at is None:
        return decided, []
    edge, times = moment.astimezone(UTC).replace(tzinfo=None), frame.decided_at.to_list()
    later = {i for i in decided if times[i] is not None and times[i] > edge}
    return [i for i in decided if i not in later], sorted(later)


def numbers(values: Iterable[Any]) -> Array:
    """As floats (n,)."""
    return np.array(list(values), dtype=np.float64)

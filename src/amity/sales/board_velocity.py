"""How fast deals go: days in a stage against the usual, how many go on, which are stuck.

The usual is the median of the stays that ended last, in the whole company; nothing is said of fewer than `ENOUGH`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from amity.base import clock
from amity.sales.models import StageChange
from amity.sales.pipelines import PipelineView

ENOUGH = 10  # stays that must have ended before a median is told
LOOKED_AT = 500  # the newest stays per stage
STUCK = 2.0  # times the usual
_STAYS = """
SELECT s.id, count(x.days), percentile_cont(0.5) WITHIN GROUP (ORDER BY x.days), count(*) FILTER (WHERE x.onward),
    count(*) FILTER (WHERE x.decided)
FROM unnest(%s::uuid[]) AS s (id) CROSS JOIN LATERAL (
    SELECT extract(epoch FROM c.changed_at - i.changed_at) / 86400 AS days,
        g.status = 'won' OR (g.status = 'open' AND g.position > o.position) AS onward,
        g.status <> 'open' OR g.position > o.position AS decided
    FROM (SELECT * FROM sales_stagechange m WHERE m.before_id = s.id ORDER BY m.changed_at DESC LIMIT %s) c
    JOIN sales_stage g ON g.id = c.after_id JOIN sales_stage o ON o.id = c.before_id
    JOIN LATERAL (SELECT p.changed_at, p.origin_id FROM sales_stagechange p WHERE p.deal_id = c.deal_id
        AND p.id <> c.id AND p.changed_at <= c.changed_at ORDER BY p.changed_at DESC LIMIT 1) i
        ON i.origin_id IS NULL OR i.origin_id IS DISTINCT FROM c.origin_id
) x GROUP BY s.id
"""  # a file that says when a deal opened and closed says nothing of the stages between: such pairs are left out
_SALES = """
SELECT count(*), count(*) FILTER (WHERE d.status = 'won'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE d.status = 'won'),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE d.status = 'won')
FROM (SELECT status, extract(epoch FROM closed_at - coalesce(opened_at, created_at)) / 86400 AS days FROM sales_deal
    WHERE stage_id = ANY(%s) AND archived_at IS NULL AND status <> 'open' AND closed_at IS NOT NULL
    ORDER BY updated_at DESC LIMIT %s) d
"""


@dataclass(frozen=True, slots=True)
class Stay:
    """What is usual in a stage. ``days``: median of ``n`` stays that ended; ``onward``: share of ``decided`` (0–1)."""

    n: int
    days: int | None
    onward: float | None
    decided: int


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales of a pipeline that were decided last. ``days``, ``slow_days``: median and 90th percentile of won ones."""

    decided: int
    won: int
    days: int | None
    slow_days: int | None

    @property
    def share(self) -> float | None:
        return self.won / self.decided if self.decided >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class Pace:
    """What is usual in a pipeline, by stage and as a whole."""

    stays: dict[UUID, Stay]
    sales: Sales

    def usual(self, stage_id: UUID) -> int | None:
        stay = self.stays.get(stage_id)
        return stay.days if stay else None

    def stuck(self, stage_id: UUID, days_here: float, age_days: float) -> bool:
        """Whether an open deal rests: far longer here than usual, or older than nine of ten won ones."""
        usual = self.usual(stage_id)
        if usual is not None:
            return days_here > max(STUCK * usual, 1)
        return self.sales.slow_days is not None and age_days > self.sales.slow_days


def pace_of(pipeline: PipelineView) -> Pace:
    """The pace of a pipeline, over all its deals. 2 queries, bounded by `LOOKED_AT` rows per stage."""
    with connection.cursor() as cursor:
        cursor.execute(_STAYS, [[each.id for each in pipeline.steps if each.open], LOOKED_AT])
        stays = {row[0]: _stay(*row[1:]) for row in cursor.fetchall()}
        cursor.execute(_SALES, [[each.id for each in pipeline.steps if not each.open], 2 * LOOKED_AT])
        decided, won, days, slow = cursor.fetchone()
    told = won >= ENOUGH
    return Pace(stays, Sales(decided, won, _whole(days) if told else None, _whole(slow) if told else None))


def entered(deals: Iterable[UUID]) -> dict[UUID, tuple[UUID, datetime]]:
    """Deal → the stage it went into last, and when. 1 query."""
    rows = StageChange.objects.filter(deal_id__in=list(deals)).order_by("deal_id", "-changed_at", "-id")
    last = rows.distinct("deal_id").values_list("deal_id", "after_id", "changed_at")
    return {deal: (stage, at) for deal, stage, at in last}


def days_since(moment: datetime) -> int:
    """Whole days from ``moment`` to now, never negative."""
    return max(0, (clock.now() - moment).days)


def _stay(n: int, days: float | None, onward: int, decided: int) -> Stay:
    return Stay(n, _whole(days) if n >= ENOUGH else None, onward / decided if decided >= ENOUGH else None, decided)


def _whole(days: float | None) -> int | None:
    return None if days is None else max(0, round(days))

"""Public API of measures: what the desk did in a period, and how much of it was resolved."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.base.errors import Refused
from amity.desk import measures
from amity.desk.resolution import Share

router = Router(tags=["desk"])


class ShareOut(Schema):
    """``k`` of ``n`` with its 95 % interval (0 to 1; Wilson); null where ``n`` is 0."""

    name: str
    k: int
    n: int
    value: float | None
    low: float | None
    high: float | None


class SummaryOut(Schema):
    """Figures of some conversations: times in seconds, satisfaction 1 to 5.

    ``key``: id of the queue or agent, name of the channel or intent. ``again``: came again for the same within seven
    days. ``resolved``: containment, assumed, confirmed, judged, true.
    """

    key: str
    volume: int
    first_response: float | None
    resolution: float | None
    breached: ShareOut
    again: ShareOut
    handling: float | None
    csat: float | None
    rated: int
    resolved: list[ShareOut]


class DayOut(Schema):
    day: date
    volume: int


class MeasuresOut(Schema):
    whole: SummaryOut
    days: list[DayOut]
    groups: list[SummaryOut]
    until: datetime


@router.get("/desk/measures", response=rest.document(MeasuresOut), operation_id="getDeskMeasures")
def get_measures(
    request: access.StaffRequest, days: int = 28, by: Literal["queue", "agent", "channel", "intent"] = "queue",
    queue: str = "", agent: str = "", channel: str = "", intent: str = "",
) -> Any:  # fmt: skip
    """Measures of the last 7, 28 or 90 days, narrowed down to a queue, agent, channel or intent ("-": without one)."""
    if days not in measures.PERIODS:
        raise Refused("bad_period", "7, 28, 90")
    asked = measures.Asked(days, queue, agent, channel, intent)
    found = measures.measures(request.principal, asked, by)
    return {
        "whole": _summary(found.whole), "groups": [_summary(each) for each in found.groups], "until": found.until,
        "days": [{"day": day, "volume": count} for day, count in found.days],
    }  # fmt: skip


def _summary(told: measures.Summary) -> dict[str, Any]:
    shares = {name: _share(getattr(told, name)) for name in ("breached", "again")}
    return {**asdict(told), **shares, "resolved": [_share(each) for each in told.resolved]}


def _share(told: Share) -> dict[str, Any]:
    return {**asdict(told), "value": told.value}

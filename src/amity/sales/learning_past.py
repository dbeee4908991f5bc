"""Decided deals as they were at some moment while they were open: stage, owner, team, product and value put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.people import api as people
from amity.sales.history_models import TRACKED, DealChange
from amity.sales.models import Deal, DealStatus, Product, Stage, StageChange, Task

_PARTS = 5_000


def as_they_were(rows: Sequence[dict[str, Any]]) -> None:
    """Put back in ``rows`` (of decided deals) what was replaced since they were looked at; add stage and tasks then.

    Open deals are looked at now. 6 queries per 5,000 deals.
    """
    for start in range(0, len(rows), _PARTS):
        part = rows[start : start + _PARTS]
        moments = {row["id"]: _moment(row) for row in part}
        _values(part, {pk: at for pk, at in moments.items() if at is not None})
        _stages(part, moments)
        _tasks(part, moments)


def _moment(row: Mapping[str, Any]) -> datetime | None:
    open_now = row["status"] == DealStatus.OPEN
    return None if open_now else people.moment_of(row["id"], row["opened_at"], row["closed_at"])


def _values(part: Sequence[dict[str, Any]], known: Mapping[UUID, datetime]) -> None:
    if not known:
        return
    changes = DealChange.objects.filter(deal_id__in=list(known), changed_at__gte=min(known.values()))
    listed = changes.order_by("changed_at", "id").values_list("deal_id", "name", "before", "changed_at")
    was = people.first_after(listed, known)
    wanted = {name: {UUID(str(v[name])) for v in was.values() if v.get(name)} for name in TRACKED[:3]}
    owners = access.staff_names(wanted["owner_id"])
    teams = dict(Deal.objects.filter(team_id__in=wanted["team_id"]).values_list("team_id", "team__name").distinct())
    products = {p["id"]: p for p in Product.objects.filter(pk__in=wanted["product_id"]).values()}
    for row in part:
        then = was.get(row["id"], {})
        row.update({name: then[name] for name in ("value_minor", "currency") if name in then})
        if "owner_id" in then:
            row["owner__name"] = _of(owners, then["owner_id"])
        if "team_id" in then:
            row["team__name"] = _of(teams, then["team_id"])
        if "product_id" in then:
            product = _of(products, then["product_id"]) or {}
            row.update({f"product__{name}": product.get(name) for name in ("name", "family", "price_minor")})


def _stages(part: Sequence[dict[str, Any]], moments: Mapping[UUID, datetime | None]) -> None:
    """The open stage a deal was in and how many moves it had made.

    Where no history was kept the stage of a decided deal is unknown: its last one tells the outcome.
    """
    names = dict(Stage.objects.filter(status=DealStatus.OPEN).values_list("pk", "name"))
    moves: dict[UUID, list[tuple[datetime, UUID]]] = {}
    listed = StageChange.objects.filter(deal_id__in=list(moments)).order_by("changed_at", "id")
    for deal, after, at in listed.values_list("deal_id", "after_id", "changed_at"):
        moment = moments[deal]
        if moment is None or at < moment:
            moves.setdefault(deal, []).append((at, after))
    for row in part:
        made = moves.get(row["id"], [])
        row["stage_then"] = names.get(made[-1][1]) if made else None
        row["moves_then"] = len(made) or None


def _tasks(part: Sequence[dict[str, Any]], moments: Mapping[UUID, datetime | None]) -> None:
    """How many tasks it had had; none says as little as an import without tasks does."""
    counts: dict[UUID, int] = {}
    listed = Task.objects.filter(deal_id__in=list(moments)).values_list("deal_id", "created_at")
    for deal, at in listed:
        moment = moments[deal]
        counts[deal] = counts.get(deal, 0) + (moment is None or at < moment)
    for row in part:
        row["tasks_then"] = counts.get(row["id"]) or None


def _of(known: Mapping[UUID, Any], value: Any) -> Any:
    return known.get(UUID(str(value))) if value else None

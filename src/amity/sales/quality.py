"""Deals as a noun of data quality: without a customer, in a stage that does not exist, closed before opened, stuck."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import OSA

from amity.access import api as access
from amity.base import clock
from amity.base.ids import read_id
from amity.base.models import UndoStep
from amity.people import api as people
from amity.sales import deals
from amity.sales.models import Deal, DealStatus, Stage

quality = people.quality
ORPHAN, STAGE, DATES, STUCK = "deal_orphan", "deal_stage", "deal_dates", "deal_stuck"
_COLUMNS = (
    "title", "person_id", "company_id", "stage_id", "status", "opened_at", "closed_at", "created_at", "origin_id",
    "updated_at",
)  # fmt: skip
_TIMES = 5  # the right stage has at least so many times the deals of a misspelt one
_STUCK_LEAST = timedelta(days=120)


@dataclass(slots=True)
class World:
    """Stages with their deals, how long deals usually take, companies by name."""

    meant: Mapping[UUID, tuple[UUID, str, str]]  # misspelt stage → the right one, both names
    usual: timedelta | None
    companies: Mapping[str, UUID | None]
    now: datetime


class Deals(quality.Noun):
    """All deals that are listed."""

    key, label, url_name = "deal", _("Deals"), "deal"
    view_permission, edit_permission = "deals.view", "deals.edit"
    kinds = (
        quality.Kind(ORPHAN, _("Deal without a customer"), _("Neither person nor company is known."), "deal"),
        quality.Kind(STAGE, _("Stage that does not exist"), _("Misspelt: another stage is meant."), "deal"),
        quality.Kind(DATES, _("Impossible dates"), _("Closed before it was opened."), "deal"),
        quality.Kind(STUCK, _("Deal that no longer moves"), _("Open far longer than deals here take."), "deal"),
    )
    reasons: Mapping[str, Any] = {
        "orphan": _("Nobody is known behind this deal."),
        "orphan_titled": _("The title names {company}."),
        "stage_slip": _("“{typed}” is one slip of the finger away from “{meant}”, where the other deals are."),
        "closed_before": _("Closed on {closed}, before it was opened on {opened}."),
        "opened_ahead": _("{opened} has not come yet."),
        "stuck": _("No step since {day}; nine of ten deals here end within {days} days."),
    }
    labels: Mapping[str, Any] = {
        "company_id": _("Company"), "person_id": _("Person"), "stage_id": _("Stage"), "opened_at": _("Opened"),
        "closed_at": _("Closed"), "status": _("State"),
    }  # fmt: skip

    def world(self) -> World:
        return World(_meant(), _usual(), quality.companies_by_key(), clock.now())

    def total(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'sales_deal'::regclass")
            return int(cursor.fetchone()[0])

    def batch(
        self, after: UUID | None, limit: int, since: datetime | None, ids: Sequence[UUID] | None
    ) -> list[quality.Row]:
        rows = Deal.objects.filter(archived_at=None)
        rows = rows.filter(pk__gt=after) if after else rows
        rows = rows.filter(updated_at__gte=since) if since else rows
        rows = rows.filter(pk__in=ids) if ids is not None else rows
        return _rows(rows.order_by("pk")[:limit])

    def current(self, ids: Sequence[UUID], lock: bool = False) -> dict[UUID, quality.Row]:
        rows = Deal.objects.filter(pk__in=list(ids))
        if lock:
            list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        return {row.id: row for row in _rows(rows)}

    def look(self, row: quality.Row, world: World) -> Iterable[quality.Found]:
        yield from _orphan(row, world)
        yield from _stage(row, world)
        yield from _dates(row, world)
        yield from _stuck(row, world)

    def visible_model(self) -> Any:
        return Deal

    def visible(self, principal: access.Principal) -> QuerySet[Any]:
        return Deal.objects.filter(access.rows_of(principal)).values("pk")

    def names(self, ids: Iterable[UUID], principal: access.Principal) -> dict[UUID, str]:
        return {pk: view.name for pk, view in deals.deals_by_id(principal, ids).items()}

    def change(self, principal: access.Principal, target_id: UUID, after: Mapping[str, Any]) -> dict[str, Any] | None:
        was = Deal.objects.values_list("updated_at", flat=True).get(pk=target_id)
        group = deals.change_deal(principal, target_id, dict(after))
        if group is None:
            return None
        step = UndoStep.objects.filter(group_id=group)
        before: dict[str, Any] = dict(step.values_list("before", flat=True)[0] or {})
        step.delete()  # the correction log keeps it
        now = Deal.objects.values_list("updated_at", flat=True).get(pk=target_id)
        before["rows"][str(target_id)]["was"]["updated_at"] = was.isoformat()
        before["rows"][str(target_id)]["now"]["updated_at"] = now.isoformat()
        return before

    def take_back(self, principal: access.Principal, target_id: UUID, undo: Mapping[str, Any]) -> None:
        access.require(principal, self.edit_permission)
        deals.put_back(principal, {}, undo)

    def told_ids(self, values: Iterable[tuple[str, Any]], principal: access.Principal) -> dict[str, str]:
        known = list(values)
        companies = people.company_names([read_id(value) for name, value in known if name == "company_id"], principal)
        stages = {str(each.id): each.name for each in deals.stage_choices()}
        return {str(pk): name for pk, name in companies.items()} | stages


def _rows(rows: QuerySet[Deal]) -> list[quality.Row]:
    found = list(rows.annotate(_moved=Max("stage_changes__changed_at")).values("pk", "_moved", *_COLUMNS))
    known = quality.sources()
    nobody = quality.shells(row["person_id"] for row in found)
    no_firm = quality.company_shells(row["company_id"] for row in found)
    for row in found:
        row["_customer"] = (row["person_id"] is not None and row["person_id"] not in nobody) or (
            row["company_id"] is not None and row["company_id"] not in no_firm
        )
    return [quality.Row(row.pop("pk"), row, {}, quality.source_of(row["origin_id"], known)) for row in found]


def _orphan(row: quality.Row, world: World) -> Iterable[quality.Found]:
    if row.values["_customer"]:
        return
    before = {"company_id": quality.plain(row.values["company_id"])}
    title = row.text("title")
    parts = re.split(r"\s*[,:|/–—]\s+|\s+-\s+", title)
    for begin in range(len(parts)):
        for end in range(len(parts), begin, -1):
            named = title[title.find(parts[begin]) : title.find(parts[end - 1]) + len(parts[end - 1])]
            known = world.companies.get(quality.company_key(named)) if len(named) > 3 else None
            if known:
                reason = ("orphan_titled", {"company": named})
                yield quality.Found(ORPHAN, "company_id", before, {"company_id": str(known)}, reason, 0.93)
                return
    yield quality.Found(ORPHAN, "company_id", before, {}, ("orphan", {}), 0.97)


def _stage(row: quality.Row, world: World) -> Iterable[quality.Found]:
    found = world.meant.get(row.values["stage_id"])
    if found:
        meant, typed, right = found
        before, after = {"stage_id": str(row.values["stage_id"])}, {"stage_id": str(meant)}
        yield quality.Found(STAGE, "stage_id", before, after, ("stage_slip", {"typed": typed, "meant": right}), 0.95)


def _dates(row: quality.Row, world: World) -> Iterable[quality.Found]:
    opened, closed = row.values["opened_at"], row.values["closed_at"]
    if opened and closed and closed.date() < opened.date():
        before = {"closed_at": closed.isoformat(), "opened_at": opened.isoformat()}
        words = {"closed": str(closed.date()), "opened": str(opened.date())}
        yield quality.Found(DATES, "closed_at", before, {}, ("closed_before", words), 0.97)
    elif opened and opened > world.now + timedelta(days=2):
        words = {"opened": str(opened.date())}
        yield quality.Found(DATES, "opened_at", {"opened_at": opened.isoformat()}, {}, ("opened_ahead", words), 0.97)


def _stuck(row: quality.Row, world: World) -> Iterable[quality.Found]:
    if row.values["status"] != DealStatus.OPEN or world.usual is None:
        return
    last = max(filter(None, (row.values["_moved"], row.values["opened_at"])), default=row.values["created_at"])
    if world.now - last > max(_STUCK_LEAST, 2 * world.usual):
        words = {"day": str(last.date()), "days": str(world.usual.days)}
        before = {"stage_id": str(row.values["stage_id"]), "status": row.text("status")}
        yield quality.Found(STUCK, "status", before, {}, ("stuck", words), 0.8)


def _meant() -> dict[UUID, tuple[UUID, str, str]]:
    """Stages that are one slip away from one of the same pipeline with many more deals. 1 query."""
    rows = list(Stage.objects.annotate(n=Count("deals")).values_list("pk", "name", "pipeline_id", "n"))
    found: dict[UUID, tuple[UUID, str, str]] = {}
    for pk, name, pipeline, count in rows:
        for other, right, its, more in sorted(rows, key=lambda row: -row[3]):
            near = OSA.distance(name.lower(), right.lower(), score_cutoff=2) <= (2 if len(right) > 8 else 1)
            few = more >= _TIMES * max(1, count) and not re.search(r"\d", name + right)
            if pk != other and pipeline == its and near and few and len(right) > 3:
                found[pk] = (other, name, right)
                break
    return found


def _usual() -> timedelta | None:
    """How long nine of ten closed deals were open; None where fewer than 30 are known. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY closed_at - opened_at), count(*) FROM sales_deal "
            "WHERE status <> 'open' AND closed_at >= opened_at"
        )
        usual, count = cursor.fetchone()
    return usual if count >= 30 else None


__all__ = ["DATES", "ORPHAN", "STAGE", "STUCK", "Deals"]

"""Deals: reading, creating, changing, moving through stages; with stage history, audit and undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, Field, Q, Sum, When
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.base.searching import search_text
from amity.events import api as events
from amity.people import api as people
from amity.sales.hearing import tell_deals
from amity.sales.history_models import TRACKED, DealChange
from amity.sales.lists import DEAL_KIND
from amity.sales.models import Deal, DealStatus, Pipeline, Product, Stage, StageChange
from amity.sales.segment_kind import CHANGED

EDITABLE = (
    "title", "person_id", "company_id", "product_id", "owner_id", "stage_id", "value_minor", "currency", "source",
    "lost_reason", "opened_at", "expected_close_on",
)  # fmt: skip
_REFERENCES = ("person_id", "company_id", "product_id", "owner_id", "stage_id")


@dataclass(frozen=True, slots=True)
class DealView:
    """A deal as pages and the API see it; ``value_minor`` in minor units of ``currency``."""

    id: UUID
    title: str
    person_id: UUID | None
    company_id: UUID | None
    product_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None
    stage_id: UUID
    stage: str
    status: str
    value_minor: int | None
    currency: str
    source: str
    lost_reason: str
    opened_at: datetime | None
    closed_at: datetime | None
    expected_close_on: date | None
    custom: Mapping[str, Any]
    origin_id: UUID | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @property
    def name(self) -> str:
        return self.title or _("Untitled deal")

    @property
    def status_label(self) -> str:
        return str(DealStatus(self.status).label)

    @property
    def age_days(self) -> int:
        """Days from opening to closing, or to now while open."""
        return max(0, ((self.closed_at or clock.now()) - (self.opened_at or self.created_at)).days)


@dataclass(frozen=True, slots=True)
class StageView:
    id: UUID
    name: str
    pipeline: str
    status: str


@dataclass(frozen=True, slots=True)
class MoveView:
    """One step through the pipeline."""

    before: str
    after: str
    actor_id: UUID | None
    changed_at: datetime


FIELDS = tuple(name for name in DealView.__dataclass_fields__ if name != "stage")


def get_deal(principal: access.Principal, deal_id: UUID) -> DealView:
    """The deal, if ``principal`` may see it; raises `NotFound`. 1 query."""
    access.require(principal, "deals.view")
    found = _views(Deal.objects.filter(access.rows_of(principal), pk=deal_id))
    if not found:
        raise NotFound(_("This deal is not here, or not among the records that you see."))
    return found[0]


def deals_by_id(principal: access.Principal, ids: Iterable[UUID]) -> dict[UUID, DealView]:
    """Those of ``ids`` that ``principal`` sees. 1 query."""
    rows = Deal.objects.filter(access.rows_of(principal), pk__in=list(ids))
    return {deal.id: deal for deal in _views(rows)}


def deals_of(
    principal: access.Principal, *, person_id: UUID | None = None, company_id: UUID | None = None, limit: int = 20
) -> list[DealView]:
    """Deals of a person or company, open ones first, then the newest. 1 query."""
    rows = Deal.objects.filter(access.rows_of(principal), _of(person_id, company_id), archived_at=None)
    return _views(rows.order_by(Case(When(status=DealStatus.OPEN, then=0), default=1), "-updated_at")[:limit])


def deals_with(principal: access.Principal, product_id: UUID, limit: int = 20) -> tuple[list[DealView], dict[str, int]]:
    """Deals about a product, open ones first, then the newest; and how many there are by outcome. 2 queries."""
    rows = Deal.objects.filter(access.rows_of(principal), product_id=product_id, archived_at=None)
    counts = dict(rows.order_by().values_list("status").annotate(count=Count("pk")))
    return _views(rows.order_by(Case(When(status=DealStatus.OPEN, then=0), default=1), "-updated_at")[:limit]), counts


def open_value(
    principal: access.Principal, *, person_id: UUID | None = None, company_id: UUID | None = None
) -> list[tuple[str, int]]:
    """Sum of open deals by currency, minor units. 1 query."""
    rows = Deal.objects.filter(
        access.rows_of(principal), _of(person_id, company_id), archived_at=None, status=DealStatus.OPEN
    )
    return list(
        rows.exclude(value_minor=None).order_by("currency").values_list("currency").annotate(total=Sum("value_minor"))
    )


def stage_choices() -> list[StageView]:
    """Every stage in pipeline order; the first pipeline is made when there is none. 1 query (2 more the first time)."""
    rows = list(
        Stage.objects.filter(archived_at=None, pipeline__archived_at=None)
        .order_by("pipeline__position", "pipeline__created_at", "position")
        .values("pk", "name", "pipeline__name", "status")
    )
    if not rows:
        _first_pipeline()
        return stage_choices()
    return [StageView(row["pk"], row["name"], row["pipeline__name"], row["status"]) for row in rows]


def stages_beside(stage_id: UUID) -> list[StageView]:
    """The stages of the pipeline that a stage belongs to. 1 query."""
    known = stage_choices()
    mine = next((each.pipeline for each in known if each.id == stage_id), "")
    return [each for each in known if each.pipeline == mine]


def moves_of(deal_id: UUID, limit: int = 30) -> list[MoveView]:
    """Stage history of a deal that the caller has been shown, newest first. 1 query."""
    rows = StageChange.objects.filter(deal_id=deal_id).order_by("-changed_at", "-id")
    found = rows.values_list("before__name", "after__name", "actor_id", "changed_at")[:limit]
    return [MoveView(before or "", after, actor, at) for before, after, actor, at in found]


def create_deal(
    principal: access.Principal, values: Mapping[str, Any], custom: Mapping[str, Any] | None = None
) -> UUID:
    """A new deal, owned by its maker unless ``values`` say otherwise. Audited, with its first stage as a fact."""
    access.require(principal, "deals.edit")
    cleaned = _cleaned(principal, {name: value for name, value in values.items() if name != "stage_id" or value})
    if not cleaned.get("title"):
        raise Refused("deal_untitled", _("Give the deal a title."))
    stage = _stage(cleaned.pop("stage_id", None) or stage_choices()[0].id)
    owner_id = cleaned.pop("owner_id", principal.staff_id)
    deal = Deal(
        **cleaned,
        stage=stage,
        status=stage.status,
        owner_id=owner_id,
        team_id=access.team_of(owner_id),
        custom=dict(custom or {}),
    )
    deal.opened_at = deal.opened_at or clock.now()
    deal.closed_at = None if stage.status == DealStatus.OPEN else clock.now()
    with transaction.atomic():
        deal.search = _search(deal)
        deal.save(force_insert=True)
        StageChange.objects.create(deal=deal, after=stage, actor_id=principal.staff_id)
        access.record(principal, "create", "deal", deal.id)
        events.publish("deal.created", deal.id, {"id": str(deal.id)})
        _follow([deal.id], [deal.person_id], [deal.company_id])
    return deal.id


def change_deal(
    principal: access.Principal, deal_id: UUID, values: Mapping[str, Any], custom: Mapping[str, Any] | None = None
) -> UUID | None:
    """Change fields, stage and custom fields (None removes one); returns the undo group, None when nothing changed."""
    access.require(principal, "deals.edit")
    if values.get("owner_id") not in (None, "", str(principal.staff_id), principal.staff_id):
        access.require(principal, "deals.assign")
    with transaction.atomic():
        rows = _one(principal, deal_id)
        before = _apply(principal, rows, _cleaned(principal, values), custom)
        return undo.note(principal, DEAL_KIND, {"ids": [str(deal_id)]}, before) if before["rows"] else None


def archive_deal(principal: access.Principal, deal_id: UUID) -> UUID | None:
    """Take a deal out of the lists; returns the undo group."""
    access.require(principal, "deals.edit")
    with transaction.atomic():
        rows = _one(principal, deal_id)
        before = _apply(principal, rows, {"archived_at": clock.now()}, None)
        return undo.note(principal, DEAL_KIND, {"ids": [str(deal_id)]}, before) if before["rows"] else None


def change_many(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: ``args`` has ``ids`` and ``values``. Rows out of the principal's sight are left alone."""
    values = dict(args["values"])
    access.require(principal, "deals.assign" if "owner_id" in values else "deals.bulk")
    if values.pop("archived_at", None):
        return _apply(principal, _rows(principal, args["ids"]), {"archived_at": clock.now()}, None)
    return _apply(principal, _rows(principal, args["ids"]), _cleaned(principal, values), None)


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: restore every value that nobody changed since, and take back the stage facts of the change."""
    restored, fields = [], {"updated_at"}
    for row in Deal.objects.filter(pk__in=list(before["rows"])).select_for_update(of=("self",)):
        was, now = before["rows"][str(row.pk)]["was"], before["rows"][str(row.pk)]["now"]
        untouched = "updated_at" in was and undo.plain(row.updated_at) == now["updated_at"]
        for name, value in was.items():
            if undo.plain(getattr(row, name)) == now[name]:
                setattr(row, name, cast("Field[Any, Any]", Deal._meta.get_field(name)).to_python(value))
                fields.add(name)
        row.updated_at = row.updated_at if untouched else clock.now()
        restored.append(row)
    Deal.objects.bulk_update(restored, sorted(fields), batch_size=500)
    StageChange.objects.filter(pk__in=before["moves"]).delete()
    DealChange.objects.filter(pk__in=before.get("history", ())).delete()
    _follow_rows(restored, before["rows"])
    _audit(principal, "undo", list(before["rows"]), sorted(fields))


def _follow_rows(rows: Iterable[Deal], changes: Mapping[str, Any]) -> None:
    """`_follow` for changed deals, with whose they were on either side of the change."""
    sides = [each[side] for each in changes.values() for side in ("was", "now")]
    before = {name: [read_id(each.get(name)) for each in sides] for name in ("person_id", "company_id")}
    rows = list(rows)
    _follow(
        [row.pk for row in rows],
        [*(row.person_id for row in rows), *before["person_id"]],
        [*(row.company_id for row in rows), *before["company_id"]],
    )


def _follow(deals: Iterable[UUID], persons: Iterable[UUID | None], companies: Iterable[UUID | None]) -> None:
    """Segments with conditions on deals follow, and open pages are told."""
    persons = list(persons)
    people.segments.follow({person: {CHANGED} for person in persons if person})
    tell_deals(deals, persons, companies)


def _views(rows: Any) -> list[DealView]:
    return [DealView(stage=row.pop("stage__name"), **row) for row in rows.values(*FIELDS, "stage__name")]


def _of(person_id: UUID | None, company_id: UUID | None) -> Q:
    return Q(person_id=person_id) if person_id else Q(company_id=company_id)


def _one(principal: access.Principal, deal_id: UUID) -> list[Deal]:
    rows = _rows(principal, [str(deal_id)])
    if not rows:
        raise NotFound(_("This deal is not here, or not among the records that you see."))
    return rows


def _rows(principal: access.Principal, ids: Iterable[str]) -> list[Deal]:
    rows = Deal.objects.filter(access.rows_of(principal), pk__in=ids).select_related("stage")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _apply(
    principal: access.Principal, rows: list[Deal], values: Mapping[str, Any], custom: Mapping[str, Any] | None
) -> dict[str, Any]:
    wanted = dict(values)
    if "owner_id" in wanted:
        wanted["team_id"] = access.team_of(wanted["owner_id"])
    stage = _stage(wanted["stage_id"]) if "stage_id" in wanted else None
    remembered: dict[str, Any] = {}
    history: list[DealChange] = []
    moves, changed = [], []
    for row in rows:
        was, stage_before = undo.state_of(row), row.stage_id
        _set(row, wanted, custom, stage)
        now = undo.state_of(row)
        diff = [name for name in was if was[name] != now[name] and name != "updated_at"]
        if not diff:
            continue
        changed.append(row)
        remembered[str(row.pk)] = {
            "was": {n: undo.plain(was[n]) for n in diff},
            "now": {n: undo.plain(now[n]) for n in diff},
        }
        history += [DealChange(deal=row, name=n, before=undo.plain(was[n])) for n in diff if n in TRACKED]
        if stage is not None and stage.pk != stage_before:
            moves.append(StageChange(deal=row, before_id=stage_before, after=stage, actor_id=principal.staff_id))
    if changed:
        fields = sorted({name for each in remembered.values() for name in each["was"]} | {"updated_at"})
        Deal.objects.bulk_update(changed, fields, batch_size=500)
        StageChange.objects.bulk_create(moves)
        DealChange.objects.bulk_create(history)
        _audit(principal, "change", list(remembered), fields)
        events.publish_many(
            "deal.updated", ((UUID(pk), {"id": pk, "fields": sorted(each["was"])}) for pk, each in remembered.items())
        )
        events.publish_many(
            "deal.stage_changed",
            ((move.deal_id, {"id": str(move.deal_id), "stage_id": str(move.after_id)}) for move in moves),
        )
        _follow_rows(changed, remembered)
    ids = {"moves": [str(each.pk) for each in moves], "history": [str(each.pk) for each in history]}
    return {"rows": remembered, **ids}


def _set(row: Deal, wanted: Mapping[str, Any], custom: Mapping[str, Any] | None, stage: Stage | None) -> None:
    for name, value in wanted.items():
        setattr(row, name, value)
    if custom:
        merged = {**row.custom, **custom}
        row.custom = {name: value for name, value in merged.items() if value is not None}
    if stage is not None and row.status != stage.status:
        row.status = stage.status
        row.closed_at = None if stage.status == DealStatus.OPEN else clock.now()
    if set(wanted) & {"title", "person_id", "company_id", "product_id"}:
        row.search = _search(row)
    row.updated_at = clock.now()


def _cleaned(principal: access.Principal, values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise Refused("unknown_field", _("Unknown field: %(name)s") % {"name": ", ".join(sorted(unknown))})
    cleaned: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }
    if isinstance(cleaned.get("expected_close_on"), str):  # a bulk change comes as JSON
        cleaned["expected_close_on"] = date.fromisoformat(cleaned["expected_close_on"])
    for name in _REFERENCES:
        if name in cleaned:
            cleaned[name] = _reference(name, cleaned[name])
    if "stage_id" in cleaned and cleaned["stage_id"] is None:
        raise Refused("no_stage", _("Choose a stage."))
    if cleaned.get("person_id"):
        people.get_person(principal, cleaned["person_id"])
    if cleaned.get("company_id"):
        people.get_company(principal, cleaned["company_id"])
    if "currency" in cleaned:
        cleaned["currency"] = (cleaned["currency"] or "").upper()[:3]
    return cleaned


def _reference(name: str, value: Any) -> UUID | None:
    found = read_id(value) if value else None
    if value and found is None:
        raise Refused("bad_reference", _("This is not the id of a record: %(name)s") % {"name": name})
    return found


def _stage(stage_id: Any) -> Stage:
    stage = Stage.objects.filter(pk=stage_id).first()
    if stage is None:
        raise Refused("no_stage", _("This stage does not exist."))
    return stage


def _first_pipeline() -> None:
    pipeline = Pipeline.objects.create(name=_("Sales"))
    steps = (
        (_("New"), "open"),
        (_("Qualified"), "open"),
        (_("Proposal"), "open"),
        (_("Won"), "won"),
        (_("Lost"), "lost"),
    )
    Stage.objects.bulk_create(
        [Stage(pipeline=pipeline, name=name, position=at, status=status) for at, (name, status) in enumerate(steps, 1)]
    )


def _search(deal: Deal) -> str:
    person = people.names([deal.person_id]).get(deal.person_id) if deal.person_id else ""
    company = people.company_names([deal.company_id]).get(deal.company_id) if deal.company_id else ""
    product = (
        Product.objects.filter(pk=deal.product_id).values_list("name", flat=True).first() if deal.product_id else ""
    )
    return search_text([deal.title, person, company, product])


def _audit(principal: access.Principal, verb: str, ids: list[str], fields: list[str]) -> None:
    subject = ids[0] if len(ids) == 1 else f"{len(ids)} records"
    access.record(principal, verb, "deal", subject, {"fields": fields, "ids": ids[:500]})

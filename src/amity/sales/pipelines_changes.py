"""Changing pipelines and stages: every change is one undo step, audited; a stage that goes hands its deals on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.sales import deals, gates
from amity.sales.models import Deal, DealStatus, Pipeline, Stage, StageChange
from amity.sales.pipelines import MAX_PIPELINES, MAX_STAGES

KIND = "pipelines.change"
RIGHT = "deals.assign"
MAX_MOVED = 20_000
NOTHING = UUID(int=0)
_KEPT = {
    "pipeline": ("name", "team_id", "position", "archived_at"),
    "stage": ("name", "position", "status", "gate", "archived_at"),
}
_MODELS: dict[str, Any] = {"pipeline": Pipeline, "stage": Stage}


def change(principal: access.Principal, op: str, **args: Any) -> UUID:
    """Do one of `OPS`; returns the undo group. Raises `Refused`, `NotFound` or ``Forbidden``."""
    access.require(principal, RIGHT)
    return undo.perform(principal, KIND, {"op": op, **{name: undo.plain(value) for name, value in args.items()}})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the change, and what every touched row was before."""
    access.require(principal, RIGHT)
    was = _snapshot()
    moved = OPS[args["op"]](principal, args)
    now = _snapshot()
    rows = {key: [was.get(key), now[key]] for key in now if was.get(key) != now[key]}
    access.record(principal, args["op"], "pipeline", str(args.get("pipeline") or args.get("stage") or "new"))
    return {"rows": rows, "deals": moved}


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: rows as they were, unless changed since; what was made goes away, or out of use if it is used."""
    for key, (was, now) in before["rows"].items():
        kind, _colon, pk = key.partition(":")
        row = _MODELS[kind].objects.select_for_update().filter(pk=pk).first()
        if row is None:
            continue
        if was is None:
            _unmake(kind, row)
            continue
        for name in _KEPT[kind]:
            if undo.plain(getattr(row, name)) == now[name]:
                setattr(row, name, _MODELS[kind]._meta.get_field(name).to_python(was[name]))
        row.save(update_fields=[name.removesuffix("_id") for name in _KEPT[kind]])
    for each in before["deals"]:
        deals.put_back(replace(principal, scope="all"), {}, each)
    access.record(principal, "undo", "pipeline", str(args.get("pipeline") or args.get("stage") or "new"))


def _snapshot() -> dict[str, dict[str, Any]]:
    found = {}
    for kind, names in _KEPT.items():
        for row in _MODELS[kind].objects.select_for_update().order_by("pk"):
            found[f"{kind}:{row.pk}"] = {name: undo.plain(getattr(row, name)) for name in names}
    return found


def _unmake(kind: str, row: Any) -> None:
    used = Deal.objects.filter(**{"stage" if kind == "stage" else "stage__pipeline": row}).exists()
    passed = Q(before=row.pk) | Q(after=row.pk)  # deals that came and went: their history names the stage
    moves = kind == "stage" and StageChange.objects.filter(passed).exists()
    if used or moves or (kind == "pipeline" and row.stages.exists()):
        row.archived_at = clock.now()
        row.save(update_fields=["archived_at"])
    else:
        row.delete()


def _add(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    if Pipeline.objects.filter(archived_at=None).count() >= MAX_PIPELINES:
        raise Refused("too_many_pipelines", _("There are as many pipelines as can be. Remove one first."))
    last = Pipeline.objects.aggregate(last=Max("position"))["last"] or 0
    made = Pipeline.objects.create(name=_free_name(args["name"]), team_id=_team(args), position=last + 1)
    ends = ((_("New"), DealStatus.OPEN), (_("Won"), DealStatus.WON), (_("Lost"), DealStatus.LOST))
    for at, (name, status) in enumerate(ends, 1):
        Stage.objects.create(pipeline=made, name=name, position=at, status=status)
    return []


def _change(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    row = _pipeline(args)
    row.name, row.team_id = _free_name(args["name"], row), _team(args)
    row.save(update_fields=["name", "team"])
    return []


def _shift(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    rows = list(Pipeline.objects.filter(archived_at=None).order_by("position", "created_at", "id"))
    _swap(rows, _pipeline(args), int(args["by"]))
    return []


def _archive(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    row = _pipeline(args)
    if Deal.objects.filter(stage__pipeline=row, status=DealStatus.OPEN, archived_at=None).exists():
        raise Refused("pipeline_in_use", _("Open deals stand in this pipeline. Close them or move them first."), 409)
    if not Pipeline.objects.filter(archived_at=None).exclude(pk=row.pk).exists():
        raise Refused("last_pipeline", _("One pipeline has to stay."), 409)
    row.archived_at = clock.now()
    row.save(update_fields=["archived_at"])
    return []


def _add_stage(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    pipeline = _pipeline(args)
    rows = Stage.objects.filter(pipeline=pipeline)
    name = _stage_name(args["name"])
    if args.get("status") not in DealStatus.values:
        raise Refused("bad_status", _("Choose one of: {ops}.").format(ops=", ".join(DealStatus.values)))
    if rows.filter(archived_at=None).count() >= MAX_STAGES:
        raise Refused("too_many_stages", _("A pipeline can have no more stages than this. Remove one first."))
    known = rows.filter(name=name).first()
    if known is not None and known.archived_at is None:
        raise Refused("stage_exists", _("There is a stage of this name already."), 409)
    stage = known or Stage(pipeline=pipeline, name=name)
    stage.status, stage.archived_at = args["status"], None
    stage.position = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
    stage.save()
    return []


def _change_stage(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    row = _stage(args)
    name = _stage_name(args.get("name") or row.name)
    if Stage.objects.filter(pipeline_id=row.pipeline_id, name=name).exclude(pk=row.pk).exists():
        raise Refused("stage_exists", _("There is a stage of this name already."), 409)
    row.name = name
    if args.get("gate") is not None:
        row.gate = gates.cleaned(args["gate"])
    row.save(update_fields=["name", "gate"])
    return []


def _shift_stage(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    row = _stage(args)
    rows = Stage.objects.filter(pipeline_id=row.pipeline_id, status=row.status, archived_at=None)
    _swap(list(rows.order_by("position", "id")), row, int(args["by"]))
    return []


def _delete_stage(principal: access.Principal, args: Mapping[str, Any]) -> list[Any]:
    """The stage goes out of use; its deals go to stage ``to``, which has to be of the same outcome."""
    row = _stage(args)
    left = Stage.objects.filter(pipeline_id=row.pipeline_id, status=row.status, archived_at=None).exclude(pk=row.pk)
    if not left.exists():
        raise Refused("last_stage", _("A pipeline needs one stage of each kind: open, won and lost."), 409)
    ids = [str(pk) for pk in Deal.objects.filter(stage=row).values_list("pk", flat=True)[: MAX_MOVED + 1]]
    moved: list[Any] = []
    if ids:
        to = left.filter(pk=read_id(args.get("to") or "") or NOTHING).first()
        if to is None:
            raise Refused("stage_in_use", _("Deals stand in this stage. Choose where they go."), 409)
        if len(ids) > MAX_MOVED:
            message = _("At most %(bound)s rows can be changed at once. Narrow the list with filters first.")
            raise Refused("bulk_too_large", message % {"bound": MAX_MOVED})
        everybody = replace(principal, scope="all", permissions=principal.permissions | {"deals.bulk"})
        moved.append(deals.change_many(everybody, {"ids": ids, "values": {"stage_id": str(to.pk)}}))
    row.archived_at = clock.now()
    row.save(update_fields=["archived_at"])
    return moved


OPS: dict[str, Callable[[access.Principal, Mapping[str, Any]], list[Any]]] = {
    "add": _add, "change": _change, "shift": _shift, "archive": _archive, "add_stage": _add_stage,
    "change_stage": _change_stage, "shift_stage": _shift_stage, "delete_stage": _delete_stage,
}  # fmt: skip


def _swap(rows: list[Any], row: Any, by: int) -> None:
    """Move one row up (-1) or down (1) and number all of them anew, within the numbers they have."""
    at = next((i for i, each in enumerate(rows) if each.pk == row.pk), 0)
    to = max(0, min(len(rows) - 1, at + (1 if by > 0 else -1)))
    rows.insert(to, rows.pop(at))
    numbers = sorted({each.position for each in rows})
    if len(numbers) < len(rows):
        numbers = list(range(1, len(rows) + 1))
    for each, number in zip(rows, numbers, strict=True):
        if each.position != number:
            each.position = number
            each.save(update_fields=["position"])


def _pipeline(args: Mapping[str, Any]) -> Pipeline:
    row = Pipeline.objects.filter(pk=read_id(args.get("pipeline") or "") or NOTHING, archived_at=None).first()
    if row is None:
        raise NotFound(_("This pipeline does not exist."))
    return row


def _stage(args: Mapping[str, Any]) -> Stage:
    row = Stage.objects.filter(pk=read_id(args.get("stage") or "") or NOTHING, archived_at=None).first()
    if row is None:
        raise NotFound(_("This stage does not exist."))
    return row


def _free_name(name: str, but: Pipeline | None = None) -> str:
    name = name.strip()[:120]
    if not name:
        raise Refused("pipeline_unnamed", _("Give the pipeline a name."))
    if Pipeline.objects.filter(name=name).exclude(pk=but.pk if but else NOTHING).exists():
        raise Refused("pipeline_exists", _("There is a pipeline of this name already."), 409)
    return name


def _stage_name(name: str) -> str:
    name = name.strip()[:120]
    if not name:
        raise Refused("stage_unnamed", _("Give the stage a name."))
    return name


def _team(args: Mapping[str, Any]) -> UUID | None:
    found = read_id(args.get("team") or "")
    if found and found not in {pk for pk, _name in access.team_choices()}:
        raise NotFound(_("This team does not exist."))
    return found

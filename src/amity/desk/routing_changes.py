"""Changing queues, hours, promises, agents, rules and weights: each change is one undo step, and audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.desk import routing_cleaning as cleaning
from amity.desk.models import Agent, Queue, RoutingRule, RoutingSettings, SlaPolicy, WorkingHours

KIND = "desk.settings"
RIGHT = "desk.manage"
MOST = 200
MODELS: dict[str, Any] = {
    "queue": Queue, "hours": WorkingHours, "policy": SlaPolicy, "agent": Agent, "rule": RoutingRule,
    "settings": RoutingSettings,
}  # fmt: skip
FIELDS = {
    "queue": ("name", "team_id", "accounts", "languages", "position", "hours_id", "archived_at"),
    "hours": ("name", "zone", "week", "days", "archived_at"),
    "policy": ("name", "position", "queues", "channels", "urgency", "customer", "hours_id", "first_reply",
               "next_reply", "resolution", "pause_pending", "pause_snoozed", "archived_at"),
    "agent": ("staff_id", "queues", "skills", "languages", "capacity", "hours_id", "archived_at"),
    "rule": ("name", "position", "enabled", "when", "then", "archived_at"),
    "settings": ("weights", "enabled"),
}  # fmt: skip


def save(principal: access.Principal, kind: str, values: Mapping[str, Any], row_id: UUID | None = None) -> UUID:
    """Make a row (``row_id`` None) or change one; returns the undo group. Raises `Refused`, `NotFound`, `Forbidden`."""
    access.require(principal, RIGHT)
    told = cleaning.cleaned(kind, values)
    return _perform(principal, {"kind": kind, "op": "save", "id": undo.plain(row_id), "values": told})


def shift(principal: access.Principal, kind: str, row_id: UUID, by: int) -> UUID:
    """Move a row up (-1) or down (1) in its order."""
    access.require(principal, RIGHT)
    return _perform(principal, {"kind": kind, "op": "shift", "id": str(row_id), "by": 1 if by > 0 else -1})


def archive(principal: access.Principal, kind: str, row_id: UUID) -> UUID:
    """Take a row out of use."""
    access.require(principal, RIGHT)
    return _perform(principal, {"kind": kind, "op": "archive", "id": str(row_id)})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the change; returns the rows that it touched, as they were and as they are."""
    access.require(principal, RIGHT)
    kind = args["kind"]
    rows = _OPS[args["op"]](kind, args)
    access.record(principal, args["op"], f"desk_{kind}", args.get("id") or next(iter(rows), "new"))
    return {"rows": rows}


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: rows as they were, except what was changed since; what was made goes out of use."""
    access.require(principal, RIGHT)
    kind = args["kind"]
    for pk, (was, now) in before["rows"].items():
        row = MODELS[kind].objects.select_for_update().filter(pk=pk).first()
        if row is None:
            continue
        if was is None:
            _unmake(kind, row)
            continue
        for name in FIELDS[kind]:
            if undo.plain(getattr(row, name)) == now[name]:
                setattr(row, name, MODELS[kind]._meta.get_field(name).to_python(was[name]))
        row.save(update_fields=[name.removesuffix("_id") for name in FIELDS[kind]])
    access.record(principal, "undo", f"desk_{kind}", args.get("id") or next(iter(before["rows"]), "new"))


def _perform(principal: access.Principal, args: dict[str, Any]) -> UUID:
    try:
        with transaction.atomic():
            return undo.perform(principal, KIND, args)
    except IntegrityError as error:
        raise Refused("name_taken", _("There is one of this name already."), 409) from error


def _save(kind: str, args: dict[str, Any]) -> dict[str, Any]:
    model = MODELS[kind]
    row = _row(kind, args["id"]) if args.get("id") else _new(kind, args["values"])
    was = None if row._state.adding else _state(kind, row)
    for name, value in args["values"].items():
        field = name.removesuffix("_id")
        if name not in FIELDS[kind]:
            raise Refused("bad_field", _("This cannot be changed."))
        setattr(row, name, _typed(model, field, value))
    row.save()
    return {str(row.pk): [was, _state(kind, row)]}


def _shift(kind: str, args: dict[str, Any]) -> dict[str, Any]:
    rows = list(MODELS[kind].objects.select_for_update().filter(archived_at=None).order_by("position", "id")[:MOST])
    was = {str(row.pk): _state(kind, row) for row in rows}
    at = next((place for place, row in enumerate(rows) if str(row.pk) == args["id"]), None)
    if at is None:
        raise NotFound(_("This is no longer here."))
    to = max(0, min(len(rows) - 1, at + args["by"]))
    rows.insert(to, rows.pop(at))
    for place, row in enumerate(rows, 1):
        if row.position != place:
            row.position = place
            row.save(update_fields=["position"])
    changed = {str(row.pk): _state(kind, row) for row in rows}
    return {pk: [was[pk], now] for pk, now in changed.items() if was[pk] != now}


def _archive(kind: str, args: dict[str, Any]) -> dict[str, Any]:
    row = _row(kind, args["id"])
    was = _state(kind, row)
    row.archived_at = clock.now()
    row.save(update_fields=["archived_at"])
    return {str(row.pk): [was, _state(kind, row)]}


_OPS = {"save": _save, "shift": _shift, "archive": _archive}


def _new(kind: str, values: Mapping[str, Any]) -> Any:
    model = MODELS[kind]
    alive = model.objects if kind == "settings" else model.objects.filter(archived_at=None)
    if alive.count() >= MOST:
        raise Refused("too_many", _("There are as many as can be. Remove one first."))
    if kind == "agent":  # who was an agent before is one again
        known = Agent.objects.filter(staff_id=str(values["staff_id"])).first()
        if known is not None:
            known.archived_at = None
            return known
    if kind == "settings":
        return RoutingSettings.objects.order_by("id").first() or RoutingSettings()
    if "position" in FIELDS[kind]:
        last = model.objects.order_by("-position").values_list("position", flat=True).first() or 0
        return model(position=last + 1)
    return model()


def _row(kind: str, pk: str) -> Any:
    row = MODELS[kind].objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound(_("This is no longer here."))
    return row


def _unmake(kind: str, row: Any) -> None:
    if kind == "settings":
        row.delete()
        return
    row.archived_at = clock.now()
    row.save(update_fields=["archived_at"])


def _state(kind: str, row: Any) -> dict[str, Any]:
    return {name: undo.plain(getattr(row, name)) for name in FIELDS[kind]}


def _typed(model: Any, field: str, value: Any) -> Any:
    column = model._meta.get_field(field)
    if column.is_relation and value:
        if not column.related_model.objects.filter(pk=value).exists():
            raise NotFound(_("This is no longer here."))
        return UUID(str(value))
    try:
        return column.to_python(value) if not column.is_relation else None
    except ValidationError as error:
        raise Refused("bad_value", _("This is no value that it can have.")) from error

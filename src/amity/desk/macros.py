"""Macros: texts with placeholders, per language, and what is done along with the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id, read_id
from amity.desk import conversations_changes as changes
from amity.desk.conversations import SEE, ConversationView
from amity.desk.models import Macro, State
from amity.people import api as people

CHANGE, MANAGE = "desk.macro", "desk.reply"
MAX_NAME, MAX_TEXT, MOST = 120, 20_000, 200
SNOOZES = (1, 4, 24, 72, 168)
STATES = ("open", "pending", "solved")
_PLACEHOLDER = re.compile(r"\{([a-z_]{1,40})\}")
PLACEHOLDERS = ("first_name", "name", "company", "number", "subject", "agent")


@dataclass(frozen=True, slots=True)
class MacroView:
    """A macro. ``actions``: of state, queue (id), urgency, snooze_hours those that it has."""

    id: UUID
    name: str
    team_id: UUID | None
    texts: Mapping[str, str]
    actions: Mapping[str, Any]

    def text(self, language: str) -> str:
        """The text in ``language``, else in the installation's, else any."""
        for each in (language, settings.LANGUAGE_CODE):
            if self.texts.get(each):
                return self.texts[each]
        return next((text for text in self.texts.values() if text), "")


FIELDS = tuple(MacroView.__dataclass_fields__)


def listed(principal: access.Principal) -> list[MacroView]:
    """Macros of everybody and of the reader's teams, by name, at most 200. 1 query."""
    access.require(principal, SEE)
    rows = Macro.objects.filter(archived_at=None)
    if principal.scope != "all":
        rows = rows.filter(Q(team=None) | Q(team__in=principal.team_ids))
    return [MacroView(**row) for row in rows.order_by("name", "id").values(*FIELDS)[:MOST]]


def get(principal: access.Principal, macro_id: UUID) -> MacroView:
    """One macro that the reader may use; raises `NotFound`. 1 query."""
    found = next((each for each in listed(principal) if each.id == macro_id), None)
    if found is None:
        raise NotFound(_("This macro is not here any more."))
    return found


def filled(principal: access.Principal, macro: MacroView, view: ConversationView) -> str:
    """The macro's text for a conversation; what nothing fills stays as it is, and is refused when it is sent."""
    person = people.get_person(access.SYSTEM, view.person_id) if view.person_id else None
    firm = people.company_names([person.company_id]).get(person.company_id, "") if person and person.company_id else ""
    known = {
        "first_name": person.given_name if person else "", "name": person.name if person else "", "company": firm,
        "number": view.name, "subject": view.subject, "agent": principal.name,
    }  # fmt: skip
    return _PLACEHOLDER.sub(lambda m: known.get(m.group(1)) or m.group(0), macro.text(view.language))


def values_of(macro: MacroView) -> dict[str, Any]:
    """What the macro changes about a conversation, as `conversations_changes.change` takes it."""
    told = macro.actions
    values = {
        "state": told.get("state"), "queue_id": read_id(told.get("queue")) if told.get("queue") else None,
        "urgency": told.get("urgency"),
    }  # fmt: skip
    found = {name: value for name, value in values.items() if value is not None}
    if told.get("snooze_hours"):
        until = clock.now() + timedelta(hours=int(told["snooze_hours"]))
        found |= {"state": State.SNOOZED, "snoozed_until": until}
    return found


def apply(principal: access.Principal, macro: MacroView, ids: list[UUID]) -> UUID | None:
    """Do what a macro does apart from its text; returns the undo group, None when it does nothing."""
    values = values_of(macro)
    return changes.change(principal, ids, values) if values else None


def save(principal: access.Principal, macro_id: UUID | None, values: Mapping[str, Any]) -> UUID:
    """Make or change a macro (name, team_id, texts, actions); returns the undo group. Raises `Refused`."""
    told = _cleaned(principal, values)
    return undo.perform(principal, CHANGE, {"id": str(macro_id or new_id()), "values": told, "new": macro_id is None})


def archive(principal: access.Principal, macro_id: UUID) -> UUID:
    """Take a macro out of use; returns the undo group."""
    get(principal, macro_id)
    return undo.perform(principal, CHANGE, {"id": str(macro_id), "values": {"archived": True}, "new": False})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: save."""
    access.require(principal, MANAGE)
    row = Macro.objects.select_for_update().filter(pk=args["id"]).first()
    if row is None and not args["new"]:
        raise NotFound(_("This macro is not here any more."))
    if row is not None and not _may(principal, row.team_id):
        raise NotFound(_("This macro is not here any more."))
    row = row or Macro(pk=UUID(args["id"]), created_by=principal.staff_id)
    was = _state(row)
    _set(row, args["values"])
    access.record(principal, "create" if args["new"] else "change", "macro", row.pk, {"fields": sorted(args["values"])})
    return {"was": was, "now": _state(row)}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as it was, except what somebody changed since; a new one is archived."""
    row = Macro.objects.select_for_update().filter(pk=args["id"]).first()
    if row is not None:
        now, was = _state(row), {"archived": True} if args["new"] else before["was"]
        _set(row, {name: value for name, value in was.items() if now[name] == before["now"][name]})
    access.record(principal, "undo", "macro", args["id"])


def _set(row: Macro, values: Mapping[str, Any]) -> None:
    for name in ("name", "texts", "actions"):
        setattr(row, name, values.get(name, getattr(row, name)))
    if "team_id" in values:
        row.team_id = read_id(values["team_id"]) if values["team_id"] else None
    if "archived" in values:
        row.archived_at = clock.now() if values["archived"] else None
    row.updated_at = clock.now()
    row.save()


def _state(row: Macro) -> dict[str, Any]:
    told = {"name": row.name, "texts": row.texts, "actions": row.actions}
    return {**told, "team_id": undo.plain(row.team_id), "archived": row.archived_at is not None}


def _may(principal: access.Principal, team_id: UUID | None) -> bool:
    """Macros of everybody are changed by who manages the desk, those of a team by its members."""
    if principal.may("desk.manage"):
        return True
    return team_id is not None and team_id in principal.team_ids


def _cleaned(principal: access.Principal, values: Mapping[str, Any]) -> dict[str, Any]:
    access.require(principal, MANAGE)
    name = str(values.get("name", "")).strip()[:MAX_NAME]
    texts = {
        key: str(text).strip()[:MAX_TEXT] for key, text in dict(values.get("texts", {})).items() if str(text).strip()
    }
    if not name:
        raise Refused("macro_nameless", _("Give the macro a name."))
    if not _may(principal, values.get("team_id")):
        raise Refused("macro_team", _("Choose your team: macros for everybody are made by who manages the desk."), 403)
    return {"name": name, "texts": texts, "actions": _actions(values), "team_id": undo.plain(values.get("team_id"))}


def _actions(values: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(values.get("actions", {}))
    found: dict[str, Any] = {}
    if told.get("state") in STATES:
        found["state"] = told["state"]
    if told.get("urgency") in changes.URGENCIES:
        found["urgency"] = told["urgency"]
    if queue := read_id(told.get("queue", "")):
        found["queue"] = str(queue)
    if told.get("snooze_hours") in SNOOZES:
        found["snooze_hours"] = told["snooze_hours"]
    return found


def register() -> None:
    undo.register(CHANGE, undo.Handler(do, put_back))

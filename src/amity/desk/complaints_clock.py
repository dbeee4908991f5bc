"""The clock of a complaint: which rule of law counts, when it ends; warnings ahead and breaches, each told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Field, Q, QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.desk import checklist, complaints, complaints_log, sla_policies, statutory
from amity.desk.models import Complaint, StatutoryRule, WorkingHours

RULES, RIGHT, BATCH = "desk.complaint.rules", "desk.manage", 200
FIELDS = ("key", "position", "names", "countries", "kinds", "days", "unit", "extended_days", "acknowledge_days",
          "rolls", "silence_accepts", "warn_days", "archived_at")  # fmt: skip
_CLOCK = tuple(each.name for each in fields(statutory.Rule))
LANGUAGES = ("en", "ru", "pl", "de")


def rules() -> list[dict[str, Any]]:
    """Rules in use, in order. 1 query."""
    rows = StatutoryRule.objects.filter(archived_at=None).order_by("position", "id")
    return list(rows.values("id", *FIELDS))


def start(row: Complaint) -> None:
    """Choose the rule for a new complaint and set its dates; nothing is saved. 2 queries."""
    found = statutory.choose(rules(), row.country, row.kind)
    row.rule = {**statutory.rule_of(found).plain(), "names": dict(found["names"])} if found else {}
    tell(row)


def tell(row: Complaint, since: datetime | None = None) -> None:
    """Set the dates of a complaint by its own rule, as of ``since`` or its arrival; nothing is saved. 1 query."""
    if not row.rule:
        return
    rule = statutory.Rule(**{name: row.rule[name] for name in _CLOCK})
    begun = since or row.received_at
    found = statutory.dates(rule, begun, row.country, closed_days(), held=row.held_at is not None)
    row.due_at, row.warn_at, row.acknowledge_at = found.due_at, found.warn_at, found.acknowledge_at


def closed_days() -> frozenset[date]:
    """Days on which all working hours in use are closed: holidays of one's own. 1 query."""
    rows = WorkingHours.objects.filter(archived_at=None).order_by("id")[:50]
    each = [{day for day, spans in sla_policies.hours_of(row).days if not spans} for row in rows]
    return frozenset(set.intersection(*each)) if each else frozenset()


def warn_due() -> int:
    """Say once of each complaint that its deadline is near; returns how many. At most 200."""
    now = clock.now()
    return _tell_once(Q(warn_at__lt=now, due_at__gte=now, warned_at=None), "warned")


def breach_due() -> int:
    """Write down once that a deadline passed without an answer; returns how many. At most 200."""
    return _tell_once(Q(due_at__lt=clock.now(), breached_at=None), "breached")


def save_rule(principal: access.Principal, values: Mapping[str, Any], rule_id: UUID | None = None) -> UUID:
    """Make or change a rule; returns the undo group. Complaints that are open keep the clock that they began with."""
    told = {name: undo.plain(value) for name, value in _checked(values).items()}
    return undo.perform(principal, RULES, {"id": undo.plain(rule_id), "values": told})


def archive_rule(principal: access.Principal, rule_id: UUID) -> UUID:
    """Take a rule out of use."""
    return undo.perform(principal, RULES, {"id": str(rule_id), "values": {"archived_at": clock.now().isoformat()}})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler of rules."""
    access.require(principal, RIGHT)
    if args["id"]:
        row = StatutoryRule.objects.select_for_update().filter(pk=args["id"]).first()
        if row is None:
            raise NotFound(_("This is no longer here."))
        was = _plain(row)
    else:
        last = StatutoryRule.objects.order_by("-position").values_list("position", flat=True).first() or 0
        row, was = StatutoryRule(position=last + 1), None
        row.key = f"own_{row.pk.hex[-12:]}"
    _set(row, args["values"])
    row.save()
    access.record(principal, "save", "complaint_rule", row.pk, {"fields": sorted(args["values"])})
    return {"id": str(row.pk), "was": was, "now": _plain(row)}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as it was, except what was changed since; a new rule goes out of use."""
    access.require(principal, RIGHT)
    row = StatutoryRule.objects.select_for_update().get(pk=before["id"])
    was, now = before["was"] or {"archived_at": clock.now().isoformat()}, _plain(row)
    _set(row, {name: value for name, value in was.items() if now[name] == before["now"][name]})
    row.save()
    access.record(principal, "undo", "complaint_rule", row.pk)


def _tell_once(due: Q, step: str) -> int:
    told: QuerySet[Complaint] = Complaint.objects.filter(due).exclude(state__in=complaints.ANSWERED)
    with transaction.atomic():
        rows = list(told.select_related("conversation").select_for_update(of=("self",), skip_locked=True)[:BATCH])
        for row in rows:
            at = row.due_at if step == "breached" else clock.now()
            setattr(row, f"{step}_at", at)
            row.save(update_fields=[f"{step}_at"])
            data = {"rule": row.rule.get("key", ""), "silence_accepts": bool(row.rule.get("silence_accepts"))}
            complaints_log.note(row, step, row.state, None, data if step == "breached" else {}, at=at)
    return len(rows)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    numbers = {name: found.get(name) for name in ("days", "extended_days", "acknowledge_days", "warn_days")}
    if any(value is not None and not 0 <= value <= statutory.MAX_DAYS for value in numbers.values()):
        raise Refused("bad_days", _("Days are between 1 and {most}.").format(most=statutory.MAX_DAYS))
    if not found.get("days") or found.get("unit") not in (statutory.CALENDAR, statutory.BUSINESS):
        raise Refused("bad_days", _("Days are between 1 and {most}.").format(most=statutory.MAX_DAYS))
    if found.get("extended_days") and found["extended_days"] <= found["days"]:
        raise Refused("bad_days", _("With a holding reply there must be more days than without."))
    if not any(str(name).strip() for name in found.get("names", {}).values()):
        raise Refused("no_name", _("Give it a name."))
    if set(found.get("kinds", ())) - set(checklist.KINDS) or any(len(each) != 2 for each in found.get("countries", ())):
        raise Refused("bad_country", _("Countries are told by two letters, such as PL."))
    return {name: value for name, value in found.items() if name in FIELDS and name not in ("key", "archived_at")}


def _plain(row: StatutoryRule) -> dict[str, Any]:
    return {name: undo.plain(getattr(row, name)) for name in FIELDS}


def _set(row: StatutoryRule, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, cast("Field[Any, Any]", StatutoryRule._meta.get_field(name)).to_python(value))

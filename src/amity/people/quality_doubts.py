"""What somebody knows about single values: that one still holds, or that a mail came back, a number is dead, they left.

That a value holds is one thing with the golden record: the same check, with the same protection and the same undo.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import Refused
from amity.people import golden_marks, quality_decay
from amity.people.golden import CHECKED, mark_of
from amity.people.models import Person, ValueMark
from amity.people.profiles import get_person
from amity.people.quality_marks import ABOUT, CONFIRMED, FIELDS, mark

DOUBT_KIND = "people.value_doubt"


def confirm(principal: access.Principal, person_id: UUID, field: str) -> UUID:
    """Somebody made sure that a value still holds: it is verified; returns the undo group. Audited.

    Raises ``Refused("nothing_to_confirm")``, `NotFound`.
    """
    access.require(principal, "people.edit")
    if field not in FIELDS or not getattr(get_person(principal, person_id), field):
        raise Refused("nothing_to_confirm", _("There is no value to confirm here."))
    return golden_marks.mark(principal, "person", person_id, field, CHECKED)


def doubt(
    principal: access.Principal, person_id: UUID, signal: str, evidence: str = "", at: datetime | None = None
) -> UUID:
    """Something speaks against values: a mail came back, the number is dead, they left; returns the undo group.

    ``at``: when that was seen (None: now). Audited. Raises ``Refused``: ``value_signal``, ``nothing_to_doubt``.
    """
    moment = min(at, clock.now()) if at else clock.now()
    args = {"person": str(person_id), "signal": signal, "evidence": evidence.strip()[:300], "at": moment.isoformat()}
    return undo.perform(principal, DOUBT_KIND, args)


def do_doubt(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: keep the signal for each value that it is about; checks of those values end."""
    access.require(principal, "people.edit")
    person = get_person(principal, UUID(args["person"]))
    if args["signal"] not in ABOUT:
        raise Refused("value_signal", _("Say that a mail came back, a number is dead, or somebody left the company."))
    values = {field: str(getattr(person, field) or "") for field in ABOUT[args["signal"]]}
    values = {field: value for field, value in values.items() if value}
    if not values:
        raise Refused("nothing_to_doubt", _("There is no value here that this could be about."))
    at = parse_datetime(args["at"]) or clock.now()
    about = Q()
    for field, value in values.items():
        about |= Q(field=field, value=value[:300])
    known = ValueMark.objects.filter(about, person_id=person.id, signal=args["signal"])
    before = [{name: undo.plain(value) for name, value in row.items()} for row in known.values()]
    checks = {}
    for field, value in values.items():
        mark(person.id, field, value, args["signal"], evidence=args["evidence"], at=at, actor_id=principal.staff_id)
        if CHECKED in mark_of(person.origins.get(field)):
            ended = {"kind": "person", "id": str(person.id), "key": field, "what": CHECKED, "on": False}
            checks[field] = [ended, golden_marks.do_mark(principal, ended)]
    access.record(principal, "doubt", "person", person.id, {"signal": args["signal"], "fields": sorted(values)})
    live.tell("person", [str(person.id)])
    return {"values": values, "marks": before, "checks": checks}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: what was known of these values is known again, and what was verified is."""
    access.require(principal, "people.edit")
    person = get_person(principal, UUID(args["person"]))
    for field, value in before["values"].items():
        ValueMark.objects.filter(person_id=person.id, field=field, value=value[:300], signal=args["signal"]).delete()
    ValueMark.objects.bulk_create((ValueMark(**row) for row in before["marks"]), ignore_conflicts=True)
    for ended, was in before["checks"].values():
        golden_marks.put_back(principal, ended, was)
    access.record(principal, "undo", "person", person.id, {"signal": args["signal"]})
    live.tell("person", [str(person.id)])


def to_confirm(principal: access.Principal, ids: Iterable[UUID | None]) -> dict[UUID, list[quality_decay.Standing]]:
    """Values to be confirmed at the next contact, of those of these people that have any in sight. 3 queries."""
    wanted = {each for each in ids if each}
    rows = Person.objects.filter(access.rows_of(principal), pk__in=wanted).only("pk", *FIELDS, "origins", "observed_at")
    marks: dict[UUID, list[ValueMark]] = {}
    for each in ValueMark.objects.filter(person_id__in=wanted):
        marks.setdefault(each.person_id, []).append(each)
    lives = quality_decay.half_lives()
    told = {row.pk: quality_decay.standings(row, marks.get(row.pk, ()), lives) for row in rows}
    return {pk: doubtful for pk, found in told.items() if (doubtful := [one for one in found if one.doubtful])}


__all__ = ["CONFIRMED", "DOUBT_KIND", "confirm", "do_doubt", "doubt", "put_back", "to_confirm"]

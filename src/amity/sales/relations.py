"""Who takes part in a deal, in which role; and who is what to whom. Every change is one undo step, audited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import live, undo
from amity.base.errors import NotFound, Refused
from amity.people import api as people
from amity.sales.deals import get_deal
from amity.sales.models import ContactRole, Deal, DealContact, PersonTie, TieEnd, TieKind

KIND = "relations.change"
MAX_CONTACTS, MAX_TIES = 40, 60
NO_DEAL = UUID(int=0)  # asked for where there is none: a page costs the same
_TIES = """
SELECT t.id, t.kind, a.person_id, b.person_id, a.note, t.created_at FROM sales_persontie t
JOIN sales_tieend a ON a.tie_id = t.id AND a.side = 0 JOIN sales_tieend b ON b.tie_id = t.id AND b.side = 1
WHERE t.id IN (SELECT e.tie_id FROM sales_tieend e WHERE e.person_id = ANY(%s)) AND a.person_id <> b.person_id
ORDER BY t.created_at DESC, t.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class ContactView:
    """A person in a deal. ``role``: one of `ContactRole`."""

    id: UUID
    deal_id: UUID
    person_id: UUID
    role: str
    note: str
    created_at: datetime

    @property
    def label(self) -> str:
        return str(ContactRole(self.role).label)


@dataclass(frozen=True, slots=True)
class TieView:
    """What ``first`` is to ``second``; ``note`` says how it is known."""

    id: UUID
    kind: str
    first: UUID
    second: UUID
    note: str
    created_at: datetime

    @property
    def label(self) -> str:
        return str(TieKind(self.kind).label)


def contacts_of(deals: Iterable[UUID]) -> list[ContactView]:
    """People of deals that the caller has been shown, in the order they were named. 1 query."""
    names = tuple(ContactView.__dataclass_fields__)
    rows = DealContact.objects.filter(deal_id__in=[*deals, NO_DEAL]).order_by("created_at", "id").values(*names)
    once: dict[tuple[UUID, UUID, str], ContactView] = {}
    for row in rows[: 5 * MAX_CONTACTS]:
        view = ContactView(**row)
        once.setdefault((view.deal_id, view.person_id, view.role), view)  # a merge may have brought the same twice
    return list(once.values())


def ties_of(persons: Sequence[UUID], limit: int = MAX_TIES) -> list[TieView]:
    """Links that touch any of these people, newest first. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_TIES, [list(persons), limit])
        found = [TieView(*row) for row in cursor.fetchall()]
    once: dict[tuple[str, UUID, UUID], TieView] = {}
    for tie in found:
        once.setdefault((tie.kind, tie.first, tie.second), tie)
    return list(once.values())


def add_contact(principal: access.Principal, deal_id: UUID, person_id: UUID, role: str, note: str = "") -> UUID:
    """A person takes part in a deal; returns the undo group."""
    get_deal(principal, deal_id)
    people.get_person(principal, person_id)
    if role not in ContactRole.values:
        raise Refused("bad_role", _("Choose what this person is to the deal."))
    same = DealContact.objects.filter(deal_id=deal_id)
    if same.filter(person_id=person_id, role=role).exists():
        raise Refused("contact_exists", _("This person has this role already."), 409)
    if same.count() >= MAX_CONTACTS:
        raise Refused("too_many_contacts", _("More people than this cannot take part in a deal."))
    row = {"deal_id": str(deal_id), "person_id": str(person_id), "role": role, "note": note.strip()[:300]}
    return undo.perform(principal, KIND, {"op": "add_contact", "row": row})


def remove_contact(principal: access.Principal, deal_id: UUID, contact_id: UUID) -> UUID:
    """A person no longer takes part; returns the undo group."""
    get_deal(principal, deal_id)
    row = DealContact.objects.filter(pk=contact_id, deal_id=deal_id).values("deal_id", "person_id", "role", "note")
    if not row:
        raise NotFound(_("This person takes no part in the deal."))
    plain = {name: undo.plain(value) for name, value in row[0].items()}
    return undo.perform(principal, KIND, {"op": "remove_contact", "id": str(contact_id), "row": plain})


def add_tie(principal: access.Principal, first: UUID, second: UUID, kind: str, note: str = "") -> UUID:
    """What one person is to another; returns the undo group."""
    for each in (first, second):
        people.get_person(principal, each)
    if kind not in TieKind.values:
        raise Refused("bad_tie", _("Choose how these people are linked."))
    if first == second:
        raise Refused("same_person", _("Name another person."))
    if any((tie.kind, tie.first, tie.second) == (kind, first, second) for tie in ties_of([first])):
        raise Refused("tie_exists", _("This link is here already."), 409)
    row = {"kind": kind, "first": str(first), "second": str(second), "note": note.strip()[:300]}
    return undo.perform(principal, KIND, {"op": "add_tie", "row": row})


def remove_tie(principal: access.Principal, person_id: UUID, tie_id: UUID) -> UUID:
    """Take a link away that touches a person whom the principal sees; returns the undo group."""
    people.get_person(principal, person_id)
    tie = next((each for each in ties_of([person_id]) if each.id == tie_id), None)
    if tie is None:
        raise NotFound(_("This link is not here."))
    row = {"kind": tie.kind, "first": str(tie.first), "second": str(tie.second), "note": tie.note}
    return undo.perform(principal, KIND, {"op": "remove_tie", "id": str(tie_id), "row": row})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: add or remove one row."""
    access.require(principal, _right(args))
    if args["op"].startswith("add"):
        made = _make(principal, args)
    else:
        made = args["id"]
        _model(args).objects.filter(pk=made).delete()
    _told(principal, args["op"], args)
    return {"id": str(made)}


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: the other way round; nothing comes back whose deal or person is gone."""
    if args["op"].startswith("add"):
        _model(args).objects.filter(pk=before["id"]).delete()
    elif _still_there(principal, args["row"]):
        _make(principal, args)
    _told(principal, "undo", args)


def _make(principal: access.Principal, args: dict[str, Any]) -> UUID:
    row = args["row"]
    if "contact" in args["op"]:
        return DealContact.objects.create(**row, actor_id=principal.staff_id).pk
    tie = PersonTie.objects.create(kind=row["kind"], actor_id=principal.staff_id)
    TieEnd.objects.create(tie=tie, person_id=row["first"], side=0, note=row["note"])
    TieEnd.objects.create(tie=tie, person_id=row["second"], side=1)
    return tie.pk


def _still_there(principal: access.Principal, row: dict[str, Any]) -> bool:
    persons = [row[name] for name in ("person_id", "first", "second") if name in row]
    there = people.people_rows(principal).filter(pk__in=persons).count() == len(persons)
    return there and ("deal_id" not in row or Deal.objects.filter(pk=row["deal_id"]).exists())


def _told(principal: access.Principal, verb: str, args: dict[str, Any]) -> None:
    row = args["row"]
    if "deal_id" in row:
        access.record(principal, verb, "deal", row["deal_id"], {"role": row["role"]})
        live.tell("deal", [row["deal_id"]])
    else:
        access.record(principal, verb, "person", row["first"], {"tie": row["kind"]})
        live.tell("person", [row["first"], row["second"]])


def _model(args: dict[str, Any]) -> Any:
    return DealContact if "contact" in args["op"] else PersonTie


def _right(args: dict[str, Any]) -> str:
    return "deals.edit" if "contact" in args["op"] else "people.edit"

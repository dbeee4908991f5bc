"""The customer beside a conversation: a brief before "hello", and the panels of their own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import words
from amity.base.errors import NotFound
from amity.desk import api as desk
from amity.people import api as people
from amity.sales import api as sales
from amity.web import panels

SHOWN = ("lead_score", "tasks", "deals", "orders", "customer", "notes")
BRIEF = ("deals", "notes")  # what the brief is made of


@never_cache
@require_GET
def customer(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """A part of the conversation's page: brief and card, or (``part=panels``) their panels. A fixed cost."""
    principal = request.principal
    view = desk.conversations.get(principal, conversation_id)
    person = _person(principal, view)
    below = request.GET.get("part") == "panels"
    if person is None:
        if below:
            return render(request, "web/conversation_panels.html", {"panels": ()})
        context = {"conversation": view, "brief": desk.brief.merged(desk.brief.lines(principal, view, []))}
        return render(request, "web/conversation_customer.html", context)
    subject = panels.subject_of("person", person)
    wanted = people.Wanted(companies=[person.company_id])
    names, filled = panels.fill(principal, subject, wanted, SHOWN if below else BRIEF)
    if below:
        context = {"record": person, "kind": "person", "panels": filled}
        return render(request, "web/conversation_panels.html", context)
    company = names.companies.get(person.company_id or UUID(int=0), "")
    lines = [_who(person, company), *desk.brief.lines(principal, view, list(subject.members))]
    lines += _open_deals(filled, person) + _promised(filled, person)
    context = {
        "conversation": view, "record": person, "kind": "person", "company": company,
        "brief": desk.brief.merged(lines),
    }  # fmt: skip
    return render(request, "web/conversation_customer.html", context)


def _person(principal: access.Principal, view: desk.ConversationView) -> people.PersonView | None:
    """With whom it is, as far as the reader sees them."""
    try:
        return people.get_person(principal, view.person_id) if view.person_id else None
    except NotFound:
        return None


def _who(person: people.PersonView, company: str) -> desk.brief.Line:
    parts = [person.name, person.job_title, company, person.city]
    return desk.brief.Line("who", ", ".join(part for part in parts if part), reverse("person", args=[person.id]))


def _open_deals(filled: list[panels.Filled], person: people.PersonView) -> list[desk.brief.Line]:
    deals = _found(filled, "deals", "deals")
    still = [each for each in deals if each.status == "open"]
    if not still:
        return []
    text = ngettext("{n} open deal", "{n} open deals", len(still)).format(n=len(still))
    first: sales.DealView = still[0]
    value = words.money(first.value_minor, first.currency) if first.value_minor is not None else ""
    told = f"{text}: {first.name}" + (f" ({value})" if value else "")
    return [desk.brief.Line("open", told, reverse("deal", args=[first.id]))]


def _promised(filled: list[panels.Filled], person: people.PersonView) -> list[desk.brief.Line]:
    noted = [note for note, _author in _found(filled, "notes", "notes") if note.promised]
    if not noted:
        return []
    day = words.day(timezone.localdate(noted[0].happened_at))
    text = _("{what} ({day})").format(what=noted[0].promised[:120], day=day)
    return [desk.brief.Line("promised", text, reverse("person", args=[person.id]) + "#notes")]


def _found(filled: list[panels.Filled], key: str, name: str) -> list[Any]:
    return next((list(each.found.get(name) or ()) for each in filled if each.panel.key == key), [])

"""Naming the people of a deal and the links between people."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.people import api as people
from amity.sales import relations


@require_POST
def add_contact(request: access.StaffRequest, deal_id: UUID) -> HttpResponse:
    """A person takes part in a deal. Undo in the toast."""
    access.require(request.principal, "deals.edit")
    person = _meant(request)
    role, note = request.POST.get("role", ""), request.POST.get("note", "")
    return _done(request, "deal", deal_id, relations.add_contact(request.principal, deal_id, person, role, note))


@require_POST
def remove_contact(request: access.StaffRequest, deal_id: UUID, contact_id: UUID) -> HttpResponse:
    """A person takes part no longer. Undo in the toast."""
    access.require(request.principal, "deals.edit")
    return _done(request, "deal", deal_id, relations.remove_contact(request.principal, deal_id, contact_id))


@require_POST
def add_tie(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """What this person is to another. Undo in the toast."""
    access.require(request.principal, "people.edit")
    kind, _sign, turned = request.POST.get("kind", "").partition(":")
    ends = (person_id, _meant(request))
    first, second = ends[::-1] if turned else ends
    group = relations.add_tie(request.principal, first, second, kind, request.POST.get("note", ""))
    return _done(request, "person", person_id, group)


@require_POST
def remove_tie(request: access.StaffRequest, person_id: UUID, tie_id: UUID) -> HttpResponse:
    """Take a link away. Undo in the toast."""
    access.require(request.principal, "people.edit")
    return _done(request, "person", person_id, relations.remove_tie(request.principal, person_id, tie_id))


def _meant(request: access.StaffRequest) -> UUID:
    typed = request.POST.get("contact", "").strip()[:254]
    mail, phone = (typed, "") if "@" in typed else ("", typed)
    found = people.lookalikes(request.principal, mail, phone) if typed else []
    if not found:
        raise Refused(
            "nobody_meant", _("Nobody with this e-mail address or phone number is here. Add the person first.")
        )
    return found[0][0]


def _done(request: access.StaffRequest, kind: str, record_id: UUID, group: UUID) -> HttpResponse:
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(kind, args=[record_id]) + "#relations")

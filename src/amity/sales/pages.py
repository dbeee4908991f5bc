"""Pages that make and change deals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amity.access import api as access
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.people import api as people
from amity.sales import deals
from amity.sales.forms import DealForm


@require_http_methods(["GET", "POST"])
def new_deal(request: access.StaffRequest) -> HttpResponse:
    """Add a deal, for the person or company that the link names."""
    access.require(request.principal, "deals.edit")
    about = _about(request.principal, read_id(request.GET.get("person")), read_id(request.GET.get("company")))
    form = DealForm(request.principal, None, about, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = deals.create_deal(request.principal, form.values())
        toast(request, _("Deal added"))
        return HttpResponseRedirect(reverse("deal", args=[made]))
    return page(request, "sales/form.html", {"form": form, "record": None})


@require_http_methods(["GET", "POST"])
def edit_deal(request: access.StaffRequest, deal_id: UUID) -> HttpResponse:
    """Change a deal. Undo in the toast."""
    access.require(request.principal, "deals.edit")
    view = deals.get_deal(request.principal, deal_id)
    form = DealForm(
        request.principal, view, _about(request.principal, view.person_id, view.company_id), request.POST or None
    )
    if request.method == "POST" and form.is_valid():
        group = deals.change_deal(request.principal, deal_id, _without_unseen(form))
        if group:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
        return HttpResponseRedirect(reverse("deal", args=[deal_id]))
    return page(request, "sales/form.html", {"form": form, "record": view})


def _without_unseen(form: DealForm) -> dict[str, Any]:
    """Values to store, without the person and company that the reader may not see and therefore did not clear."""
    values = form.values()
    if "contact" not in form.changed_data:
        del values["person_id"]
    if not form.company_touched():
        del values["company_id"]
    return values


def _about(principal: access.Principal, person_id: UUID | None, company_id: UUID | None) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if person_id:
        about |= {"person_id": person_id, "person": people.names([person_id], principal).get(person_id, "")}
    if company_id:
        about |= {
            "company_id": company_id,
            "company": people.company_names([company_id], principal).get(company_id, ""),
        }
    return about

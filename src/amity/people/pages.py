"""Pages that make and change people and companies."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from amity.access import api as access
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.people import changes, finding, hints, profiles
from amity.people.forms import CompanyForm, PersonForm


@require_http_methods(["GET", "POST"])
def new_person(request: access.StaffRequest) -> HttpResponse:
    """Add a person; people who look the same are shown first, and the new one is saved only when told so."""
    access.require(request.principal, "people.edit")
    form = PersonForm(request.principal, None, request.POST or None)
    if request.method == "POST" and form.is_valid():
        same = _same(request, "person", None)
        if not same or request.POST.get("anyway") == "on":
            made = changes.create_person(request.principal, form.values(), form.traits())
            toast(request, _("Person added"))
            return HttpResponseRedirect(reverse("person", args=[made]))
        return page(request, "people/form.html", _context(form, "person", None) | {"same": same, "ask": True})
    return page(request, "people/form.html", _context(form, "person", None))


@require_http_methods(["GET", "POST"])
def edit_person(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Change a person; replaced values go to the history. Undo in the toast."""
    access.require(request.principal, "people.edit")
    view = profiles.get_person(request.principal, person_id)
    company = profiles.company_names([view.company_id], request.principal).get(view.company_id or UUID(int=0), "")
    form = PersonForm(request.principal, view, request.POST or None)
    form.initial["company"] = company
    if request.method == "POST" and form.is_valid():
        group = changes.change_person(request.principal, person_id, form.values(), form.traits())
        _said(request, group)
        return HttpResponseRedirect(reverse("person", args=[person_id]))
    return page(request, "people/form.html", _context(form, "person", view))


@require_http_methods(["GET", "POST"])
def new_company(request: access.StaffRequest) -> HttpResponse:
    """Add a company; companies that look the same are shown first, and the new one is saved only when told so."""
    access.require(request.principal, "people.edit")
    form = CompanyForm(request.principal, None, request.POST or None)
    if request.method == "POST" and form.is_valid():
        same = _same(request, "company", None)
        if not same or request.POST.get("anyway") == "on":
            made = changes.create_company(request.principal, form.values(), form.traits())
            toast(request, _("Company added"))
            return HttpResponseRedirect(reverse("company", args=[made]))
        return page(request, "people/form.html", _context(form, "company", None) | {"same": same, "ask": True})
    return page(request, "people/form.html", _context(form, "company", None))


@require_http_methods(["GET", "POST"])
def edit_company(request: access.StaffRequest, company_id: UUID) -> HttpResponse:
    """Change a company; replaced values go to the history. Undo in the toast."""
    access.require(request.principal, "people.edit")
    view = profiles.get_company(request.principal, company_id)
    form = CompanyForm(request.principal, view, request.POST or None)
    if request.method == "POST" and form.is_valid():
        group = changes.change_company(request.principal, company_id, form.values(), form.traits())
        _said(request, group)
        return HttpResponseRedirect(reverse("company", args=[company_id]))
    return page(request, "people/form.html", _context(form, "company", view))


@require_GET
def lookalikes(request: access.StaffRequest, kind: str) -> HttpResponse:
    """While a form is being filled in: who looks like what is typed so far."""
    access.require(request.principal, "people.edit")
    context = {"same": _same(request, kind, read_id(request.GET.get("but"))), "kind": kind}
    return page(request, "people/lookalikes.html", context, part="people/_lookalikes.html")


@require_GET
def company_suggestions(request: access.StaffRequest) -> HttpResponse:
    """While a company's name is being typed: at most ten that the reader sees."""
    access.require(request.principal, "people.view")
    typed = request.GET.get("company", "")[:300]
    context = {"typed": typed.strip(), "companies": finding.companies_like(request.principal, typed)}
    return page(request, "people/company_suggestions.html", context, part="people/_company_suggestions.html")


def _same(request: access.StaffRequest, kind: str, but: UUID | None) -> list[hints.Hint]:
    typed = request.POST if request.method == "POST" else request.GET
    said = {name: value[:300] for name, value in typed.items() if isinstance(value, str)}
    return hints.similar(request.principal, said, kind, [but] if but else [])


def _context(
    form: PersonForm | CompanyForm, kind: str, view: profiles.PersonView | profiles.CompanyView | None
) -> dict[str, object]:
    traits = [bound for bound in form if bound.name.startswith("trait:") or bound.name in ("new_trait", "new_value")]
    plain = [bound for bound in form if bound not in traits]
    return {"form": form, "kind": kind, "record": view, "plain": plain, "traits": traits}


def _said(request: access.StaffRequest, group: UUID | None) -> None:
    if group:
        toast(request, _("Saved"), undo=reverse("undo", args=[group]))

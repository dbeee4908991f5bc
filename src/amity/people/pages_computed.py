"""Computed values: numbers, times and words that Amity works out from events, defined once, as a sentence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.pages import page, toast
from amity.people import computed, computed_words, segments
from amity.people.forms_computed import ComputedForm
from amity.people.pages_segment_form import EDIT, VIEW


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """All computed values, each as a sentence."""
    access.require(request.principal, VIEW)
    rows = [(each, computed_words.told(each.definition)) for each in computed.listing(request.principal)]
    return page(request, "people/computed_list.html", {"rows": rows, "may_edit": request.principal.may(EDIT)})


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest) -> HttpResponse:
    """Define a computed value; past events are counted by a job."""
    access.require(request.principal, EDIT)
    form = ComputedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda label, given: computed.create(request.principal, label, given))
        if made is not None:
            toast(request, _("Computed value added. Past events are being counted."))
            return HttpResponseRedirect(reverse("computed"))
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, computed_id: UUID) -> HttpResponse:
    """Change what a computed value says."""
    access.require(request.principal, EDIT)
    view = computed.get(request.principal, computed_id)
    form = ComputedForm(request.POST or None, initial=ComputedForm.initial_of(view.label, view.definition))
    if request.method == "POST" and form.is_valid():
        made = form.attempt(
            lambda label, given: computed.change(request.principal, computed_id, label=label, definition=given)
        )
        if made is not None:
            toast(request, _("Computed value saved"))
            return HttpResponseRedirect(reverse("computed"))
    return _form(request, form, view)


@require_POST
def delete(request: access.StaffRequest, computed_id: UUID) -> HttpResponse:
    """Remove a computed value that no segment uses."""
    access.require(request.principal, EDIT)
    computed.remove(request.principal, computed_id)
    toast(request, _("Computed value removed"))
    return HttpResponseRedirect(reverse("computed"))


def _form(request: access.StaffRequest, form: ComputedForm, view: Any) -> HttpResponse:
    known = segments.vocabulary(request.principal)
    properties = sorted({name for names in known.events.values() for name in names})
    context = {"form": form, "computed": view, "known": known, "properties": properties}
    return page(request, "people/computed_form.html", context)

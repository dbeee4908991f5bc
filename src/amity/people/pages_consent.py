"""Data → Consent: purposes with their words and how many agreed; and what staff write down about one person."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.people import consent, consent_panel, consent_purposes
from amity.people.forms_consent import PurposeForm
from amity.people.profiles import get_person

MANAGE = consent_purposes.PERMISSION


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """All purposes, with how many people stand how."""
    access.require(request.principal, MANAGE)
    counts = consent_panel.counts()
    rows = [(each, _lines(each, counts)) for each in consent_purposes.purposes(archived=True)]
    return page(request, "people/consent_purposes.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest) -> HttpResponse:
    """Define a purpose."""
    access.require(request.principal, MANAGE)
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _saved(request, form, form.cleaned_data["key"], new=True):
        return HttpResponseRedirect(reverse("consent"))
    return page(request, "people/consent_purpose.html", {"form": form, "purpose": None})


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, key: str) -> HttpResponse:
    """Change a purpose; other words are a new version."""
    access.require(request.principal, MANAGE)
    view = consent_purposes.purpose(key)
    form = PurposeForm(request.POST or None, purpose=view)
    if request.method == "POST" and form.is_valid() and _saved(request, form, key, new=False):
        return HttpResponseRedirect(reverse("consent"))
    context = {"form": form, "purpose": view, "versions": consent_purposes.versions_of(key)}
    return page(request, "people/consent_purpose.html", context)


@require_POST
def archive(request: access.StaffRequest, key: str) -> HttpResponse:
    """Stop using a purpose, or use it again."""
    restore = "restore" in request.POST
    consent_purposes.archive(request.principal, key, restore=restore)
    toast(request, _("In use again") if restore else _("Archived: nothing goes out for it any more"))
    return HttpResponseRedirect(reverse("consent"))


@require_POST
def change(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Write down what a person said. Undo in the toast."""
    access.require(request.principal, "people.edit")
    get_person(request.principal, person_id)
    group = consent.change(request.principal, person_id, consent_panel.changes_of(request.POST))
    toast(request, _("Written down"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("person", args=[person_id]) + "#consent")


def _lines(each: consent_purposes.PurposeView, counts: consent_panel.Counts) -> list[tuple[str, dict[str, int]]]:
    """A line per channel with how many stand how; one line for what people are owed."""
    labels = consent_panel.CHANNEL_LABELS
    if each.owed:
        return [(", ".join(str(labels[channel]) for channel in each.channels), {})]
    return [(str(labels[channel]), counts.get((each.key, channel), {})) for channel in each.channels]


def _saved(request: access.StaffRequest, form: PurposeForm, key: str, *, new: bool) -> bool:
    try:
        consent_purposes.save(request.principal, key, form.told(), new=new)
    except Refused as error:
        form.refuse(error)
        return False
    toast(request, _("Purpose saved"))
    return True

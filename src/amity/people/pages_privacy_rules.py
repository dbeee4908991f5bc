"""Pages of the privacy desk that are about nobody in particular: retention, register, assessment, copies, settings."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.people import forms_privacy as forms
from amity.people import privacy_copy, privacy_desk, privacy_ledger, privacy_register, privacy_retention, privacy_words

PERMISSION = privacy_desk.PERMISSION


@require_http_methods(["GET", "POST"])
def retention(request: access.StaffRequest) -> HttpResponse:
    """Rules with what each would do now."""
    if request.method == "POST":
        access.require(request.principal, PERMISSION)
        told = request.POST
        days, window = _number(told.get("days", "")), _number(told.get("window_days", "")) or 0
        privacy_retention.change(request.principal, told.get("kind", ""), days, told.get("active") == "on", window)
        toast(request, _("Saved"))
        return HttpResponseRedirect(reverse("privacy_retention"))
    context = {
        "rules": privacy_retention.rules(request.principal),
        "announced": privacy_retention.announced(request.principal),
        "kept": access.staff_names([mark.kept_by for mark, _name in privacy_retention.announced(request.principal)]),
    }
    return page(request, "people/privacy_retention.html", context)


def _number(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError as error:
        raise Refused("bad_retention", _("Give a number of days.")) from error


@require_POST
def keep(request: access.StaffRequest, mark_id: UUID) -> HttpResponse:
    """Keep somebody who was announced, or let the rule go on."""
    kept = request.POST.get("kept") == "on"
    privacy_retention.keep(request.principal, mark_id, kept=kept)
    toast(request, _("Kept") if kept else _("The rule goes on"))
    return HttpResponseRedirect(reverse("privacy_retention"))


@require_GET
def register(request: access.StaffRequest) -> HttpResponse:
    """The record of processing activities, to read and to print."""
    access.require(request.principal, PERMISSION)
    return page(request, "people/privacy_register.html", {"register": privacy_register.register(), "at": clock.now()})


@require_GET
def assessment(request: access.StaffRequest) -> HttpResponse:
    """A draft of the impact assessment."""
    access.require(request.principal, PERMISSION)
    return page(request, "people/privacy_assessment.html", {**privacy_register.assessment(), "at": clock.now()})


@require_http_methods(["GET", "POST"])
def copies(request: access.StaffRequest) -> HttpResponse:
    """A pseudonymised copy for analysis."""
    access.require(request.principal, PERMISSION)
    form = forms.CopyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        made = privacy_copy.make(request.principal, told["purpose"], told["k"], with_events=told["with_events"])
        response = HttpResponse(made.data, content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="amity-copy-{clock.today()}.zip"'
        return response
    return page(request, "people/privacy_copies.html", {"form": form, "quasi": privacy_copy.QUASI})


@require_http_methods(["GET", "POST"])
def settings(request: access.StaffRequest) -> HttpResponse:
    """How the desk works here, and the erase ledger."""
    access.require(request.principal, PERMISSION)
    own = privacy_desk.settings()
    initial = {name: getattr(own, name) for name in forms.DeskForm.base_fields}
    form = forms.DeskForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        privacy_desk.change_settings(request.principal, privacy_desk.Settings(**form.cleaned_data))
        toast(request, _("Saved"))
        return HttpResponseRedirect(reverse("privacy_settings"))
    rows = privacy_desk.ledger(request.principal)
    context = {
        "form": form,
        "rows": [(row, privacy_words.REASONS.get(row.reason, row.reason), sum(row.counts.values())) for row in rows],
        "folder": privacy_ledger.folder(),
        "staff": access.staff_names([row.by for row in rows]),
    }
    return page(request, "people/privacy_settings.html", context)

"""Settings → Destinations: where events that landed are handed on to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.events import destinations, webhook_events, webhooks
from amity.events.models import Destination
from amity.events.stream_postgres import LOG, table_lag

_STARTS = [("now", gettext_lazy("Events from now on")), ("beginning", gettext_lazy("Everything in the log"))]
KINDS = [(kind.value, kind.label) for kind in (Destination.Kind.FILES, Destination.Kind.KAFKA)]


class _Form(forms.Form):
    """What all kinds share."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    events = forms.CharField(
        label=gettext_lazy("Events"), required=False, max_length=5_000,
        help_text=gettext_lazy("Names with commas, * for any: Order Completed, Cart *. Empty: all."),
    )  # fmt: skip


class FilesForm(_Form):
    """NDJSON files."""

    folder = forms.CharField(
        label=gettext_lazy("Folder"), initial="events", max_length=500,
        help_text=gettext_lazy("Under the folder “exports” of this installation, or one that the operator allows."),
    )  # fmt: skip
    max_rows = forms.IntegerField(label=gettext_lazy("Events in a file"), initial=50_000, min_value=1)
    every_minutes = forms.IntegerField(
        label=gettext_lazy("A new file at the latest after … minutes"), initial=60, min_value=1
    )
    gzip = forms.BooleanField(label=gettext_lazy("Compressed (gzip)"), required=False, initial=True)


class KafkaForm(_Form):
    """A topic."""

    brokers = forms.CharField(label=gettext_lazy("Brokers"), max_length=1_000, help_text="host:9092, host:9092")
    topic = forms.CharField(label=gettext_lazy("Topic"), max_length=249)
    secret = forms.CharField(
        label=gettext_lazy("Secret options"), required=False, max_length=1_500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, e.g. sasl.password=…. Kept sealed. Empty: as it was."),
    )  # fmt: skip


_FORMS: dict[str, type[_Form]] = {"files": FilesForm, "kafka": KafkaForm}


@never_cache
@require_http_methods(["GET"])
def destination_list(request: access.StaffRequest) -> HttpResponse:
    """Files, topics and webhooks with their state and lag."""
    context = {
        "destinations": destinations.destinations(request.principal),
        "endpoints": webhooks.endpoints(request.principal),
        "webhook_lag": table_lag(LOG, webhook_events.NAME), "kinds": KINDS,
    }  # fmt: skip
    return render(request, "events/destination_list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def destination_new(request: access.StaffRequest) -> HttpResponse:
    """A new destination of `?kind=`."""
    access.require(request.principal, destinations.PERMISSION)
    kind = request.GET.get("kind", "files")
    form = _FORMS.get(kind, FilesForm)(request.POST or None)
    form.fields["start"] = forms.ChoiceField(label=_("Begin with"), choices=_STARTS)
    if request.method == "POST" and form.is_valid():
        try:
            made = destinations.create(request.principal, kind, _wish(form), form.cleaned_data["start"])
        except Refused as error:
            form.add_error(None, error.message)
        else:
            return redirect("settings_destination", made.id)
    label = dict(KINDS).get(kind, "")
    context = {"form": form, "kind_label": label, "destination": None}
    return render(request, "events/destination_form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def destination(request: access.StaffRequest, destination_id: UUID) -> HttpResponse:
    """State and settings of one destination."""
    found = destinations.get(request.principal, destination_id)
    initial = {**found.settings, "name": found.name, "events": ", ".join(found.events)}
    form = _FORMS[found.kind](request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            destinations.change(request.principal, destination_id, _wish(form, found.settings))
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved."))
            return redirect("settings_destination", destination_id)
    context = {"form": form, "destination": found, "kind_label": found.label}
    return render(request, "events/destination_page.html", context, status=422 if form.errors else 200)


@require_POST
def destination_activity(request: access.StaffRequest, destination_id: UUID) -> HttpResponse:
    """Pause, or go on."""
    destinations.set_active(request.principal, destination_id, request.POST.get("active") == "on")
    toast(request, _("Saved."))
    return redirect("settings_destination", destination_id)


@require_POST
def destination_deletion(request: access.StaffRequest, destination_id: UUID) -> HttpResponse:
    """Hand nothing on there any more."""
    destinations.delete(request.principal, destination_id)
    toast(request, _("The destination is gone. What was handed on stays where it is."))
    return redirect("settings_destinations")


def _wish(form: forms.Form, before: dict[str, Any] | None = None) -> destinations.Wish:
    data = form.cleaned_data
    names = tuple(part.strip() for part in data["events"].split(",") if part.strip())
    own = {name: value for name, value in data.items() if name not in ("name", "events", "secret", "start")}
    return destinations.Wish(data["name"], {**(before or {}), **own}, names, data.get("secret", ""))

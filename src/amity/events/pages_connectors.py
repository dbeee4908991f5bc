"""Pages of connectors: made, watched, started, paused."""

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
from amity.base.pages import page, toast
from amity.events import connectors
from amity.events.models import Connector
from amity.events.pages_doors import source_context

_TLS = [
    ("prefer", gettext_lazy("Encrypted where possible")), ("require", gettext_lazy("Encrypted")),
    ("verify", gettext_lazy("Encrypted, certificate checked")), ("off", gettext_lazy("Not encrypted")),
]  # fmt: skip
_PAGING = [
    ("none", gettext_lazy("One page")), ("next", gettext_lazy("Address of the next page")),
    ("page", gettext_lazy("Page numbers")), ("cursor", gettext_lazy("A cursor")),
]  # fmt: skip


class _Schedule(forms.Form):
    """What all kinds share."""

    every_minutes = forms.IntegerField(label=gettext_lazy("Run every … minutes"), initial=15, min_value=1)
    cron = forms.CharField(
        label=gettext_lazy("Or as a cron line"), required=False, max_length=100,
        help_text=gettext_lazy("E.g. 15 6 * * 1-5: at 6:15 on working days. Wins over the minutes."),
    )  # fmt: skip


class SqlForm(_Schedule):
    """A table or query."""

    host = forms.CharField(label=gettext_lazy("Host"), max_length=253)
    port = forms.IntegerField(label=gettext_lazy("Port"), required=False, min_value=0, max_value=65_535)
    database = forms.CharField(label=gettext_lazy("Database"), max_length=200)
    user = forms.CharField(label=gettext_lazy("User"), max_length=200)
    secret = forms.CharField(
        label=gettext_lazy("Password"), required=False, max_length=500, widget=forms.PasswordInput(),
        help_text=gettext_lazy("Kept sealed. Empty: as it was. A user that may only read is enough."),
    )  # fmt: skip
    tls = forms.ChoiceField(label=gettext_lazy("Connection"), choices=_TLS)
    table = forms.CharField(
        label=gettext_lazy("Table"), required=False, max_length=300, help_text=gettext_lazy("E.g. public.orders")
    )
    query = forms.CharField(
        label=gettext_lazy("Or a query"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One SELECT; it runs read only."),
    )  # fmt: skip
    cursor = forms.CharField(
        label=gettext_lazy("Column that grows"), max_length=200,
        help_text=gettext_lazy("New and changed rows have larger values: updated_at, or a running id."),
    )  # fmt: skip
    key = forms.CharField(
        label=gettext_lazy("Column that tells rows apart"), max_length=200, help_text=gettext_lazy("E.g. id")
    )
    look_back = forms.IntegerField(
        label=gettext_lazy("Look back"), initial=300, min_value=0,
        help_text=gettext_lazy("Seconds (or ids) that each run goes back, for rows that were committed late."),
    )  # fmt: skip


class RestForm(_Schedule):
    """An endpoint."""

    url = forms.URLField(label=gettext_lazy("Address"), max_length=1_000, assume_scheme="https")
    auth_header = forms.CharField(
        label=gettext_lazy("Header that signs in"), required=False, max_length=60, initial="Authorization"
    )
    secret = forms.CharField(
        label=gettext_lazy("Its value"), required=False, max_length=1_000, widget=forms.PasswordInput(),
        help_text=gettext_lazy("E.g. Bearer …. Kept sealed. Empty: as it was."),
    )  # fmt: skip
    items = forms.CharField(
        label=gettext_lazy("Where the rows stand"), initial="$", max_length=300, help_text=gettext_lazy("E.g. $.data")
    )
    paging = forms.ChoiceField(label=gettext_lazy("Pages"), choices=_PAGING)
    next_path = forms.CharField(
        label=gettext_lazy("Where the next address or cursor stands"), required=False, max_length=300,
        help_text=gettext_lazy("E.g. $.next. Empty: the header Link."),
    )  # fmt: skip
    parameter = forms.CharField(
        label=gettext_lazy("Parameter of the page or cursor"), required=False, max_length=60,
        help_text=gettext_lazy("E.g. page"),
    )  # fmt: skip
    first_page = forms.IntegerField(label=gettext_lazy("First page"), initial=1, min_value=0)
    since = forms.CharField(
        label=gettext_lazy("Parameter for changes since"), required=False, max_length=60,
        help_text=gettext_lazy("E.g. updated_since"),
    )  # fmt: skip
    since_path = forms.CharField(
        label=gettext_lazy("Where that time stands in a row"), required=False, max_length=300,
        help_text=gettext_lazy("E.g. $.updated_at"),
    )  # fmt: skip


class FolderForm(_Schedule):
    """A folder."""

    folder = forms.CharField(
        label=gettext_lazy("Folder"), initial=".", max_length=500,
        help_text=gettext_lazy("Under the folder “inbox” of this installation, or one that the operator allows."),
    )  # fmt: skip
    pattern = forms.CharField(label=gettext_lazy("Files"), initial="*.csv", max_length=100)


_FORMS: dict[str, type[_Schedule]] = {
    "postgres": SqlForm, "mysql": SqlForm, "rest": RestForm, "folder": FolderForm,
}  # fmt: skip
_NOT_SETTINGS = {"name", "every_minutes", "cron", "secret"}


@never_cache
@require_http_methods(["GET", "POST"])
def connector_new(request: access.StaffRequest) -> HttpResponse:
    """A new connector of `?kind=`."""
    access.require(request.principal, connectors.PERMISSION)
    kind = request.GET.get("kind", "")
    if kind not in _FORMS:
        return render(request, "events/connector_new.html", {"kinds": Connector.Kind.choices})
    form = _FORMS[kind](request.POST or None)
    name = forms.CharField(label=_("Name"), max_length=120)
    form.fields = {"name": name, **form.fields}
    if request.method == "POST" and form.is_valid():
        try:
            made = connectors.create(request.principal, form.cleaned_data["name"], kind, _terms(form))
        except Refused as error:
            form.add_error(None, error.message)
        else:
            return redirect("settings_mapping", made.source_id)
    context = {"form": form, "kind": kind, "kind_label": Connector.Kind(kind).label}
    return render(request, "events/connector_form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET"])
def connector(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """State, runs and files of one connector; the part asks again while a run is going on."""
    found = connectors.get(request.principal, source_id)
    context = source_context(request, source_id, "setup") | {
        "connector": found, "runs": connectors.runs(request.principal, source_id),
        "files": connectors.files(request.principal, source_id) if found.kind == Connector.Kind.FOLDER else [],
    }  # fmt: skip
    return page(request, "events/connector_page.html", context, part="events/_connector_state.html")


@never_cache
@require_http_methods(["GET", "POST"])
def connector_settings(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Other settings."""
    found = connectors.get(request.principal, source_id)
    initial = {**found.settings, "every_minutes": found.every_minutes, "cron": found.cron}
    form = _FORMS[found.kind](request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            connectors.change(request.principal, source_id, _terms(form))
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved."))
            return redirect("settings_connector", source_id)
    context = source_context(request, source_id, "connector") | {"form": form, "connector": found}
    return render(request, "events/connector_settings.html", context, status=422 if form.errors else 200)


@require_POST
def connector_activity(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Pause, or go on."""
    return _done(request, source_id, lambda: connectors.set_active(
        request.principal, source_id, request.POST.get("active") == "on"))  # fmt: skip


@require_POST
def connector_runs(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Run now; `over=1`: from the beginning."""

    def begin() -> None:
        if request.POST.get("over") == "1":
            connectors.start_over(request.principal, source_id)
        connectors.run_now(request.principal, source_id)

    return _done(request, source_id, begin)


def _done(request: access.StaffRequest, source_id: UUID, act: Any) -> HttpResponse:
    try:
        act()
    except Refused as error:
        if error.code != "not_live":
            raise
        toast(request, error.message, level=40)
        return redirect("settings_mapping", source_id)
    toast(request, _("Done."))
    return redirect("settings_connector", source_id)


def _terms(form: forms.Form) -> connectors.Terms:
    data = form.cleaned_data
    settings = {name: value for name, value in data.items() if name not in _NOT_SETTINGS and value not in (None, "")}
    return connectors.Terms(settings, data["every_minutes"], data["cron"].strip(), data.get("secret", ""))

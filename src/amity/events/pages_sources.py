"""Settings → Sources: who sends events, what arrives, and what could not be taken."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.events import arrivals, quarantine, snippets, sources

_KINDS = [(kind.value, kind.label) for kind in sources.KINDS]


class SourceForm(forms.Form):
    """A new source."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("E.g. “Online shop”"))
    kind = forms.ChoiceField(label=gettext_lazy("What sends"), choices=_KINDS)


class SettingsForm(forms.Form):
    """What can be set of a source."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    events_per_second = forms.IntegerField(label=gettext_lazy("Events per second"), required=False, min_value=0)
    max_event_bytes = forms.IntegerField(label=gettext_lazy("Bytes per event"), required=False, min_value=0)
    max_batch_bytes = forms.IntegerField(label=gettext_lazy("Bytes per request"), required=False, min_value=0)
    retention_days = forms.IntegerField(
        label=gettext_lazy("Keep events for days"), required=False, min_value=0,
        help_text=gettext_lazy("Empty: as long as this installation keeps events."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = settings.CONFIG
        usual = {
            "events_per_second": config.intake_events_per_second, "max_event_bytes": config.intake_event_bytes,
            "max_batch_bytes": config.intake_batch_bytes,
        }  # fmt: skip
        for name, value in usual.items():
            self.fields[name].help_text = _("Empty: {value}, as this installation sets it.").format(value=value)


@never_cache
@require_http_methods(["GET", "POST"])
def source_list(request: access.StaffRequest) -> HttpResponse:
    """All sources with their volume; POST makes one."""
    form = SourceForm(request.POST or None)
    found = sources.sources(request.principal)
    if request.method == "POST" and form.is_valid():
        try:
            made = sources.create(request.principal, form.cleaned_data["name"], form.cleaned_data["kind"])
        except Refused as error:
            form.add_error("name" if error.code == "bad_name" else None, error.message)
        else:
            return redirect("settings_source", made.id)
    context = {"listed": found, "form": form, "lag": sources.lag()}
    return render(request, "events/source_list.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
def source(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """One source: key, snippets, volume. Kinds with a page of their own are shown there."""
    found = sources.get(request.principal, source_id)
    listed = sources.Listed(found, sources.volumes([found.id])[found.id])
    if listed.page != "settings_source":
        return redirect(listed.page, source_id)
    shown = snippets.snippets(found.kind, found.write_key, origin(request))
    context = _context(listed, "setup") | {"snippets": shown, "origin": origin(request), "lag": sources.lag()}
    return render(request, "events/source_page.html", context)


@never_cache
@require_GET
def live(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """What arrives; the part asks again every two seconds."""
    found = sources.get(request.principal, source_id)
    listed = sources.Listed(found, sources.volumes([found.id])[found.id])
    context = _context(listed, "live") | {"arrivals": arrivals.arrivals(request.principal, source_id)}
    return page(request, "events/source_live.html", context, part="events/_source_arrivals.html")


@never_cache
@require_GET
def rejects(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """What could not be taken; `?replayed=1` shows what was taken after all."""
    found = sources.get(request.principal, source_id)
    listed = sources.Listed(found, sources.volumes([found.id])[found.id])
    replayed = request.GET.get("replayed") == "1"
    log = quarantine.rejects(request.principal, source_id, replayed=replayed, at=request.GET.get("at", ""))
    context = _context(listed, "rejects") | {"log": log, "replayed": replayed}
    return page(request, "events/source_rejects.html", context, part="events/_source_rejects.html")


@never_cache
@require_http_methods(["GET", "POST"])
def change(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Name, limits and retention."""
    found = sources.get(request.principal, source_id)
    listed = sources.Listed(found, sources.volumes([found.id])[found.id])
    names = SettingsForm.base_fields
    form = SettingsForm(request.POST or None, initial={name: getattr(found, name) or "" for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            sources.change(request.principal, source_id, **form.cleaned_data)
        except Refused as error:
            form.add_error("name" if error.code == "bad_name" else None, error.message)
        else:
            toast(request, _("Saved."))
            return redirect("settings_source_settings", source_id)
    context = _context(listed, "settings") | {"form": form}
    return render(request, "events/source_settings.html", context, status=422 if form.errors else 200)


@require_POST
def activity(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Switch on or off."""
    enabled = request.POST.get("enabled") == "on"
    sources.change(request.principal, source_id, enabled=enabled)
    toast(request, _("The source is on.") if enabled else _("The source is off: what it sends is dropped."))
    return redirect("settings_source", source_id)


@require_POST
def key(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """A new write key; `end=1` ends the one before at once."""
    if request.POST.get("end") == "1":
        sources.end_previous_key(request.principal, source_id)
        toast(request, _("The old key no longer works."))
    else:
        sources.rotate(request.principal, source_id)
        toast(request, _("There is a new write key. The old one works for seven more days."))
    return redirect("settings_source", source_id)


@require_POST
def replay_all(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Try everything in quarantine again."""
    return _replayed(request, source_id, quarantine.replay_all(request.principal, source_id))


@require_POST
def replay(request: access.StaffRequest, source_id: UUID, reject_id: UUID) -> HttpResponse:
    """Try one event again."""
    return _replayed(request, source_id, quarantine.replay(request.principal, source_id, reject_id))


def origin(request: HttpRequest) -> str:
    """Where SDKs send to: the public address, or the one that this page was asked by."""
    public = urlsplit(settings.CONFIG.public_url)
    if public.netloc:
        return f"{public.scheme}://{public.netloc}"
    return f"{request.scheme}://{request.get_host()}"


def _replayed(request: HttpRequest, source_id: UUID, done: quarantine.Replayed) -> HttpResponse:
    said = ngettext("{n} event was taken.", "{n} events were taken.", done.taken).format(n=done.taken)
    if done.refused:
        still = ngettext("{n} still cannot be taken.", "{n} still cannot be taken.", done.refused)
        said = f"{said} {still.format(n=done.refused)}"
    toast(request, said)
    return redirect("settings_source_rejects", source_id)


def _context(listed: sources.Listed, here: str) -> dict[str, Any]:
    return {"source": listed.source, "volume": listed.volume, "here": here, "label": listed.label, "setup": listed.page}

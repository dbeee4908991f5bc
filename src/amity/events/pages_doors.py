"""Pages of inbound webhooks, and the mapping editor that connectors share with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.events import (
    connectors,
    hooks,
    mapping_form,
    mapping_presets,
    mapping_tree,
    mappings,
    payload_bodies,
    sources,
)
from amity.events.mapping_paths import Sample
from amity.events.models import HookPayload, Source
from amity.events.pages_sources import origin

_STATES = [("", gettext_lazy("All")), *HookPayload.State.choices]


class HookForm(forms.Form):
    """A new inbound webhook."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("E.g. “Payments”"))


class SignatureForm(forms.Form):
    """How the sender signs."""

    header = forms.CharField(
        label=gettext_lazy("Header with the signature"), required=False, max_length=100,
        help_text=gettext_lazy("E.g. X-Hub-Signature-256. Empty: signatures are not checked."),
    )  # fmt: skip
    secret = forms.CharField(
        label=gettext_lazy("Secret"), required=False, max_length=300, widget=forms.PasswordInput(),
        help_text=gettext_lazy("Empty: as it was."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def hook_new(request: access.StaffRequest) -> HttpResponse:
    """A new inbound webhook."""
    access.require(request.principal, hooks.PERMISSION)
    form = HookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("settings_hook", hooks.create(request.principal, form.cleaned_data["name"]).source_id)
    return render(request, "events/hook_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def hook(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Address, signature and what came; `?state=` filters, `?at=` pages. POST: how the sender signs."""
    found = hooks.ensure(request.principal, source_id)
    form = SignatureForm(request.POST or None, initial={"header": found.signature_header})
    if request.method == "POST" and form.is_valid():
        try:
            hooks.set_signature(request.principal, source_id, form.cleaned_data["header"], form.cleaned_data["secret"])
        except Refused as error:
            form.add_error("secret" if error.code == "no_secret" else "header", error.message)
        else:
            toast(request, _("Saved."))
            return redirect("settings_hook", source_id)
    state = request.GET.get("state", "")
    log = hooks.payloads(request.principal, source_id, state, request.GET.get("at", ""))
    context = source_context(request, source_id, "setup") | {
        "hook": found, "url": origin(request) + found.path, "form": form, "log": log, "state": state, "states": _STATES,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return page(request, "events/hook_page.html", context, part="events/_hook_payloads.html", status=status)


@require_POST
def hook_address(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """A new secret address."""
    hooks.renew(request.principal, source_id)
    toast(request, _("There is a new address. The old one no longer works."))
    return redirect("settings_hook", source_id)


@require_POST
def hook_samples(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Keep a pasted payload as a sample."""
    access.require(request.principal, hooks.PERMISSION)
    try:
        kept = hooks.keep_sample(
            request.principal, source_id, request.POST.get("body", ""), request.POST.get("headers", "")
        )
    except Refused as error:
        toast(request, error.message, level=40)
        return redirect("settings_mapping", source_id)
    return redirect(f"{_mapping_url(source_id)}?sample={kept.pk}")


@require_POST
def hook_replays(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Run kept payloads through the mapping: one (`payload`), or those of a `state`."""
    one = read_id(request.POST.get("payload", ""))
    done = hooks.replay(request.principal, source_id, [one] if one else [], request.POST.get("state", ""))
    said = ngettext("{n} payload was replayed", "{n} payloads were replayed", done.payloads).format(n=done.payloads)
    new = ngettext("{n} new event", "{n} new events", done.taken).format(n=done.taken)
    text = _("{payloads}: {new}, {known} known already, {failed} failed.")
    toast(request, text.format(payloads=said, new=new, known=done.known, failed=done.failed))
    return redirect("settings_hook", source_id)


@never_cache
@require_http_methods(["GET", "POST"])
def mapping(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """The mapping editor. POST carries the whole form and the button that was pressed (`do`)."""
    view = mappings.get(request.principal, source_id)
    context = source_context(request, source_id, "mapping")
    samples, chosen, problem = _samples(request, context["source"], source_id)
    draft, do = _draft(request, context["source"], view, samples), request.POST.get("do", "")
    if do in ("save", "live"):
        try:
            _keep(request, source_id, draft, do)
        except Refused as error:
            problem = error.message
        else:
            return redirect(f"{_mapping_url(source_id)}{f'?sample={chosen}' if chosen else ''}")
    trial, wrong = _trial(request, source_id, draft, samples)
    context |= {
        "view": view, "rules": mapping_form.forms_of(draft), "kinds": mapping_form.KIND_CHOICES,
        "operators": mapping_form.OPERATOR_CHOICES, "trial": trial, "problem": problem or wrong, "chosen": chosen,
        "lines": mapping_tree.lines_of(samples[0]) if samples else [], "presets": mapping_presets.PRESETS,
        "fitting": {each.key for sample in samples[:1] for each in mapping_presets.recognised(sample)},
        "payloads": hooks.payloads(request.principal, source_id, limit=15).rows if context["is_hook"] else [],
    }  # fmt: skip
    status = 422 if problem and do in ("save", "live") else 200
    return render(request, "events/hook_mapping.html", context, status=status)


@require_POST
def mapping_stop(request: access.StaffRequest, source_id: UUID) -> HttpResponse:
    """Nothing is mapped any more."""
    mappings.stop(request.principal, source_id)
    toast(request, _("The mapping is off. What comes is kept and can be replayed."))
    return redirect("settings_mapping", source_id)


def source_context(request: access.StaffRequest, source_id: UUID, here: str) -> dict[str, Any]:
    """What the head of a source's pages needs. 3 queries."""
    found = sources.get(request.principal, source_id)
    listed = sources.Listed(found, sources.volumes([found.id])[found.id])
    return {
        "source": found, "volume": listed.volume, "here": here, "label": listed.label,
        "is_hook": found.kind == Source.Kind.WEBHOOK,
    }  # fmt: skip


def _samples(request: access.StaffRequest, source: Any, source_id: UUID) -> tuple[list[Sample], str, str]:
    """What the mapping is tried on: a kept payload, or the first rows of a connector; else why there is none."""
    if source.kind == Source.Kind.CONNECTOR:
        try:
            return connectors.preview(request.principal, source_id), "", ""
        except Refused as error:
            return [], "", error.message
    hooks.ensure(request.principal, source_id)
    wanted = read_id(request.POST.get("sample") or request.GET.get("sample", ""))
    payload = hooks.payload(request.principal, source_id, wanted)
    if payload is None:
        return [], "", ""
    try:
        return [payload_bodies.sample_of(payload)], str(payload.pk), ""
    except Refused as error:
        return [], str(payload.pk), error.message


def _draft(
    request: access.StaffRequest, source: Any, view: mappings.MappingView, samples: Sequence[Sample]
) -> dict[str, Any]:
    """The stored draft, or what the form and its button say; a proposal where there is nothing yet."""
    do = request.POST.get("do", "")
    if do.startswith("preset:") and (preset := mapping_presets.preset_by_key(do.partition(":")[2])):
        return preset.mapping().as_json()
    draft = mapping_form.read(request.POST) if request.method == "POST" else view.draft
    if not samples or (do != "propose" and (draft["rules"] or request.method == "POST")):
        return draft
    if source.kind == Source.Kind.CONNECTOR:
        return connectors.proposed(connectors.get(request.principal, source.id), list(samples))
    return mapping_presets.proposed(samples[0])


def _keep(request: access.StaffRequest, source_id: UUID, draft: dict[str, Any], do: str) -> None:
    mappings.save(request.principal, source_id, draft)
    if do == "live":
        mappings.go_live(request.principal, source_id)
    toast(request, _("The mapping is live.") if do == "live" else _("The draft is saved."))


def _trial(
    request: access.StaffRequest, source_id: UUID, draft: dict[str, Any], samples: Sequence[Sample]
) -> tuple[mappings.Trial | None, str]:
    """What the samples become, or what is wrong with the rules (said only to who has pressed a button)."""
    if not samples or not draft["rules"]:
        return None, ""
    try:
        return mappings.tried(request.principal, source_id, draft, samples), ""
    except Refused as error:
        return None, error.message if request.method == "POST" else ""


def _mapping_url(source_id: UUID) -> str:
    return redirect("settings_mapping", source_id).url

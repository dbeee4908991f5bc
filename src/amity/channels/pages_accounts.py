"""Settings → Channels: every account with its state, and the pages of messengers, gateways and webhooks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.channels import adapters_accounts
from amity.channels.adapters import adapter, kinds
from amity.channels.models import Account

_PAGES = {"email": "settings_mailbox", "chat": "settings_chat"}


class AccountForm(forms.Form):
    """What can be set of an account: its name, and what its adapter asks for. Secrets are never shown again."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, found: adapters_accounts.AccountView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told = adapter(found.kind)
        for each in self.told.settings if self.told else ():
            self.fields[each.name] = _field(each, each.name in found.secrets)

    def secrets(self) -> dict[str, str]:
        """What `adapters_accounts.set_secrets` takes."""
        return {
            each.name: self.cleaned_data[each.name] for each in (self.told.settings if self.told else ()) if each.secret
        }


@never_cache
@require_http_methods(["GET", "POST"])
def accounts(request: access.StaffRequest) -> HttpResponse:
    """Every account, whatever its channel; POST makes one of a messenger, gateway or webhook."""
    listed, error = adapters_accounts.accounts(request.principal), ""
    if request.method == "POST":
        try:
            made = adapters_accounts.create(
                request.principal, request.POST.get("kind", ""), request.POST.get("name", "")
            )
        except Refused as refused:
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("settings_account", args=[made]))
    labels = dict(Account.Kind.choices)
    context = {
        "listed": [(each, reverse(_PAGES.get(each.kind, "settings_account"), args=[each.id])) for each in listed],
        "kinds": [(kind, labels[kind]) for kind in kinds()], "error": error,
        "outbox": "outgoing.manage" in request.principal.permissions,
    }  # fmt: skip
    return render(request, "channels/account_list.html", context, status=422 if error else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """One account: its settings, and the address that its provider calls."""
    found = adapters_accounts.one(request.principal, account_id)
    form = AccountForm(found, request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            group = adapters_accounts.change(request.principal, account_id, form.cleaned_data)
            adapters_accounts.set_secrets(request.principal, account_id, form.secrets())
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(request.path)
    hook = found.hook or request.build_absolute_uri(reverse("provider_hook", args=[found.kind, found.key]))
    polled = found.kind == "telegram" and not found.hook.startswith("https://")
    context = {
        "account": found, "form": form, "hook": hook, "polled": polled, "local": not settings.CONFIG.public_url,
    }  # fmt: skip
    return render(request, "channels/account_page.html", context, status=422 if form.errors else 200)


@require_POST
def ask(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """Ask the provider whether it knows us."""
    try:
        told = adapters_accounts.ask(request.principal, account_id)
    except Refused as refused:
        if refused.code != "no_credentials":
            raise
        toast(request, refused.message, level=messages.ERROR)
    else:
        if told.state == "ok":
            toast(request, _("It works: {name}").format(name=told.address or told.name))
        else:
            toast(request, _("It does not work: {why}").format(why=told.detail), level=messages.ERROR)
    return HttpResponseRedirect(reverse("settings_account", args=[account_id]))


@require_POST
def switch(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """Switch an account on or off."""
    on = not adapters_accounts.one(request.principal, account_id).enabled
    group = adapters_accounts.change(request.principal, account_id, {"enabled": on})
    toast(request, _("Switched on") if on else _("Switched off"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("settings_account", args=[account_id]))


def _field(told: Any, held: bool) -> forms.CharField:
    if told.secret:
        kept = gettext_lazy("Leave it empty to keep the present one.") if held else told.help
        widget = forms.PasswordInput(attrs={"autocomplete": "off"})
        return forms.CharField(label=told.label, required=False, max_length=2_000, widget=widget, help_text=kept)
    if told.name == "templates":
        area = forms.Textarea(attrs={"rows": 3})
        return forms.CharField(label=told.label, required=False, max_length=10_000, widget=area, help_text=told.help)
    return forms.CharField(label=told.label, required=False, max_length=500, help_text=told.help)


def _initial(found: adapters_accounts.AccountView) -> dict[str, Any]:
    told = dict(found.settings)
    if isinstance(told.get("templates"), dict):
        texts = told.get("template_texts") or {}
        lines = (f"{name} {code} {texts.get(name, '')}".strip() for name, code in sorted(told["templates"].items()))
        told["templates"] = "\n".join(lines)
    return told | {"name": found.name, "enabled": found.enabled}

"""Settings → Outgoing: what went out, was held back or refused, and why; blocked addresses; caps and quiet hours."""

from __future__ import annotations

from datetime import time
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.channels import outbox
from amity.channels import rules as send_rules_of
from amity.channels import suppression as blocked
from amity.channels.models import Outgoing
from amity.people import api as people

TAGS = {"sent": "tag-good", "refused": "tag-bad", "failed": "tag-bad", "unknown": "tag-warn", "held": "tag-warn"}
_KINDS = [("email", gettext_lazy("E-mail")), ("phone", gettext_lazy("Phone"))]


class BlockForm(forms.Form):
    """An address that is to get nothing more."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=_KINDS)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=254)
    note = forms.CharField(label=gettext_lazy("Why"), max_length=500, required=False)


@never_cache
@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """Messages, newest first, with the reason where one did not go out."""
    state, search = request.GET.get("state", ""), request.GET.get("q", "")
    rows, older = outbox.outgoing(request.principal, state, search, request.GET.get("at", ""))
    names = people.names([row.person_id for row in rows], request.principal)
    filters = {name: value for name, value in (("state", state), ("q", search)) if value}
    context = {
        "rows": [(row, names.get(row.person_id) if row.person_id else None, TAGS.get(row.state, "")) for row in rows],
        "states": Outgoing.State.choices,
        "state": state,
        "search": search,
        "filtered": bool(filters),
        "next_url": f"{request.path}?{urlencode({**filters, 'at': older})}" if older else "",
        "local": not settings.CONFIG.mail_url,
        "folder": settings.CONFIG.home / "outbox",
    }
    return page(request, "channels/outgoing_list.html", context, part="channels/_outgoing_rows.html")


@never_cache
@require_GET
def one(request: access.StaffRequest, outgoing_id: UUID) -> HttpResponse:
    """One message as it left, or why it did not."""
    row = outbox.one(request.principal, outgoing_id)
    names = people.names([row.person_id], request.principal)
    context = {"row": row, "tag": TAGS.get(row.state, ""), "name": names.get(row.person_id) if row.person_id else None}
    return page(request, "channels/outgoing_page.html", context)


@require_POST
def again(request: access.StaffRequest, outgoing_id: UUID) -> HttpResponse:
    """Have a message tried again; the gate decides anew."""
    outbox.send_again(request.principal, outgoing_id)
    toast(request, _("It is tried again now"))
    return HttpResponseRedirect(reverse("settings_outgoing_one", args=[outgoing_id]))


@never_cache
@require_http_methods(["GET", "POST"])
def suppression(request: access.StaffRequest) -> HttpResponse:
    """Addresses that get nothing more; one may be added by hand."""
    rows, older = blocked.suppressed(request.principal, request.GET.get("at", ""))
    form = BlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            blocked.suppress(request.principal, told["kind"], told["address"], "manual", told["note"])
        except Refused as error:
            form.add_error("address", error.message)
        else:
            toast(request, _("Nothing goes to this address any more"))
            return HttpResponseRedirect(request.path)
    context = {"rows": rows, "form": form, "next_url": f"{request.path}?{urlencode({'at': older})}" if older else ""}
    return page(request, "channels/suppression.html", context)


@require_POST
def lift(request: access.StaffRequest, suppression_id: UUID) -> HttpResponse:
    """Allow an address again."""
    blocked.lift(request.principal, suppression_id)
    toast(request, _("Allowed again"))
    return HttpResponseRedirect(reverse("settings_suppression"))


@never_cache
@require_http_methods(["GET", "POST"])
def send_rules(request: access.StaffRequest) -> HttpResponse:
    """Caps and quiet hours by channel."""
    access.require(request.principal, outbox.PERMISSION)
    error = ""
    if request.method == "POST":
        try:
            send_rules_of.set_rule(request.principal, _rule(request.POST))
        except Refused as refused:
            error = refused.message
        else:
            toast(request, _("Saved"))
            return HttpResponseRedirect(request.path)
    labels = dict(people.consent.CHANNEL_LABELS)
    rows = [(labels[channel], rule) for channel, rule in send_rules_of.rules().items()]
    return page(request, "channels/send_rules.html", {"rows": rows, "error": error}, status=422 if error else 200)


def _rule(posted: QueryDict) -> send_rules_of.Rule:
    try:
        most, begin, end = (posted.get(name, "").strip() for name in ("most", "quiet_from", "quiet_to"))
        return send_rules_of.Rule(
            posted.get("channel", ""), int(most) if most else None, int(posted.get("days") or 7),
            time.fromisoformat(begin) if begin else None, time.fromisoformat(end) if end else None,
        )  # fmt: skip
    except ValueError as error:
        raise Refused("bad_rule", _("Give numbers, and times such as 21:00.")) from error

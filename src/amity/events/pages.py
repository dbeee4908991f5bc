"""Settings: webhooks and what became of their deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.events import webhooks


class EndpointForm(forms.Form):
    """Where facts go, and which."""

    url = forms.URLField(
        label=gettext_lazy("Address"), max_length=500, assume_scheme="https", help_text=gettext_lazy("https://…")
    )
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Topics"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(topic, topic) for topic in sorted(webhooks.TOPICS - {"webhook.test"})],
        help_text=gettext_lazy("None ticked means all."),
    )  # fmt: skip
    events = forms.CharField(
        label=gettext_lazy("Events"), required=False, max_length=2_000,
        help_text=gettext_lazy("Names of events that land in the log, with commas: Order Completed, Cart *"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, segment: str = "", called: str = "") -> None:
        """``segment``: the id of one that is offered by itself, with what it is called."""
        super().__init__(data)
        one = read_id(segment)
        if one is not None:
            offered = [(f"segment.entered:{one}", _("Somebody enters “{segment}”").format(segment=called)),
                       (f"segment.left:{one}", _("Somebody leaves “{segment}”").format(segment=called))]  # fmt: skip
            topics: Any = self.fields["topics"]
            topics.choices = [*offered, *topics.choices]
            topics.initial = [topic for topic, _label in offered]

    def wanted(self) -> list[str]:
        """Topics and names of events together."""
        names = [name.strip() for name in self.cleaned_data["events"].split(",") if name.strip()]
        return [*self.cleaned_data["topics"], *(f"{webhooks.EVENT_TOPIC}{name}" for name in names)]


@never_cache
@require_http_methods(["GET", "POST"])
def endpoint_list(request: access.StaffRequest) -> HttpResponse:
    """All webhooks; POST makes one and shows its secret once."""
    about = {"segment": request.GET.get("segment", ""), "called": request.GET.get("called", "")[:200]}
    form, made = EndpointForm(request.POST or None, **about), ""
    found = webhooks.endpoints(request.principal)
    if request.method == "POST" and form.is_valid():
        try:
            _view, made = webhooks.create_endpoint(request.principal, form.cleaned_data["url"], form.wanted())
            form, found = EndpointForm(**about), webhooks.endpoints(request.principal)
        except Refused as error:
            form.add_error("url" if error.code == "bad_webhook_url" else None, error.message)
    context = {"endpoints": found, "form": form, "made": made}
    return render(request, "events/webhook_list.html", context, status=422 if form.errors else 200)


@require_GET
def endpoint(request: access.StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """One webhook and its deliveries; `?state=` filters, `?at=` pages."""
    found = webhooks.get_endpoint(request.principal, endpoint_id)
    state = request.GET.get("state", "")
    log = webhooks.deliveries(request.principal, endpoint_id, state, request.GET.get("at", ""))
    states = [("", _("All")), ("waiting", _("Waiting")), ("delivered", _("Delivered")), ("failed", _("Failed"))]
    context = {"endpoint": found, "log": log, "state": state, "states": states}
    return page(request, "events/webhook_page.html", context, part="events/_deliveries.html")


@require_POST
def change(request: access.StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """Switch on or off."""
    webhooks.change_endpoint(request.principal, endpoint_id, active=request.POST.get("active") == "on")
    toast(request, _("Saved."))
    return redirect("settings_webhook", endpoint_id)


@require_POST
def deletion(request: access.StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """Remove a webhook with its deliveries."""
    webhooks.delete_endpoint(request.principal, endpoint_id)
    toast(request, _("The webhook is gone."))
    return redirect("settings_webhooks")


@require_POST
def test(request: access.StaffRequest, endpoint_id: UUID) -> HttpResponse:
    """Send a test message."""
    webhooks.send_test(request.principal, endpoint_id)
    toast(request, _("A test message is on its way."))
    return redirect("settings_webhook", endpoint_id)


@require_POST
def replay(request: access.StaffRequest, endpoint_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send a delivery again."""
    webhooks.replay(request.principal, endpoint_id, delivery_id)
    toast(request, _("It will be sent again."))
    return redirect("settings_webhook", endpoint_id)

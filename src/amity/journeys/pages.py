"""Answers to proposals from any page that shows one: accept as it is or changed, refuse, send a drafted mail."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.journeys import answers


@require_POST
def accept(request: access.StaffRequest, decision_id: UUID) -> HttpResponse:
    """Do what was proposed, with what the form changed. Undo in the toast."""
    access.require(request.principal, "tasks.edit")
    posted = request.POST
    changes = answers.Changes(
        posted.get("kind", ""), posted.get("subject", ""), posted.get("text", ""), _day(posted.get("due_on", ""))
    )
    done = answers.accept(request.principal, decision_id, changes)
    toast(request, _("Accepted: {action}").format(action=done.label), undo=reverse("undo", args=[done.group]))
    return _back(request)


@require_POST
def refuse(request: access.StaffRequest, decision_id: UUID) -> HttpResponse:
    """No, and why. Undo in the toast."""
    done = answers.refuse(
        request.principal, decision_id, request.POST.get("reason", ""), request.POST.get("note", "")
    )  # fmt: skip
    toast(request, _("Refused: {reason}").format(reason=done.label), undo=reverse("undo", args=[done.group]))
    return _back(request)


@require_POST
def send(request: access.StaffRequest, action_id: UUID) -> HttpResponse:
    """Hand a drafted mail to the gate."""
    outcome = answers.send(request.principal, action_id)
    if outcome.state == "refused":
        raise Refused("mail_refused", outcome.why or _("The message may not go out."), 409)
    toast(request, _("The message is on its way."))
    return _back(request)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refused("bad_date", _("Give the date as year-month-day.")) from error


def _back(request: access.StaffRequest) -> HttpResponse:
    place = request.POST.get("from", "")
    safe = url_has_allowed_host_and_scheme(place, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(place if place.startswith("/") and safe else reverse("home"))

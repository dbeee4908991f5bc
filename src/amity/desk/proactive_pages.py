"""The part of a page that shows a person's cards, and the buttons that judge one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.pages import toast
from amity.desk import proactive
from amity.desk.conversations import WORK


@never_cache
@require_GET
def show(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """At most three cards."""
    return _shown(request, person_id)


@require_POST
def judge(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Put a ``kind`` of card aside for this person, or say that it was of use (``word``)."""
    access.require(request.principal, WORK)
    say = proactive.use if request.POST.get("word") == proactive.USED else proactive.dismiss
    group = say(request.principal, person_id, request.POST.get("kind", ""))
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return _shown(request, person_id)


def _shown(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    cards = proactive.cards_of(request.principal, person_id)
    context = {"cards": cards, "person_id": person_id, "may_work": request.principal.may(WORK)}
    return render(request, "desk/_cards.html", context)

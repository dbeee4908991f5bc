"""Settings pages of the desk: queues with agents and hours, promises, routing rules with what weighs how much."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.errors import NotFound
from amity.base.pages import page, toast
from amity.channels import api as channels
from amity.desk import agents, queues, routing, routing_changes, routing_forms, routing_words
from amity.desk.models import RoutingRule, SlaPolicy
from amity.desk.sla_policies import CUSTOMERS

RIGHT = routing_changes.RIGHT
_PAGE_OF = {
    "queue": "desk_queues", "hours": "desk_queues", "agent": "desk_queues", "policy": "desk_sla",
    "rule": "desk_routing", "settings": "desk_routing",
}  # fmt: skip


@require_GET
def show_queues(request: access.StaffRequest) -> HttpResponse:
    """Queues, who answers, and working hours. About 12 queries."""
    access.require(request.principal, RIGHT)
    found = agents.agents()
    known = {each.staff_id for each in found}
    context = {
        "queues": queues.queues(), "agents": found, "hours": queues.hours(),
        "empty_week": [(str(name), "") for name in WEEKDAYS.values()],
        "teams": _pairs(access.team_choices()), "accounts": _pairs(channels.account_names()),
        "colleagues": [(str(pk), name) for pk, name in access.staff_choices() if pk not in known],
        "zones": sorted(available_timezones()), "queue_names": list(queues.names().items()),
    }  # fmt: skip
    return page(request, "desk/queues.html", context)


@require_GET
def show_sla(request: access.StaffRequest) -> HttpResponse:
    """Promises in order. 3 queries."""
    access.require(request.principal, RIGHT)
    rows = list(SlaPolicy.objects.filter(archived_at=None).order_by("position", "id"))
    known = queues.names()
    told = [(row, _conditions(row, known)) for row in rows]
    context = {
        "policies": told, "queue_names": list(known.items()), "channels": list(routing_words.CHANNELS.items()),
        "urgencies": list(routing_words.URGENCIES.items()), "customers": list(CUSTOMERS.items()),
        "hours": queues.hours(),
    }  # fmt: skip
    return page(request, "desk/sla.html", context)


@require_GET
def show_routing(request: access.StaffRequest) -> HttpResponse:
    """Rules in order, as sentences, and what weighs how much. 3 queries."""
    access.require(request.principal, RIGHT)
    known = queues.names()
    rows = RoutingRule.objects.filter(archived_at=None).order_by("position", "id")
    told = [(row, routing_words.when(row.when, known), routing_words.then(row.then, known)) for row in rows]
    steering = routing.settings()
    weights = [(name, label, steering.weights[name]) for name, label in routing_words.WEIGHTS.items()]
    context = {
        "rules": told, "weights": weights, "steering": steering, "valuable": steering.valuable // 100,
        "queue_names": list(known.items()), "channels": list(routing_words.CHANNELS.items()),
        "urgencies": [(str(key), label) for key, label in routing_words.URGENCIES.items()],
        "tones": list(routing_words.TONES.items()), "customers": list(CUSTOMERS.items())[1:],
    }  # fmt: skip
    return page(request, "desk/routing.html", context)


@require_POST
def add(request: access.StaffRequest, settings_kind: str) -> HttpResponse:
    """A new queue, agent, promise, rule or working hours; or the weights."""
    access.require(request.principal, RIGHT)
    kind = _known(settings_kind)
    values = routing_forms.values_of(kind, request.POST)
    return _done(request, kind, routing_changes.save(request.principal, kind, values))


@require_POST
def change(request: access.StaffRequest, settings_kind: str, row_id: UUID) -> HttpResponse:
    """Change, move or take away one of them."""
    access.require(request.principal, RIGHT)
    kind, verb = _known(settings_kind), request.POST.get("verb", "")
    if verb in ("up", "down"):
        group = routing_changes.shift(request.principal, kind, row_id, -1 if verb == "up" else 1)
    elif verb == "archive":
        group = routing_changes.archive(request.principal, kind, row_id)
    else:
        values = routing_forms.values_of(kind, request.POST)
        group = routing_changes.save(request.principal, kind, values, row_id)
    return _done(request, kind, group)


@require_POST
def be(request: access.StaffRequest) -> HttpResponse:
    """Say whether one is there; without a status it is only a sign of life."""
    access.require(request.principal, "desk.reply")
    status = request.POST.get("status", "")
    if status:
        agents.set_status(request.principal, status)
    else:
        agents.seen(access.own_id(request.principal))
    return page(request, "desk/_availability.html", {"agent": agents.own(request.principal)})


@require_GET
def availability(request: access.StaffRequest) -> HttpResponse:
    """One's own availability, as the inbox shows it. 2 queries."""
    access.require(request.principal, "desk.reply")
    return page(request, "desk/_availability.html", {"agent": agents.own(request.principal)})


def _known(kind: str) -> str:
    if kind not in routing_forms.KINDS:
        raise NotFound(_("This is no longer here."))
    return kind


def _done(request: access.StaffRequest, kind: str, group: UUID) -> HttpResponse:
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(_PAGE_OF[kind]))


def _pairs(rows: Any) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in rows]


def _conditions(row: SlaPolicy, known: dict[str, str]) -> list[tuple[str, str]]:
    """When a policy holds, in words."""
    when = {"queue": row.queues, "channel": row.channels, "customer": [row.customer] if row.customer else []}
    told = routing_words.when(when, known)
    if row.urgency:
        told.append((_("Urgency"), f"≥ {routing_words.URGENCIES[row.urgency]}"))
    return told

"""Pages of complaints: the list with refunds that wait, one complaint, the card beside a conversation, the rules."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base import words
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.desk import (
    checklist,
    complaints,
    complaints_clock,
    complaints_papers,
    complaints_steps,
    conversations,
    refunds,
    refunds_limits,
    statutory,
)
from amity.people import api as people

NEXT = ("acknowledge", "investigate", "close", "reopen", "withdraw")  # steps without a form of their own
_NOBODY = UUID(int=0)


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """Complaints by urgency, and refunds that wait for somebody. 6 queries."""
    principal, which = request.principal, request.GET.get("state", "open")
    found, money = complaints.listed(principal, which), refunds.waiting(principal)
    persons = [*(each.person_id for each in found), *(each.person_id for each in money)]
    names = people.names(persons, principal)
    staff = access.staff_names([each.proposed_by_id for each in money])
    none = _("Unnamed person")
    context = {
        "rows": [(each, names.get(each.person_id or _NOBODY, none)) for each in found], "which": which,
        "states": [("open", _("Open")), ("late", _("Late")), ("all", _("All")), *complaints.STATES.items()],
        "refunds": [
            (each, names.get(each.person_id or _NOBODY, none), staff.get(each.proposed_by_id or _NOBODY, "Amity"))
            for each in money
        ],
        "may_manage": principal.may(complaints_clock.RIGHT),
    }  # fmt: skip
    return page(request, "desk/complaints.html", context)


@never_cache
@require_GET
def show(request: access.StaffRequest, complaint_id: UUID) -> HttpResponse:
    """One complaint: where it stands, until when, papers, refunds, log. About 10 queries."""
    principal, view = request.principal, complaints.get(request.principal, complaint_id)
    log, money = complaints.log_of(view.id), refunds.of_conversation(principal, view.conversation_id)
    asked = [each.staff_id for each in log] + [view.decided_by_id]
    asked += [pk for each in money for pk in (each.proposed_by_id, each.decided_by_id)]
    staff = access.staff_names(asked)
    orders = refunds.orders_of(principal, view.person_id)
    named = {each.id: each.name for each in orders}
    papers = complaints.papers_of(view.id)
    steps = complaints_steps.possible(view, principal)
    context = {
        "record": view, "talk": conversations.get(principal, view.conversation_id),
        "person": people.names([view.person_id], principal).get(view.person_id or _NOBODY, ""),
        "papers": papers, "missing": complaints.missing(papers), "known": list(checklist.PAPERS.items()),
        "steps": steps, "plain": [(name, complaints.STEP_WORDS[name]) for name in steps if name in NEXT],
        "decisions": list(complaints.DECISIONS.items()), "orders": orders,
        "log": [(each, staff.get(each.staff_id or _NOBODY, "")) for each in log],
        "refunds": [_refund(principal, each, staff, named) for each in money],
        "may_work": principal.may(complaints.WORK), "currency": orders[0].currency if orders else "EUR",
        "decider": staff.get(view.decided_by_id or _NOBODY, ""),
        "ask_text": complaints_papers.request_text(view, complaints.missing(papers)) if "ask" in steps else "",
    }  # fmt: skip
    return page(request, "desk/complaint.html", context)


@require_POST
def step(request: access.StaffRequest, complaint_id: UUID) -> HttpResponse:
    """Take a step. Undo in the toast."""
    access.require(request.principal, complaints.WORK)
    told, name = request.POST, request.POST.get("step", "")
    more = {key: told.get(key, "") for key in ("text", "decision", "words")}
    group = complaints_steps.step(request.principal, complaint_id, name, **more)
    return _done(request, complaint_id, group, str(complaints.STEP_WORDS[name]))


@require_POST
def papers(request: access.StaffRequest, complaint_id: UUID) -> HttpResponse:
    """Tick, waive or add a paper, or ask the customer for what is missing (``verb``). Undo in the toast."""
    access.require(request.principal, complaints.WORK)
    verb, told = request.POST.get("verb", ""), request.POST
    if verb == "ask":
        group = complaints_papers.ask(request.principal, complaint_id, told.get("text", ""))
        return _done(request, complaint_id, group, str(complaints.STEP_WORDS["ask"]))
    if verb == "add":
        group = complaints_papers.add(request.principal, complaint_id, told.get("name", ""))
    else:
        paper = read_id(told.get("paper")) or _NOBODY
        group = complaints_papers.set_state(request.principal, complaint_id, paper, verb)
    return _done(request, complaint_id, group)


@require_POST
def propose(request: access.StaffRequest, complaint_id: UUID) -> HttpResponse:
    """Propose a refund. Undo in the toast."""
    access.require(request.principal, complaints.WORK)
    told = request.POST
    currency = told.get("currency", "").strip().upper()
    _made, group = refunds.propose(
        request.principal, complaint_id, minor_of(told.get("amount", ""), currency), currency, told.get("reason", ""),
        read_id(told.get("order")),
    )  # fmt: skip
    return _done(request, complaint_id, group, _("Proposed"))


@require_POST
def refund(request: access.StaffRequest, refund_id: UUID) -> HttpResponse:
    """Approve, refuse, take back or mark as paid (``verb``). Undo in the toast."""
    access.require(request.principal, complaints.WORK)
    principal, told = request.principal, request.POST
    why, ref = told.get("why", ""), told.get("ref", "")
    group = refunds.move(principal, refund_id, told.get("verb", ""), why=why, ref=ref)
    view = refunds.get(principal, refund_id)
    toast(request, view.state_label, undo=reverse("undo", args=[group]) if group else "")
    to = reverse("complaint", args=[view.complaint_id]) if view.complaint_id else reverse("complaints")
    return HttpResponseRedirect(to)


@never_cache
@require_http_methods(["GET", "POST"])
def panel(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """The card beside a conversation; a POST writes a complaint down. 3 queries."""
    principal = request.principal
    view = conversations.get(principal, conversation_id)
    if request.method == "POST":
        access.require(principal, complaints.WORK)
        told = request.POST
        made, group = complaints_steps.open_complaint(
            principal, view.id, told.get("kind", ""), told.get("words", ""), wanted=told.get("wanted", ""),
            country=told.get("country", ""),
        )  # fmt: skip
        return _done(request, made, group, str(complaints.STEP_WORDS["open"]))
    found = complaints.of_conversation(principal, view.id)
    context = {
        "conversation": view, "found": found, "may_open": principal.may(complaints.WORK) and not
        any(each.open for each in found), "kinds": list(checklist.KINDS.items()),
    }  # fmt: skip
    return render(request, "desk/_complaint_panel.html", context)


@require_http_methods(["GET", "POST"])
def rules(request: access.StaffRequest) -> HttpResponse:
    """The clocks of law in order; a POST adds one. 1 query."""
    access.require(request.principal, complaints_clock.RIGHT)
    if request.method == "POST":
        return _ruled(request, complaints_clock.save_rule(request.principal, _rule_values(request.POST)))
    context = {
        "rules": complaints_clock.rules(), "kinds": list(checklist.KINDS.items()),
        "languages": complaints_clock.LANGUAGES, "units": [(statutory.CALENDAR, _("Calendar days")),
        (statutory.BUSINESS, _("Business days"))], "limits": refunds_limits.shown(),
        "limit_roles": refunds_limits.roles(),
    }  # fmt: skip
    return page(request, "desk/complaint_rules.html", context)


@require_POST
def rule(request: access.StaffRequest, rule_id: UUID) -> HttpResponse:
    """Change a clock or take it out of use."""
    access.require(request.principal, complaints_clock.RIGHT)
    if request.POST.get("verb") == "archive":
        return _ruled(request, complaints_clock.archive_rule(request.principal, rule_id))
    return _ruled(request, complaints_clock.save_rule(request.principal, _rule_values(request.POST), rule_id))


@require_POST
def limits(request: access.StaffRequest) -> HttpResponse:
    """Set up to what a role approves refunds, or take the limit away (``verb``). Undo in the toast."""
    access.require(request.principal, refunds_limits.RIGHT)
    told = request.POST
    role, currency = told.get("role", ""), told.get("currency", "").strip().upper()
    amount = None if told.get("verb") == "remove" else minor_of(told.get("amount", ""), currency)
    return _ruled(request, refunds_limits.set_limit(request.principal, role, currency, amount))


def minor_of(text: str, currency: str) -> int:
    """An amount as typed ("12,50") in minor units; raises `Refused`."""
    try:
        value = Decimal(text.replace(" ", "").replace("\u00a0", "").replace(",", "."))
        one = words.plain_money(1, currency) or Decimal("0.01")
        return int((value / one).to_integral_exact())
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise Refused("bad_amount", _("Give an amount above zero and its currency.")) from error


def _rule_values(told: QueryDict) -> dict[str, Any]:
    def days(name: str) -> int | None:
        text = told.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 5):
            raise Refused("bad_days", _("Days are between 1 and {most}.").format(most=statutory.MAX_DAYS))
        return int(text) if text else None

    names = {each: told.get(f"name_{each}", "").strip()[:120] for each in complaints_clock.LANGUAGES}
    return {
        "names": {key: name for key, name in names.items() if name},
        "countries": [each.strip().upper() for each in told.get("countries", "").split(",") if each.strip()][:60],
        "kinds": told.getlist("kind"), "days": days("days"), "unit": told.get("unit", ""),
        "extended_days": days("extended_days"), "acknowledge_days": days("acknowledge_days"),
        "warn_days": days("warn_days") or 0, "rolls": "rolls" in told, "silence_accepts": "silence_accepts" in told,
    }  # fmt: skip


def _refund(
    principal: access.Principal, view: refunds.RefundView, staff: dict[UUID, str], orders: dict[UUID, str]
) -> dict[str, Any]:  # fmt: skip
    mine = view.proposed_by_id == principal.staff_id and principal.staff_id is not None
    decides = principal.may(refunds.RIGHT)
    return {
        "view": view, "by": staff.get(view.proposed_by_id or _NOBODY, "Amity"),
        "decider": staff.get(view.decided_by_id or _NOBODY, ""), "order": orders.get(view.order_id or _NOBODY, ""),
        "may_decide": decides and not mine and view.state == "proposed", "own": mine and view.state == "proposed",
        "may_pay": decides and view.state == "approved",
    }  # fmt: skip


def _done(request: access.StaffRequest, complaint_id: UUID, group: UUID, said: str = "") -> HttpResponse:
    toast(request, said or _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("complaint", args=[complaint_id]))


def _ruled(request: access.StaffRequest, group: UUID) -> HttpResponse:
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("complaint_rules"))

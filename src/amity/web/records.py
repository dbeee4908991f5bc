"""The pages of one person, company and deal, composed of `panels`; and what can be done there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.pages import page, toast
from amity.events import api as events
from amity.intelligence import api as intelligence
from amity.people import api as people
from amity.sales import api as sales
from amity.web import panels, proposals
from amity.web.lists import day_of


@require_GET
def person(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """A person: who they are, what happened, what is to be done."""
    view = people.get_person(request.principal, person_id)
    if view.merged_into_id:
        return HttpResponseRedirect(reverse("person", args=[view.merged_into_id]))
    context, names = _page(request, "person", view, people.Wanted(companies=[view.company_id]))
    restricted = bool(people.privacy.restricted([view.id]))
    around = {"company": names.companies.get(_id(view.company_id)), "restricted": restricted}
    return page(request, "web/person.html", context | around)


@require_GET
def company(request: access.StaffRequest, company_id: UUID) -> HttpResponse:
    """A company: the same, with its people and subsidiaries."""
    view = people.get_company(request.principal, company_id)
    if view.merged_into_id:
        return HttpResponseRedirect(reverse("company", args=[view.merged_into_id]))
    context, names = _page(request, "company", view, people.Wanted(companies=[view.parent_id]))
    return page(request, "web/company.html", context | {"parent": names.companies.get(_id(view.parent_id))})


@require_GET
def deal(request: access.StaffRequest, deal_id: UUID) -> HttpResponse:
    """A deal: where it stands, how it got there, with whom."""
    view = sales.get_deal(request.principal, deal_id)
    wanted = people.Wanted(people=[view.person_id], companies=[view.company_id])
    context, names = _page(request, "deal", view, wanted)
    around = {
        "person": names.people.get(_id(view.person_id)),
        "company": names.companies.get(_id(view.company_id)),
        "product": sales.product_names([view.product_id]).get(_id(view.product_id)),
        "stages": sales.stages_beside(view.stage_id),
    }
    return page(request, "web/deal.html", context | around)


@require_GET
def timeline(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """The timeline alone: filtered by kinds, or its older part."""
    view = _seen(request.principal, kind, record_id)
    context = _timeline(request, panels.subject_of(kind, view))
    part = "web/_timeline_rows.html" if request.GET.get("at") else "web/_timeline.html"
    return page(request, "web/timeline.html", context | {"title": view.name}, part=part)


@require_POST
def move(request: access.StaffRequest, deal_id: UUID) -> HttpResponse:
    """Put a deal into another stage; a fact in its stage history. Undo in the toast."""
    asking = sales.gate_before(request.principal, deal_id, request.POST.get("stage", ""))
    if asking:
        return HttpResponseRedirect(asking)
    group = sales.change_deal(request.principal, deal_id, {"stage_id": request.POST.get("stage", "")})
    if group:
        toast(request, _("Stage changed"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("deal", args=[deal_id]))


@require_POST
def archive(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """Take a record out of the lists. Undo in the toast."""
    if kind == "deal":
        group = sales.archive_deal(request.principal, record_id)
    else:
        group = people.archive(
            request.principal, people.PERSON_KIND if kind == "person" else people.COMPANY_KIND, record_id
        )
    if group:
        toast(request, _("Archived"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(kind, args=[record_id]))


@require_POST
def add_task(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """A task about this record. Undo in the toast."""
    due_on = day_of(request.POST.get("due_on", ""))
    subject = request.POST.get("subject", "")
    group = sales.add_task(request.principal, kind, record_id, subject, date.fromisoformat(due_on) if due_on else None)
    toast(request, _("Task added"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(kind, args=[record_id]) + "#tasks")


@require_POST
def finish_task(request: access.StaffRequest, kind: str, record_id: UUID, task_id: UUID) -> HttpResponse:
    """Tick a task off. Undo in the toast."""
    group = sales.finish(request.principal, task_id)
    toast(request, _("Task done"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(kind, args=[record_id]) + "#tasks")


def _page(
    request: access.StaffRequest, kind: str, view: Any, around: people.Wanted
) -> tuple[dict[str, Any], people.Names]:
    """Owner, score, timeline and panels of any record; and the names of what is ``around`` it."""
    principal, subject = request.principal, panels.subject_of(kind, view)
    names, filled = panels.fill(principal, subject, around + people.Wanted(staff=[view.owner_id]))
    context = {
        "kind": subject.kind,
        "record": view,
        "name": view.name,
        "owner": names.staff.get(_id(view.owner_id)),
        "panels": filled,
        "may_edit": principal.may("deals.edit" if subject.kind == "deal" else "people.edit"),
        **_timeline(request, subject),
    }
    if subject.kind != "deal":
        lately = [event.occurred_at for event in context["timeline"].events if event.kind != "segment"]
        context["seen_at"] = max(filter(None, (view.observed_at, *lately)), default=None)
    if subject.kind in ("person", "deal") and principal.may("models.view"):
        context["score"] = intelligence.scores_for(subject.kind, [subject.id]).get(subject.id)
    if subject.kind in ("person", "deal"):
        context |= proposals.of_record(principal, subject.kind, view)
    return context, names


def _timeline(request: access.StaffRequest, subject: panels.Subject) -> dict[str, Any]:
    about, ids = _subject(subject.kind), subject.members
    known = events.kinds_of(about, ids)
    picked = [kind for kind in request.GET.getlist("kind")[:20] if kind in dict(known)]
    facts = events.timeline(about, ids, kinds=picked, at=request.GET.get("at", ""))
    return {
        "kind": subject.kind,
        "record": subject.view,
        "timeline": replace(facts, events=sales.in_words(request.principal, facts.events)),
        "kinds": [(kind, label, kind in picked) for kind, label in known],
        "picked": picked,
        "timeline_url": reverse(f"{subject.kind}_timeline", args=[subject.id]),
    }


def _subject(kind: str) -> events.Subject:
    return "deal" if kind == "deal" else "company" if kind == "company" else "person"


def _seen(principal: access.Principal, kind: str, record_id: UUID) -> Any:
    if kind == "person":
        return people.get_person(principal, record_id)
    if kind == "company":
        return people.get_company(principal, record_id)
    return sales.get_deal(principal, record_id)


def _id(value: UUID | None) -> UUID:
    return value or UUID(int=0)

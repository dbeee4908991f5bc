"""Segments: the list, one segment with its members and moves, why somebody is in, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import jobs, undo
from amity.base.pages import page, toast
from amity.people import profiles, segment_search, segment_starts, segment_trends, segment_words, segments
from amity.people.pages_segment_form import EDIT, VIEW
from amity.people.segment_archive import ARCHIVE_KIND

PAGE_ROWS = 50
TABS = ("members", "moves")


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment as the list shows it."""

    view: segments.SegmentView
    told: str
    trend: segment_trends.Trend


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """All segments with their size, how they moved and when they were checked. 3 queries besides the vocabulary."""
    access.require(request.principal, VIEW)
    views = segments.segments(request.principal)
    words = names_of(request.principal, views)
    trends = segment_trends.trends({view.id: view.members for view in views})
    typed = request.GET.get("q", "").strip()[:100]
    rows = [Listed(view, segment_words.told(view.definition, words), trends[view.id]) for view in views]
    if typed:
        rows = [row for row in rows if typed.casefold() in f"{row.view.name} {row.told}".casefold()]
    context = {
        "rows": rows,
        "q": typed,
        "may_edit": request.principal.may(EDIT),
        "starts": [] if views else segment_starts.starts(segments.vocabulary(request.principal)),
    }
    return page(request, "people/segment_list.html", context, part="people/_segment_rows.html")


@require_GET
def show(request: access.StaffRequest, segment_id: UUID) -> HttpResponse:
    """One segment: what it says, how it moved, who is in; ``?tab=moves``: who entered and left."""
    view = segments.get(request.principal, segment_id)
    tab = request.GET.get("tab", TABS[0])
    trend = segment_trends.trends({view.id: view.members})[view.id]
    bars, axis = segment_trends.bars(trend)
    context = {
        "segment": view,
        "line": segment_words.lines(view.definition, names_of(request.principal, [view])),
        "trend": trend,
        "bars": bars,
        "axis": axis,
        "tab": tab if tab in TABS else TABS[0],
        "may_edit": request.principal.may(EDIT),
        "may_export": request.principal.may("people.export"),
        "changes": _changes(request.principal, view) if request.principal.may(EDIT) else [],
        "may_hook": request.principal.may("webhooks.manage"),
        **_rows(request, view, tab),
    }
    part = "people/_segment_moves.html" if tab == "moves" else "people/_segment_members.html"
    return page(request, "people/segment_page.html", context, part=part)


@require_GET
def why(request: access.StaffRequest, segment_id: UUID, person_id: UUID) -> HttpResponse:
    """Why somebody is in a segment, or not: each condition with the fact that made it hold."""
    view = segments.get(request.principal, segment_id)
    person = profiles.get_person(request.principal, person_id)
    moves = [each for each in segments.moves_of(person_id) if each.segment_id == segment_id]
    context = {
        "segment": view,
        "person": person,
        "why": segments.why(view.definition, person_id),
        "moves": moves,
    }
    return page(request, "people/segment_why.html", context, part="people/_segment_why.html")


@require_GET
def export(request: access.StaffRequest, segment_id: UUID) -> StreamingHttpResponse:
    """The members as CSV; noted in the audit log."""
    access.require(request.principal, "people.export")
    view = segments.get(request.principal, segment_id)
    name = slugify(view.name) or "segment"
    return StreamingHttpResponse(
        segments.export(request.principal, segment_id),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


@require_POST
def copy(request: access.StaffRequest, segment_id: UUID) -> HttpResponse:
    """A second segment that says the same, to be changed."""
    access.require(request.principal, EDIT)
    view = segments.get(request.principal, segment_id)
    name = _free_name(view.name, {each.name for each in segments.segments(request.principal)})
    made = segments.create(request.principal, name, view.definition, live=view.live, description=view.description)
    toast(request, _("Segment duplicated"))
    return HttpResponseRedirect(reverse("segment_edit", args=[made.id]))


@require_POST
def archive(request: access.StaffRequest, segment_id: UUID) -> HttpResponse:
    """Take a segment out of use. Undo in the toast."""
    access.require(request.principal, EDIT)
    segments.get(request.principal, segment_id)
    group = undo.perform(request.principal, ARCHIVE_KIND, {"id": str(segment_id)})
    toast(request, _("Segment archived"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("segments"))


@require_POST
def check(request: access.StaffRequest, segment_id: UUID) -> HttpResponse:
    """Work a live segment out anew for everybody, as a job."""
    access.require(request.principal, EDIT)
    segments.get(request.principal, segment_id)
    started_by = request.principal.staff_id
    jobs.start(segments.FILL, segments.FILL, subject_id=segment_id, started_by=started_by, segment_id=str(segment_id))
    toast(request, _("The segment is being checked"))
    return HttpResponseRedirect(reverse("segment", args=[segment_id]))


def names_of(principal: access.Principal, views: list[segments.SegmentView]) -> segment_words.Names:
    """What to call what the definitions speak of. The vocabulary's queries."""
    known = segments.vocabulary(principal)
    return segment_words.Names(
        {each.name: each.label for each in known.attributes},
        {each.name: dict(segment_words.labelled(each)) for each in known.attributes if each.values},
        {str(key): name for key, name in known.segments},
    )


def _rows(request: access.StaffRequest, view: segments.SegmentView, tab: str) -> dict[str, Any]:
    at, here = request.GET.get("at", ""), reverse("segment", args=[view.id])
    if tab == "moves":
        moves = segments.history(request.principal, view.id, cursor=at, limit=PAGE_ROWS)
        return {"moves": moves.rows, "next_url": f"{here}?tab=moves&at={moves.next}" if moves.next else "", "at": at}
    typed = request.GET.get("q", "").strip()[:200]
    if typed:
        found = segment_search.members(request.principal, view, typed, PAGE_ROWS)
        return {"members": found, "q": typed, "next_url": "", "full": len(found) == PAGE_ROWS}
    members = segments.members(request.principal, view.id, cursor=at, limit=PAGE_ROWS)
    return {"members": members.rows, "q": "", "next_url": f"{here}?at={members.next}" if members.next else "", "at": at}


def _changes(principal: access.Principal, view: segments.SegmentView) -> list[tuple[Any, str]]:
    """Who made and changed the segment, newest first. 2 queries."""
    lines = access.audit_lines(kind="segment", object=str(view.id), limit=8)
    staff = access.staff_names([*(each.actor_id for each in lines), UUID(int=0)])
    return [(each, staff.get(each.actor_id, "") if each.actor_id else "") for each in lines]


def _free_name(name: str, taken: set[str]) -> str:
    copy_of = _("%(name)s (copy)") % {"name": name[:180]}
    return next(each for each in (copy_of, *(f"{copy_of} {n}" for n in range(2, len(taken) + 3))) if each not in taken)

"""Pages of the lead score: what it is made of, who stands where, and its part of a person's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import jobs
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.base.models import JobRun
from amity.base.pages import toast
from amity.intelligence import behaviour, behaviour_views, reach, reach_words
from amity.people import api as people

LEARN, SCORE = "intelligence.lead_score_learn", "intelligence.lead_score_everybody"


@require_GET
def lead_scoring(request: access.StaffRequest) -> HttpResponse:
    """What the lead score is made of, and how many stand where. ``?part=&points=`` shows what a pin would change."""
    access.require(request.principal, "models.view")
    spec = behaviour.newest()
    context: dict[str, Any] = {"spec": spec, **_rights(request), "learning": _under_way()}
    if spec is not None:
        found = behaviour_views.counts(request.principal)
        context |= {
            "quadrants": [_quadrant(key, n) for key, n in found.items()],
            "behaviour": behaviour_views.part_views(spec, spec.behaviour),
            "match": behaviour_views.part_views(spec, spec.match),
            "made_at": behaviour.made_at(spec.number),
            "asked": _preview(request, spec) if request.GET.get("part") else None,
        }
    return render(request, "intelligence/lead_scoring.html", context)


@require_GET
def quadrant(request: access.StaffRequest, key: str) -> HttpResponse:
    """Who stands in a quadrant, the most active first; 50 a page. 4 queries."""
    access.require(request.principal, "models.view")
    if key not in behaviour_views.QUADRANTS:
        raise NotFound(_("There is no such quadrant."))
    rows = behaviour_views.ranked(request.principal, key, _after(request.GET.get("after", "")))
    names = people.names([each.person_id for each in rows], request.principal)
    more = f"{rows[-1].behaviour!r}_{rows[-1].person_id}" if len(rows) == behaviour_views.ROWS else ""
    context = {
        "rows": [(each, names.get(each.person_id, "")) for each in rows],
        "label": behaviour_views.QUADRANTS[key],
        "quadrant": key,
        "more": more,
    }
    return render(request, "intelligence/lead_quadrant.html", context)


@require_POST
def pins(request: access.StaffRequest) -> HttpResponse:
    """Hold a part's weight (points), or let it be learned again (no points). Undo in the toast."""
    part, points = request.POST.get("part", ""), _points(request.POST.get("points", ""))
    group = behaviour.pin(request.principal, part, points)
    jobs.start(SCORE, SCORE, started_by=request.principal.staff_id)
    text = (
        _("The weight is held. Scores follow in a moment.") if points is not None else _("The weight is learned again.")
    )
    toast(request, text, undo=reverse("undo", args=[group]))
    return redirect("lead_scoring")


@require_POST
def learning(request: access.StaffRequest) -> HttpResponse:
    """Learn the weights anew in the background; a learning under way is not started twice."""
    access.require(request.principal, "models.train")
    if not _under_way():
        staff_id = str(request.principal.staff_id) if request.principal.staff_id else None
        jobs.start(LEARN, LEARN, started_by=request.principal.staff_id, staff_id=staff_id)
    toast(request, _("Learning has started. You can leave this page."))
    return redirect("lead_scoring")


@require_GET
def person(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """The lead score's part of a person's page, which asks for it again whenever it changed."""
    access.require(request.principal, "models.view")
    people.get_person(request.principal, person_id)
    found = {"score": behaviour_views.of_person(person_id)}
    return render(request, "intelligence/lead_panel.html", {"found": found, "record": {"id": person_id}})


def panel(principal: access.Principal, subject: Any) -> dict[str, Any]:
    """What the lead score's panel needs. 5 queries."""
    return {"score": behaviour_views.of_person(subject.id)}


def reach_panel(principal: access.Principal, subject: Any) -> dict[str, Any]:
    """What the panel of the best time needs. 2 queries."""
    view = subject.view
    best = reach.best(subject.members, {**view.traits, "country": view.country})
    return {"best": best, "told": reach_words.told(best) if best else ""}


def _quadrant(key: str, n: int) -> dict[str, Any]:
    bound = behaviour_views.BOUND
    return {"key": key, "label": behaviour_views.QUADRANTS[key], "n": min(n, bound), "more": n > bound}


def _preview(request: access.StaffRequest, spec: Any) -> dict[str, Any]:
    part, points = request.GET.get("part", ""), _points(request.GET.get("points", ""))
    known = {each.key: each for each in (*spec.behaviour, *spec.match)}
    if part not in known:
        raise NotFound(_("The lead score has no such part."))
    moved, of = behaviour.moved_by(spec, behaviour.changed_spec(spec, part, points))
    name = behaviour_views.part_words(known[part])
    return {"part": part, "name": name, "points": points, "moved": moved, "of": of}


def _points(told: str) -> float | None:
    if not told.strip():
        return None
    try:
        points = float(told.replace(",", "."))
    except ValueError:
        points = float("nan")
    if not -behaviour.MOST_POINTS <= points <= behaviour.MOST_POINTS:
        raise Refused("bad_points", _("Give points from -100 to 100."), 400)
    return points


def _after(told: str) -> tuple[float, UUID] | None:
    points, _cut, person = told.partition("_")
    found = read_id(person)
    try:
        return (float(points), found) if found else None
    except ValueError:
        return None


def _under_way() -> bool:
    states = (JobRun.State.WAITING, JobRun.State.RUNNING)
    return JobRun.objects.filter(kind=LEARN, state__in=states).exists()


def _rights(request: access.StaffRequest) -> dict[str, bool]:
    return {"may_train": request.principal.may("models.train"), "may_decide": request.principal.may("models.decide")}

"""Writing a segment: a form that reads as a sentence, counted while it is written. Works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast, wants_part
from amity.people import segment_draft, segment_json, segment_starts, segment_suggest, segments
from amity.people.segment_controls import Controls
from amity.people.segment_draft import Draft

EDIT, VIEW = "segments.manage", "segments.view"
SAMPLE = 5
MAX_NAME = 200


@dataclass(slots=True)
class Filled:
    """What the form holds besides the conditions."""

    name: str = ""
    description: str = ""
    live: bool = True
    fault: str = ""
    name_fault: str = ""


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest) -> HttpResponse:
    """Write a segment; ``?from=`` begins with one of the suggested ones, ``?copy=`` with an existing one."""
    access.require(request.principal, EDIT)
    known = vocabulary(request.principal)
    if request.method == "POST":
        return _posted(request, known, None)
    draft, filled = segment_draft.empty(), Filled()
    start = segment_starts.find(known, request.GET.get("from", ""))
    if start is not None:
        draft, filled.name = segment_json.from_definition(start.definition), start.name
    return _form(request, known, draft, filled, None)


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, segment_id: UUID) -> HttpResponse:
    """Change a segment; a changed definition is recomputed by a job."""
    access.require(request.principal, EDIT)
    view = segments.get(request.principal, segment_id)
    known = vocabulary(request.principal)
    if request.method == "POST":
        return _posted(request, known, view)
    filled = Filled(view.name, view.description, view.live)
    return _form(request, known, segment_json.from_definition(view.definition), filled, view)


@require_POST
def count(request: access.StaffRequest) -> HttpResponse:
    """While somebody writes: how many people that is, some of them, and how long it took."""
    access.require(request.principal, VIEW)
    known = vocabulary(request.principal)
    draft = read(request.POST, known)
    definition = segment_json.definition_of(draft, types_of(known), whole=False)
    waiting = sum(1 for node, _g in draft.walk() if node.kind != "group" and not segment_draft.is_filled(node))
    context: dict[str, Any] = {"waiting": waiting, "empty": not any(segment_json.leaves(definition))}
    if not context["empty"]:
        try:
            context["count"] = segments.count(definition, request.principal)
            context["sample"] = segments.sample(definition, SAMPLE, request.principal)
        except segments.BadDefinition as bad:
            context["fault"] = bad.message
    return page(request, "people/segment_count.html", context, part="people/_segment_count.html")


@require_GET
def values(request: access.StaffRequest) -> HttpResponse:
    """Options of a datalist: values found in the data."""
    access.require(request.principal, VIEW)
    typed = str(next((value for key, value in request.GET.items() if "value" in key), ""))
    if "event" in request.GET:
        found = segment_suggest.property_values(
            request.GET["event"][:200], request.GET.get("property", "")[:200], typed
        )
    else:
        name = request.GET.get("attribute", "")
        known = {each.name: each for each in vocabulary(request.principal).attributes}
        found = segment_suggest.values_of(request.principal, known[name], typed) if name in known else []
    return page(request, "people/_segment_values.html", {"values": found})


def read(posted: QueryDict, known: segments.Vocabulary) -> Draft:
    """The draft of a form; attributes may be typed by their label."""
    draft = segment_draft.read(posted)
    by_label = {each.label.casefold(): each.name for each in reversed(known.attributes)}
    for node, _group in draft.walk():
        typed = node.get("name").strip()
        if node.kind == "trait":
            node.values["name"] = by_label.get(typed.casefold(), typed)
    return draft


def vocabulary(principal: access.Principal) -> segments.Vocabulary:
    """The engine's vocabulary, every label once: a custom field called like a field is told apart."""
    known, taken, found = segments.vocabulary(principal), set[str](), []
    for each in known.attributes:
        label = each.label
        while label.casefold() in taken:
            label = _("%(name)s (custom field)") % {"name": label}
        taken.add(label.casefold())
        found.append(replace(each, label=label))
    return replace(known, attributes=found)


def types_of(known: segments.Vocabulary) -> dict[str, str]:
    """What each attribute holds; of custom fields nobody knows."""
    return {each.name: "" if each.source == "trait" else each.type for each in known.attributes}


def _posted(
    request: access.StaffRequest, known: segments.Vocabulary, view: segments.SegmentView | None
) -> HttpResponse:
    draft = read(request.POST, known)
    filled = Filled(
        request.POST.get("name", "").strip()[:MAX_NAME],
        request.POST.get("description", "").strip()[:2_000],
        request.POST.get("live") == "on",
    )
    if "save" not in request.POST:
        segment_draft.step(draft, request.POST.get("do", ""))
        return _form(request, known, draft, filled, view)
    saved = _saved(request, known, draft, filled, view)
    if saved is None:
        return _form(request, known, draft, filled, view, status=422)
    toast(request, _("Segment saved") if view else _("Segment created"))
    return HttpResponseRedirect(reverse("segment", args=[saved]))


def _saved(
    request: access.StaffRequest,
    known: segments.Vocabulary,
    draft: Draft,
    filled: Filled,
    view: segments.SegmentView | None,
) -> UUID | None:
    """The saved segment's id, or None with the faults noted in ``draft`` and ``filled``."""
    if not filled.name:
        filled.name_fault = _("Give the segment a name.")
        return None
    definition = segment_json.definition_of(draft, types_of(known), whole=True)
    live, text = filled.live, filled.description
    try:
        if view is None:
            return segments.create(request.principal, filled.name, definition, live=live, description=text).id
        segments.change(
            request.principal, view.id, name=filled.name, definition=definition, live=live, description=text
        )
        return view.id
    except segments.BadDefinition as bad:
        segment_draft.blame(draft, bad.pointer, bad.message)
        filled.fault = _("One condition is not complete. It is marked below.")
    except Refused as refused:
        filled.name_fault = refused.message
    return None


def _form(
    request: access.StaffRequest,
    known: segments.Vocabulary,
    draft: Draft,
    filled: Filled,
    view: segments.SegmentView | None,
    status: int = 200,
) -> HttpResponse:
    here = reverse("segment_edit", args=[view.id]) if view else reverse("segment_new")
    context = {
        "root": Controls(known, here).show(draft),
        "known": known,
        "filled": filled,
        "segment": view,
        "here": here,
        "starts": segment_starts.starts(known) if view is None and request.method == "GET" else [],
        "may_deal": "deal" in known.kinds,
        "may_consent": "consent" in known.kinds,
    }
    if wants_part(request):
        status = 200  # htmx swaps what it gets; the faults stand in it
    response = page(request, "people/segment_form.html", context, part="people/_segment_builder.html", status=status)
    if wants_part(request):
        response.headers["HX-Trigger-After-Settle"] = "drawn"
    return response

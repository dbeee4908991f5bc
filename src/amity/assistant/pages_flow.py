"""Pages that make and change flows: a new one, its order, its steps, trying it, dialogues kept as tests.

Every change is one of the draft, with Undo in the toast.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.assistant import bot, editing, rehearsal, script, versions
from amity.assistant.forms import LONGEST, NAMES, NewFlowForm, SlotForm, lines_of
from amity.base.errors import NotFound, Refused
from amity.base.pages import page, toast

MOST_TESTS, MOST_TURNS = 30, 20
_MOVES = {"up": -1, "down": 1}


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest) -> HttpResponse:
    """Make a flow; POST puts it before the others, so that it is tried first."""
    access.require(request.principal, versions.PERMISSION)
    body, form = versions.draft(), NewFlowForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.made(body)
        body["flows"].insert(0, made)
        try:
            return changed(request, body, reverse("bot_flow", args=[made["key"]]))
        except Refused as refused:
            form.add_error(None, refused.message)
    return page(request, "assistant/flow_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def do(request: access.StaffRequest, flow_key: str) -> HttpResponse:
    """Move a flow up or down, switch it on or off, delete it (``verb``)."""
    body, place = found(request, flow_key)
    verb, flows = request.POST.get("verb", ""), body["flows"]
    if verb in _MOVES:
        body["flows"] = editing.moved(flows, place, _MOVES[verb])
    elif verb in ("on", "off"):
        flows[place]["on"] = verb == "on"
    elif verb == "delete":
        flows.pop(place)
    else:
        raise Refused("unknown", _("This cannot be done."))
    return changed(request, body, reverse("bot"))


@require_http_methods(["GET", "POST"])
def slot(request: access.StaffRequest, flow_key: str, slot_name: str = "") -> HttpResponse:
    """One step of a flow, or a new one; POST keeps it."""
    body, place = found(request, flow_key)
    known = body["flows"][place]
    if slot_name and slot_name not in [each["name"] for each in known["slots"]]:
        raise NotFound(_("This step is not here."))
    form = SlotForm(known, slot_name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = {"name": form.cleaned_data["name"], "kind": form.cleaned_data["kind"]}
        body["flows"][place] = editing.with_slot(known, told, form.words("ask"), form.words("again"), slot_name)
        try:
            return changed(request, body, reverse("bot_flow", args=[flow_key]))
        except Refused as refused:
            form.add_error(None, refused.message)
    context = {"form": form, "flow_key": flow_key, "flow_name": name_of(known, request), "slot_name": slot_name}
    return page(request, "assistant/slot.html", context, status=422 if form.errors else 200)


@require_POST
def slot_do(request: access.StaffRequest, flow_key: str, slot_name: str) -> HttpResponse:
    """Move a step up or down, or delete it (``verb``)."""
    body, place = found(request, flow_key)
    known, verb = body["flows"][place], request.POST.get("verb", "")
    names = [each["name"] for each in known["slots"]]
    if slot_name not in names:
        raise NotFound(_("This step is not here."))
    if verb in _MOVES:
        moved = editing.moved(known["slots"], names.index(slot_name), _MOVES[verb])
        body["flows"][place] = {**known, "slots": moved}
    else:
        body["flows"][place] = editing.without_slot(known, slot_name)
    return changed(request, body, reverse("bot_flow", args=[flow_key]))


@require_GET
def trial(request: access.StaffRequest, flow_key: str) -> HttpResponse:
    """What the bot of the draft would answer to lines of a customer, one after the other; nothing is kept or sent."""
    body, place = found(request, flow_key)
    known = body["flows"][place]
    lines, language = lines_of(request.GET.get("lines", ""))[:MOST_TURNS], request.GET.get("language", "")
    spoken = editing.spoken_by(known) or script.LANGUAGES
    language = language if language in spoken else spoken[0]
    played = rehearsal.play(_rehearsed("", lines), language, _script(body, flow_key), timezone.localdate(), bot.answer)
    context = {
        "flow_key": flow_key, "flow_name": name_of(known, request), "lines": "\n".join(lines), "played": played,
        "language": language, "languages": [(each, NAMES[each]) for each in spoken], "known": rehearsal.KNOWN,
        "tests": known.get("tests", ()),
    }  # fmt: skip
    return page(request, "assistant/trial.html", context)


@require_POST
def tests(request: access.StaffRequest, flow_key: str) -> HttpResponse:
    """Keep what was just tried as a test of the flow, or delete a test (``verb``)."""
    body, place = found(request, flow_key)
    known, told = body["flows"][place], request.POST
    kept = list(known.get("tests", ()))
    if told.get("verb") == "remove":
        kept = [each for each in kept if each["name"] != told.get("name")]
    else:
        kept = _with_test(kept, known, _script(body, flow_key), told)
    body["flows"][place] = {**known, "tests": kept}
    return changed(request, body, reverse("bot_try", args=[flow_key]))


def found(request: access.StaffRequest, flow_key: str) -> tuple[dict[str, Any], int]:
    """The draft and where a flow stands in it; raises `NotFound`, `Forbidden`."""
    access.require(request.principal, versions.PERMISSION)
    body = versions.draft()
    place = editing.place_of(body, flow_key)
    if place is None:
        raise NotFound(_("This flow is not here."))
    return body, place


def changed(request: access.StaffRequest, body: dict[str, Any], to: str) -> HttpResponse:
    """Keep the draft and go ``to``; raises `Refused`."""
    group = versions.change_draft(request.principal, body)
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(to)


def name_of(told: dict[str, Any], request: access.StaffRequest) -> str:
    """What a flow is called in the reader's language, else in any."""
    names: dict[str, str] = told["wording"]["name"]
    language = str(getattr(request, "LANGUAGE_CODE", "en"))[:2]
    return names.get(language) or names.get("en") or next((each for each in names.values() if each), str(told["key"]))


def _script(body: dict[str, Any], flow_key: str) -> script.Script:
    return script.read(body).switched_on(flow_key)


def _rehearsed(name: str, lines: list[str]) -> rehearsal.Rehearsed:
    return rehearsal.Rehearsed(name, [rehearsal.Turn({"*": each}) for each in lines])


def _with_test(
    kept: list[dict[str, Any]], known: dict[str, Any], drafted: script.Script, told: Any
) -> list[dict[str, Any]]:
    """The tests with one more: what the bot does now is what is expected from now on."""
    lines, language = lines_of(told.get("lines", ""))[:MOST_TURNS], told.get("language", "")
    name = " ".join(told.get("name", "").split())[:LONGEST]
    if not lines or not name or language not in editing.spoken_by(known):
        raise Refused("bad_test", _("Give the test a name and at least one line of the customer."))
    if len(kept) >= MOST_TESTS:
        raise Refused("too_many", _("A flow has at most {count} tests.").format(count=MOST_TESTS))
    played = rehearsal.play(_rehearsed(name, lines), language, drafted, timezone.localdate(), bot.answer)
    turns = [{"said": said, "expected": list(each.found)} for said, each in zip(lines, played, strict=True)]
    return [*(each for each in kept if each["name"] != name), {"name": name, "language": language, "turns": turns}]

"""Pages of the bot: its flows, their wordings, versions, and scripted dialogues held against the draft."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.assistant import bot, checking, editing, labels, rehearsal, versions
from amity.assistant.forms import FlowForm, WordingForm, end_choices
from amity.assistant.pages_flow import changed, found, name_of
from amity.assistant.script import LANGUAGES, read
from amity.base.errors import Refused
from amity.base.pages import page, toast


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """Flows in their order, the draft, and the versions."""
    access.require(request.principal, versions.PERMISSION)
    listed = versions.versions()
    names = access.staff_names({each.staff_id for each in listed if each.staff_id})
    context = {
        "flows": [_row(each, request) for each in versions.draft()["flows"]], "has_draft": versions.has_draft(),
        "versions": [(each, names.get(each.staff_id, "Amity") if each.staff_id else "Amity") for each in listed],
    }  # fmt: skip
    return page(request, "assistant/bot.html", context)


@require_http_methods(["GET", "POST"])
def flow(request: access.StaffRequest, flow_key: str) -> HttpResponse:
    """One flow of the draft; POST changes it. Undo in the toast."""
    body, place = found(request, flow_key)
    known = body["flows"][place]
    form = FlowForm(known, request.POST or None)
    if request.method == "POST" and form.is_valid():
        body["flows"][place] = form.changed(known)
        form.blame(checking.problems(read(body).flows[place]))
        saved = None if form.errors else _saved(request, form, body)
        if saved is not None:
            return saved
    context = {
        "form": form, "flow": _row(known, request), "told": known,
        "kinds": [(each, labels.KINDS.get(each["kind"], each["kind"])) for each in known["slots"]],
        "ends": dict(end_choices()).get(editing.end_of(known), ""),
    }  # fmt: skip
    return page(request, "assistant/flow.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def wording(request: access.StaffRequest) -> HttpResponse:
    """What is said beside the flows; POST changes the draft. Undo in the toast."""
    access.require(request.principal, versions.PERMISSION)
    body = versions.draft()
    form = WordingForm(body["wording"], request.POST or None)
    if request.method == "POST" and form.is_valid():
        body["wording"] = form.wording()
        saved = _saved(request, form, body)
        if saved is not None:
            return saved
    return page(request, "assistant/wording.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def test(request: access.StaffRequest) -> HttpResponse:
    """Play every scripted dialogue with the draft, and tell what differs. About a second."""
    access.require(request.principal, versions.PERMISSION)
    body, today, rows, good = versions.draft(), timezone.localdate(), [], 0
    script = read(body)
    usual = [(each, language, None) for each in rehearsal.dialogues() for language in LANGUAGES]
    own = [(*each, bot.answer) for told in body["flows"] if told.get("on", True) for each in rehearsal.own(told)]
    for each, language, answers in [*own, *usual]:
        played = rehearsal.play(each, language, script, today, answers)
        fits = all(turn.good for turn in played)
        good += fits
        if not fits:
            rows.append({"name": each.name, "language": language, "turns": played})
    context = {"rows": rows[:40], "good": good, "all": len(usual) + len(own)}
    return page(request, "assistant/test.html", context)


@require_POST
def publish(request: access.StaffRequest) -> HttpResponse:
    """The draft becomes live. Undo in the toast."""
    group = versions.publish(request.principal, versions.draft(), request.POST.get("note", ""))
    toast(request, _("Published"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("bot"))


@require_POST
def discard(request: access.StaffRequest) -> HttpResponse:
    """The draft is thrown away. Undo in the toast."""
    group = versions.change_draft(request.principal, None)
    toast(request, _("Discarded"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("bot"))


@require_POST
def restore(request: access.StaffRequest, number: int) -> HttpResponse:
    """An earlier version becomes the draft. Undo in the toast."""
    access.require(request.principal, versions.PERMISSION)
    group = versions.change_draft(request.principal, versions.body_of(number))
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("bot"))


def _saved(request: access.StaffRequest, form: Any, body: dict[str, Any]) -> HttpResponse | None:
    try:
        return changed(request, body, reverse("bot"))
    except Refused as refused:
        form.add_error(None, refused.message)
        return None


def _row(told: dict[str, Any], request: access.StaffRequest) -> dict[str, Any]:
    """A flow as the list shows it."""
    return {
        "key": told["key"], "name": name_of(told, request), "on": told.get("on", True),
        "slots": ", ".join(each["name"] for each in told["slots"]), "personal": told.get("personal", False),
        "end": dict(end_choices()).get(editing.end_of(told), ""), "about": told.get("about", ""),
    }  # fmt: skip

"""Pages of intents: examples, how well they are told apart, versions; and the panel of a reading."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.models import JobRun
from amity.base.pages import page, toast
from amity.desk import conversations, understanding, understanding_corrections
from amity.desk import understanding_intents as intents
from amity.desk import understanding_training as training
from amity.desk.models import Example
from amity.desk.understanding_labels import INTENT, TONE, URGENCY
from amity.desk.urgency import LABELS, REASONS
from amity.intelligence import api as intelligence

STAGES = {
    "reading": gettext_lazy("Reading records"), "testing": gettext_lazy("Testing"),
    "fitting": gettext_lazy("Learning from everything"),
}  # fmt: skip
KEYS = {INTENT: gettext_lazy("Intents"), TONE: gettext_lazy("Tone"), URGENCY: gettext_lazy("Urgency")}
_LISTED = 300


class IntentForm(forms.Form):
    """A name, and examples one on a line."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    examples = forms.CharField(
        label=gettext_lazy("Examples"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("What customers write, one message on a line. Five are a start."),
    )  # fmt: skip


class ChangeForm(forms.Form):
    """An intent as it is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    description = forms.CharField(label=gettext_lazy("What belongs here"), required=False, max_length=2_000)
    urgency = forms.ChoiceField(
        label=gettext_lazy("Conversations about it start as"), required=False,
        choices=[("", gettext_lazy("as their words say")), *((str(n), label) for n, label in LABELS.items())],
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def index(request: access.StaffRequest) -> HttpResponse:
    """All intents with how well each is told apart; POST adds one. About 8 queries."""
    access.require(request.principal, intents.VIEW if request.method == "GET" else intents.MANAGE)
    form = IntentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        group = _tried(form, lambda: intents.add(request.principal, given["name"], given["examples"].splitlines()))
        if group:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("intents"))
    return page(request, "desk/intents.html", {"form": form, **_shown(request, _key(request.GET.get("key", "")))})


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: access.StaffRequest, intent_id: UUID) -> HttpResponse:
    """One intent and its examples; POST changes its name, description, urgency."""
    access.require(request.principal, intents.VIEW if request.method == "GET" else intents.MANAGE)
    view = intents.get(request.principal, intent_id)
    start = {
        "name": view.name,
        "description": view.description,
        "urgency": "" if view.urgency is None else view.urgency,
    }
    form = ChangeForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        values = {
            **form.cleaned_data,
            "urgency": int(form.cleaned_data["urgency"]) if form.cleaned_data["urgency"] else None,
        }
        group = _tried(form, lambda: intents.change(request.principal, intent_id, **values))
        if group:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("intent", args=[intent_id]))
    examples = Example.objects.filter(intent_id=intent_id).order_by("-created_at", "-id")[:_LISTED]
    others = [each for each in intents.listed(request.principal) if each.id != view.id and not each.outside]
    context = {"intent": view, "form": form, "examples": list(examples), "others": others, **_rights(request)}
    return page(request, "desk/intent.html", context)


@require_POST
def outside(request: access.StaffRequest) -> HttpResponse:
    """To the examples of "none of these"."""
    return HttpResponseRedirect(reverse("intent", args=[intents.outside(request.principal)]))


@require_POST
def examples(request: access.StaffRequest, intent_id: UUID) -> HttpResponse:
    """Add examples, one on a line."""
    group = intents.add_examples(request.principal, intent_id, request.POST.get("examples", "").splitlines())
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("intent", args=[intent_id]))


@require_POST
def example_deletion(request: access.StaffRequest, example_id: UUID) -> HttpResponse:
    """Take an example out."""
    access.require(request.principal, intents.EDIT)
    home = Example.objects.filter(pk=example_id).values_list("intent_id", flat=True).first()
    group = intents.remove_example(request.principal, example_id)
    toast(request, _("Removed"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("intent", args=[home]))


@require_POST
def merging(request: access.StaffRequest, intent_id: UUID) -> HttpResponse:
    """Have it go on as another intent (``into``)."""
    access.require(request.principal, intents.MANAGE)
    try:
        into = UUID(request.POST.get("into", ""))
    except ValueError:
        raise Refused("same", _("Choose two different intents.")) from None
    group = intents.merge(request.principal, intent_id, into)
    toast(request, _("Merged"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("intent", args=[into]))


@never_cache
@require_http_methods(["GET", "POST"])
def learning(request: access.StaffRequest) -> HttpResponse:
    """POST starts a training of ``key``; GET is its progress, which the page asks for every two seconds."""
    asked = request.POST if request.method == "POST" else request.GET
    key = _key(asked.get("key", ""))
    if request.method == "POST":
        training.start(request.principal, key)
        toast(request, _("Learning has started. You can leave this page."))
        return HttpResponseRedirect(f"{reverse('intents')}?key={key}")
    access.require(request.principal, intents.VIEW)
    progress = _progress(key)
    response = render(request, "desk/_intents_learning.html", {"key": key, **progress})
    if not progress["under_way"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def version(request: access.StaffRequest, version_id: UUID) -> HttpResponse:
    """Put a version to work."""
    access.require(request.principal, intents.MANAGE)
    key = intelligence.language.version(version_id).key
    group = training.put_to_work(request.principal, version_id)
    toast(request, _("Done"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(f"{reverse('intents')}?key={key}")


@never_cache
@require_GET
def reading(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """What was understood of a conversation, with the ways to correct it: a part of its page."""
    return render(request, "desk/_understood.html", reading_context(request.principal, conversation_id))


@require_POST
def tone(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Say how it sounds."""
    group = understanding_corrections.set_tone(request.principal, conversation_id, request.POST.get("tone", ""))
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return render(request, "desk/_understood.html", reading_context(request.principal, conversation_id))


def reading_context(principal: access.Principal, conversation_id: UUID) -> dict[str, Any]:
    """For ``desk/_understood.html``: the reading, reasons in words, and the names to choose from. 3 queries."""
    view = conversations.get(principal, conversation_id)
    found = understanding.reading_of(conversation_id)
    return {
        "conversation": view, "reading": found, "tones": understanding_corrections.TONES.items(),
        "tone_label": understanding_corrections.TONES.get(view.tone, ""),
        "urgency_label": LABELS.get(view.urgency, ""),
        "reasons": [str(REASONS[key]) for key in found.reasons if key in REASONS] if found else [],
        "intents": [each.name for each in intents.listed(principal) if not each.outside],
        "may_correct": principal.may(conversations.WORK),
    }  # fmt: skip


def _shown(request: access.StaffRequest, key: str) -> dict[str, Any]:
    versions = intelligence.language.history(key)
    live = next((each for each in versions if each.live), None)
    figures = live.figures if live else {}
    texts = training.texts_of(figures.get("misses", []))
    told = figures.get("classes", {})
    rows = [
        (each, share(told[each.name]) if each.name in told else None, told.get(each.name, {}).get("rows", 0))
        for each in intents.listed(request.principal)
    ]
    misses = [
        (texts[source], conversation, truth, said, chance)
        for source, conversation, truth, said, chance in figures.get("misses", [])
        if source in texts
    ]
    return {
        "key": key, "keys": KEYS.items(), "rows": rows, "versions": versions, "live": live, "figures": figures,
        "languages": sorted(figures.get("languages", {}).items()), "misses": misses[:15],
        "confusions": figures.get("confusions", []), "few": sorted(figures.get("few", {}).items()),
        **_progress(key), **_rights(request),
    }  # fmt: skip


def share(told: dict[str, int]) -> float:
    """Of held-out messages of one intent, those that were recognised, 0–1."""
    return told["right"] / max(told["rows"], 1)


def _progress(key: str) -> dict[str, Any]:
    run = training.last(key)
    waits = run is not None and run.state in (JobRun.State.WAITING, JobRun.State.RUNNING)
    failed = run.error if run is not None and run.state == JobRun.State.FAILED else ""
    done = 100 * run.done // run.total if run is not None and run.total else 0
    stage = STAGES.get(run.stage, gettext_lazy("Waiting")) if run is not None else ""
    return {"under_way": run if waits else None, "failed": failed, "share": done, "stage": stage}


def _rights(request: access.StaffRequest) -> dict[str, bool]:
    may = request.principal.may
    return {"may_manage": may(intents.MANAGE), "may_edit": may(intents.EDIT)}


def _key(asked: str) -> str:
    return asked if asked in KEYS else INTENT


def _tried(form: forms.Form, work: Any) -> UUID | None:
    try:
        return UUID(str(work()))
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        form.add_error(None, refused.message)
        return None

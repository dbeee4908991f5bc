"""Pages of models: what was learned, how right it is, what was held out, and the button that learns anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import NotFound, Refused
from amity.base.models import JobRun
from amity.base.pages import toast
from amity.intelligence import api, pages_life, registry, words
from amity.intelligence import training as learning
from amity.intelligence.fitted import RUNGS

CHART = 240  # units of the reliability chart's square
_STAGES = {
    "reading": gettext_lazy("Reading records"),
    "testing": gettext_lazy("Testing"),
    "fitting": gettext_lazy("Learning from everything"),
    "keeping": gettext_lazy("Keeping the model"),
    "scoring": gettext_lazy("Scoring open records"),
}


@require_GET
def models_list(request: access.StaffRequest) -> HttpResponse:
    """Everything that can be learned here, with its verdict. 2 queries per kind."""
    access.require(request.principal, "models.view")
    found = [{"target": t, **_summary(registry.live(t.key)), **_progress(t.key)} for t in api.targets()]
    return render(request, "intelligence/models_list.html", {"models": found, **_rights(request)})


@require_GET
def model_page(request: access.StaffRequest, key: str) -> HttpResponse:
    """One model: verdict, ladder, held-out columns, reliability, misses, groups, drift, versions. 16 queries."""
    access.require(request.principal, "models.view")
    source = learning.source_of(key)
    versions = registry.history(key)
    shown = _shown(versions, request.GET.get("version", ""))
    context: dict[str, Any] = {"target": api.Target(key, source.label(), source.subject_kind), "versions": versions}
    context |= {**_summary(shown), **_progress(key), **_rights(request)}
    if shown:
        context |= _details(shown, source, registry.decisions(key)) | pages_life.groups(shown.card, source)
        context |= pages_life.shown(request.principal, key, next((v for v in versions if v.state == "live"), None))
        context["listed"] = pages_life.listed(versions)
        bases = registry.bases(key)
        context["sensitive"] = [{**s, **bases.get(s["column"], {})} for s in context["sensitive"]]
    return render(request, "intelligence/model_page.html", context)


@require_http_methods(["GET", "POST"])
def training(request: access.StaffRequest, key: str) -> HttpResponse:
    """POST starts a training; GET is the progress that htmx polls, and reloads the page when it is done."""
    source = learning.source_of(key)
    if request.method == "POST":
        api.start_training(request.principal, key)
        toast(request, _("Learning has started. You can leave this page."))
        return redirect("model", key)
    access.require(request.principal, "models.view")
    progress = _progress(key)
    target = api.Target(key, source.label(), source.subject_kind)
    response = render(request, "intelligence/_training.html", {"target": target, **progress, **_rights(request)})
    if not progress["under_way"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def columns(request: access.StaffRequest, key: str) -> HttpResponse:
    """A person's decision on a suspicious column: use=yes, use=no, or empty to leave it to Amity."""
    asked = request.POST if "column" in request.POST else request.GET
    column, answer = asked.get("column", ""), asked.get("use", "")
    if not column or answer not in ("yes", "no", ""):
        raise Refused("bad_decision", _("Say which column, and whether to use it or to hold it out."))
    before = registry.decisions(key).get(column)
    api.decide_column(request.principal, key, column, {"yes": True, "no": False}.get(answer), asked.get("basis", ""))
    text = {
        "yes": _("“%(column)s” will be learned from at the next training."),
        "no": _("“%(column)s” will be held out at the next training."),
        "": _("“%(column)s” is left to Amity again."),
    }[answer]
    was = {True: "yes", False: "no", None: ""}[before]
    undo = f"{reverse('model_columns', args=[key])}?column={_quoted(column)}&use={was}"
    toast(request, text % {"column": column}, undo=undo)
    return redirect("model", key)


def _shown(versions: list[registry.Version], number: str) -> registry.Version | None:
    """The version asked for by number, else the live one."""
    if number:
        found = [v for v in versions if str(v.number) == number]
        if not found:
            raise NotFound(_("There is no such version."))
        return found[0]
    return next((v for v in versions if v.state == "live"), None)


def _summary(version: registry.Version | None) -> dict[str, Any]:
    if version is None:
        return {"version": None}
    card = version.card
    chosen = next((t for t in card["tests"] if t["rung"] == version.rung), card["tests"][0])
    return {
        "version": version,
        "card": card,
        "chosen": chosen,
        "verdict": words.verdict_words(card),
        "rung": words.rung_words(version.rung),
        "rung_note": words.rung_note(version.rung),
        "next": words.next_words(card["next"]),
        "how": words.how_words(card["how"]),
        "note": words.note_words(card["note"]),
        "held_count": len(card["held"]),
    }


def _details(version: registry.Version, source: learning.LabelSource, decisions: dict[str, bool]) -> dict[str, Any]:
    card = version.card
    return {
        "ladder": [_rung(test, version.rung) for test in card["tests"]],
        "untried": [words.rung_words(r) for r in RUNGS if r not in {t["rung"] for t in card["tests"]}],
        "suspicions": _suspicions(card, source, decisions),
        "undecided": any(s["held"] and s["column"] not in decisions for s in card["suspicions"]),
        "chart": _chart(card["reliability"]),
        "used": [source.column_label(c) for c in card["columns"]],
        "dropped": [(source.column_label(c), words.dropped_words(why)) for c, why in sorted(card["dropped"].items())],
    }


def _rung(test: dict[str, Any], held: str) -> dict[str, Any]:
    return {
        **test,
        "name": words.rung_words(test["rung"]),
        "note": words.rung_note(test["rung"]),
        "held": test["rung"] == held,
    }


def _suspicions(card: dict[str, Any], source: learning.LabelSource, decisions: dict[str, bool]) -> list[dict[str, Any]]:
    listed = [
        {
            "column": s["column"],
            "label": source.column_label(s["column"]),
            "evidence": words.evidence_words(s["evidence"]),
            "held": s["column"] in card["held"],
            "decision": decisions.get(s["column"]),
        }
        for s in card["suspicions"]
    ]
    known = {s["column"] for s in [*card["suspicions"], *card.get("sensitive", ())]}
    others = sorted(set(decisions) - known)
    return listed + [
        {
            "column": c,
            "label": source.column_label(c),
            "evidence": [],
            "held": c in card["held"],
            "decision": decisions[c],
        }
        for c in others
    ]


def _chart(bins: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Points of the reliability chart in its own units; the area of a point goes with its rows."""
    most = max((b["rows"] for b in bins), default=1)
    return [
        {
            **b,
            "x": round(b["predicted"] * CHART, 1),
            "y": round((1 - b["observed"]) * CHART, 1),
            "r": round(3 + 4 * (b["rows"] / most) ** 0.5, 1),
        }
        for b in bins
    ]


def _progress(key: str) -> dict[str, Any]:
    """The training under way, if any; else how the last one failed. 2 queries."""
    run_id: UUID | None = api.training_under_way(key)
    if run_id is None:
        last = (
            JobRun.objects.filter(kind="intelligence.train", subject_id=api.subject_id(key))
            .order_by("-created_at")
            .first()
        )
        return {"under_way": None, "failed": last.error if last and last.state == JobRun.State.FAILED else ""}
    run = JobRun.objects.get(pk=run_id)
    share = round(100 * run.done / run.total) if run.total else 0
    stage = run.stage.split(" ")[0].replace("tested", "testing")
    return {"under_way": run, "share": share, "stage": str(_STAGES.get(stage, _("Waiting for its turn"))), "failed": ""}


def _rights(request: access.StaffRequest) -> dict[str, bool]:
    return {"may_train": request.principal.may("models.train"), "may_decide": request.principal.may("models.decide")}


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")

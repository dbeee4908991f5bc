"""What the page of a model shows of its life, and the buttons that move it: approve, shadow, roll back, replay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.errors import NotFound, Refused
from amity.base.pages import toast
from amity.intelligence import life, life_words, misses, reasons, registry, scoring, watching
from amity.intelligence import training as learning
from amity.intelligence.models import ModelVersion, TargetPolicy
from amity.intelligence.monitoring import MOVED

WIDTH, HEIGHT = 480, 96  # units of the drift chart
_TOP = 0.5  # stability index at its upper edge
_MOVES = {"live": life.approve, "shadow": life.put_in_shadow, "retired": life.retire}


@require_POST
def version(request: access.StaffRequest, key: str, version_id: UUID) -> HttpResponse:
    """Put a version to work, in shadow, or aside: ``state`` live, shadow or retired."""
    access.require(request.principal, "models.decide")
    move = _MOVES.get(request.POST.get("state", ""))
    if move is None:
        raise Refused("bad_state", _("Say live, shadow or retired."))
    _done(request, move(request.principal, learning.source_of(key).key, version_id))
    return redirect("model", key)


@require_POST
def rollback(request: access.StaffRequest, key: str) -> HttpResponse:
    """Back to what worked before; open records are scored again in the background."""
    _done(request, life.roll_back(request.principal, learning.source_of(key).key))
    return redirect("model", key)


@require_POST
def policy(request: access.StaffRequest, key: str) -> HttpResponse:
    """Who puts new versions to work (``promotion``), and whether groups may be compared (``fairness`` yes, no)."""
    access.require(request.principal, "models.decide")
    promote = request.POST.get("promotion") or None
    fair = {"yes": True, "no": False}.get(request.POST.get("fairness", ""))
    group = life.set_policy(request.principal, learning.source_of(key).key, promote, fair)
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return redirect("model", key)


@require_GET
def replay(request: access.StaffRequest, score_id: UUID) -> HttpResponse:
    """A ledger row, computed again from its own features by the very version that said it."""
    access.require(request.principal, "models.view")
    row = scoring.row_of(score_id)
    source = learning.source_of(row.target)
    if row.subject_id not in source.visible(request.principal, [row.subject_id]):
        raise NotFound(_("There is no such score."))
    stored, again = scoring.replay(score_id)
    known = [(source.column_label(name), value) for name, value in sorted(row.features.items()) if name != "opened"]
    context = {
        "row": row, "label": source.label(), "again": again, "same": abs(stored - again) < 1e-9, "known": known,
        "worded": reasons.worded(row.reasons, source.column_label), "number": registry.version(row.model_id).number,
    }  # fmt: skip
    return render(request, "intelligence/score_replay.html", context)


def shown(principal: access.Principal, key: str, live: registry.Version | None) -> dict[str, Any]:
    """Everything of a model's life that its page shows. 9 queries."""
    label = learning.source_of(key).column_label
    found, judged = misses.last_misses(principal, key)
    looks = watching.checks(key)
    rules = life.policy(key)
    return {
        "promotion": rules.promotion,
        "promotions": TargetPolicy.Promotion.choices,
        "fairness_on": rules.fairness,
        "misses": found,
        "judged": judged,
        "subject_kind": learning.source_of(key).subject_kind,
        "looks": looks,
        "drift": _chart([_size(look.figures) for look in looks], [look.raised for look in looks]),
        "alarms": [(look, life_words.alarm_words(look.alarms, label)) for look in looks[::-1] if look.raised][:5],
        "proofs": watching.proofs(key),
        "why": life_words.why_words(live.why) if live else "",
        "stands_in": bool(live and live.why.get("code") == "stands_in"),
        "stood_in": life_words.alarm_words(live.why.get("alarms", []), label) if live else [],
        "before": life.version_before(key) if live else None,
    }


def listed(versions: list[registry.Version]) -> list[dict[str, Any]]:
    """Versions with their state in words, why, and how a shadow stands beside what people were shown."""
    return [
        {
            "version": each,
            "state": str(life_words.STATES.get(each.state, each.state)),
            "why": life_words.why_words(each.why),
            "standing": each.card.get("standing") if each.state == ModelVersion.State.SHADOW else None,
            "moves": each.state != ModelVersion.State.LIVE,
        }
        for each in versions
    ]


def groups(card: dict[str, Any], source: learning.LabelSource) -> dict[str, Any]:
    """Parts of the company, groups of people, and sensitive columns, worded."""
    parts = [{**s, "label": source.column_label(s["column"])} for s in card.get("slices", [])]
    fair = [
        {**f, "label": source.column_label(f["column"]), "told": life_words.apart_words(f["apart"])}
        for f in card.get("fairness", [])
    ]
    kinds = [
        {**s, "label": source.column_label(s["column"]), "kind": str(life_words.KINDS.get(s["kind"], s["kind"]))}
        for s in card.get("sensitive", [])
    ]
    return {"slices": parts, "fairness": fair, "sensitive": kinds}


def _done(request: access.StaffRequest, group: UUID) -> None:
    toast(
        request,
        _("Done. Open records are being scored again in the background."),
        undo=reverse("undo", args=[group]),
    )


def _size(figures: dict[str, Any]) -> float:
    """How far the column that moved most has moved on one day."""
    return max((float(v) for name, v in figures.items() if name.startswith("psi:")), default=0.0)


def _chart(sizes: list[float], raised: list[bool]) -> dict[str, Any]:
    """Points of the drift chart in its own units, its line and the threshold."""
    step = WIDTH / max(len(sizes) - 1, 1)
    points = [
        {"x": round(i * step, 1), "y": round(HEIGHT * (1 - min(size, _TOP) / _TOP), 1), "raised": up, "size": size}
        for i, (size, up) in enumerate(zip(sizes, raised, strict=True))
    ]
    line = " ".join(f"{p['x']},{p['y']}" for p in points)
    return {"points": points, "line": line, "limit": round(HEIGHT * (1 - MOVED / _TOP), 1)}

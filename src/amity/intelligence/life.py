"""A model's life: candidate → shadow → live → retired; who moves it, why, and how it is put back.

One version of a target is live. Every move is audited with its reason and can be undone; after a move the open records
are scored again in the background.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import stable_id
from amity.intelligence import registry
from amity.intelligence.features import FeatureSpec
from amity.intelligence.fitted import Model
from amity.intelligence.judged import NextRung, Trained, rung_test
from amity.intelligence.metrics import row_losses
from amity.intelligence.models import ModelVersion, TargetPolicy

State = ModelVersion.State
MOVED = "intelligence.move"  # kind of the undo step
POLICY = "intelligence.policy"
MOST_SHADOWS = 2
_CARRIED: dict[str, Any] = {"held": [], "suspicions": [], "sensitive": [], "open": 0, "note": ""}
Why = dict[str, Any]


def subject_id(key: str) -> UUID:
    """Under which id the progress rows of a target are found."""
    return stable_id("intelligence.target", key)


def settle(principal: access.Principal, version: registry.Version, challenge: Mapping[str, Any]) -> registry.Version:
    """Decide what becomes of a new candidate: live, in shadow, or waiting for a person's word. One transaction.

    ``challenge``: how it did beside the live version on the newest outcomes, see `shadow.challenge`.
    """
    code = str(challenge["code"])
    automatic = promotion(version.target) == TargetPolicy.Promotion.AUTOMATIC
    state = State.LIVE if code == "first" or (automatic and code != "worse") else State.SHADOW
    with transaction.atomic():
        _enter(principal, version.target, version.id, state, dict(challenge))
    return registry.version(version.id)


def approve(principal: access.Principal, target: str, version_id: UUID) -> UUID:
    """Put a version to work; returns the undo group. Raises ``Refused("model_is_live")``."""
    return _move(principal, target, version_id, State.LIVE, {"code": "approved"})


def put_in_shadow(principal: access.Principal, target: str, version_id: UUID) -> UUID:
    """Let a version score beside the live one, unseen; returns the undo group."""
    return _move(principal, target, version_id, State.SHADOW, {"code": "watched"})


def retire(principal: access.Principal, target: str, version_id: UUID) -> UUID:
    """Stop scoring beside; the live version can only be replaced. Returns the undo group."""
    return _move(principal, target, version_id, State.RETIRED, {"code": "stopped"})


def roll_back(principal: access.Principal, target: str) -> UUID:
    """Put what worked before back to work; returns the undo group. Raises ``no_version_before``."""
    access.require(principal, "models.decide")
    before = version_before(target)
    if before is None:
        raise Refused("no_version_before", _("There is no earlier version to go back to."), 409)
    return _move(principal, target, before.id, State.LIVE, {"code": "rolled_back"})


def version_before(target: str) -> registry.Version | None:
    """The newest version older than the live one that has been at work and was not found wrong. 3 queries."""
    live = registry.live(target)
    rows = ModelVersion.objects.filter(target=target, lived_at__isnull=False).exclude(state=State.LIVE)
    rows = rows.exclude(why__code="demoted")
    if live is not None:
        rows = rows.filter(number__lt=live.number)
    found = rows.order_by("-number").values_list("id", flat=True).first()
    return registry.version(found) if found else None


def demote(target: str, why: Why, to: UUID | None) -> registry.Version:
    """Take the live version out of work because it was found wrong: ``to`` another one, or the base rate."""
    live = registry.live(target)
    if live is None:
        raise NotFound(_("There is no such model."))
    new = to or base_rate(target, live, why).id
    with transaction.atomic():
        _enter(access.SYSTEM, target, new, State.LIVE, {**why, "code": "stands_in", "number": live.number})
        ModelVersion.objects.filter(pk=live.id).update(why={**why, "code": "demoted"})
        detail = {"target": target, "number": live.number, "reasons": why.get("alarms", [])}
        access.record(access.SYSTEM, "model.demoted", "model", live.id, detail)
        rescore(access.SYSTEM, target)
    return registry.version(new)


def base_rate(target: str, live: registry.Version, why: Why) -> registry.Version:
    """A version that says the share won lately (``why`` has ``wins`` and ``losses``, else what the live one saw)."""
    wins = int(why.get("wins", live.positives))
    losses = int(why.get("losses", live.rows - live.positives))
    model = Model("base", FeatureSpec((), {}), wins, losses)
    truth = np.concatenate([np.ones(wins), np.zeros(losses)])
    chance = np.full(wins + losses, (wins + 0.5) / (wins + losses + 1))
    each = row_losses(truth, chance)
    test = rung_test("base", each, each, truth, chance)
    following = NextRung("linear", "more_decided", 100)
    trained = Trained(model, "too_few", (test,), following, "none", wins + losses, wins, 0.5, 0.5, ())
    kept = {name: live.card.get(name, empty) for name, empty in _CARRIED.items()}
    window = {"from": live.data_from, "until": live.data_until, "decided_until": live.card.get("decided_until")}
    return registry.keep(access.SYSTEM, target, trained, kept | window)


def promotion(target: str) -> str:
    """Who puts new versions of a target to work: automatic or approval. 1 query."""
    found = TargetPolicy.objects.filter(target=target).values_list("promotion", flat=True).first()
    return found or TargetPolicy.Promotion.AUTOMATIC


def policy(target: str) -> TargetPolicy:
    """The rules of a target, the usual ones where nobody decided. 1 query."""
    return TargetPolicy.objects.filter(target=target).first() or TargetPolicy(target=target)


def set_policy(
    principal: access.Principal, target: str, promote: str | None = None, fairness: bool | None = None
) -> UUID:
    """Change who puts versions to work, and whether groups of people may be compared; returns the undo group."""
    access.require(principal, "models.decide")
    if promote is not None and promote not in TargetPolicy.Promotion.values:
        raise Refused("bad_promotion", _("Say “automatic” or “approval”."))
    with transaction.atomic():
        was = policy(target)
        before = {"promotion": was.promotion, "fairness": was.fairness}
        after = {
            "promotion": promote or was.promotion,
            "fairness": was.fairness if fairness is None else fairness,
        }
        _keep_policy(principal, target, after)
        return undo.note(principal, POLICY, {"target": target, "after": after}, before)


def put_policy_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler of `set_policy`."""
    access.require(principal, "models.decide")
    now = policy(args["target"])
    if {"promotion": now.promotion, "fairness": now.fairness} == args["after"]:
        _keep_policy(principal, args["target"], before)


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler of moves: every version gets the state it had, unless somebody moved one since."""
    access.require(principal, "models.decide")
    rows = ModelVersion.objects.select_for_update().filter(target=args["target"])
    now = _states(args["target"])
    if now != args["after"]:
        raise Refused("moved_since", _("The versions have been moved since."), 409)
    changed = {pk: was for pk, was in before.items() if now.get(pk) != was}
    rows.filter(pk__in=changed, state=State.LIVE).update(state=State.RETIRED)
    for pk, (state, why, lived) in changed.items():
        moment = datetime.fromisoformat(lived) if lived else None
        rows.filter(pk=pk).update(state=state, why=why, lived_at=moment)
        access.record(principal, "model.put_back", "model", pk, {"target": args["target"], "state": state})
    rescore(principal, args["target"])


def rescore(principal: access.Principal, target: str) -> None:
    """Score the open records with what is live now, in the background."""
    jobs.start(
        "intelligence.score",
        "intelligence.score",
        subject_id=subject_id(target),
        started_by=principal.staff_id,
        target=target,
    )


def _move(principal: access.Principal, target: str, version_id: UUID, state: State, why: Why) -> UUID:
    access.require(principal, "models.decide")
    with transaction.atomic():
        before = _states(target)
        _enter(principal, target, version_id, state, why)
        rescore(principal, target)
        return undo.note(principal, MOVED, {"target": target, "after": _states(target)}, before)


def _enter(principal: access.Principal, target: str, version_id: UUID, state: State, why: Why) -> None:
    rows = ModelVersion.objects.select_for_update().filter(target=target)
    known = {row["id"]: row for row in rows.values("id", "state", "number")}
    if version_id not in known:
        raise NotFound(_("There is no such version."))
    if known[version_id]["state"] == State.LIVE:
        raise Refused("model_is_live", _("This version is at work already."), 409)
    number = known[version_id]["number"]
    if state == State.LIVE:
        rows.filter(state=State.LIVE).update(state=State.RETIRED, why={"code": "replaced", "number": number})
        rows.filter(pk=version_id).update(state=state, why=why, lived_at=clock.now())
    else:
        rows.filter(pk=version_id).update(state=state, why=why)
    if state == State.SHADOW:
        older = rows.filter(state=State.SHADOW).exclude(pk=version_id).order_by("-number")
        surplus = list(older.values_list("id", flat=True)[MOST_SHADOWS - 1 :])
        rows.filter(pk__in=surplus).update(state=State.RETIRED, why={"code": "replaced", "number": number})
    access.record(
        principal, f"model.{state.value}", "model", version_id, {"target": target, "number": number, "why": why["code"]}
    )


def _states(target: str) -> dict[str, Any]:
    rows = ModelVersion.objects.filter(target=target).values_list("id", "state", "why", "lived_at")
    return {str(pk): [state, why, lived.isoformat() if lived else ""] for pk, state, why, lived in rows}


def _keep_policy(principal: access.Principal, target: str, values: dict[str, Any]) -> None:
    TargetPolicy.objects.update_or_create(target=target, defaults={**values, "changed_at": clock.now()})
    access.record(principal, "model.policy", "target", target, values)

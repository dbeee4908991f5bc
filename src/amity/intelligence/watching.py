"""Every day: look for drift, take a model that is no longer right out of work, judge shadows, keep the proof."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from amity.base import clock
from amity.intelligence import life, monitoring, registry, shadow
from amity.intelligence.fitted import Model
from amity.intelligence.metrics import auc, ece, log_loss
from amity.intelligence.models import DriftCheck, Proof
from amity.intelligence.monitoring import Look, Outcomes
from amity.intelligence.said import Said, said
from amity.intelligence.scoring import score_changed
from amity.intelligence.training import Frame, Report, source_of, with_outcomes

CHARTED = 60  # days of the drift chart
PROVEN_MONTHS = 12
RECENT = timedelta(days=30)  # outcomes by which a stand-in is chosen


def watch(key: str, report: Report) -> Look | None:
    """One day's care for one target; None where nothing has been learned. Safe to run twice a day."""
    version = registry.live(key)
    if version is None:
        return None
    report(0, 4, "reading")
    frame = with_outcomes(source_of(key).load())
    told, now = said(key, frame), clock.now()
    look = look_at(version, frame, told, now)
    _keep(version, look, now)
    report(1, 4, "testing")
    if look.breach:
        stand_in(key, version, look, told)
    shadow.judge(key, frame)
    prove(key, told, now)
    report(2, 4, "scoring")
    score_changed(key, frame, report)
    return look


def look_at(version: registry.Version, frame: Frame, told: Said, now: datetime) -> Look:
    """Compare the newest records and outcomes with what ``version`` learned from."""
    model, window = registry.model_of(version.id), registry.window_of(version.id)
    spans = [(days, _newest(model, frame, now, days)) for days in monitoring.SPANS]
    outcomes = []
    for days in monitoring.SPANS:
        part = told.since(max(now - timedelta(days=days), version.lived_at or version.created_at))
        outcomes.append(Outcomes(days, part.value, part.outcome))
    return monitoring.examine(window, model, spans, outcomes)


def stand_in(key: str, version: registry.Version, look: Look, told: Said) -> registry.Version:
    """Put the version before to work if it was right about the newest outcomes, else the share won lately."""
    part = told.since(clock.now() - RECENT)
    why: dict[str, Any] = {"breach": look.breach, "alarms": [a.as_dict() for a in look.alarms[:10]]}
    if len(part) >= monitoring.LEAST_DECIDED:
        why |= {"wins": int(part.outcome.sum()), "losses": int(len(part) - part.outcome.sum())}
    before = life.version_before(key)
    fit = before is not None and before.rung != "base" and _fits(key, before, look, part)
    return life.demote(key, why, before.id if before is not None and fit else None)


def prove(key: str, told: Said, now: datetime) -> list[Proof]:
    """Keep the proof of the last full month, once: what was shown before the outcomes beside the outcomes."""
    this = now.date().replace(day=1)
    month = (this - timedelta(days=1)).replace(day=1)
    if Proof.objects.filter(target=key, month=month).exists():
        return []
    zone = now.tzinfo
    start, end = (datetime(d.year, d.month, 1, tzinfo=zone) for d in (month, this))
    part = told.since(start, end)
    version = registry.live(key)
    if not len(part) or version is None:
        return []
    return [Proof.objects.create(model_id=version.id, target=key, month=month, rows=len(part), figures=proof_of(part))]


def proof_of(part: Said) -> dict[str, Any]:
    """Figures of what was said beside what happened."""
    share = np.full(len(part), float(part.outcome.mean()))
    inside = (part.outcome.mean() >= part.low.mean()) and (part.outcome.mean() <= part.high.mean())
    return {
        "said": float(part.value.mean()), "won": float(part.outcome.mean()), "auc": auc(part.outcome, part.value),
        "log_loss": log_loss(part.outcome, part.value), "base_log_loss": log_loss(part.outcome, share),
        "ece": ece(part.outcome, part.value), "inside": bool(inside),
    }  # fmt: skip


def proofs(key: str) -> list[Proof]:
    """Kept proofs, newest first. 1 query."""
    rows = Proof.objects.filter(target=key).select_related("model").defer("model__artefact", "model__window")
    return list(rows.order_by("-month")[:PROVEN_MONTHS])


def checks(key: str) -> list[DriftCheck]:
    """The daily looks of the last 60 days, oldest first. 1 query."""
    rows = DriftCheck.objects.filter(target=key).order_by("-day", "-checked_at")[:CHARTED]
    return list(rows)[::-1]


def _keep(version: registry.Version, look: Look, now: datetime) -> None:
    day: date = now.date()
    DriftCheck.objects.update_or_create(
        target=version.target,
        model_id=version.id,
        day=day,
        defaults={
            "raised": bool(look.alarms),
            "alarms": [a.as_dict() for a in look.alarms[:20]],
            "figures": {**look.figures, "breach": look.breach},
            "checked_at": now,
        },
    )


def _newest(model: Model, frame: Frame, now: datetime, days: int) -> Any:
    if frame.opened_at is None:
        return model.spec.transform(frame.columns[:0])
    rows = np.flatnonzero(monitoring.recent(frame.opened_at, now, days))
    return model.spec.transform(frame.columns[rows], frame.opened_at[rows])


def _fits(key: str, before: registry.Version, look: Look, part: Said) -> bool:
    """Whether an earlier version hears no alarm itself: it uses no moved column and was right about the newest."""
    moved = {a.column for a in look.alarms if a.column}
    if moved & set(before.card["columns"]):
        return False
    if look.breach == "calibration" and len(part) < monitoring.LEAST_DECIDED:
        return False
    frame = with_outcomes(source_of(key).load())
    at = {subject: i for i, subject in enumerate(frame.ids) if not np.isnan(frame.outcome[i])}  # as the outcome knew it
    rows = [at[i] for i in part.ids if i in at]
    if len(rows) < monitoring.LEAST_DECIDED:
        return look.breach != "calibration"
    opened = None if frame.opened_at is None else frame.opened_at[rows]
    own = registry.model_of(before.id).score(frame.columns[rows], opened).probability
    truth = part.outcome
    share = np.full(len(truth), float(truth.mean()))
    right = monitoring.examine({"wins": before.positives, "losses": before.rows - before.positives, "columns": []},
                               registry.model_of(before.id), [], [Outcomes(30, own, truth)])  # fmt: skip
    return not right.breach and log_loss(truth, own) < log_loss(truth, share)


__all__ = ["checks", "look_at", "proof_of", "proofs", "prove", "stand_in", "watch"]

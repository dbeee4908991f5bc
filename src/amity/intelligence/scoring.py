"""Scoring open records into the ledger, reading the latest scores in batches, and replaying any ledger row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.templatetags.amity_ui import UNSURE
from amity.events import api as events
from amity.intelligence import life, registry, shadow
from amity.intelligence.features import ISO
from amity.intelligence.fitted import Model, Scores
from amity.intelligence.models import ModelVersion, Score
from amity.intelligence.reasons import stored_reasons
from amity.intelligence.training import Frame, Report, learn, source_of, table_of, with_outcomes

BATCH = 2_000
_TOO_MANY = 1_000
_OPENED = "opened"
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Ledger:
    """The latest score of one subject, as stored; ``trend`` is the change since the score before (±1)."""

    id: UUID
    target: str
    subject_id: UUID
    value: float
    low: float
    high: float
    gain_minor: int | None
    reasons: list[list[Any]]
    trend: float | None
    scored_at: datetime
    version: registry.Version


def train_and_score(principal: access.Principal, key: str, report: Report) -> tuple[registry.Version, int]:
    """Learn from everything decided, let the result stand against the live version, and score every open record.

    Returns the new version and how many records the live one, whichever it is now, has scored.
    """
    access.require(principal, "models.train")
    champion = registry.live(key)
    version, frame = learn(principal, key, report)
    version = life.settle(principal, version, shadow.challenge(key, frame, version.card["held"], champion))
    return version, score_frame(key, frame, report)


def score_open(key: str, report: Report) -> int:
    """Score every open record with the live model; returns how many."""
    return score_frame(key, with_outcomes(source_of(key).load()), report)


def score_frame(key: str, frame: Frame, report: Report) -> int:
    """Score all rows of ``frame`` that people want to see; returns how many. 5 queries per batch of 2,000.

    Versions in shadow score beside, unseen.
    """
    version = registry.live(key)
    if version is None:
        raise Refused("not_trained", _("Nothing has been learned yet: train the model first."), 409)
    rows = np.flatnonzero(frame.to_score)
    return _score_rows(key, version, frame, rows, rows, report)


def _score_rows(
    key: str, version: registry.Version, frame: Frame, rows: NDArray[Any], kept: NDArray[Any], report: Report
) -> int:
    """Score ``rows``; of all scores shown only those of ``kept`` stay."""
    now = clock.now()
    every = [version, *shadow.shadows(key)]
    models = [registry.model_of(v.id) for v in every]
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        for each, model in zip(every, models, strict=True):
            _write(each, model, source_of(key).subject_kind, frame, part, now)
        report(start + len(part), len(rows), "scoring")
    # Records that are no longer open keep their ledger rows, but nobody should be told to call them.
    _retire_others(key, [frame.ids[i] for i in kept])
    return len(rows)


def score_changed(key: str, frame: Frame, report: Report) -> int:
    """Score open records whose chance differs from what stands there; returns how many were written.

    For daily care: a ledger that repeats itself every day for every record would drown in its own rows.
    """
    version = registry.live(key)
    if version is None:
        return 0
    rows = np.flatnonzero(frame.to_score)
    shown = dict(Score.objects.filter(target=key, current=True, model_id=version.id).values_list("subject_id", "value"))
    opened = None if frame.opened_at is None else frame.opened_at[rows]
    now = registry.model_of(version.id).score(frame.columns[rows], opened, clock.now()).probability
    fresh = np.array(
        [abs(shown.get(frame.ids[i], 9.0) - p) > _SAME for i, p in zip(rows, now, strict=True)], dtype=bool
    )
    return _score_rows(key, version, frame, rows[fresh], rows, report)


def latest(target_of_kind: Sequence[str], subject_ids: Iterable[UUID]) -> dict[UUID, Ledger]:
    """Latest scores of up to 1,000 subjects under the given targets. 1 query, always."""
    ids = list(subject_ids) or [UUID(int=0)]
    if len(ids) > _TOO_MANY:
        raise ValueError(f"At most {_TOO_MANY} subjects at once.")
    rows = Score.objects.filter(target__in=target_of_kind, subject_id__in=ids)
    before = Score.objects.filter(
        subject_id=OuterRef("subject_id"), target=OuterRef("target"), current=False, shadow=False
    )
    earlier = Subquery(before.order_by("-scored_at").values("value")[:1])
    now = rows.filter(current=True).select_related("model").defer("model__artefact", "model__window", "features")
    return {s.subject_id: _ledger(s, s.earlier) for s in now.annotate(earlier=earlier)}


def ranked(target: str, start: int, count: int) -> list[UUID]:
    """Subjects of the current scores of ``target``, most worth a call first: by gain, then by chance.

    Those that are not sure enough to name a number come after all others. 1 query, 3 at the end of the sure ones.
    """
    rows = Score.objects.filter(target=target, current=True)
    ordered = rows.order_by(F("gain_minor").desc(nulls_last=True), "-value", "subject_id")
    sure = ordered.filter(high__lte=F("low") + UNSURE).values_list("subject_id", flat=True)
    found = list(sure[start : start + count])
    if len(found) == count:
        return found
    begin = max(0, start - sure.count())
    doubtful = ordered.filter(high__gt=F("low") + UNSURE).values_list("subject_id", flat=True)
    return found + list(doubtful[begin : begin + count - len(found)])


def row_of(score_id: UUID) -> Score:
    """One ledger row; raises ``NotFound``. 1 query."""
    row = Score.objects.filter(pk=score_id).first()
    if row is None:
        raise NotFound(_("There is no such score."))
    return row


def replay(score_id: UUID) -> tuple[float, float]:
    """(value as stored, value computed again from the ledger's own features by the very model version). 2 queries."""
    row = Score.objects.filter(pk=score_id).values("value", "model_id", "features", "scored_at").first()
    if row is None:
        raise NotFound(_("There is no such score."))
    features = dict(row["features"])
    opened = features.pop(_OPENED, None)
    times = pl.Series(_OPENED, [opened], dtype=pl.String).str.to_datetime(ISO, time_unit="us")
    table = table_of([features]) if features else pl.DataFrame({"nothing": [None]})
    scores = registry.model_of(row["model_id"]).score(table, times, row["scored_at"])
    return float(row["value"]), float(scores.probability[0])


def replay_some(count: int) -> tuple[int, list[UUID]]:
    """Replay ``count`` random ledger rows; returns how many there were and which gave another number."""
    ids = list(Score.objects.order_by("?").values_list("id", flat=True)[:count])
    other = [pk for pk in ids if abs(np.subtract(*replay(pk))) >= _SAME]
    return len(ids), other


def _write(version: registry.Version, model: Model, kind: str, frame: Frame, rows: Any, now: datetime) -> None:
    table = frame.columns[rows]
    opened = None if frame.opened_at is None else frame.opened_at[rows]
    matrix = model.spec.transform(table, opened, now)
    scores, parts = model.score_and_explain(matrix)
    reasons = stored_reasons(matrix, parts)
    features = _features(model, table, opened)
    ids = [frame.ids[i] for i in rows]
    values = [None if frame.value_minor is None else frame.value_minor[i] for i in rows]
    new = [_row(version, kind, ids[i], scores, i, values[i], reasons[i], features[i], now) for i in range(len(ids))]
    if version.state == ModelVersion.State.SHADOW:
        Score.objects.bulk_create(new)
        return
    with transaction.atomic():
        Score.objects.filter(target=version.target, subject_id__in=ids, current=True).update(current=False)
        Score.objects.bulk_create(new)
        told = {"target": version.target, "kind": kind, "ids": [str(each) for each in ids]}
        events.publish("score.changed", None, told)


def _row(
    version: registry.Version, kind: str, subject_id: UUID, scores: Scores, i: int, value_minor: int | None,
    reasons: list[Any], features: dict[str, Any], now: datetime,
) -> Score:  # fmt: skip
    chance = float(scores.probability[i])
    return Score(
        model_id=version.id,
        target=version.target,
        subject_kind=kind,
        subject_id=subject_id,
        value=chance,
        low=float(scores.low[i]),
        high=float(scores.high[i]),
        gain_minor=None if value_minor is None else round(chance * value_minor),
        reasons=reasons,
        features=features,
        shadow=version.state == ModelVersion.State.SHADOW,
        current=version.state != ModelVersion.State.SHADOW,
        scored_at=now,
    )


def _features(model: Model, table: pl.DataFrame, opened: pl.Series | None) -> list[dict[str, Any]]:
    """What the score rests on, as plain JSON, for replay."""
    if model.rung == "base":
        return [{}] * table.height
    kept = table.select([c.name for c in model.spec.columns if c.name in table.columns])
    if opened is not None:
        kept = kept.with_columns(opened.alias(_OPENED))
    stamped = kept.with_columns(pl.selectors.temporal().cast(pl.Datetime("us")).dt.strftime(ISO))
    return [{k: v for k, v in row.items() if v is not None} for row in stamped.iter_rows(named=True)]


def _retire_others(key: str, kept: list[UUID]) -> None:
    present = set(kept)
    shown = (
        Score.objects.filter(target=key, current=True).values_list("subject_id", flat=True).iterator(chunk_size=10_000)
    )
    gone = [i for i in shown if i not in present]
    for start in range(0, len(gone), BATCH):
        Score.objects.filter(target=key, current=True, subject_id__in=gone[start : start + BATCH]).update(current=False)


def _ledger(row: Score, before: float | None) -> Ledger:
    fields = {slot: getattr(row.model, slot) for slot in registry.VERSION_FIELDS}
    return Ledger(
        id=row.id,
        target=row.target,
        subject_id=row.subject_id,
        value=row.value,
        low=row.low,
        high=row.high,
        gain_minor=row.gain_minor,
        reasons=row.reasons,
        trend=None if before is None else row.value - before,
        scored_at=row.scored_at,
        version=registry.Version(**fields, hash=row.model.artefact_hash),
    )

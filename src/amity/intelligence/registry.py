"""The register of models: versions with card, data window, metrics and artefact; one live version per target."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound
from amity.intelligence.fitted import Model, dump, load
from amity.intelligence.judged import Trained
from amity.intelligence.models import ColumnDecision, ModelVersion


@dataclass(frozen=True, slots=True)
class Version:
    """A stored model without its artefact. ``card`` is plain JSON, see ``card_of``."""

    id: UUID
    target: str
    number: int
    rung: str
    signal: bool
    state: str
    rows: int
    positives: int
    data_from: datetime | None
    data_until: datetime | None
    card: dict[str, Any]
    why: dict[str, Any]
    lived_at: datetime | None
    hash: str
    created_at: datetime

    @property
    def base_rate(self) -> float:
        """Share of wins among the rows it learned from."""
        return (self.positives + 0.5) / (self.rows + 1)


VERSION_FIELDS = ("id", "target", "number", "rung", "signal", "state", "rows", "positives", "data_from", "data_until",
                  "card", "why", "lived_at", "created_at")  # fmt: skip
_FIELDS = (*VERSION_FIELDS, "artefact_hash")


def keep(principal: access.Principal, target: str, trained: Trained, data: dict[str, Any]) -> Version:
    """Store a training as the next version, a candidate. One short transaction."""
    text, digest = dump(trained.model)
    with transaction.atomic():
        versions = ModelVersion.objects.select_for_update().filter(target=target)
        number = (versions.aggregate(top=Max("number"))["top"] or 0) + 1
        row = ModelVersion.objects.create(
            target=target,
            number=number,
            rung=trained.model.rung,
            signal=trained.verdict == "signal",
            state=ModelVersion.State.CANDIDATE,
            rows=trained.rows,
            positives=trained.wins,
            data_from=_aware(data.get("from")),
            data_until=_aware(data.get("until")),
            card=card_of(trained, data),
            artefact=json.loads(text),
            artefact_hash=digest,
            window=data.get("window", {}),
            trained_by=principal.staff_id,
            created_at=clock.now(),
        )
        detail = {"target": target, "number": number, "rung": row.rung, "rows": row.rows, "hash": digest}
        access.record(principal, "model.trained", "model", row.id, detail)
    return version(row.id)


def card_of(trained: Trained, data: dict[str, Any]) -> dict[str, Any]:
    """Everything that the model's page shows, as plain JSON."""
    return {
        "verdict": trained.verdict,
        "how": trained.how,
        "next": asdict(trained.next_rung),
        "auc_low": trained.auc_low,
        "auc_high": trained.auc_high,
        "tests": [{**asdict(t), "quality": t.quality.as_dict()} for t in trained.tests],
        "reliability": [asdict(b) for b in trained.reliability],
        "rules": list(trained.rules),
        "columns": [c.name for c in trained.model.spec.columns],
        "dropped": dict(trained.model.spec.dropped),
        "held": data["held"],
        "suspicions": data["suspicions"],
        "open": data["open"],
        "note": data["note"],
        "decided_until": data.get("decided_until"),
        "sensitive": data.get("sensitive", []),
        "slices": data.get("slices", []),
        "fairness": data.get("fairness", []),
    }


def live(target: str) -> Version | None:
    """The version that scores now. 1 query."""
    row = ModelVersion.objects.filter(target=target, state=ModelVersion.State.LIVE).values(*_FIELDS).first()
    return _version(row) if row else None


def all_live() -> dict[str, Version]:
    """The version that scores now, by target. 1 query."""
    rows = ModelVersion.objects.filter(state=ModelVersion.State.LIVE).values(*_FIELDS)
    return {row["target"]: _version(row) for row in rows}


def version(version_id: UUID) -> Version:
    """One version; raises ``NotFound``. 1 query."""
    row = ModelVersion.objects.filter(pk=version_id).values(*_FIELDS).first()
    if row is None:
        raise NotFound(_("There is no such model."))
    return _version(row)


def history(target: str, limit: int = 20) -> list[Version]:
    """Versions of a target, newest first. 1 query."""
    rows = ModelVersion.objects.filter(target=target).order_by("-number").values(*_FIELDS)[:limit]
    return [_version(row) for row in rows]


def window_of(version_id: UUID) -> dict[str, Any]:
    """Distributions of what a version learned from. 1 query."""
    return ModelVersion.objects.filter(pk=version_id).values_list("window", flat=True).first() or {}


def model_of(version_id: UUID) -> Model:
    """The scoring model of a version, checked against its hash. 1 query the first time, none later."""
    return _loaded(version_id)


def decisions(target: str) -> dict[str, bool]:
    """People's decisions on suspicious columns: heading -> whether to use it. 1 query."""
    return dict(ColumnDecision.objects.filter(target=target).values_list("column", "use"))


def bases(target: str) -> dict[str, dict[str, Any]]:
    """People's decisions with the lawful ground they gave: heading -> {decision, basis}. 1 query."""
    rows = ColumnDecision.objects.filter(target=target).values_list("column", "use", "basis")
    return {column: {"decision": use, "basis": basis} for column, use, basis in rows}


def decide(principal: access.Principal, target: str, column: str, use: bool | None, basis: str = "") -> None:
    """Keep a person's decision for the next training; None takes it back. ``basis``: the lawful ground, if any."""
    with transaction.atomic():
        rows = ColumnDecision.objects.filter(target=target, column=column)
        if use is None:
            rows.delete()
        else:
            ColumnDecision.objects.update_or_create(
                target=target,
                column=column,
                defaults={
                    "use": use,
                    "basis": basis[:300],
                    "decided_by": principal.staff_id,
                    "decided_at": clock.now(),
                },
            )
        access.record(
            principal, "model.column_decided", "target", target, {"column": column, "use": use, "basis": basis[:300]}
        )


@lru_cache(maxsize=8)
def _loaded(version_id: UUID) -> Model:
    row = ModelVersion.objects.filter(pk=version_id).values("artefact", "artefact_hash").first()
    if row is None:
        raise NotFound(_("There is no such model."))
    return load(row["artefact"], row["artefact_hash"])


def _version(row: dict[str, Any]) -> Version:
    return Version(**{("hash" if key == "artefact_hash" else key): value for key, value in row.items()})


def _aware(moment: Any) -> datetime | None:
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) and moment.tzinfo is None else moment

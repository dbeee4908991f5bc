"""Versions of models of language: kept, put to work, rolled back, and loaded once per process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound
from amity.intelligence.language.models import LanguageModel

if TYPE_CHECKING:
    from amity.intelligence.language.models_learning import Learned
    from amity.intelligence.language.store import Reader

_FIELDS = ("id", "key", "number", "live", "rows", "classes", "figures", "seed", "artefact_hash", "created_at",
           "lived_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class LanguageVersion:
    """A version without its artefact."""

    id: UUID
    key: str
    number: int
    live: bool
    rows: int
    classes: list[str]
    figures: dict[str, Any]
    seed: int
    artefact_hash: str
    created_at: datetime
    lived_at: datetime | None


def keep(principal: access.Principal, key: str, learned: Learned, seed: int, live: bool = True) -> LanguageVersion:
    """Store a training as the next version, at work at once if ``live``. One short transaction."""
    with transaction.atomic():
        number = (LanguageModel.objects.filter(key=key).aggregate(top=Max("number"))["top"] or 0) + 1
        made = LanguageModel.objects.create(
            key=key, number=number, rows=learned.rows, classes=list(learned.classes), figures=learned.figures,
            seed=seed, artefact=learned.artefact, artefact_hash=learned.digest, trained_by=principal.staff_id,
        )  # fmt: skip
        detail = {"key": key, "number": number, "rows": learned.rows, "hash": learned.digest}
        access.record(principal, "language_model.trained", "language_model", made.pk, detail)
        if live:
            put_to_work(principal, made.pk)
    return version(made.pk)


def put_to_work(principal: access.Principal, version_id: UUID) -> UUID | None:
    """Have this version answer from now on; returns the version that did before. 4 queries."""
    with transaction.atomic():
        row = LanguageModel.objects.select_for_update().filter(pk=version_id).only("id", "key", "number").first()
        if row is None:
            raise NotFound(_("There is no such model."))
        before = LanguageModel.objects.filter(key=row.key, live=True).values_list("pk", flat=True).first()
        LanguageModel.objects.filter(key=row.key, live=True).update(live=False)
        LanguageModel.objects.filter(pk=version_id).update(live=True, lived_at=clock.now())
        detail = {"key": row.key, "number": row.number}
        access.record(principal, "language_model.live", "language_model", row.pk, detail)
    return before


def set_aside(principal: access.Principal, key: str) -> None:
    """No version answers any more."""
    with transaction.atomic():
        LanguageModel.objects.filter(key=key, live=True).update(live=False)
        access.record(principal, "language_model.aside", "language_model", key, {"key": key})


def set_figures(version_id: UUID, figures: dict[str, Any]) -> None:
    """Keep figures as the room that owns the labels words them (where missed messages are found). 1 query."""
    LanguageModel.objects.filter(pk=version_id).update(figures=figures)


def live(key: str) -> LanguageVersion | None:
    """The version that answers now. 1 query."""
    row = LanguageModel.objects.filter(key=key, live=True).values(*_FIELDS).first()
    return LanguageVersion(**row) if row else None


def version(version_id: UUID) -> LanguageVersion:
    """One version; raises ``NotFound``. 1 query."""
    row = LanguageModel.objects.filter(pk=version_id).values(*_FIELDS).first()
    if row is None:
        raise NotFound(_("There is no such model."))
    return LanguageVersion(**row)


def history(key: str, limit: int = 10) -> list[LanguageVersion]:
    """Versions, newest first. 1 query."""
    rows = LanguageModel.objects.filter(key=key).order_by("-number").values(*_FIELDS)[:limit]
    return [LanguageVersion(**row) for row in rows]


def reader(version_id: UUID) -> Reader:
    """A version ready to read, checked against its hash. 1 query the first time; four are held in memory."""
    return _loaded(version_id)


@lru_cache(maxsize=4)
def _loaded(version_id: UUID) -> Reader:
    from amity.intelligence.language.store import unpacked

    row = LanguageModel.objects.filter(pk=version_id).values("artefact", "artefact_hash").first()
    if row is None:
        raise NotFound(_("There is no such model."))
    return unpacked(bytes(row["artefact"]), row["artefact_hash"])

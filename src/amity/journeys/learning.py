"""Learning the effects of actions from history, and the latest table. As of a date: nothing later is looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from amity.base import clock
from amity.journeys import actions, decide, effects
from amity.journeys.models import Effects

# Facts that show contact but are no action of ours.
THEIRS = ("mail received", "message received", "chat", "form")


def contact_kinds(subject_kind: str) -> list[str]:
    """Every kind of fact that counts as contact."""
    return sorted({*actions.touches_of(subject_kind), *THEIRS})


def learn(subject_kind: str, until: datetime | None = None) -> Effects:
    """Learn anew from what was decided before ``until`` (now); an unchanged table is not stored twice.

    About 2 s for 10,000 records.
    """
    end = until or clock.now()
    episodes = decide.source_of(subject_kind).episodes(end)
    table = effects.learn(episodes, actions.touches_of(subject_kind))
    digest = effects.digest(table)
    with transaction.atomic():
        rows = Effects.objects.select_for_update().filter(subject_kind=subject_kind)
        last = rows.order_by("-number").first()
        if last is not None and last.hash == digest:
            return last
        number = (rows.aggregate(top=Max("number"))["top"] or 0) + 1
        return Effects.objects.create(
            subject_kind=subject_kind, number=number, table=table.as_dict(), hash=digest, until=end
        )


def latest(subject_kind: str) -> tuple[UUID | None, effects.Table | None]:
    """The table in use, with its id. 1 query."""
    row = Effects.objects.filter(subject_kind=subject_kind).order_by("-number").first()
    return (row.pk, effects.table_of(row.table)) if row else (None, None)

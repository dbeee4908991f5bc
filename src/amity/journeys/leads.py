"""Open leads as situations, decided leads as history. The people room owns the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import clock
from amity.events import api as events
from amity.journeys.actions import touches_of
from amity.journeys.decide import Situation
from amity.journeys.effects import Episode
from amity.journeys.learning import THEIRS, contact_kinds
from amity.people import api as people


class Leads:
    """People who may become customers."""

    kind = "person"

    def situations(self, principal: access.Principal, ids: Sequence[UUID]) -> dict[UUID, Situation]:
        """Those of ``ids`` that are open leads and that ``principal`` sees. 3 queries."""
        rows = people.people_rows(principal).filter(pk__in=list(ids), lead_status=people.LeadStatus.OPEN)
        views = people.person_views(rows, len(ids)) if ids else []
        touches = touched("person", people.members_of(view.id for view in views))
        return {view.id: Situation("person", view.id, view.id, **touches.get(view.id, {})) for view in views}

    def episodes(self, until: datetime) -> list[Episode]:
        """Leads decided before ``until``. 3 queries, read in chunks."""
        rows = [
            row for row in people.lead_rows()
            if row.won is not None and row.created_at and row.decided_at and row.created_at < row.decided_at < until
        ]  # fmt: skip
        found: dict[UUID, list[tuple[float, str]]] = {}
        for pk, kind, at in events.all_touches("person_id", contact_kinds("person"), until):
            found.setdefault(pk, []).append((at.timestamp(), kind))
        whole: dict[UUID, list[tuple[float, str]]] = {}
        for pk, home in people.survivors(found).items():
            whole.setdefault(home, []).extend(found[pk])
        return [_episode(row, whole.get(row.id, ())) for row in rows]


def _episode(row: people.LeadRow, touches: Iterable[tuple[float, str]]) -> Episode:
    assert row.created_at is not None and row.decided_at is not None
    opened = row.created_at.timestamp()
    return Episode(opened, row.decided_at.timestamp(), bool(row.won), sorted(t for t in touches if t[0] >= opened))


def touched(subject_kind: str, members: Mapping[UUID, Sequence[UUID]]) -> dict[UUID, dict[str, Any]]:
    """Days since the last contact, our last word and theirs: fields of `Situation` by record. 1 query."""
    ours = set(touches_of(subject_kind))
    by = events.last_touches("person_id", [pk for each in members.values() for pk in each], contact_kinds(subject_kind))
    return {root: days_since([by.get(pk, {}) for pk in each], ours) for root, each in members.items()}


def days_since(found: Sequence[Mapping[str, datetime]], ours: set[str]) -> dict[str, int | None]:
    """`touched` for one record, from the latest facts by kind."""
    now = clock.now()
    times = [(kind, at) for each in found for kind, at in each.items() if at <= now]

    def latest(kinds: set[str]) -> int | None:
        newest = max((at for kind, at in times if kind in kinds), default=None)
        return None if newest is None else (now.astimezone(UTC) - newest).days

    theirs = set(THEIRS)
    return {"silent_days": latest(ours | theirs), "ours_days": latest(ours), "theirs_days": latest(theirs)}

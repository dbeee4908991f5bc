"""Open deals as situations that something could be done about, decided deals as history to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from amity.access import api as access
from amity.base import clock
from amity.events import api as events
from amity.journeys import api as journeys
from amity.sales.models import Deal, DealStatus, StageChange, Task

_FIELDS = ("id", "title", "person_id", "value_minor", "currency", "stage__name", "opened_at", "created_at",
           "expected_close_on")  # fmt: skip


class Deals:
    """Possible sales."""

    kind = "deal"

    def situations(self, principal: access.Principal, ids: Sequence[UUID]) -> dict[UUID, journeys.Situation]:
        """Those of ``ids`` that are open and that ``principal`` sees. 4 queries."""
        rows = Deal.objects.filter(
            access.rows_of(principal), pk__in=list(ids), status=DealStatus.OPEN, archived_at=None
        ).values(*_FIELDS)
        found = {row["id"]: row for row in rows}
        touches = events.last_touches("deal_id", found, journeys.contact_kinds("deal"))
        moves = StageChange.objects.filter(deal_id__in=found).order_by().values_list("deal_id")
        moved = dict(moves.annotate(at=Max("changed_at")))
        late = _late(found)
        ours = set(journeys.touches_of("deal"))
        return {
            pk: _situation(row, moved.get(pk), late.get(pk), journeys.days_since([touches.get(pk, {})], ours))
            for pk, row in found.items()
        }

    def episodes(self, until: datetime) -> list[journeys.Episode]:
        """Deals closed before ``until`` with every contact before their end. 2 queries, read in chunks."""
        rows = Deal.objects.filter(closed_at__lt=until, opened_at__isnull=False, archived_at=None)
        rows = rows.exclude(status=DealStatus.OPEN).order_by("id")
        touches: dict[UUID, list[tuple[float, str]]] = {}
        for pk, kind, at in events.all_touches("deal_id", journeys.contact_kinds("deal"), until):
            touches.setdefault(pk, []).append((at.timestamp(), kind))
        closed = rows.values_list("id", "opened_at", "closed_at", "status").iterator(chunk_size=5_000)
        return [
            _episode(pk, opened, end, status, touches)
            for pk, opened, end, status in closed
            if opened and end and opened < end
        ]


def _episode(
    pk: UUID, opened: datetime, closed: datetime, status: str, touches: Mapping[UUID, list[tuple[float, str]]]
) -> journeys.Episode:
    start = opened.timestamp()
    kept = sorted(each for each in touches.get(pk, ()) if each[0] >= start)
    return journeys.Episode(start, closed.timestamp(), status == DealStatus.WON, kept)


def _late(ids: Iterable[UUID]) -> dict[UUID, tuple[str, date]]:
    """The most overdue open task of each deal. 1 query."""
    rows = Task.objects.filter(deal_id__in=list(ids), done_at=None, due_on__lt=clock.today())
    ordered = rows.order_by("deal_id", "due_on", "id").distinct("deal_id")
    found = ordered.values_list("deal_id", "subject", "due_on")
    return {pk: (subject, due_on) for pk, subject, due_on in found if pk and due_on}


def _situation(
    row: Mapping[str, Any], moved: datetime | None, late: tuple[str, date] | None, touched: Mapping[str, Any]
) -> journeys.Situation:
    since = moved or row["opened_at"] or row["created_at"]
    closing = row["expected_close_on"]
    return journeys.Situation(
        "deal", row["id"], row["person_id"], row["title"], row["value_minor"], row["currency"], row["stage__name"],
        stage_days=max(0, (clock.now() - since).days),
        close_days=None if closing is None else (closing - clock.today()).days,
        late_task=late[0] if late else "",
        late_days=(clock.today() - late[1]).days if late else None,
        **touched,
    )  # fmt: skip

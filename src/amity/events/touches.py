"""When there was contact, and by which means, for many records at once. Reading only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Max

from amity.events.models import Event

By = Literal["person_id", "deal_id"]
_CHUNK = 20_000


def last_touches(by: By, ids: Iterable[UUID], kinds: Sequence[str]) -> dict[UUID, dict[str, datetime]]:
    """The latest fact of each of ``kinds`` about each id. 1 query."""
    rows = Event.objects.filter(**{f"{by}__in": list(ids) or [UUID(int=0)]}, kind__in=list(kinds))
    found: dict[UUID, dict[str, datetime]] = {}
    for subject, kind, at in rows.order_by().values_list(by, "kind").annotate(at=Max("occurred_at")):
        found.setdefault(subject, {})[kind] = at
    return found


def all_touches(by: By, kinds: Sequence[str], until: datetime) -> Iterator[tuple[UUID, str, datetime]]:
    """Every fact of ``kinds`` before ``until``: (whom it is about, kind, time), unordered. 1 query, in chunks."""
    rows = Event.objects.filter(**{f"{by}__isnull": False}, kind__in=list(kinds), occurred_at__lt=until)
    yield from rows.order_by().values_list(by, "kind", "occurred_at").iterator(chunk_size=_CHUNK)

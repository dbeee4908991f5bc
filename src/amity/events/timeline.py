"""Reading the log: what happened to somebody, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from amity.base import paging
from amity.events.models import Event

Subject = Literal["person", "company", "deal"]
ORDER = paging.Order("occurred_at", "occurred_at", descending=True)
PAGE_ROWS = 25
KINDS = (
    ("mail", _("Mails")),
    ("call", _("Calls")),
    ("meeting", _("Meetings")),
    ("message", _("Messages")),
    ("note", _("Notes")),
    ("page", _("Web visits")),
    ("order", _("Orders")),
    ("task", _("Tasks")),
)
ICONS = {
    "mail": "mail", "call": "phone", "meeting": "calendar-event", "message": "message", "note": "note", "page": "world",
    "order": "shopping-cart", "task": "checkbox", "form": "forms", "deal": "target-arrow",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventView:
    """One fact as pages and the API see it."""

    id: UUID
    kind: str
    name: str
    summary: str
    source: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    actor_id: UUID | None
    data: Mapping[str, Any]
    origin_id: UUID | None
    occurred_at: datetime

    @property
    def icon(self) -> str:
        return ICONS.get(self.kind, "point")


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of facts, newest first; ``older`` is the marker of the next page, empty at the end."""

    events: list[EventView]
    older: str


FIELDS = tuple(EventView.__dataclass_fields__)


def timeline(
    subject: Subject, subject_id: UUID, *, kinds: Sequence[str] = (), at: str = "", limit: int = PAGE_ROWS
) -> Timeline:
    """Facts about a record that the caller has been shown. ``at`` is the marker of an earlier answer. 1 query."""
    rows = Event.objects.filter(**{f"{subject}_id": subject_id})
    if kinds:
        rows = rows.filter(kind__in=list(kinds)[:20])
    found = list(paging.slice_of(rows, ORDER, paging.unseal(at, ORDER.name), limit).values(*FIELDS))
    more, found = len(found) > limit, found[:limit]
    older = paging.Cursor(ORDER.name, found[-1]["occurred_at"], found[-1]["id"]).sealed() if more else ""
    return Timeline([EventView(**row) for row in found], older)

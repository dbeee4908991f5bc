"""Reading the log: what happened to somebody, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from amity.base import paging
from amity.events import timeline_words
from amity.events.models import Event

Subject = Literal["person", "company", "deal"]
ORDER = paging.Order("occurred_at", "occurred_at", descending=True)
PAGE_ROWS = 25
MAX_LOOKED = 500
MAX_APART = 50  # profiles merged into one whose facts are read one by one; above it they are sorted together
Ids = UUID | Sequence[UUID]
# What a kind's name contains, in order of precedence: kinds are words of the systems that facts come from.
KINDS = (
    ("newsletter", _("Newsletters"), "news"),
    ("mail", _("Mails"), "mail"),
    ("call", _("Calls"), "phone"),
    ("meeting", _("Meetings"), "calendar-event"),
    ("message", _("Messages"), "message"),
    ("chat", _("Chats"), "message"),
    ("note", _("Notes"), "note"),
    ("page", _("Web visits"), "world"),
    ("form", _("Forms"), "forms"),
    ("order", _("Orders"), "shopping-cart"),
    ("task", _("Tasks"), "checkbox"),
)


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
        own = timeline_words.CALLS.get(self.kind)
        return own[1] if own else next((icon for word, _label, icon in KINDS if word in self.kind), "point")

    @property
    def title(self) -> str:
        """What happened, in words."""
        return timeline_words.title(self.kind, self.name, self.data)

    @property
    def details(self) -> list[tuple[str, str]]:
        """A few values of an event, as names and texts."""
        return timeline_words.details(self.kind, self.data)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of facts, newest first; ``older`` is the marker of the next page, empty at the end."""

    events: list[EventView]
    older: str


FIELDS = tuple(EventView.__dataclass_fields__)


def kinds_of(subject: Subject, ids: Ids) -> list[tuple[str, str]]:
    """Groups of kinds among the newest 500 facts about a record: (word that the kinds contain, label). 1 query."""
    parts = [rows.order_by("-occurred_at", "-id").values("kind", "occurred_at", "id")[:MAX_LOOKED]
             for rows in _about(subject, ids)]  # fmt: skip
    found = {row["kind"] for row in _newest(parts, MAX_LOOKED)}
    groups = [(word, str(label)) for word, label, _icon in KINDS if any(_group(kind) == word for kind in found)]
    return groups + [(kind, _called(kind)) for kind in sorted(found) if not _group(kind)]


def timeline(
    subject: Subject, ids: Ids, *, kinds: Sequence[str] = (), at: str = "", limit: int = PAGE_ROWS
) -> Timeline:
    """Facts about a record that the caller has been shown. ``at`` is the marker of an earlier answer. 1 query.

    ``ids``: the record's id, or those of all the profiles that were merged into it.
    """
    cursor = paging.unseal(at, ORDER.name)
    parts = []
    for rows in _about(subject, ids):
        wanted = rows.filter(_of(kinds)) if kinds else rows
        if cursor is not None:  # said once more in a form that leaves out whole months
            wanted = wanted.filter(occurred_at__lte=cursor.value)
        parts.append(paging.slice_of(wanted, ORDER, cursor, limit).values(*FIELDS))
    found = list(_newest(parts, limit + 1))
    more, found = len(found) > limit, found[:limit]
    older = paging.Cursor(ORDER.name, found[-1]["occurred_at"], found[-1]["id"]).sealed() if more else ""
    return Timeline([EventView(**row) for row in found], older)


def _about(subject: Subject, ids: Ids) -> list[QuerySet[Event]]:
    """The facts of each id by themselves: so each is read along its index, newest first, no further than needed."""
    each = [ids] if isinstance(ids, UUID) else list(dict.fromkeys(ids))
    if len(each) > MAX_APART:
        return [Event.objects.filter(**{f"{subject}_id__in": each})]
    return [Event.objects.filter(**{f"{subject}_id": one}) for one in each]


def _newest(parts: Sequence[QuerySet[Event, Any]], limit: int) -> Iterable[Any]:
    if len(parts) < 2:
        return parts[0] if parts else ()
    return parts[0].union(*parts[1:], all=True).order_by("-occurred_at", "-id")[:limit]


def _called(kind: str) -> str:
    own = timeline_words.CALLS.get(kind)
    return str(own[0]) if own else kind.capitalize()


def _group(kind: str) -> str:
    return next((word for word, _label, _icon in KINDS if word in kind), "")


def _of(kinds: Sequence[str]) -> Q:
    """Facts whose kind belongs to one of these groups (or is exactly this one)."""
    wanted = Q()
    for kind in list(kinds)[:20]:
        before = [word for word, _label, _icon in KINDS]
        belongs = Q(kind__contains=kind) if kind in before else Q(kind=kind)
        for word in before[: before.index(kind)] if kind in before else ():
            belongs &= ~Q(kind__contains=word)
        wanted |= belongs
    return wanted

"""The inbox's list: views, search, filters, one page of rows at a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.base import paging, searching
from amity.base.ids import read_id
from amity.desk import conversations, mentions
from amity.desk.conversations import ConversationView
from amity.desk.conversations_messages import read_of
from amity.desk.models import Conversation, Mention, Queue, State
from amity.people import api as people

PAGE, ROWS = "inbox", 40
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
ORDERS = {
    "": paging.Order("last", "last_at", descending=True),
    "due": paging.Order("due", Coalesce("due_at", Value(_NEVER))),
}
VIEWS: dict[str, tuple[str | Promise, str]] = {
    "mine": (_("Mine"), "user"),
    "unassigned": (_("Unassigned"), "inbox"),
    "mentions": (_("Mentions"), "at"),
    "pending": (_("Waiting for the customer"), "clock"),
    "snoozed": (_("Snoozed"), "bell-off"),
    "solved": (_("Solved"), "circle-check"),
    "all": (_("All"), "mail"),
    "spam": (_("Spam"), "alert-triangle"),
}
URGENCY = {0: _("Low"), 1: _("Normal"), 2: _("High"), 3: _("Urgent")}
CHANNELS: dict[str, tuple[str | Promise, str]] = {
    "email": (_("E-mail"), "mail"),
    "chat": (_("Web chat"), "message-circle"),
    "telegram": ("Telegram", "brand-telegram"),
    "whatsapp": ("WhatsApp", "brand-whatsapp"),
    "sms": (_("Text messages"), "device-mobile-message"),
    "webhook": (_("Webhook"), "webhook"),
    "phone": (_("Phone notes"), "phone"),
}
TONES = {"negative": _("Negative"), "neutral": _("Neutral"), "positive": _("Positive")}
FILTERS = ("channel", "urgency", "tone", "language", "intent")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a URL asks of the inbox."""

    view: str = "mine"
    queue_id: UUID | None = None
    q: str = ""
    sort: str = ""
    at: str = ""
    filters: tuple[tuple[str, str], ...] = ()

    def query(self, **changes: Any) -> str:
        """The query string of this, changed as asked; without the page."""
        now = replace(self, at="", **changes)
        view = f"queue-{now.queue_id}" if now.queue_id else now.view
        pairs = [("view", view), ("q", now.q), ("sort", now.sort), *now.filters]
        return urlencode([(name, value) for name, value in pairs if value and (name, value) != ("view", "mine")])


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list."""

    view: ConversationView
    name: str  # of the customer
    assignee: str
    unread: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """A view on the left; ``count``: open conversations, None where it is not counted."""

    key: str
    label: str | Promise
    icon: str
    count: int | None
    on: bool
    query: str


def read(params: Mapping[str, str]) -> Asked:
    """Understand a URL; what cannot be read is ignored. No queries."""
    view = params.get("view", "mine")
    queue = read_id(view.removeprefix("queue-")) if view.startswith("queue-") else None
    kept = tuple((name, value[:80]) for name in FILTERS if (value := params.get(name, "").strip()))
    sort = params.get("sort", "")
    return Asked(
        view if view in VIEWS else "mine", queue, params.get("q", "").strip()[:200], sort if sort in ORDERS else "",
        params.get("at", ""), kept,
    )  # fmt: skip


def rows(principal: access.Principal, asked: Asked) -> tuple[list[Row], str]:
    """One page and the mark of the next. 4 queries."""
    order = ORDERS[asked.sort]
    found = list(
        paging.slice_of(matching(principal, asked), order, paging.unseal(asked.at, order.name), ROWS).values(
            "sort_value", *conversations.FIELDS
        )
    )
    shown, more = found[:ROWS], len(found) > ROWS
    marker = paging.Cursor(order.name, shown[-1]["sort_value"], shown[-1]["id"]).sealed() if more else ""
    views = [ConversationView(**{name: row[name] for name in conversations.FIELDS}) for row in shown]
    return _told(principal, views), marker


def matching(principal: access.Principal, asked: Asked) -> QuerySet[Conversation]:
    """Every conversation that the URL asks for and the reader sees."""
    access.require(principal, conversations.SEE)
    found = conversations.rows_of(principal)
    if asked.q:
        return _narrowed(_searched(found, asked.q), asked)
    found = (
        found.filter(queue_id=asked.queue_id, state=State.OPEN) if asked.queue_id else _viewed(found, principal, asked)
    )
    return _narrowed(found, asked)


def _viewed(found: QuerySet[Conversation], principal: access.Principal, asked: Asked) -> QuerySet[Conversation]:
    if asked.view == "mentions":
        mine = Mention.objects.filter(staff_id=access.own_id(principal), message__withdrawn_at=None)
        return found.filter(pk__in=mine.values("conversation_id"))
    wanted = {
        "mine": Q(assignee_id=principal.staff_id, state=State.OPEN),
        "unassigned": Q(assignee=None, state=State.OPEN, handler="staff"),
        "all": ~Q(state=State.SPAM),
    }
    return found.filter(wanted.get(asked.view, Q(state=asked.view)))


def _searched(found: QuerySet[Conversation], typed: str) -> QuerySet[Conversation]:
    number = typed.removeprefix("#")
    if number.isdecimal() and len(number) < 12:
        return found.filter(number=int(number))
    words = searching.prefix_query(typed)
    return found.filter(Q(search_vector=words) if words else paging.NOBODY)


def _narrowed(found: QuerySet[Conversation], asked: Asked) -> QuerySet[Conversation]:
    for name, value in asked.filters:
        if name == "urgency":
            found = found.filter(urgency=int(value)) if value in "0123" else found
        else:
            found = found.filter(**{name: value})
    return found


def _told(principal: access.Principal, views: list[ConversationView]) -> list[Row]:
    read_to = read_of(principal, [each.id for each in views])
    names = people.names([each.person_id for each in views])
    staff = access.staff_names(each.assignee_id for each in views)
    return [
        Row(
            each, name_of(each, names), staff.get(each.assignee_id, "") if each.assignee_id else "",
            each.last_seq > read_to.get(each.id, 0),
        )
        for each in views
    ]  # fmt: skip


def name_of(view: ConversationView, names: Mapping[UUID, str]) -> str:
    """Whom a conversation is with, in words."""
    return (names.get(view.person_id, "") if view.person_id else "") or view.address or view.name


def shelves(principal: access.Principal, asked: Asked) -> list[list[Shelf]]:
    """The views and the queues with how much is open in each. 3 queries."""
    counts = _counts(principal)
    queues = Queue.objects.filter(archived_at=None).order_by("position", "name")
    if principal.scope != "all":
        queues = queues.filter(Q(team=None) | Q(team__in=principal.team_ids))
    told: dict[str, int] = {
        "mine": sum(row["mine"] for row in counts), "unassigned": sum(row["nobody"] for row in counts),
        "mentions": mentions.waiting(principal) if principal.staff_id else 0,
    }  # fmt: skip
    usual = [
        Shelf(key, label, icon, told.get(key), not asked.queue_id and asked.view == key, f"view={key}")
        for key, (label, icon) in VIEWS.items()
    ]
    by_queue = {row["queue_id"]: row["n"] for row in counts}
    own = [
        Shelf(str(pk), name, "stack-2", by_queue.get(pk, 0), asked.queue_id == pk, f"view=queue-{pk}")
        for pk, name in queues.values_list("pk", "name")
    ]
    return [usual, own]


def waiting(principal: access.Principal) -> list[Shelf]:
    """What waits for the reader: mine, with nobody, mentions. 3 queries. Raises `Forbidden`."""
    access.require(principal, conversations.SEE)
    return [each for each in shelves(principal, Asked())[0] if each.count is not None]


def _counts(principal: access.Principal) -> list[dict[str, Any]]:
    rows = conversations.rows_of(principal).filter(state=State.OPEN).order_by()
    mine = Count("pk", filter=Q(assignee_id=principal.staff_id))
    nobody = Count("pk", filter=Q(assignee=None, handler="staff"))
    return [dict(row) for row in rows.values("queue_id").annotate(n=Count("pk"), mine=mine, nobody=nobody)]


def queue_choices(principal: access.Principal) -> list[tuple[UUID, str]]:
    """Queues that conversations may be moved to, by position. 1 query."""
    rows = Queue.objects.filter(archived_at=None).order_by("position", "name")
    return list(rows.values_list("pk", "name"))

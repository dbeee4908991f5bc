"""Conversations as others read them, and who sees which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import live
from amity.base.errors import NotFound
from amity.base.ids import read_id
from amity.desk.models import Conversation, State
from amity.desk.thread import KIND

SEE, WORK = "desk.view", "desk.reply"


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation as pages, the API and other rooms see it; see `models.Conversation` for each field."""

    id: UUID
    number: int
    person_id: UUID | None
    channel: str
    account_id: UUID | None
    address: str
    subject: str
    opening: str
    snippet: str
    state: str
    snoozed_until: datetime | None
    queue_id: UUID | None
    assignee_id: UUID | None
    handler: str
    urgency: int
    language: str
    intent: str
    intent_chance: float | None
    intent_by: str
    tone: str
    tone_phrase: str
    understood_at: datetime | None
    due_at: datetime | None
    due_what: str
    breach_chance: float | None
    breached_at: datetime | None
    last_seq: int
    started_at: datetime
    last_at: datetime
    customer_at: datetime | None
    waiting_since: datetime | None
    first_reply_at: datetime | None
    solved_at: datetime | None
    reopened: int
    csat: int | None
    merged_into_id: UUID | None

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def title(self) -> str:
        """What it is about, in a line that stays: the subject, else the customer's first words."""
        return self.subject or self.opening or self.snippet or self.name

    @property
    def state_label(self) -> str:
        return str(State(self.state).label)


FIELDS = tuple(ConversationView.__dataclass_fields__)


def sight(principal: access.Principal, prefix: str = "") -> Q:
    """Which conversations ``principal`` sees: their own, their teams' queues, and what belongs to no team."""
    if principal.scope == "all":
        return Q()
    mine = Q(**{f"{prefix}queue__team": None}) | Q(**{f"{prefix}queue__team__in": principal.team_ids})
    return mine | Q(**{f"{prefix}assignee_id": principal.staff_id}) if principal.staff_id else mine


def rows_of(principal: access.Principal) -> QuerySet[Conversation]:
    """Every conversation that ``principal`` sees, without those that became part of another."""
    seen = Q() if principal.may(SEE) else Q(pk=None)
    return Conversation.objects.filter(seen, sight(principal), merged_into=None)


def get(principal: access.Principal, conversation_id: UUID) -> ConversationView:
    """One conversation, a merged one too; raises `Forbidden` without the permission, `NotFound`. 1 query."""
    return looked(principal, conversation_id)[0]


def looked(principal: access.Principal, conversation_id: UUID, **also: Any) -> tuple[ConversationView, dict[str, Any]]:
    """`get`, and the values of further expressions about it by name. 1 query."""
    access.require(principal, SEE)
    row = Conversation.objects.filter(sight(principal), pk=conversation_id).values(*FIELDS, **also).first()
    if row is None:
        raise NotFound(_("This conversation is not here, or not among those that you see."))
    told = {name: row.pop(name) for name in also}
    return ConversationView(**row), told


def of_person(principal: access.Principal, person_ids: Iterable[UUID], limit: int = 20) -> list[ConversationView]:
    """Conversations with a person (and all merged into them) that ``principal`` sees, newest first. 1 query.

    None for who has no business at the desk.
    """
    rows = rows_of(principal).filter(person_id__in=list(person_ids)).order_by("-last_at", "-id")
    return [ConversationView(**row) for row in rows.values(*FIELDS)[:limit]]


def of_company(principal: access.Principal, company_ids: Iterable[UUID], limit: int = 20) -> list[ConversationView]:
    """Conversations with people of a company that ``principal`` sees, newest first. 1 query."""
    rows = rows_of(principal).filter(person__company_id__in=list(company_ids)).order_by("-last_at", "-id")
    return [ConversationView(**row) for row in rows.values(*FIELDS)[:limit]]


def locked(principal: access.Principal, ids: Iterable[Any]) -> list[Conversation]:
    """Rows to be changed, locked in order of id; raises `NotFound` when ``principal`` sees none. 1 query."""
    access.require(principal, WORK)
    known = [pk for each in ids if (pk := read_id(each))]
    rows = Conversation.objects.select_for_update(of=("self",)).filter(sight(principal), pk__in=known, merged_into=None)
    found = list(rows.order_by("pk"))
    if not found:
        raise NotFound(_("This conversation is not here, or not among those that you see."))
    return found


def hearing(principal: access.Principal, ids: frozenset[str]) -> set[str]:
    """Those of ``ids`` that ``principal`` may hear of (`base.live`). 1 query, none for scope all."""
    if not principal.may(SEE):
        return set()
    if hears_all(principal):
        return set(ids)
    known = [each for each in ids if read_id(each)]
    seen = Conversation.objects.filter(sight(principal), pk__in=known)
    return {str(pk) for pk in seen.values_list("pk", flat=True)}


def hears_all(principal: access.Principal) -> bool:
    """Whether ``principal`` sees every conversation. Pure."""
    return bool(principal.may(SEE)) and principal.scope == "all"


def register_hearing() -> None:
    """Pages may listen for conversations."""
    live.register(KIND, hearing, hears_all)

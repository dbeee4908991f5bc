"""Public API of conversations: read, answer, note, change, merge."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse, QueryDict
from ninja import Query, Router, Schema, Status

from amity.access import api as access
from amity.base import paging, rest
from amity.base.errors import Refused
from amity.desk import conversations, conversations_changes, conversations_merging, inbox, replies
from amity.desk.conversations_messages import messages

router = Router(tags=["conversations"])


class ConversationOut(Schema):
    """A conversation. ``title``: its subject, else the customer's first words; ``urgency`` 0 low to 3 urgent.

    Chances are 0–1; ``merged_into_id``: it is part of that one now.
    """

    id: UUID
    number: int
    person_id: UUID | None
    channel: str
    account_id: UUID | None
    address: str
    title: str
    subject: str
    snippet: str
    state: Literal["open", "pending", "snoozed", "solved", "spam"]
    snoozed_until: datetime | None
    queue_id: UUID | None
    assignee_id: UUID | None
    handler: Literal["staff", "bot"]
    urgency: int
    language: str
    intent: str
    intent_chance: float | None
    intent_by: str
    tone: str
    tone_phrase: str
    due_at: datetime | None
    due_what: str
    breach_chance: float | None
    breached_at: datetime | None
    started_at: datetime
    last_at: datetime
    customer_at: datetime | None
    waiting_since: datetime | None
    first_reply_at: datetime | None
    solved_at: datetime | None
    reopened: int
    csat: int | None
    merged_into_id: UUID | None


class MessageOut(Schema):
    """Something said. ``direction``: in, out, note; ``delivery``: what became of an answer."""

    id: UUID
    seq: int
    direction: Literal["in", "out", "note"]
    author: Literal["customer", "staff", "bot", "system"]
    author_name: str
    staff_id: UUID | None
    channel: str
    text: str
    quoted: str
    automatic: str
    files: list[str]
    mentions: list[str]
    citations: list[dict[str, Any]]
    withdrawn_at: datetime | None
    at: datetime
    delivery: str | None
    delivery_reason: str | None


class ReplyIn(Schema, extra="forbid"):
    """An answer; the same ``key`` twice is one message. ``then``: the state afterwards."""

    text: str
    then: Literal["open", "pending", "solved"] = "pending"
    undo_seconds: int = replies.UNDO_SECONDS
    key: str = ""


class InternalNoteIn(Schema, extra="forbid"):
    text: str
    mentions: list[UUID] = []
    key: str = ""


class ChangeIn(Schema, extra="forbid"):
    """What to change; what is not named stays. ``snoozed_until`` puts it off."""

    state: Literal["open", "pending", "solved", "spam"] | None = None
    snoozed_until: datetime | None = None
    assignee_id: UUID | None = None
    queue_id: UUID | None = None
    urgency: Literal[0, 1, 2, 3] | None = None
    subject: str | None = None
    intent: str | None = None
    person_id: UUID | None = None


class ConversationMergeIn(Schema, extra="forbid"):
    others: list[UUID]


class ConversationsAsked(Schema):
    """Which conversations: ``view`` as in the inbox, or ``queue-`` and a queue's id."""

    view: str = "all"
    q: str = ""
    channel: str = ""
    urgency: str = ""
    tone: str = ""
    language: str = ""
    intent: str = ""
    limit: int = rest.USUAL_LIMIT
    cursor: str = ""


@router.get("/conversations", response=rest.document(rest.PageOf[ConversationOut]), operation_id="listConversations")
def index(request: access.StaffRequest, asked: Query[ConversationsAsked]) -> Any:
    """Conversations that you see, newest first. 1 query."""
    params = QueryDict(mutable=True)
    params.update({name: value for name, value in asked.dict().items() if isinstance(value, str)})
    limit, order = rest.limit_of(request.GET), inbox.ORDERS[""]
    rows = inbox.matching(request.principal, inbox.read(params))
    cursor = paging.unseal(asked.cursor, order.name)
    if asked.cursor and cursor is None:
        raise Refused("bad_cursor", "This cursor belongs to another sorting.", 400)
    found = list(paging.slice_of(rows, order, cursor, limit).values("sort_value", *conversations.FIELDS))
    last = found[limit - 1] if len(found) > limit else None
    following = paging.Cursor(order.name, last["sort_value"], last["id"]).sealed() if last else None
    items = [
        conversations.ConversationView(**{name: row[name] for name in conversations.FIELDS}) for row in found[:limit]
    ]
    return {"items": items, "next": following}


@router.get(
    "/conversations/{conversation_id}", response=rest.document(ConversationOut), operation_id="getConversation"
)  # fmt: skip
def one(request: access.StaffRequest, conversation_id: UUID) -> Any:
    """One conversation."""
    return conversations.get(request.principal, conversation_id)


@router.get(
    "/conversations/{conversation_id}/messages", response=rest.document(list[MessageOut]), operation_id="listMessages"
)  # fmt: skip
def said(request: access.StaffRequest, conversation_id: UUID, before: int = 0, limit: int = 100) -> Any:
    """Messages, oldest first: the newest ``limit`` (at most 200), or those before ``before`` (a ``seq``)."""
    return [_message(each) for each in messages(request.principal, conversation_id, before, min(max(limit, 1), 200))]


@router.post(
    "/conversations/{conversation_id}/replies", response={201: MessageOut, **rest.problems()}, operation_id="replyTo"
)  # fmt: skip
def reply(request: access.StaffRequest, response: HttpResponse, conversation_id: UUID, data: ReplyIn) -> Any:
    """Answer the customer; `withdrawMessage` or undo takes it back until it leaves."""
    answer = replies.Answer(data.text, then=data.then)
    wait = min(max(data.undo_seconds, 0), 600)
    sent = replies.send(request.principal, conversation_id, answer, key=data.key[:64], undo_seconds=wait)
    rest.tell_undo(response, sent.group)
    return Status(201, _message(sent.message))


@router.post(
    "/conversations/{conversation_id}/notes", response={201: MessageOut, **rest.problems()}, operation_id="noteOn"
)  # fmt: skip
def note(request: access.StaffRequest, response: HttpResponse, conversation_id: UUID, data: InternalNoteIn) -> Any:
    """Write a note for colleagues."""
    sent = replies.write_note(request.principal, conversation_id, data.text, data.mentions, data.key[:64])
    rest.tell_undo(response, sent.group)
    return Status(201, _message(sent.message))


@router.patch(
    "/conversations/{conversation_id}", response=rest.document(ConversationOut), operation_id="changeConversation"
)  # fmt: skip
def change(request: access.StaffRequest, response: HttpResponse, conversation_id: UUID, data: ChangeIn) -> Any:
    """Change state, assignee, queue, urgency, subject, intent or person."""
    access.require(request.principal, conversations.WORK)
    conversations.get(request.principal, conversation_id)
    group = conversations_changes.set_given(request.principal, conversation_id, rest.given(data))
    rest.tell_undo(response, group)
    return conversations.get(request.principal, conversation_id)


@router.post(
    "/conversations/{conversation_id}/merges", response=rest.document(ConversationOut),
    operation_id="mergeConversations",
)  # fmt: skip
def merge(
    request: access.StaffRequest, response: HttpResponse, conversation_id: UUID, data: ConversationMergeIn
) -> Any:
    """Make others part of this one."""
    access.require(request.principal, conversations.WORK)
    rest.tell_undo(response, conversations_merging.merge(request.principal, conversation_id, data.others))
    return conversations.get(request.principal, conversation_id)


@router.post(
    "/messages/{message_id}/withdrawal", response=rest.document(dict[str, str]), operation_id="withdrawMessage"
)  # fmt: skip
def withdraw(request: access.StaffRequest, message_id: UUID) -> Any:
    """Take back an answer of yours that has not left, or a note; its text is returned."""
    access.require(request.principal, conversations.WORK)
    return {"text": replies.take_back(request.principal, message_id)}


def _message(view: Any) -> dict[str, Any]:
    told = rest.fields_of(view) | {"delivery": None, "delivery_reason": None}
    if view.delivery is not None:
        told |= {"delivery": view.delivery.state, "delivery_reason": view.delivery.reason}
    return told

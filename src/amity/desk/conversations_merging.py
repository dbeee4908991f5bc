"""Conversations that are one: put together, and parted from a message on. Both are undone as a whole.

A merged conversation stays as a row that points at the one it is part of; answers to its messages go there, and what
else belongs to it (complaints, refunds, links, a hand-over) goes along. The log stays where it was written: promises
that were kept or broken in a conversation are counted there, and only what its customer still waits for counts on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import live, undo
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.desk import conversations, conversations_following, happenings
from amity.desk.conversations_changes import tell_listeners
from amity.desk.models import Conversation, Mention, Message, State
from amity.desk.thread import KIND, found_by, line_of, open_conversation, opening_of

MERGE, SPLIT, MOST, OFFERED = "desk.merge", "desk.split", 20, 5
_EARLIEST = ("waiting_since", "first_reply_at", "started_at", "customer_at")


def merge(principal: access.Principal, into: UUID, others: Sequence[UUID]) -> UUID:
    """Make ``others`` part of ``into``; returns the undo group. Raises `NotFound`, `Refused`."""
    ids = [str(each) for each in others if each != into]
    if not ids or len(ids) > MOST:
        raise Refused("nothing_picked", _("Choose the conversations to merge, at most 20."))
    return undo.perform(principal, MERGE, {"into": str(into), "ids": ids})


def near(principal: access.Principal, view: conversations.ConversationView) -> list[conversations.ConversationView]:
    """Other conversations of the same customer that the reader sees, the newest first, at most 5. 1 query."""
    if view.person_id is None:
        return []
    rows = conversations.rows_of(principal).filter(person_id=view.person_id, merged_into=None).exclude(pk=view.id)
    return [
        conversations.ConversationView(**row)
        for row in rows.order_by("-last_at").values(*conversations.FIELDS)[:OFFERED]
    ]


def split(principal: access.Principal, conversation_id: UUID, message_id: UUID) -> tuple[UUID, UUID]:
    """A conversation of its own from this message on: (its id, undo group). Raises `Refused` for the first message."""
    group = undo.perform(principal, SPLIT, {"id": str(conversation_id), "message": str(message_id)})
    step = undo.before_of(group)
    return UUID(step["new"]), group


def do_merge(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: put them together."""
    rows = {row.pk: row for row in conversations.locked(principal, [args["into"], *args["ids"]])}
    into = rows.pop(UUID(args["into"]), None)
    if into is None or len(rows) != len(set(args["ids"])):
        raise NotFound(_("This conversation is not here, or not among those that you see."))
    before: dict[str, Any] = {"own": _columns(into), "moved": {}, "held": {}, "now": {}}
    for row in rows.values():
        before["moved"][str(row.pk)] = _move(Message.objects.filter(conversation=row), into)
        before["held"][str(row.pk)] = conversations_following.join(row, into)
        _take_in(into, row)
        _open_too(principal, into, row)
        row.merged_into = into
        row.save(update_fields=["merged_into"])
        _fact(row, "merged", principal, {"into": str(into.pk), "number": into.number})
        waiting = row.waiting_since.isoformat() if row.waiting_since else None
        _fact(into, "merged", principal, {"from": str(row.pk), "number": row.number, "waiting_since": waiting})
    into.save()
    before["now"] = _columns(into)
    _done(principal, "merge", into, rows.values(), "merged")
    return before


def undo_merge(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: each is itself again; what arrived since stays with the one that it arrived at."""
    into = Conversation.objects.select_for_update().get(pk=args["into"])
    rows = list(Conversation.objects.select_for_update().filter(pk__in=before["moved"], merged_into=into))
    homes, state = _homes(into), into.state
    for row in rows:
        _move_back(before["moved"][str(row.pk)], homes, row)
        conversations_following.part(before["held"][str(row.pk)], homes, row)
        row.merged_into = None
        row.save(update_fields=["merged_into"])
        _fact(row, "unmerged", principal, {"from": str(into.pk), "number": into.number})
        _fact(into, "unmerged", principal, {"from": str(row.pk), "number": row.number})
    _columns_back(into, before)
    if into.state != state:
        _fact(into, "state", principal, {"from": state, "to": into.state})
    _done(principal, "undo", into, rows, "unmerged")


def do_split(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: a new conversation with the messages from this one on."""
    (row,) = conversations.locked(principal, [args["id"]])
    first = Message.objects.filter(conversation=row, pk=args["message"]).first()
    if first is None:
        raise NotFound(_("This message is not here, or was taken back already."))
    going = Message.objects.filter(conversation=row, seq__gte=first.seq)
    if not Message.objects.filter(conversation=row, seq__lt=first.seq).exists():
        raise Refused("split_first", _("Nothing would be left: choose a later message."))
    new = open_conversation(
        first.person_id, row.channel, row.subject, row.account_id, row.address, row.queue_id, at=first.at, by="staff",
        staff_id=principal.staff_id,
    )  # fmt: skip
    new.assignee_id, new.language, new.urgency = row.assignee_id, row.language, row.urgency
    own = _columns(row)
    received = [each for each in going.values_list("received_id", flat=True) if each]
    moved = _move(going, new)
    channels.move_received(received, conversation_id=new.pk)
    for each in (row, new):
        _refresh(each)
    _fact(row, "split", principal, {"to": str(new.pk), "number": new.number})
    _fact(new, "split", principal, {"from": str(row.pk), "number": row.number})
    _done(principal, "split", row, [new], "split")
    return {
        "own": own,
        "now": _columns(row),
        "moved": moved,
        "new": str(new.pk),
        "received": [str(r) for r in received],
    }


def undo_split(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the messages go back; the new conversation is part of the old one, with what arrived since."""
    row = Conversation.objects.select_for_update().get(pk=args["id"])
    new = Conversation.objects.select_for_update().filter(pk=before["new"]).first()
    if new is not None:
        _move_back(before["moved"], _homes(new), row)
        _move(Message.objects.filter(conversation=new), row)
        new.merged_into = row
        new.save(update_fields=["merged_into"])
        _fact(new, "merged", principal, {"into": str(row.pk), "number": row.number})
        _fact(row, "merged", principal, {"from": str(new.pk), "number": new.number})
        channels.move_received([UUID(each) for each in before["received"]], conversation_id=row.pk)
    _columns_back(row, before)
    _done(principal, "undo", row, [new] if new else [], "merged")


_MOVE = """
UPDATE desk_message m SET conversation_id = %s, seq = %s + v.at
FROM unnest(%s::uuid[]) WITH ORDINALITY AS v (id, at) WHERE m.id = v.id
"""
_BACK = """
UPDATE desk_message m SET conversation_id = %s, seq = v.seq FROM unnest(%s::uuid[], %s::bigint[]) AS v (id, seq)
WHERE m.id = v.id AND m.conversation_id = ANY(%s)
"""


def _move(messages: Any, to: Conversation) -> dict[str, int]:
    """Put messages behind those of ``to``, in their order; returns the ``seq`` that each had."""
    rows = list(messages.order_by("at", "seq").values_list("pk", "seq"))
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [to.pk, to.last_seq, [pk for pk, _seq in rows]])
    Mention.objects.filter(message_id__in=[pk for pk, _seq in rows]).update(conversation=to)
    to.last_seq += len(rows)
    return {str(pk): seq for pk, seq in rows}


def _homes(row: Conversation) -> list[UUID]:
    """Where messages of a conversation may be: there, and in what it became part of since."""
    found, above = [row.pk], row.merged_into
    while above is not None and above.pk not in found:
        found.append(above.pk)
        above = above.merged_into
    return found


def _move_back(moved: dict[str, int], homes: Sequence[UUID], home: Conversation) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BACK, [home.pk, list(moved), list(moved.values()), list(homes)])
    Mention.objects.filter(message_id__in=list(moved)).update(conversation=home)


def _take_in(into: Conversation, row: Conversation) -> None:
    """The columns of a conversation that another one became part of."""
    for name in _EARLIEST:
        known = [at for at in (getattr(into, name), getattr(row, name)) if at]
        setattr(into, name, (max if name == "customer_at" else min)(known, default=None))
    if row.last_at > into.last_at:
        into.last_at, into.snippet = row.last_at, row.snippet
        into.channel, into.account_id, into.address = row.channel, row.account_id, row.address
    into.urgency = max(into.urgency, row.urgency)
    into.person_id, into.opening = into.person_id or row.person_id, into.opening or row.opening
    into.search = f"{into.search} {row.search}"[:2_000]


def _open_too(principal: access.Principal, into: Conversation, row: Conversation) -> None:
    """Whoever waits in what is taken in must not be lost in what was done with, put off, or waits for the customer."""
    if row.state != State.OPEN or into.state not in (State.PENDING, State.SNOOZED, State.SOLVED):
        return
    kind = "reopened" if into.state == State.SOLVED else "state"
    _fact(into, kind, principal, {"from": into.state, "to": "open"})
    into.state, into.snoozed_until, into.solved_at = State.OPEN, None, None


_COLUMNS = (
    "state", "snoozed_until", "solved_at",
    "waiting_since", "first_reply_at", "started_at", "customer_at", "last_at", "opening", "snippet", "channel",
    "account_id", "address", "urgency", "person_id", "search",
)  # fmt: skip


def _columns(row: Conversation) -> dict[str, Any]:
    return {name: undo.plain(getattr(row, name)) for name in _COLUMNS}


def _columns_back(row: Conversation, before: dict[str, Any]) -> None:
    """Columns as they were, except what changed since."""
    now = _columns(row)
    row.__dict__.update({n: v for n, v in before["own"].items() if now[n] == before["now"][n]})
    row.last_seq = Message.objects.filter(conversation=row).aggregate(most=Max("seq"))["most"] or row.last_seq
    row.save()
    row.refresh_from_db()


def _refresh(row: Conversation) -> None:
    """Columns that follow from the messages of a conversation that was parted."""
    said = row.messages.filter(withdrawn_at=None).exclude(direction="note")
    newest = said.order_by("-at", "-seq").first()
    asked = said.filter(direction="in", automatic="").order_by("at", "seq")
    answered = said.filter(direction="out", author__in=("staff", "bot")).order_by("-at").first()
    waiting = asked.filter(at__gt=answered.at).first() if answered else asked.first()
    by_staff = said.filter(direction="out", author="staff").order_by("at").first()
    last = asked.last()
    row.waiting_since = waiting.at if waiting else None
    row.first_reply_at = by_staff.at if by_staff else None
    row.customer_at = last.at if last else None
    if newest:
        row.last_at, row.snippet = newest.at, line_of(newest.text)
    if newest and not row.opening:
        row.opening = opening_of(said)
        row.search = found_by(row, newest.text)
    row.save()


def _fact(row: Conversation, kind: str, principal: access.Principal, data: dict[str, Any]) -> None:
    happenings.note(row, kind, "staff" if principal.staff_id else "system", principal.staff_id, data)


def _done(
    principal: access.Principal, verb: str, row: Conversation, others: Iterable[Conversation], kind: str
) -> None:  # fmt: skip
    known = list(others)
    for each in (row, *known):
        tell_listeners(each, [kind])
    live.tell(KIND, [row.pk, *(each.pk for each in known)])
    access.record(principal, verb, "conversation", row.pk, {"with": [str(each.pk) for each in known]})


def register() -> None:
    undo.register(MERGE, undo.Handler(do_merge, undo_merge))
    undo.register(SPLIT, undo.Handler(do_split, undo_split))

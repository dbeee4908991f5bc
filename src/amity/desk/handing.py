"""Handing a conversation over: to a colleague with a promise and a deadline, and from the bot to people.

What was handed over comes back by itself when its deadline has passed and nobody said that the promise was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.desk import conversations, happenings, replies, thread
from amity.desk.conversations_changes import do as change_now
from amity.desk.conversations_changes import tell_listeners
from amity.desk.models import Conversation, Handing

HAND, KEEP, BATCH, MAX_TEXT = "desk.hand", "desk.keep", 100, 2_000
Hears = Callable[["HandingView"], None]
Closes = Callable[["HandingView", str], None]
_listeners: dict[str, Hears] = {}
_closing: dict[str, Closes] = {}


@dataclass(frozen=True, slots=True)
class HandingView:
    """A hand-over: for what, by whom, to whom, until when, and whether it was kept."""

    id: UUID
    conversation_id: UUID
    person_id: UUID | None
    to_staff_id: UUID | None
    from_staff_id: UUID | None
    by_staff_id: UUID | None
    summary: str
    promise: str
    due_at: datetime
    state: str
    at: datetime
    closed_at: datetime | None

    @property
    def late(self) -> bool:
        return self.state == Handing.State.OPEN and self.due_at < clock.now()


FIELDS = tuple(HandingView.__dataclass_fields__)


def on_hand_over(name: str, hears: Hears) -> None:
    """Have ``hears(handing)`` called for each hand-over to a colleague, in its transaction."""
    _listeners[name] = hears


def on_close(name: str, hears: Closes) -> None:
    """Have ``hears(handing, state)`` called when one ends (kept, returned, undone) or is open again, in that change."""
    _closing[name] = hears


def hand_to(
    principal: access.Principal, conversation_id: UUID, staff_id: UUID, summary: str, promise: str, due_at: datetime
) -> UUID:  # fmt: skip
    """Give a conversation to a colleague with what was promised and until when; returns the undo group."""
    summary, promise = summary.strip()[:MAX_TEXT], promise.strip()[:MAX_TEXT]
    if not summary or not promise:
        raise Refused("handing_empty", _("Say what it is about and what was promised."))
    if due_at <= clock.now():
        raise Refused("past", _("Choose a time that is still to come."))
    if not access.principal_by_id(staff_id).may(conversations.SEE):
        raise Refused("not_at_desk", _("This colleague has no access to the inbox."))
    args = {"id": str(conversation_id), "to": str(staff_id), "summary": summary, "promise": promise}
    return undo.perform(principal, HAND, {**args, "due_at": due_at.isoformat()})


def keep(principal: access.Principal, conversation_id: UUID) -> UUID:
    """What was promised is done: the conversation goes back to who handed it over. Returns the undo group."""
    return undo.perform(principal, KEEP, {"id": str(conversation_id)})


def hand_over(conversation_id: UUID, brief: str, reason: str) -> None:
    """The bot lets go: from now on people answer; the customer is told. Nothing happens where they do already."""
    with transaction.atomic():
        (row,) = conversations.locked(access.SYSTEM, [conversation_id])
        if row.handler == "staff":
            return
        row.handler = "staff"
        row.save(update_fields=["handler"])
        happenings.note(row, "handed_over", "bot", None, {"to": "staff", "reason": reason, "brief": brief})
        said = thread.Said(f"handed:{row.pk}:{row.last_seq}", "note", "bot", brief, row.channel)
        if brief.strip():
            thread.append(row.pk, said)
        told = _("A colleague takes over now and answers here as soon as possible.")
        replies.say_as_system(row.pk, told, f"handed:{row.pk}:{row.last_seq}")
        tell_listeners(row, ["handed_over"])
        live.tell(thread.KIND, [row.pk])
        access.record(access.SYSTEM, "handed_over", "conversation", row.pk, {"reason": reason})


def bot_has_the_word(conversation_id: UUID) -> bool:
    """Whether the bot may speak now; within a transaction nobody takes over until it ends. 1 query."""
    return thread.locked(conversation_id).handler == "bot"


def open_handing(conversation_id: UUID) -> HandingView | None:
    """The hand-over that is under way in a conversation that the reader was shown. 1 query."""
    found = Handing.objects.filter(conversation_id=conversation_id, state=Handing.State.OPEN).values(*FIELDS).first()
    return HandingView(**found) if found else None


def promises_to(person_ids: list[UUID], limit: int = 5) -> list[HandingView]:
    """What was promised to a person in hand-overs and is not done, the most urgent first. 1 query."""
    rows = Handing.objects.filter(person_id__in=person_ids, state__in=("open", "returned"))
    return [HandingView(**row) for row in rows.order_by("due_at").values(*FIELDS)[:limit]]


def return_due() -> int:
    """Conversations whose hand-over ran out go back to who had them before, open; how many. At most 100 at once."""
    ids = Handing.objects.filter(state=Handing.State.OPEN, due_at__lte=clock.now()).values_list("pk", flat=True)
    found = 0
    for handing_id in list(ids[:BATCH]):
        with transaction.atomic():
            handing = Handing.objects.select_for_update(skip_locked=True).filter(pk=handing_id, state="open").first()
            if handing is not None:
                _close(access.SYSTEM, handing, "returned")
                found += 1
    return found


def do_hand(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: hand over."""
    (row,) = conversations.locked(principal, [args["id"]])
    if Handing.objects.filter(conversation=row, state=Handing.State.OPEN).exists():
        raise Refused("handed_already", _("It is handed over already: first say that it is done."), 409)
    handing = Handing.objects.create(
        conversation=row, person_id=row.person_id, to_staff_id=UUID(args["to"]), from_staff_id=row.assignee_id,
        by_staff_id=principal.staff_id, summary=args["summary"], promise=args["promise"],
        due_at=datetime.fromisoformat(args["due_at"]),
    )  # fmt: skip
    before = {"handing": str(handing.pk), "assignee": str(row.assignee_id) if row.assignee_id else None}
    told = {"handing": str(handing.pk), "to_staff": args["to"], "due_at": args["due_at"], "promise": args["promise"]}
    happenings.note(row, "promise", "staff", principal.staff_id, told)
    change_now(principal, {"ids": [args["id"]], "values": {"assignee_id": args["to"]}})
    for _name, hears in sorted(_listeners.items()):
        hears(_view(handing))
    access.record(principal, "hand_over", "conversation", row.pk, {"to": args["to"], "due_at": args["due_at"]})
    return before


def undo_hand(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as if it had not been handed over, unless it ended meanwhile."""
    handing = Handing.objects.select_for_update().filter(pk=before["handing"], state=Handing.State.OPEN).first()
    if handing is not None:
        _close(principal, handing, "undone")


def do_keep(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the promise was kept."""
    (row,) = conversations.locked(principal, [args["id"]])
    handing = Handing.objects.select_for_update().filter(conversation=row, state=Handing.State.OPEN).first()
    if handing is None:
        raise NotFound(_("Nothing is handed over here."))
    before = {"handing": str(handing.pk), "assignee": str(row.assignee_id) if row.assignee_id else None}
    _close(principal, handing, "kept")
    return before


def undo_keep(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: it is under way again; who has the conversation since keeps it."""
    row = Conversation.objects.select_for_update().get(pk=args["id"])
    handing = Handing.objects.select_for_update().filter(pk=before["handing"], state=Handing.State.KEPT).first()
    if handing is None:
        return
    if Handing.objects.filter(conversation_id=handing.conversation_id, state=Handing.State.OPEN).exists():
        raise Refused("handed_already", _("It is handed over already: first say that it is done."), 409)
    handing.state, handing.closed_at = Handing.State.OPEN, None
    handing.save(update_fields=["state", "closed_at"])
    if row.assignee_id == handing.from_staff_id and row.merged_into_id is None:
        change_now(principal, {"ids": [args["id"]], "values": {"assignee_id": before["assignee"]}})
    _tell_closing(handing, "open")


def _close(principal: access.Principal, handing: Handing, state: str) -> None:
    """End a hand-over: the conversation goes back to who had it, and is opened when it came back by itself."""
    handing.state, handing.closed_at = state, clock.now()
    handing.save(update_fields=["state", "closed_at"])
    row = Conversation.objects.select_for_update().get(pk=handing.conversation_id)
    values: dict[str, Any] = {"assignee_id": str(handing.from_staff_id) if handing.from_staff_id else None}
    if row.assignee_id != handing.to_staff_id:  # somebody gave it to another colleague meanwhile
        values = {}
    if state == "returned" and row.state != "open":
        values["state"] = "open"
    by = "staff" if principal.staff_id else "system"
    kind = {"returned": "returned", "kept": "kept"}.get(state, "taken_over")
    happenings.note(
        row, kind, by, principal.staff_id, {"handing": str(handing.pk), "to_staff": str(handing.to_staff_id)}
    )
    if values and row.merged_into_id is None:
        change_now(access.SYSTEM if state == "returned" else principal, {"ids": [str(row.pk)], "values": values})
    live.tell(thread.KIND, [row.pk])
    _tell_closing(handing, state)
    access.record(principal, state, "conversation", row.pk, {"handing": str(handing.pk)})


def _view(handing: Handing) -> HandingView:
    return HandingView(**{name: getattr(handing, name) for name in FIELDS})


def _tell_closing(handing: Handing, state: str) -> None:
    for _name, hears in sorted(_closing.items()):
        hears(_view(handing), state)


def register() -> None:
    undo.register(HAND, undo.Handler(do_hand, undo_hand))
    undo.register(KEEP, undo.Handler(do_keep, undo_keep))

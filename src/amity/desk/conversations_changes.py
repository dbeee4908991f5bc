"""Changing conversations, one or many: each change is undone as a whole, audited, a line in the log, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.desk import happenings, thread
from amity.desk.conversations import SEE, locked
from amity.desk.models import Conversation, Message, Queue, State
from amity.desk.thread import KIND
from amity.people import api as people

CHANGE = "desk.change"
MOST, URGENCIES = 500, (0, 1, 2, 3)
TOUCHED = (
    "state", "snoozed_until", "solved_at", "assignee_id", "queue_id", "subject", "intent", "intent_chance",
    "intent_by", "urgency", "person_id", "handler",
)  # fmt: skip
Hears = Callable[[Conversation, Sequence[str]], None]
_listeners: dict[str, Hears] = {}


def on_change(name: str, hears: Hears) -> None:
    """Have ``hears(conversation, kinds of happening)`` called after each change and its undo, in its transaction."""
    _listeners[name] = hears


def tell_listeners(conversation: Conversation, kinds: Sequence[str]) -> None:
    """For changes that are made elsewhere: whoever listens is told of them."""
    for _name, hears in sorted(_listeners.items()):
        hears(conversation, kinds)


def change(principal: access.Principal, ids: Iterable[UUID], values: Mapping[str, Any]) -> UUID:
    """Set ``values`` of `TOUCHED` on up to 500 conversations; returns the undo group. 4 queries each."""
    known = [str(each) for each in ids]
    if not known or len(known) > MOST:
        raise Refused("nothing_picked", _("Tick the rows first."))
    return undo.perform(principal, CHANGE, {"ids": known, "values": {k: undo.plain(v) for k, v in values.items()}})


def assign(principal: access.Principal, ids: Sequence[UUID], staff_id: UUID | None) -> UUID:
    """Give conversations to a colleague, or to nobody; raises `Refused` for who may not see the desk."""
    if staff_id is not None and not access.principal_by_id(staff_id).may(SEE):
        raise Refused("not_at_desk", _("This colleague has no access to the inbox."))
    return change(principal, ids, {"assignee_id": staff_id})


def move(principal: access.Principal, ids: Sequence[UUID], queue_id: UUID | None) -> UUID:
    """Put conversations into a queue, or into none."""
    if queue_id is not None and not Queue.objects.filter(pk=queue_id, archived_at=None).exists():
        raise NotFound(_("There is no such queue."))
    return change(principal, ids, {"queue_id": queue_id})


def set_state(principal: access.Principal, ids: Sequence[UUID], state: str) -> UUID:
    """Open, pending, solved or spam; to snooze see `snooze`."""
    if state not in State.values or state == State.SNOOZED:
        raise Refused("bad_state", _("This is no state that a conversation can have."))
    return change(principal, ids, {"state": state})


def snooze(principal: access.Principal, ids: Sequence[UUID], until: datetime) -> UUID:
    """Out of sight until then; a message of the customer brings it back sooner."""
    if until <= clock.now():
        raise Refused("past", _("Choose a time that is still to come."))
    return change(principal, ids, {"state": State.SNOOZED, "snoozed_until": until})


def set_urgency(principal: access.Principal, ids: Sequence[UUID], urgency: int) -> UUID:
    """0 low, 1 normal, 2 high, 3 urgent."""
    if urgency not in URGENCIES:
        raise Refused("bad_urgency", _("Choose how urgent it is."))
    return change(principal, ids, {"urgency": urgency})


def set_subject(principal: access.Principal, conversation_id: UUID, subject: str) -> UUID:
    return change(principal, [conversation_id], {"subject": " ".join(subject.split())[:900]})


def set_intent(principal: access.Principal, ids: Sequence[UUID], intent: str) -> UUID:
    """What the customer wants, as a person says; it is learned from. Empty: nobody knows."""
    values = {"intent": " ".join(intent.split())[:80], "intent_chance": None, "intent_by": "staff"}
    return change(principal, ids, values)


def set_person(principal: access.Principal, conversation_id: UUID, person_id: UUID) -> UUID:
    """Say with whom it is; messages of the one before go along. Raises `NotFound` for who is out of sight."""
    view = people.get_person(principal, person_id)
    return change(principal, [conversation_id], {"person_id": view.merged_into_id or view.id})


def set_given(principal: access.Principal, conversation_id: UUID, given: Mapping[str, Any]) -> UUID | None:
    """Several values at once, checked as each alone is; returns the undo group of all, None when nothing was given."""
    values = dict(given)
    if values.get("assignee_id") and not access.principal_by_id(values["assignee_id"]).may(SEE):
        raise Refused("not_at_desk", _("This colleague has no access to the inbox."))
    if values.get("queue_id") and not Queue.objects.filter(pk=values["queue_id"], archived_at=None).exists():
        raise NotFound(_("There is no such queue."))
    if values.get("person_id"):
        view = people.get_person(principal, values["person_id"])
        values["person_id"] = view.merged_into_id or view.id
    if values.get("snoozed_until"):
        if values["snoozed_until"] <= clock.now():
            raise Refused("past", _("Choose a time that is still to come."))
        values["state"] = State.SNOOZED
    if "intent" in values:
        values |= {"intent": (values["intent"] or "")[:80], "intent_chance": None, "intent_by": "staff"}
    kept = ("assignee_id", "queue_id", "intent_chance")  # these may be emptied
    told = {name: value for name, value in values.items() if value is not None or name in kept}
    return change(principal, [conversation_id], told) if told else None


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: set the values; returns what was and what is, by conversation."""
    before: dict[str, dict[str, Any]] = {}
    rows = locked(principal, args["ids"])
    for row in rows:
        was = _state(row)
        _set(row, args["values"])
        now = _state(row)
        changed = [name for name in TOUCHED if was[name] != now[name]]
        before[str(row.pk)] = {"was": {n: was[n] for n in changed}, "now": {n: now[n] for n in changed}}
        before[str(row.pk)]["moved"] = _save(row, was, now, principal)
    _record(principal, "change", rows, {"fields": sorted(args["values"])})
    return before


def change_locked(principal: access.Principal, row: Conversation, values: Mapping[str, Any]) -> None:
    """Set values of `TOUCHED` on a row that is locked in this transaction, as part of something that is undone itself.

    3 queries, more where its deadline changes.
    """
    was = _state(row)
    _set(row, values)
    _save(row, was, _state(row), principal)
    _record(principal, "change", [row], {"fields": sorted(values)})


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: what was before, except what somebody changed since."""
    rows = list(Conversation.objects.select_for_update().filter(pk__in=list(before)).order_by("pk"))
    for row in rows:
        kept, was = before[str(row.pk)], _state(row)
        for name, value in kept["was"].items():
            if was[name] == kept["now"][name]:
                setattr(row, name, _typed(name, value))
        _save(row, was, _state(row), principal, kept.get("moved"))
    _record(principal, "undo", rows, {"fields": sorted(args["values"])})


def _set(row: Conversation, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, _typed(name, value))
    if "state" in values:
        if row.state != State.SNOOZED:
            row.snoozed_until = None
        row.solved_at = (row.solved_at or clock.now()) if row.state == State.SOLVED else None


def _save(
    row: Conversation, was: Mapping[str, Any], now: Mapping[str, Any], principal: access.Principal, moved: Any = None
) -> list[str]:  # fmt: skip
    """Write a changed row with its lines in the log; returns the messages that went to another person."""
    facts = list(_facts(was, now))
    went: list[str] = []
    if was["person_id"] != now["person_id"]:
        went = _messages_follow(row, _typed("person_id", was["person_id"]), moved)
    changed = [name for name in TOUCHED if was[name] != now[name]]
    if "subject" in changed:
        row.search = thread.found_by(row, row.snippet)
        changed.append("search")
    row.save(update_fields=changed)
    by = "staff" if principal.staff_id else "system"
    for kind, data in facts:
        happenings.note(row, kind, by, principal.staff_id, data)
    tell_listeners(row, [kind for kind, _data in facts])
    live.tell(KIND, [row.pk])
    return went


def _facts(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The lines of the log that a change is worth."""
    for name, kind in (
        ("assignee_id", "assigned"), ("queue_id", "queue"), ("subject", "subject"), ("urgency", "urgency"),
        ("person_id", "person"), ("intent", "intent"),
    ):  # fmt: skip
        if was[name] != now[name]:
            yield kind, {"from": was[name], "to": now[name]}
    if was["intent"] == now["intent"] and was["intent_by"] != now["intent_by"]:
        yield "intent", {"from": was["intent"], "to": now["intent"], "confirmed": True}
    if was["handler"] != now["handler"]:
        yield "handed_over" if now["handler"] == "staff" else "taken_over", {"to": now["handler"]}
    if was["state"] != now["state"] or was["snoozed_until"] != now["snoozed_until"]:
        kind = "snoozed" if now["state"] == State.SNOOZED else "state"
        if was["state"] == State.SOLVED and now["state"] == State.OPEN:
            kind = "reopened"
        yield kind, {"from": was["state"], "to": now["state"], "until": now["snoozed_until"]}


def _messages_follow(row: Conversation, before: UUID | None, only: Sequence[str] | None) -> list[str]:
    """Messages with the person before are now with the one that the conversation is with."""
    rows = Message.objects.filter(conversation=row)
    theirs = Q(person_id=before) if before else Q(person=None)
    rows = rows.filter(pk__in=only) if only is not None else rows.filter(theirs)
    going = list(rows.values_list("pk", "received_id"))
    Message.objects.filter(pk__in=[pk for pk, _received in going]).update(person_id=row.person_id)
    channels.move_received([received for _pk, received in going if received], person_id=row.person_id)
    row.log.filter(theirs).update(person_id=row.person_id)
    row.handings.filter(theirs).update(person_id=row.person_id)
    return [str(pk) for pk, _received in going]


def _state(row: Conversation) -> dict[str, Any]:
    return {name: undo.plain(getattr(row, name)) for name in TOUCHED}


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, str) and name in ("snoozed_until", "solved_at"):
        return parse_datetime(value)
    return UUID(value) if isinstance(value, str) and name.endswith("_id") else value


def _record(principal: access.Principal, verb: str, rows: Sequence[Conversation], detail: dict[str, Any]) -> None:
    about = str(rows[0].pk) if len(rows) == 1 else f"{len(rows)} records"
    if rows:
        access.record(principal, verb, "conversation", about, detail)


def register() -> None:
    undo.register(CHANGE, undo.Handler(do, put_back))

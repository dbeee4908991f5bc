"""The log of a conversation in words, as it stands between messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.base import clock, undo, words
from amity.base.ids import read_id
from amity.desk import complaints, linking, refunds, routing_words
from amity.desk.conversations_messages import Fact
from amity.desk.inbox import URGENCY
from amity.desk.models import State

Names = Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the log in words."""

    at: datetime
    text: str
    who: str
    icon: str
    id: UUID
    first: bool = False  # before what was said at the same moment
    undo: bool = False  # the bot's change can still be undone here
    about: UUID | None = None  # another conversation that the line names


def staff_in(log: Iterable[Fact]) -> list[UUID]:
    """Staff that the lines name. Pure."""
    found = [each.staff_id for each in log if each.staff_id]
    named = [read_id(each.data.get(key)) for each in log for key in ("from", "to", "to_staff")]
    return found + [pk for pk in named if pk]


def told(log: Iterable[Fact], staff: Names, queues: Names) -> list[Told]:
    """Lines in words; kinds that say nothing to a reader are left out. Pure."""
    found, log = [], list(log)
    undone = {each.data["undone"] for each in log if each.data.get("undone")}
    for each in log:
        text = _WORDS.get(each.kind, _silent)(each.data, staff, queues)
        if text:
            who = staff.get(each.staff_id, "") if each.staff_id else _BY.get(each.by, str)()
            back = bool(each.data.get("undo")) and str(each.id) not in undone and each.at > clock.now() - undo.KEPT
            icon = _ICONS.get(each.kind, "point")
            parted = each.data.get("to") or each.data.get("from") if each.kind in ("split", "unmerged") else None
            found.append(Told(each.at, text, who, icon, each.id, each.kind == "opened", back, read_id(parted)))
    return found


def _named(names: Names, value: Any) -> str:
    return names.get(read_id(value) or UUID(int=0), "")


def _silent(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    return ""


def _opened(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    return _("Conversation began")


def _state(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    to = data.get("to", "")
    if to == State.OPEN and data.get("from") == State.SNOOZED:
        return _("Awake again")
    return str(State(to).label) if to in State.values else ""


def _snoozed(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    until = datetime.fromisoformat(data["until"]) if data.get("until") else None
    return _("Snoozed until {day}").format(day=words.hour(until)) if until else _("Snoozed")


def _assigned(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    name = _named(staff, data.get("to"))
    if not data.get("to"):
        return _("Assigned to nobody")
    why = routing_words.why(data)
    text = _("Assigned to {name}").format(name=name or _("a colleague"))
    return f"{text}: {why}" if why else text


def _queue(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    name = _named(queues, data.get("to"))
    return _("Moved to {queue}").format(queue=name) if name else _("Taken out of its queue")


def _urgency(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    label = URGENCY.get(data.get("to", -1), "")
    return _("Urgency: {level}").format(level=label) if label else ""


def _subject(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    return _("Subject: {subject}").format(subject=data.get("to") or "–")


def _intent(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    return _("Intent: {intent}").format(intent=data.get("to") or _("don't know"))


def _merged(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    number = f"#{data.get('number', '')}"
    return (_("{number} became part of this") if data.get("from") else _("Became part of {number}")).format(
        number=number
    )


def _unmerged(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    return _("Parted from {number} again").format(number=f"#{data.get('number', '')}")


def _split(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    number = f"#{data.get('number', '')}"
    return (_("Split off from {number}") if data.get("from") else _("{number} was split off")).format(number=number)


def _promise(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    what = data.get("promise", "")
    due = datetime.fromisoformat(data["due_at"]) if data.get("due_at") else None
    day = words.hour(due) if due else ""
    return _("Handed over to {name}, promised by {day}: {what}").format(
        name=_named(staff, data.get("to_staff")), day=day, what=what
    )


def _link(told: str, data: Mapping[str, Any]) -> str:
    known = linking.kinds().get(data.get("kind", ""))
    return f"{told}: {known.label}" if known else told


def _complaint(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    step = complaints.STEP_WORDS.get(data.get("step", ""), "")
    return f"{_('Complaint {number}').format(number=data.get('number', ''))}: {step}" if step else ""


def _refund(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    amount = words.money(int(data.get("amount_minor", 0)), str(data.get("currency", "")))
    return _("Refund of {amount}: {state}").format(amount=amount, state=refunds.STATES.get(data.get("state", ""), ""))


def _changed(data: Mapping[str, Any], staff: Names, queues: Names) -> str:
    return _("The change of the address was undone") if data.get("undone") else _("Changed the customer's address")


_WORDS: dict[str, Callable[[Mapping[str, Any], Names, Names], str]] = {
    "opened": _opened, "state": _state, "reopened": lambda *_a: _("Opened again"), "snoozed": _snoozed,
    "assigned": _assigned, "queue": _queue, "urgency": _urgency, "subject": _subject, "intent": _intent,
    "merged": _merged, "unmerged": _unmerged, "split": _split, "promise": _promise,
    "linked": lambda data, *_a: _link(_("Link added"), data),
    "unlinked": lambda data, *_a: _link(_("Link removed"), data),
    "person": lambda *_a: _("Customer changed"), "withdrawn": lambda *_a: _("A message was taken back"),
    "handed_over": lambda *_a: _("Handed over to people"), "taken_over": lambda *_a: _("Hand-over ended"),
    "returned": lambda *_a: _("Came back: the deadline of the hand-over passed"),
    "kept": lambda *_a: _("What was promised is done"),
    "complaint": _complaint, "refund": _refund,
    "breached": lambda *_a: _("A promised time was missed"), "changed": _changed,
}  # fmt: skip
_ICONS = {
    "state": "circle-check", "reopened": "refresh", "snoozed": "bell-off", "assigned": "user", "queue": "stack-2",
    "urgency": "flame", "intent": "bulb", "merged": "git-merge", "split": "git-branch", "promise": "arrow-right",
    "linked": "link", "returned": "arrow-back-up", "breached": "alert-triangle", "opened": "message-circle",
}  # fmt: skip
_BY: dict[str, Callable[[], str]] = {
    "customer": lambda: _("Customer"), "bot": lambda: _("Bot"), "system": lambda: "Amity", "staff": lambda: "",
}  # fmt: skip

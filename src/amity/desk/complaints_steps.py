"""The steps of complaints. Each is checked, logged twice (its own log, the conversation's), audited and undoable.

received → acknowledged → investigating ⇄ waiting → decided → answered → closed; reopened; withdrawn. What was sent to
the customer stays sent: undoing such a step works only as long as the message can still be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.desk import checklist, complaints, complaints_clock, conversations, replies
from amity.desk import complaints_log as log
from amity.desk.models import Complaint, ComplaintPaper, Conversation, Message, Refund
from amity.people import api as people

KIND, OPEN_KIND = "desk.complaint", "desk.complaint.open"
MAX_WORDS = 20_000
BEGUN = ("received", "acknowledged", "investigating", "waiting", "reopened")
FROM: dict[str, tuple[tuple[str, ...], str]] = {
    "acknowledge": (("received", "reopened"), "acknowledged"),
    "investigate": (("received", "acknowledged", "reopened", "waiting"), "investigating"),
    "ask": (BEGUN, "waiting"),
    "hold": (BEGUN, ""),
    "decide": (BEGUN, "decided"),
    "answer": (("decided",), "answered"),
    "close": (("answered",), "closed"),
    "reopen": (("answered", "closed", "withdrawn"), "reopened"),
    "withdraw": ((*BEGUN, "decided"), "withdrawn"),
}
WRITING = ("acknowledge", "ask", "hold", "answer")  # steps that tell the customer something
TOUCHED = (
    "state", "decision", "decision_words", "acknowledge_at", "due_at", "warn_at", "warned_at", "held_at",
    "breached_at", "decided_at", "decided_by_id", "answered_at", "answer_id", "closed_at",
)  # fmt: skip


def open_complaint(
    principal: access.Principal, conversation_id: UUID, kind: str, words: str, *, wanted: str = "", country: str = "",
    at: datetime | None = None,
) -> tuple[UUID, UUID]:  # fmt: skip
    """Write a complaint down; its clock starts. Returns it and the undo group. Raises `Refused`, `NotFound`.

    ``country`` (ISO 3166): whose law counts, else the customer's. ``at``: when it arrived. About 14 queries.
    """
    if kind not in checklist.KINDS:
        raise Refused("bad_kind", _("Choose what it is about."))
    words, wanted = _words(words), _words(wanted)
    if not words:
        raise Refused("empty", _("Write down what the customer complains of."))
    with transaction.atomic():
        (talk,) = conversations.locked(principal, [conversation_id])
        if Complaint.objects.filter(conversation=talk).exclude(state__in=complaints.ENDED).exists():
            raise Refused("complaint_open", _("A complaint is open in this conversation already."), 409)
        row = Complaint(
            number=_next_number(), conversation=talk, person_id=talk.person_id, kind=kind, words=words, wanted=wanted,
            country=(country or _country(talk)).upper()[:2], received_at=at or clock.now(),
            staff_id=principal.staff_id,
        )  # fmt: skip
        complaints_clock.start(row)
        row.save()
        for place, name in enumerate(checklist.NEEDED[kind]):
            ComplaintPaper.objects.create(complaint=row, person_id=row.person_id, name=name, position=place)
        log.note(row, "open", "", principal, {"kind": kind}, at=row.received_at)
        group = undo.note(principal, OPEN_KIND, {"id": str(row.pk)}, {})
    return row.pk, group


def step(principal: access.Principal, complaint_id: UUID, name: str, **given: Any) -> UUID:
    """Take one of the steps of `FROM`; returns the undo group. Raises `Refused` with what stands in the way.

    ``decide`` takes ``decision`` and ``words``; `WRITING` take ``text``, which is sent to the customer (empty: they
    were told outside Amity); ``hold`` needs a rule that knows one.
    """
    if name not in FROM:
        raise Refused("bad_step", _("There is no such step."))
    args = {key: str(value) for key, value in given.items() if value}
    return undo.perform(principal, KIND, {"id": str(complaint_id), "step": name, **args})


def possible(view: complaints.ComplaintView, principal: access.Principal) -> list[str]:
    """Steps that can be taken now, in order. Pure."""
    found = [name for name, (states, _to) in FROM.items() if view.state in states]
    if not view.rule.get("extended") or view.held_at or view.overdue:
        found = [name for name in found if name != "hold"]
    if not principal.may(complaints.DECIDE):
        found = [name for name in found if name != "decide"]
    return found if principal.may(complaints.WORK) else []


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: take the step; returns the columns before and after, and the message that went out."""
    row, name = complaints.locked(principal, args["id"]), args["step"]
    states, to = FROM[name]
    if row.state not in states:
        raise Refused("bad_state", _("This step is not possible: the complaint is “{state}” now.").format(
            state=complaints.STATES[row.state]), 409)  # fmt: skip
    was = _state(row)
    message = _DO.get(name, _nothing)(principal, row, args)
    row.state = to or row.state
    row.save()
    log.note(row, name, was["state"], principal, {"message": message} if message else {})
    return {"was": was, "now": _state(row), "message": message}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: a message that has not left is taken back, columns are as they were unless changed since."""
    row = complaints.locked(principal, args["id"])
    if before["message"] and not Message.objects.filter(pk=before["message"], withdrawn_at__isnull=False).exists():
        replies.take_back(principal, UUID(before["message"]))  # refuses what was sent
        row.refresh_from_db()
    state = row.state
    for name in TOUCHED:
        if undo.plain(getattr(row, name)) == before["now"][name]:
            setattr(row, name, _typed(name, before["was"][name]))
    row.save()
    log.note(row, "undo", state, principal, {"step": args["step"]})


def put_back_opening(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the complaint was none; its log stays."""
    row = complaints.locked(principal, args["id"])
    if row.state != "received":
        raise Refused("begun", _("It has been worked on: take it back by a step of its own."), 409)
    row.state, row.closed_at = "withdrawn", clock.now()
    row.save()
    log.note(row, "undo", "received", principal, {"step": "open"})


def answer_taken_back(conversation: Conversation, kinds: Any) -> None:
    """`conversations_changes` listener: a complaint whose answer was taken back is decided, not answered."""
    if "withdrawn" not in kinds:
        return
    for row in Complaint.objects.select_for_update().filter(conversation=conversation, state="answered"):
        if row.answer_id and Message.objects.filter(pk=row.answer_id, withdrawn_at__isnull=False).exists():
            row.state, row.answered_at, row.answer_id = "decided", None, None
            row.save()
            log.note(row, "unsent", "answered", None, {})


def _acknowledge(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    return _say(principal, row, args, "open")


def _ask(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    return _say(principal, row, args, "pending")


def _hold(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    if not row.rule.get("extended"):
        raise Refused("no_holding", _("The law that counts here knows no holding reply."), 409)
    if row.held_at:
        raise Refused("held_already", _("A holding reply went out already: there is only one."), 409)
    if row.due_at and row.due_at < clock.now():
        raise Refused("too_late", _("The deadline has passed: a holding reply does not move it any more."), 409)
    row.held_at = clock.now()
    complaints_clock.tell(row)
    return _say(principal, row, args, "open")


def _decide(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    access.require(principal, complaints.DECIDE)
    decision, words = args.get("decision", ""), _words(args.get("words", ""))
    if decision not in complaints.DECISIONS:
        raise Refused("bad_decision", _("Choose how it is decided."))
    if not words:
        raise Refused("no_reason", _("Write down why it is decided like this."))
    if decision == "rejected" and row.breached_at and row.rule.get("silence_accepts"):
        raise Refused("accepted", _("The time to answer has passed: by law the complaint counts as accepted."), 409)
    left = complaints.missing(complaints.papers_of(row.pk))
    if decision != "rejected" and left:
        names = ", ".join(each.label for each in left)
        told = _("Still missing: {papers}. Tick them, or say that they are not needed.").format(papers=names)
        raise Refused("papers_missing", told, 409)
    row.decision, row.decision_words, row.decided_at = decision, words, clock.now()
    row.decided_by_id = principal.staff_id
    return ""


def _answer(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    message = _say(principal, row, args, "solved")
    row.answered_at, row.answer_id = clock.now(), UUID(message) if message else None
    return message


def _ended(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    """Closed, or taken back by the customer."""
    if Refund.objects.filter(complaint=row, state__in=("proposed", "approved")).exists():
        raise Refused("refund_open", _("A refund is still on its way: pay it or take it back first."), 409)
    row.closed_at = clock.now()
    return ""


def _reopen(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    others = Complaint.objects.filter(conversation=row.conversation).exclude(pk=row.pk)
    if others.exclude(state__in=complaints.ENDED).exists():
        raise Refused("complaint_open", _("A complaint is open in this conversation already."), 409)
    row.decision, row.decision_words, row.decided_at, row.decided_by_id = "", "", None, None
    row.answered_at = row.answer_id = row.closed_at = row.breached_at = row.warned_at = row.held_at = None
    complaints_clock.tell(row, since=clock.now())
    return ""


def _nothing(principal: access.Principal, row: Complaint, args: Mapping[str, Any]) -> str:
    return ""


_DO: dict[str, Callable[[access.Principal, Complaint, Mapping[str, Any]], str]] = {
    "acknowledge": _acknowledge, "ask": _ask, "hold": _hold, "decide": _decide, "answer": _answer, "close": _ended,
    "reopen": _reopen, "withdraw": _ended,
}  # fmt: skip


def _say(principal: access.Principal, row: Complaint, args: Mapping[str, Any], then: str) -> str:
    """Send the words of a step to the customer; returns the message, empty where they were told elsewhere."""
    text = _words(args.get("text", ""))
    if not text:
        return ""
    return str(
        replies.send(principal, row.conversation_id, replies.Answer(text, then=then), undo_seconds=10).message.id
    )


def _state(row: Complaint) -> dict[str, Any]:
    return {name: undo.plain(getattr(row, name)) for name in TOUCHED}


def _typed(name: str, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if name.endswith("_at"):
        return parse_datetime(value)
    return UUID(value) if name.endswith("_id") else value


def _words(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()[:MAX_WORDS]


def _country(talk: Conversation) -> str:
    if talk.person_id is None:
        return ""
    return people.get_person(access.SYSTEM, talk.person_id).country


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('desk_complaint_number')")
        return int(cursor.fetchone()[0])

"""The papers of a complaint: ticked by hand or by an attachment, waived, added, asked for with one click."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.channels import api as channels
from amity.desk import checklist, complaints, complaints_log, complaints_steps
from amity.desk.models import Complaint, ComplaintPaper, Conversation, Message

KIND = "desk.complaint.paper"
STATES = (checklist.MISSING, checklist.HERE, checklist.WAIVED)


def set_state(principal: access.Principal, complaint_id: UUID, paper_id: UUID, state: str) -> UUID:
    """Say that a paper is here, missing, or not needed after all; returns the undo group."""
    if state not in STATES:
        raise Refused("bad_state", _("This is no value that it can have."))
    return undo.perform(principal, KIND, {"id": str(complaint_id), "paper": str(paper_id), "state": state})


def add(principal: access.Principal, complaint_id: UUID, name: str) -> UUID:
    """Have something more brought: a key of `checklist.PAPERS` or own words; returns the undo group."""
    name = " ".join(name.replace("\x00", "").split())[: checklist.MAX_NAME]
    if not name:
        raise Refused("empty", _("Give it a name."))
    return undo.perform(principal, KIND, {"id": str(complaint_id), "paper": "", "name": name})


def ask(principal: access.Principal, complaint_id: UUID, text: str = "") -> UUID:
    """Ask the customer for what is missing, in their language; the complaint waits for them. Returns the undo group."""
    row = complaints.get(principal, complaint_id)
    left = complaints.missing(complaints.papers_of(row.id))
    if not left:
        raise Refused("nothing_missing", _("Nothing is missing."), 409)
    with transaction.atomic():
        group = complaints_steps.step(principal, complaint_id, "ask", text=text or request_text(row, left))
        ComplaintPaper.objects.filter(pk__in=[each.id for each in left]).update(asked_at=clock.now())
    return group


def request_text(row: complaints.ComplaintView, left: list[complaints.PaperView]) -> str:
    """The letter that asks for papers, in the language of the conversation. 1 query."""
    spoken = Conversation.objects.filter(pk=row.conversation_id).values_list("language", flat=True).first()
    with translation.override(spoken or translation.get_language()):
        lines = "\n".join(f"– {each.label}" for each in left)
        return _(
            "Hello,\n\nto look into your complaint we still need:\n{papers}\n\nPlease answer this message."
        ).format(papers=lines)


def heard(conversation: Conversation, message: Message) -> None:
    """`thread` listener: what customers attach ticks papers; one who was waited for answered. 0, 1 or more queries."""
    if message.direction != "in" or message.automatic or message.seq == 1:  # nobody complained before
        return
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("conversation")
    row = rows.filter(conversation=conversation).exclude(state__in=complaints.ANSWERED).first()
    if row is None:
        return
    _tick(row, message)
    if row.state == "waiting":
        row.state = "investigating"
        row.save(update_fields=["state"])
        complaints_log.note(row, "heard", "waiting", None, {"message": str(message.pk)}, by="customer")


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: tick, untick, waive or add."""
    row = complaints.locked(principal, args["id"])
    if row.state in complaints.ENDED:
        raise Refused("ended", _("This complaint is over. Open it again first."), 409)
    if args["paper"]:
        paper = row.papers.select_for_update().filter(pk=args["paper"]).first()
        if paper is None:
            raise NotFound(_("This is no longer here."))
        was, paper.state, paper.changed_at = paper.state, args["state"], clock.now()
        paper.save()
    else:
        if row.papers.count() >= checklist.MAX_PAPERS or row.papers.filter(name=args["name"]).exists():
            raise Refused("paper_known", _("It is on the list already, or the list is full."), 409)
        paper = ComplaintPaper.objects.create(
            complaint=row, person_id=row.person_id, name=args["name"], position=checklist.MAX_PAPERS
        )
        was = ""
    complaints_log.note(row, "paper", row.state, principal, {"paper": paper.name, "state": paper.state})
    return {"paper": str(paper.pk), "was": was, "now": paper.state}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as it was unless changed since; what was added goes."""
    row = complaints.locked(principal, args["id"])
    paper = row.papers.select_for_update().filter(pk=before["paper"]).first()
    if paper is None or paper.state != before["now"]:
        return
    if before["was"]:
        paper.state = before["was"]
        paper.save()
    else:
        paper.delete()
    complaints_log.note(row, "undo", row.state, principal, {"step": "paper", "paper": paper.name})


def _tick(row: Complaint, message: Message) -> None:
    wanted = [pk for text in message.files if (pk := read_id(text))]
    if not wanted:
        return
    known = channels.file_views(wanted)
    files = [pk for pk in wanted if pk in known]
    left = list(row.papers.select_for_update().filter(state=checklist.MISSING).order_by("position", "id"))
    places = checklist.brought([each.name for each in left], [known[pk].type for pk in files])
    for pk, place in zip(files, places, strict=True):
        if place is not None:
            paper = left[place]
            paper.state, paper.file_id, paper.changed_at = checklist.HERE, pk, clock.now()
            paper.save()
            data = {"paper": paper.name, "state": paper.state, "file": str(pk)}
            complaints_log.note(row, "paper", row.state, None, data, by="customer")

"""Public API of notes, meetings and quotes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.people import api as people
from amity.sales import meetings, notes, quotes, quotes_answers, quotes_sending
from amity.sales.deals import get_deal

router = Router(tags=["office"])
About = Literal["person", "company", "deal"]


class NoteOut(Schema):
    """A note; of a call also who called, how it ended and how many minutes it took."""

    id: UUID
    kind: Literal["note", "call"]
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    author_id: UUID | None
    body: str
    promised: str
    direction: str
    outcome: str
    minutes: int | None
    happened_at: datetime
    created_at: datetime
    updated_at: datetime


class SaidIn(Schema, extra="forbid"):
    """What a note says."""

    body: str = ""
    promised: str = ""
    direction: Literal["", "in", "out"] = ""
    outcome: Literal["", "reached", "no_answer", "message", "later", "wrong"] = ""
    minutes: int | None = None
    happened_at: datetime | None = None


class NoteIn(SaidIn):
    """A note about one record; ``follow_up`` becomes a task of yours."""

    about: About
    about_id: UUID
    kind: Literal["note", "call"] = "note"
    follow_up: str = ""
    follow_up_on: date | None = None


class MeetingOut(Schema):
    id: UUID
    uid: str
    title: str
    place: str
    description: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    organiser_id: UUID | None
    cancelled_at: datetime | None


class MeetingIn(Schema, extra="forbid"):
    """A meeting about one record; every address is invited by mail."""

    about: About
    about_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str = "UTC"
    place: str = ""
    description: str = ""
    guests: list[str] = []


class QuoteOut(Schema):
    """A quote; sums in minor units of ``currency``."""

    id: UUID
    number: str
    version: int
    status: str
    title: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    order_id: UUID | None
    currency: str
    language: str
    valid_until: date | None
    net_minor: int
    tax_minor: int
    total_minor: int
    sent_at: datetime | None
    answered_at: datetime | None
    created_at: datetime


class LineIn(Schema, extra="forbid"):
    """A line; ``discount`` and ``tax`` in hundredths of a percent."""

    name: str
    quantity: Decimal = Decimal(1)
    price_minor: int
    product_id: UUID | None = None
    discount: int = 0
    tax: int = 0


class QuoteIn(Schema, extra="forbid"):
    """A draft about one record."""

    about: About
    about_id: UUID
    title: str = ""
    lines: list[LineIn] = []


class AnswerIn(Schema, extra="forbid"):
    accepted: bool


class SendIn(Schema, extra="forbid"):
    by_mail: bool = True


@router.get("/people/{person_id}/notes", response=rest.document(list[NoteOut]), operation_id="listPersonNotes")
def person_notes(request: access.StaffRequest, person_id: UUID) -> Any:
    """Notes and calls about a person, newest first, at most 20."""
    people.get_person(request.principal, person_id)
    return notes.notes_of(request.principal, "person", people.whole(person_id))


@router.get("/deals/{deal_id}/notes", response=rest.document(list[NoteOut]), operation_id="listDealNotes")
def deal_notes(request: access.StaffRequest, deal_id: UUID) -> Any:
    """Notes and calls about a deal, newest first, at most 20."""
    get_deal(request.principal, deal_id)
    return notes.notes_of(request.principal, "deal", [deal_id])


@router.post("/notes", response={201: NoteOut, **rest.problems()}, operation_id="createNote")
def create_note(request: access.StaffRequest, body: NoteIn, response: HttpResponse) -> Any:
    """Write down a note or a call. ``Amity-Undo`` names the undo group."""
    access.require(request.principal, notes.PERMISSION)
    said = body.dict(exclude={"about", "about_id", "follow_up", "follow_up_on"}, exclude_unset=True)
    follow = notes.FollowUp(body.follow_up, body.follow_up_on)
    made, group = notes.add_note(request.principal, body.about, body.about_id, said, follow)
    rest.tell_undo(response, group)
    return Status(201, notes.get_note(request.principal, made))


@router.put("/notes/{note_id}", response=rest.document(NoteOut), operation_id="changeNote")
def change_note(request: access.StaffRequest, note_id: UUID, body: SaidIn, response: HttpResponse) -> Any:
    """Say it otherwise; what it said before is kept."""
    access.require(request.principal, notes.PERMISSION)
    rest.tell_undo(response, notes.change_note(request.principal, note_id, body.dict(exclude_unset=True)))
    return notes.get_note(request.principal, note_id)


@router.get("/people/{person_id}/meetings", response=rest.document(list[MeetingOut]), operation_id="listPersonMeetings")
def person_meetings(request: access.StaffRequest, person_id: UUID) -> Any:
    """Meetings with a person, the latest first, at most 20."""
    people.get_person(request.principal, person_id)
    return meetings.meetings_of(request.principal, "person", people.whole(person_id))


@router.post("/meetings", response={201: MeetingOut, **rest.problems()}, operation_id="createMeeting")
def create_meeting(request: access.StaffRequest, body: MeetingIn, response: HttpResponse) -> Any:
    """Make a meeting and invite its guests."""
    access.require(request.principal, meetings.PERMISSION)
    values = body.dict(exclude={"about", "about_id", "guests"})
    made, group = meetings.add_meeting(request.principal, body.about, body.about_id, values, body.guests)
    rest.tell_undo(response, group)
    return Status(201, meetings.get_meeting(request.principal, made))


@router.post("/meetings/{meeting_id}/cancellation", response=rest.document(MeetingOut), operation_id="cancelMeeting")
def cancel_meeting(request: access.StaffRequest, meeting_id: UUID, response: HttpResponse) -> Any:
    """Call a meeting off; its guests are told."""
    access.require(request.principal, meetings.PERMISSION)
    rest.tell_undo(response, meetings.cancel_meeting(request.principal, meeting_id))
    return meetings.get_meeting(request.principal, meeting_id)


@router.get("/quotes", response=rest.document(list[QuoteOut]), operation_id="listQuotes")
def list_quotes(request: access.StaffRequest, status: str = "") -> Any:
    """The newest quotes that you see, at most 100."""
    return quotes.quotes(request.principal, status)


@router.get("/quotes/{quote_id}", response=rest.document(QuoteOut), operation_id="getQuote")
def get_quote(request: access.StaffRequest, quote_id: UUID) -> Any:
    """One quote."""
    return quotes.get_quote(request.principal, quote_id)


@router.post("/quotes", response={201: QuoteOut, **rest.problems()}, operation_id="createQuote")
def create_quote(request: access.StaffRequest, body: QuoteIn, response: HttpResponse) -> Any:
    """A draft with its lines."""
    access.require(request.principal, quotes.EDIT)
    lines = [quotes.Wanted(**line.dict()) for line in body.lines]
    with transaction.atomic():  # no draft stays behind when a line is refused
        made, group = quotes.create(request.principal, body.about, body.about_id)
        quotes.change(request.principal, made, {"title": body.title[:300]} if body.title else {}, lines)
    rest.tell_undo(response, group)
    return Status(201, quotes.get_quote(request.principal, made))


@router.post("/quotes/{quote_id}/sending", response=rest.document(QuoteOut), operation_id="sendQuote")
def send_quote(request: access.StaffRequest, quote_id: UUID, body: SendIn) -> Any:
    """Give a draft its number, and mail it to its person."""
    quotes_sending.send(request.principal, quote_id, body.by_mail)
    return quotes.get_quote(request.principal, quote_id)


@router.post("/quotes/{quote_id}/answer", response=rest.document(QuoteOut), operation_id="answerQuote")
def answer_quote(request: access.StaffRequest, quote_id: UUID, body: AnswerIn, response: HttpResponse) -> Any:
    """Write down the customer's answer; a yes makes an order."""
    rest.tell_undo(response, quotes_answers.answer(request.principal, quote_id, body.accepted))
    return quotes.get_quote(request.principal, quote_id)

"""Invitations: a meeting as iCalendar, sent through the gate; and files and answers that come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo, words
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.channels import api as channels
from amity.engines import api as engines
from amity.people import api as people
from amity.sales.meetings import PERMISSION, GuestView, MeetingView, get_meeting, guests, guests_of, put, state_of
from amity.sales.models import Guest, Meeting

KEEP = timedelta(days=800)  # repeated events are followed so far into the future


def tell_guests(
    principal: access.Principal, meeting: Meeting, *, gone: Sequence[Mapping[str, Any]], old: set[str], all_again: bool
) -> None:
    """Invite the new, tell the rest what changed, and tell those who are no longer asked. In the transaction."""
    now = list(meeting.guests.order_by("id"))
    if meeting.ends_at < clock.now():
        return
    method: engines.CalendarMethod = "CANCEL" if meeting.cancelled_at else "REQUEST"
    for guest in now:
        if all_again or guest.email not in old:
            _send(principal, meeting, guest.email, guest.name, guest.person_id, guest.staff_id, method)
    stay = {guest.email for guest in now}
    for each in gone:
        if each["email"] not in stay:
            _send(principal, meeting, each["email"], each["name"], None, None, "CANCEL")


def appointment(view: MeetingView | Meeting) -> engines.Appointment:
    """A meeting as calendars know it. 2 queries."""
    return appointments([view])[0]


def appointments(views: Sequence[MeetingView | Meeting]) -> list[engines.Appointment]:
    """Meetings as calendars know them. 1 query, and 1 more per organiser."""
    found = guests_of([view.id for view in views])
    who = {pk: access.member(pk) for pk in {view.organiser_id for view in views} if pk}
    none = UUID(int=0)
    return [_appointment(view, who.get(view.organiser_id or none), found.get(view.id, [])) for view in views]


def _appointment(
    view: MeetingView | Meeting, organiser: access.Member | None, told: Sequence[GuestView]
) -> engines.Appointment:
    return engines.Appointment(
        uid=view.uid, starts_at=view.starts_at, ends_at=view.ends_at, title=view.title or _("Meeting"),
        sequence=view.sequence, place=view.place, description=view.description, zone=view.zone, all_day=view.all_day,
        cancelled=view.cancelled_at is not None,
        organiser=engines.Attendee(organiser.email, organiser.name) if organiser and organiser.email else None,
        attendees=[engines.Attendee(each.email, each.name, each.answer) for each in told],
    )  # fmt: skip


def file_of(view: MeetingView | Meeting, method: engines.CalendarMethod = "PUBLISH") -> bytes:
    """The meeting as a calendar file."""
    return engines.write_calendar([appointment(view)], method, clock.now())


def take_in(principal: access.Principal, content: bytes) -> tuple[int, int, UUID | None]:
    """Take a calendar file or an answer to an invitation: (meetings, answers, undo group of the meetings).

    Raises `Refused` for what is no calendar. Reading the same file twice changes nothing.
    """
    access.require(principal, PERMISSION)
    now = clock.now()
    try:
        first = engines.read_calendar(content)
        found = first if first.method == "REPLY" else engines.read_calendar(content, now - KEEP, now + KEEP)
    except engines.BadCalendar as error:
        message = _("This is not a calendar file that can be read: {reason}.").format(reason=error)
        raise Refused("bad_calendar", message) from error
    with transaction.atomic():
        if found.method == "REPLY":
            return 0, sum(_answer(principal, each) for each in found.appointments), None
        group, count = new_id(), 0
        for each in found.appointments[:500]:
            count += take_one(principal, each, found.method == "CANCEL", "file", group) is not None
    return count, 0, group if count else None


def take_answer(content: bytes, sender: str) -> int:
    """An answer to an invitation that came by mail; how many were new. It counts for its sender only.

    What is no calendar, no answer or nobody's invitation changes nothing.
    """
    try:
        found = engines.read_calendar(content)
    except engines.BadCalendar:
        return 0
    if found.method != "REPLY":
        return 0
    mine = [replace(each, attendees=[who for who in each.attendees if who.email == sender.lower()])
            for each in found.appointments]  # fmt: skip
    with transaction.atomic():
        return sum(_answer(access.SYSTEM, each) for each in mine)


def take_one(
    principal: access.Principal, each: engines.Appointment, off: bool, source: str, group: UUID | None = None
) -> UUID | None:
    """A meeting that was made elsewhere, new or newer than what is known; the undo group, None when nothing changed.

    It is about the first person in sight among those who are asked.
    """
    known = Meeting.objects.filter(organiser_id=principal.staff_id, uid=each.uid).first()
    if known is not None and (known.source == "own" or each.sequence < known.sequence):
        return None
    asked = [*each.attendees, *([each.organiser] if each.organiser else [])]
    told = {person.email: person for person in asked}
    persons = guests(principal, list(told)[:50])
    for guest in persons:
        guest["answer"], guest["name"] = told[guest["email"]].answer, guest["name"] or told[guest["email"]].name
    about = next((guest["person_id"] for guest in persons if guest["person_id"]), None)
    company = people.get_person(access.SYSTEM, UUID(about)).company_id if about else None
    state = {
        "uid": each.uid, "source": source, "title": each.title, "place": each.place, "description": each.description,
        "zone": each.zone, "all_day": each.all_day, "starts_at": each.starts_at.isoformat(),
        "ends_at": max(each.ends_at, each.starts_at).isoformat(), "person_id": about, "company_id": undo.plain(company),
        "deal_id": None, "organiser_id": undo.plain(principal.staff_id), "guests": persons,
        "cancelled_at": clock.now().isoformat() if off or each.cancelled else None,
    }  # fmt: skip
    if known is not None:
        was = state_of(known)
        state["deal_id"] = was["deal_id"]
        if was["cancelled_at"] and state["cancelled_at"]:
            state["cancelled_at"] = was["cancelled_at"]
        if was == state:
            return None
    elif state["cancelled_at"]:
        return None
    group = put(principal, known.pk if known else new_id(), state, group)
    Meeting.objects.filter(organiser_id=principal.staff_id, uid=each.uid).update(sequence=each.sequence)
    return group


def _answer(principal: access.Principal, reply: engines.Appointment) -> int:
    """What a guest says (METHOD:REPLY); how many answers were new. An answer to an older invitation does not count."""
    mine = Meeting.objects.filter(uid=reply.uid, source="own", sequence__lte=reply.sequence)
    meeting = mine.select_for_update().first()
    if meeting is None:
        return 0
    try:
        get_meeting(principal, meeting.pk)
    except NotFound:
        return 0
    new = 0
    for said in reply.attendees:
        rows = Guest.objects.filter(meeting=meeting, email=said.email).exclude(answer=said.answer)
        new += rows.update(answer=said.answer, answered_at=clock.now())
    if new:
        access.record(principal, "answer", "meeting", meeting.pk, {"answers": new})
    return new


def _send(
    principal: access.Principal, meeting: Meeting, email: str, name: str, person_id: UUID | None, staff_id: UUID | None,
    method: engines.CalendarMethod,
) -> None:  # fmt: skip
    if staff_id is not None and staff_id == meeting.organiser_id:
        return
    person = people.get_person(access.SYSTEM, person_id) if person_id else None
    spoken = person.language[:2] if person else ""
    language = spoken if spoken in dict(_languages()) else translation.get_language() or "en"
    with translation.override(language), timezone.override(meeting.zone):
        pattern = _("Called off: {title}") if method == "CANCEL" else _("Invitation: {title}")
        values = {"meeting": meeting, "when": words.exact(meeting.starts_at), "off": method == "CANCEL"}
        body = render_to_string("sales/mail/meeting.txt", values)
        subject = pattern.format(title=meeting.title or _("Meeting"))
    content = file_of(meeting, method)
    message = channels.Message(
        key=f"meeting:{meeting.pk}:{meeting.updated_at.timestamp()}:{method}:{email}", channel="email",
        purpose=people.consent.SERVICE, subject=_literal(subject), body=_literal(body), person_id=person_id,
        staff_id=staff_id, address=email, template="meeting", language=language[:2],
        files=(engines.Enclosure("invitation.ics", f"text/calendar; method={method}", content),),
    )  # fmt: skip
    channels.send(principal, message)


def _languages() -> Sequence[tuple[str, str]]:
    from django.conf import settings

    return settings.LANGUAGES


def _literal(text: str) -> str:
    return text.replace("{", "(").replace("}", ")")

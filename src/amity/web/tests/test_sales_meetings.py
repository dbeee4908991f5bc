"""Meetings: invited by mail, changed, called off, undone, answered, taken from files, read by phones and calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from procrastinate.contrib.django.models import ProcrastinateJob

from amity.access.api import SYSTEM, principal_of
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.channels import api as channels
from amity.channels.models import Outgoing
from amity.engines import api as engines
from amity.engines.mail import as_bytes
from amity.events.models import Event
from amity.sales import meetings, meetings_answers, meetings_mail
from amity.sales.models import CalendarFeed, Guest, Meeting
from amity.web.tests.records import browser_of, deal, manager, person

START = datetime(2030, 7, 1, 8, 0, tzinfo=UTC)


def test_a_calendar_file_is_read_back_as_it_was_written_with_the_rules_of_its_zone() -> None:
    told = engines.Appointment(
        "u1", START, START + timedelta(hours=1), "Größe; ключ, Łódź\nzwei", 3, "Straße 1", "Long " * 60,
        "Europe/Warsaw",
        organiser=engines.Attendee("me@x.test", "Me, myself"),
        attendees=[engines.Attendee("a@b.test", "A", "accepted")],
    )  # fmt: skip
    content = engines.write_calendar([told], "REQUEST", START)
    assert b"TZID=Europe/Warsaw:20300701T100000" in content
    assert b"BEGIN:VTIMEZONE" in content
    assert max(map(len, content.split(b"\r\n"))) <= 75
    (back,) = engines.read_calendar(content).appointments
    assert back == replace(told, description=told.description.strip())
    weekly = content.replace(b"SEQUENCE:3", b"SEQUENCE:3\r\nRRULE:FREQ=WEEKLY;COUNT=10")
    found = engines.read_calendar(weekly, START, START + timedelta(days=15)).appointments
    assert [each.starts_at for each in found] == [START + timedelta(days=7 * n) for n in range(3)]
    for bad in (b"", b"hello", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT", b"\xff\xfe" * 50):
        with pytest.raises(engines.BadCalendar):
            engines.read_calendar(bad)


def mailed() -> list[tuple[str, str, int]]:
    rows = Outgoing.objects.order_by("created_at", "id")
    found = []
    for row in rows:
        (file,) = meetings_mail_files(row)
        event = Calendar.from_ical(file.content).walk("VEVENT")[0]
        found.append((row.address, file.kind.rpartition("=")[2], int(event["SEQUENCE"])))
    return found


def meetings_mail_files(row: Outgoing) -> Any:
    from amity.channels import letters

    letter = letters.letter_of(row)
    assert b"text/calendar" in as_bytes(letter)
    return letter.files


@pytest.mark.slow
@pytest.mark.django_db
def test_guests_are_invited_told_of_changes_and_of_the_end_and_an_undo_tells_them_again() -> None:
    mia = manager()
    anna = person("Anna", mia, email="anna@kunde.test")
    about = deal(mia, "Office", person_id=anna.pk)
    desk = browser_of(mia)
    assert "anna@kunde.test" in desk.get(f"/deals/{about.pk}/meetings/new").content.decode()
    form = {"title": "Demo", "starts_at": "2030-07-01T10:00", "minutes": "45", "emails": "anna@kunde.test\nx@y.test"}
    answer: Any = desk.post(f"/deals/{about.pk}/meetings/new", form, follow=True)
    assert "No answer yet" in answer.content.decode()
    meeting = Meeting.objects.get()
    assert (meeting.ends_at - meeting.starts_at, meeting.person_id) == (timedelta(minutes=45), anna.pk)
    assert mailed() == [("anna@kunde.test", "REQUEST", 0), ("x@y.test", "REQUEST", 0)]
    desk.post(f"/meetings/{meeting.pk}/", form | {"starts_at": "2030-07-02T10:00", "emails": "anna@kunde.test"})
    assert mailed()[2:] == [("anna@kunde.test", "REQUEST", 1), ("x@y.test", "CANCEL", 1)]
    assert "Demo" in desk.get(f"/people/{anna.pk}/timeline").content.decode()
    desk.post(f"/meetings/{meeting.pk}/cancellation")
    assert mailed()[4:] == [("anna@kunde.test", "CANCEL", 2)]
    assert not Event.objects.filter(kind="meeting").exists()
    undo.put_back(principal_of(mia), undo.UndoStep.objects.order_by("-id")[0].group_id)
    assert mailed()[5:] == [("anna@kunde.test", "REQUEST", 3)]
    assert Event.objects.filter(kind="meeting", person_id=anna.pk).count() == 1
    assert b"BEGIN:VEVENT" in desk.get(f"/meetings/{meeting.pk}/meeting.ics").content
    assert "Demo" in desk.get("/meetings/").content.decode()
    assert "Demo" in desk.get(f"/deals/{about.pk}/").content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_an_answer_is_noted_once_and_an_old_one_not_at_all() -> None:
    mia = manager()
    me, anna = principal_of(mia), person("Anna", mia, email="anna@kunde.test")
    values = {"title": "Demo", "starts_at": START, "ends_at": START + timedelta(hours=1), "zone": "Europe/Berlin"}
    made, _group = meetings.add_meeting(me, "person", anna.pk, values, ["anna@kunde.test"])
    invitation = meetings_mail.file_of(meetings.get_meeting(me, made), "REQUEST")
    reply = invitation.replace(b"METHOD:REQUEST", b"METHOD:REPLY").replace(b"NEEDS-ACTION", b"ACCEPTED")
    browser_of(mia).post("/meetings/files/", {"text": reply.decode()})
    assert Guest.objects.get().answer == "accepted"
    assert meetings_mail.take_in(me, reply)[1] == 0
    meetings.change_meeting(me, made, values | {"starts_at": START + timedelta(minutes=5)}, ["anna@kunde.test"])
    assert meetings_mail.take_in(me, reply.replace(b"ACCEPTED", b"DECLINED"))[1] == 0
    with pytest.raises(Refused, match="calendar file"):
        meetings_mail.take_in(me, b"hello")


@pytest.mark.slow
@pytest.mark.django_db
def test_an_answer_that_comes_by_mail_counts_for_its_sender_only() -> None:
    mia = manager()
    me, anna = principal_of(mia), person("Anna", mia, email="anna@kunde.test")
    values = {"title": "Demo", "starts_at": START, "ends_at": START + timedelta(hours=1), "zone": "Europe/Berlin"}
    made, _group = meetings.add_meeting(me, "person", anna.pk, values, ["anna@kunde.test", "ben@kunde.test"])
    invitation = meetings_mail.file_of(meetings.get_meeting(me, made), "REQUEST")
    reply = invitation.replace(b"METHOD:REQUEST", b"METHOD:REPLY").replace(b"NEEDS-ACTION", b"ACCEPTED")
    box = channels.mailboxes.create(SYSTEM, "Office", "office@shop.example")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Anna <Anna@kunde.test>", "office@shop.example", "Accepted: Demo"
    mail["Message-ID"] = "<1@kunde.test>"
    mail.set_content("Anna has accepted.")
    mail.add_alternative(reply, maintype="text", subtype="calendar", params={"method": "REPLY"})
    channels.take_mail(box, mail.as_bytes())
    for job in ProcrastinateJob.objects.filter(task_name=meetings_answers.TASK):
        assert meetings_answers.read(**job.args) == 1
        assert meetings_answers.read(**job.args) == 0
    told = dict(Guest.objects.values_list("email", "answer"))
    assert (told["anna@kunde.test"], told["ben@kunde.test"] == "accepted") == ("accepted", False)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_file_is_taken_in_once_knows_its_people_and_is_taken_back_as_a_whole() -> None:
    mia = manager()
    me, anna = principal_of(mia), person("Anna", mia, email="anna@kunde.test")
    start = clock.now().replace(microsecond=0) + timedelta(days=1)
    told = [
        engines.Appointment(f"u{n}", start, start + timedelta(hours=1), f"Talk {n}",
                            attendees=[engines.Attendee("anna@kunde.test")]) for n in range(2)
    ]  # fmt: skip
    content = engines.write_calendar(told, "PUBLISH", start)
    count, _answers, group = meetings_mail.take_in(me, content)
    assert (count, Meeting.objects.filter(person=anna, source="file").count()) == (2, 2)
    assert meetings_mail.take_in(me, content)[0] == 0
    assert Outgoing.objects.count() == 0
    assert group
    undo.put_back(me, group)
    assert not Meeting.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_private_address_shows_the_diary_until_it_is_closed() -> None:
    mia = manager()
    me, anna = principal_of(mia), person("Anna", mia)
    start = clock.now() + timedelta(days=1)
    values = {"title": "Demo", "starts_at": start, "ends_at": start + timedelta(hours=1), "zone": "UTC"}
    meetings.add_meeting(me, "person", anna.pk, values, [])
    desk, phone = browser_of(mia), Client()
    desk.post("/meetings/feed")
    address = f"/answers/calendars/{CalendarFeed.objects.get().secret}.ics"
    assert address in desk.get("/meetings/").content.decode()
    assert b"SUMMARY:Demo" in phone.get(address).content
    desk.post("/meetings/feed", {"close": "1"})
    assert phone.get(address).status_code == 404


def test_a_repetition_by_the_second_is_not_followed() -> None:
    told = engines.Appointment("u1", START, START + timedelta(hours=1))
    content = engines.write_calendar([told], "", START)
    for rule in (b"FREQ=SECONDLY", b"FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5,6"):
        dense = content.replace(b"SEQUENCE:0", b"SEQUENCE:0\r\nRRULE:" + rule)
        with pytest.raises(engines.BadCalendar, match="repetition"):
            engines.read_calendar(dense, START, START + timedelta(days=800))


@pytest.mark.slow
@pytest.mark.django_db
def test_a_guest_who_comes_back_is_asked_again_and_nobody_answers_for_a_meeting_out_of_sight() -> None:
    mia, eve = manager(), manager("Eve", scope="own")
    me, anna = principal_of(mia), person("Anna", mia, email="anna@kunde.test")
    begin = START.replace(tzinfo=None)  # as a program writes it that leaves the zone out
    values = {"title": "Demo", "starts_at": begin, "ends_at": begin + timedelta(hours=1), "zone": "Europe/Warsaw"}
    made, _group = meetings.add_meeting(me, "person", anna.pk, values, ["anna@kunde.test"])
    assert meetings.get_meeting(me, made).starts_at.astimezone(UTC).hour == 6
    group = meetings.change_meeting(me, made, values, [])
    undo.put_back(me, group)
    assert [method for _to, method, _n in mailed()] == ["REQUEST", "CANCEL", "REQUEST"]
    invitation = meetings_mail.file_of(meetings.get_meeting(me, made), "REQUEST")
    reply = invitation.replace(b"METHOD:REQUEST", b"METHOD:REPLY").replace(b"NEEDS-ACTION", b"ACCEPTED")
    assert meetings_mail.take_in(principal_of(eve), reply)[1] == 0
    with pytest.raises(Refused, match="zone"):
        meetings.add_meeting(me, "person", anna.pk, values | {"zone": "Nowhere/City"}, [])
    late = {"title": "x", "starts_at": "9999-12-31T23:59", "minutes": "60"}
    assert browser_of(mia).post(f"/people/{anna.pk}/meetings/new", late).status_code == 200

"""A staff member's own calendar, on a real CalDAV server: both ways, twice without effect, moved, called off."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amity.access.api import principal_of
from amity.base import clock
from amity.base.errors import Refused
from amity.engines import api as engines
from amity.sales import calendars, meetings
from amity.sales.models import CalendarAccount, Meeting
from amity.web.tests.records import browser_of, manager, person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
_MAKE = b"""<?xml version="1.0"?><c:mkcalendar xmlns:c="urn:ietf:params:xml:ns:caldav"/>"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Radicale on loopback with an empty calendar of user mia; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "users").write_text("mia:secret\n")
    command = [
        sys.executable, "-m", "radicale", "--hosts", f"127.0.0.1:{port}", "--storage-filesystem-folder",
        str(tmp_path / "data"), "--auth-type", "htpasswd", "--auth-htpasswd-filename", str(tmp_path / "users"),
        "--auth-htpasswd-encryption", "plain", "--auth-delay", "0",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, "RADICALE_CONFIG": ""}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        next(line for line in process.stdout if "Listening on" in line)
        address = f"http://127.0.0.1:{port}/mia/work/"
        request = urllib.request.Request(
            address, _MAKE, {"Authorization": "Basic bWlhOnNlY3JldA=="}, method="MKCALENDAR"
        )
        urllib.request.urlopen(request, timeout=10).close()
        yield address
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True)


def test_a_calendar_is_kept_in_step_both_ways(server: str, loopback: None) -> None:
    mia = manager()
    me, anna = principal_of(mia), person("Anna", mia, email="anna@kunde.test")
    desk = browser_of(mia)
    with pytest.raises(Refused, match="user and password"):
        calendars.connect(me, server, "mia", "wrong")
    desk.post("/meetings/calendar", {"url": server, "user": "mia", "password": "secret"})
    account = CalendarAccount.objects.get()
    assert "secret" not in account.secret
    there = engines.DavCalendar(server, "mia", "secret", private=True)
    start = clock.now().replace(microsecond=0) + timedelta(days=2)
    span = start - timedelta(days=1), start + timedelta(days=9)
    values = {"title": "Demo", "starts_at": start, "ends_at": start + timedelta(hours=1), "zone": "Europe/Berlin"}
    ours, _group = meetings.add_meeting(me, "person", anna.pk, values, [])

    for summary, guest in (("Lunch with Anna", "anna@kunde.test"), ("Dentist", "dr@teeth.test")):
        theirs = engines.Appointment(summary, start, start + timedelta(hours=1), summary,
                                     attendees=[engines.Attendee(guest)])  # fmt: skip
        there.write(there.path_of(f"{guest}.ics"), engines.write_calendar([theirs], "", start))
    assert calendars.sync(account) == ""
    pulled = Meeting.objects.get(source="calendar")
    assert (pulled.title, pulled.person_id) == ("Lunch with Anna", anna.pk)
    assert "Lunch with Anna" in desk.get(f"/people/{anna.pk}/timeline").content.decode()
    before = there.etags(*span)
    assert len(before) == 3
    assert calendars.sync(account) == ""
    assert (there.etags(*span), Meeting.objects.count()) == (before, 2)

    (pushed,) = [each for each in there.read(list(before)) if b"SUMMARY:Demo" in each.content]
    (event,) = engines.read_calendar(pushed.content).appointments
    later = replace(event, starts_at=start + timedelta(hours=3), ends_at=start + timedelta(hours=4))
    there.write(pushed.href, engines.write_calendar([later], "", start), pushed.etag)
    with pytest.raises(engines.DavProblem, match="conflict"):
        there.write(pushed.href, pushed.content, pushed.etag)
    assert calendars.sync(account) == ""
    assert meetings.get_meeting(me, ours).starts_at == start + timedelta(hours=3)

    meetings.cancel_meeting(me, ours)
    there.delete(there.path_of("anna@kunde.test.ics"))
    assert calendars.sync(account) == ""
    assert list(there.etags(*span)) == [there.path_of("dr@teeth.test.ics")]
    pulled.refresh_from_db()
    assert pulled.cancelled_at


def test_a_calendar_in_our_own_network_is_refused_and_an_error_is_told_in_words(server: str, settings: Any) -> None:
    mia = manager()
    me = principal_of(mia)
    for address in (server, "https://127.0.0.1/mia/", "https://user:pw@example.com/"):
        with pytest.raises(Refused):
            calendars.connect(me, address, "mia", "secret")
    assert not CalendarAccount.objects.exists()
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True)
    with pytest.raises(Refused, match="not a calendar"):
        calendars.connect(me, server.replace("work/", ""), "mia", "secret")
    calendars.connect(me, server, "mia", "secret")
    CalendarAccount.objects.update(url=server.replace("work", "gone"))
    assert calendars.sync(CalendarAccount.objects.get())
    assert CalendarAccount.objects.get().error in browser_of(mia).get("/meetings/").content.decode()

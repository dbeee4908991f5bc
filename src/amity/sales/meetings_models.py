"""Tables of meetings, their guests, and the calendars that they are kept in step with."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Meeting(Record):
    """An appointment. ``uid`` and ``sequence`` are those of iCalendar (RFC 5545); times are aware, told in ``zone``."""

    class Source(models.TextChoices):
        OWN = "own", _("Made here")
        FILE = "file", _("From a file")
        CALENDAR = "calendar", _("From a calendar")

    personal = personal.blanked(
        "person_id", ("title", "place", "description"), _("the diary of staff, without whom they met")
    )
    uid = models.CharField(max_length=255)
    sequence = models.IntegerField(default=0)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.OWN)
    title = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    all_day = models.BooleanField(default=False)
    zone = models.CharField(max_length=60, default="UTC")
    person = models.ForeignKey("people.Person", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    company = models.ForeignKey(
        "people.Company", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    deal = models.ForeignKey("sales.Deal", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    organiser = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    fact_id = models.UUIDField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organiser", "uid"], name="meeting_uid", nulls_distinct=False),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["organiser", "starts_at"], name="meeting_organiser"),
            models.Index(fields=["person", "-starts_at"], name="meeting_person"),
            models.Index(fields=["company", "-starts_at"], name="meeting_company"),
            models.Index(fields=["deal", "-starts_at"], name="meeting_deal"),
            models.Index(fields=["fact_id"], name="meeting_fact", condition=models.Q(fact_id__isnull=False)),
        ]


class Guest(Record):
    """Somebody who is asked to a meeting, and what they answered."""

    class Answer(models.TextChoices):
        WAITING = "waiting", _("No answer yet")
        ACCEPTED = "accepted", _("Comes")
        TENTATIVE = "tentative", _("Comes perhaps")
        DECLINED = "declined", _("Does not come")

    personal = personal.deleted("person_id", ("email", "name"))
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="guests")
    person = models.ForeignKey("people.Person", null=True, on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    email = models.CharField(max_length=254)
    name = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.WAITING)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["meeting", "email"], name="meeting_guest_once"),
        ]


class CalendarFeed(Record):
    """A staff member's meetings as a private address for phones; another ``secret`` closes the old address."""

    personal = personal.nothing(_("a random key per staff member"))
    staff = models.OneToOneField("access.Staff", on_delete=models.CASCADE, related_name="+")
    secret = models.CharField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=clock.now)


class CalendarAccount(Record):
    """A calendar of a staff member on a CalDAV server, kept in step both ways."""

    personal = personal.nothing(_("a staff member's own calendar address and sealed password"))
    staff = models.OneToOneField("access.Staff", on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=500)
    user = models.CharField(max_length=254)
    secret = models.TextField()  # sealed
    mark = models.CharField(max_length=300, blank=True)  # the server's mark of the state that was read last
    error = models.CharField(max_length=300, blank=True)
    synced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class CalendarItem(Record):
    """One object in somebody's calendar and the meeting that it is. ``told``: what was sent last, as a digest."""

    personal = personal.nothing(_("names of files in a calendar"))
    account = models.ForeignKey(CalendarAccount, on_delete=models.CASCADE, related_name="items")
    meeting = models.ForeignKey(Meeting, null=True, on_delete=models.CASCADE, related_name="+")
    href = models.CharField(max_length=500)
    etag = models.CharField(max_length=300, blank=True)
    told = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "href"], name="calendar_item_once"),
        ]

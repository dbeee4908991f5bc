"""A staff member's meetings under a private address, for the calendar of a phone."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.engines import api as engines
from amity.people import api as people
from amity.sales.meetings import PERMISSION, diary
from amity.sales.meetings_mail import appointments
from amity.sales.models import CalendarFeed

BACK, AHEAD = timedelta(days=90), timedelta(days=400)


def link_of(principal: access.Principal) -> str:
    """The address of the principal's own feed, empty where there is none. 1 query."""
    secret = CalendarFeed.objects.filter(staff_id=access.own_id(principal)).values_list("secret", flat=True).first()
    return people.consent.public_url(reverse("calendar_feed", args=[secret])) if secret else ""


def open_feed(principal: access.Principal) -> None:
    """A new address; the one before leads nowhere from now on."""
    with transaction.atomic():
        fresh = {"secret": secrets.token_urlsafe(32), "created_at": clock.now()}
        CalendarFeed.objects.update_or_create(staff_id=access.own_id(principal), defaults=fresh)
        access.record(principal, "open", "calendar_feed", access.own_id(principal))


def close_feed(principal: access.Principal) -> None:
    """No address any more."""
    with transaction.atomic():
        CalendarFeed.objects.filter(staff_id=access.own_id(principal)).delete()
        access.record(principal, "close", "calendar_feed", access.own_id(principal))


def feed(secret: str) -> bytes:
    """The calendar behind an address: 90 days back, 400 ahead. Raises ``Refused("bad_link")``, also for who left."""
    row = CalendarFeed.objects.filter(secret=secret.replace("\x00", "")).first()
    if row is None:
        raise Refused("bad_link", _("This address leads to no calendar."), 404)
    access.require(access.principal_by_id(row.staff_id), PERMISSION)
    now = clock.now()
    shown = appointments(diary(row.staff_id, now - BACK, now + AHEAD))
    return engines.write_calendar(shown, "PUBLISH", now, "Amity")

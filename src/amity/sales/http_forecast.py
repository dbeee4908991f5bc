"""Public API of the contacts forecast: how many come in per hour and channel in the next seven days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Router, Schema

from amity.access import api as access
from amity.base import rest
from amity.sales import contacts_forecast

router = Router(tags=["forecasts"])


class ContactsHourOut(Schema):
    """One hour of the day (0 to 23, the house's time zone): expected contacts, and the ends of an 80 % interval."""

    hour: int
    value: float
    low: float
    high: float


class ContactsDayOut(Schema):
    day: date
    total: float
    hours: list[ContactsHourOut]


class ContactsChannelOut(Schema):
    """A channel (call, mail, message, form) or a queue (``queue:`` and its id). ``days`` is empty while there are
    fewer than 42 days or 200 contacts."""

    channel: str
    known_days: int
    contacts: int
    made_at: datetime
    days: list[ContactsDayOut]


@router.get(
    "/forecasts/contacts", response=rest.document(list[ContactsChannelOut]), operation_id="listContactsForecasts"
)
def list_contacts(request: access.StaffRequest) -> Any:
    """What the last night made of it, busiest channel first; empty for whoever does not see all records."""
    return contacts_forecast.kept(request.principal)

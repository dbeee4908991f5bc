"""iCalendar (RFC 5545) and its mail scheduling (RFC 5546/6047): events read and written, bounded and without trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:  # the library takes long to import: it is when a calendar is read or written
    from icalendar import Calendar, Component, Event, vCalAddress

MAX_BYTES, MAX_EVENTS = 2 * 1024**2, 2_000
Method = Literal["PUBLISH", "REQUEST", "REPLY", "CANCEL", ""]
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


class BadCalendar(ValueError):
    """Not a calendar, or too large; the text says which."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody asked; ``answer``: waiting, accepted, tentative, declined."""

    email: str
    name: str = ""
    answer: str = "waiting"


@dataclass(frozen=True, slots=True)
class Appointment:
    """An event. Times are aware; ``zone`` is the IANA name they are told in. Of an all-day one, midnights of UTC."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    sequence: int = 0
    place: str = ""
    description: str = ""
    zone: str = "UTC"
    all_day: bool = False
    cancelled: bool = False
    organiser: Attendee | None = None
    attendees: Sequence[Attendee] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar file holds; ``method`` says what it asks of its reader."""

    method: str
    appointments: Sequence[Appointment]
    skipped: int = 0


def written(appointments: Sequence[Appointment], method: Method, stamp: datetime, name: str = "") -> bytes:
    """A calendar file, with the rules of every zone that occurs (VTIMEZONE), lines folded at 75 bytes."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Amity//CRM//EN")
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
    for each in appointments:
        calendar.add_component(_event(each, method, stamp))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def read(content: bytes, since: datetime | None = None, until: datetime | None = None) -> Read:
    """Events of a calendar file; repeated ones, between ``since`` and ``until``, one by one (uid and start in the id).

    Without bounds a repeated event is its first occurrence. Events without a start are counted as skipped. Raises
    `BadCalendar`.
    """
    if len(content) > MAX_BYTES:
        raise BadCalendar("larger than 2 MiB")
    from icalendar import Calendar, Event

    try:
        calendar: Component = Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise BadCalendar("not an iCalendar file") from error
    if isinstance(calendar, Event):  # an event alone, as some programs drag it out
        alone, calendar = calendar, Calendar()
        calendar.add_component(alone)
    if not isinstance(calendar, Calendar):
        raise BadCalendar("not an iCalendar file")
    skipped, found = 0, []
    for component in _components(calendar, since, until):
        try:
            found.append(_appointment(component, since is not None))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            skipped += 1
    method = str(calendar.get("METHOD", "")).upper()[:20]
    return Read(method, found[:MAX_EVENTS], skipped + max(0, len(found) - MAX_EVENTS))


def _components(calendar: Calendar, since: datetime | None, until: datetime | None) -> list[Any]:
    if since is None or until is None:
        return [each for each in calendar.walk("VEVENT") if "RECURRENCE-ID" not in each]
    for each in calendar.walk("VEVENT"):
        if any(_dense(rule) for rule in _listed(each.get("RRULE"))):
            raise BadCalendar("a repetition that cannot be followed")
    import recurring_ical_events

    try:
        query = recurring_ical_events.of(calendar, skip_bad_series=True)
        return list(query.between(since, until))[: MAX_EVENTS + 1]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadCalendar("a repetition that cannot be followed") from error


def _dense(rule: Any) -> bool:
    """Whether this repeats more often than every hour: years of it would fill the memory."""
    often = {"SECONDLY", "MINUTELY"} & {str(each).upper() for each in _listed(rule.get("FREQ"))}
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(1, len(_listed(rule.get(name))))
    return bool(often) or times > 24


def _event(each: Appointment, method: Method, stamp: datetime) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", each.uid)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("sequence", each.sequence)
    zone = _zone(each.zone)
    if each.all_day:
        event.add("dtstart", each.starts_at.astimezone(UTC).date())
        event.add("dtend", each.ends_at.astimezone(UTC).date())
    else:
        event.add("dtstart", each.starts_at.astimezone(zone))
        event.add("dtend", each.ends_at.astimezone(zone))
    event.add("summary", each.title)
    for key, value in (("location", each.place), ("description", each.description), ("url", each.url)):
        if value:
            event.add(key, value)
    event.add("status", "CANCELLED" if each.cancelled or method == "CANCEL" else "CONFIRMED")
    if each.organiser:
        event.add("organizer", _address(each.organiser))
    for guest in each.attendees:
        event.add("attendee", _invited(guest), encode=False)
    return event


def _address(person: Attendee) -> vCalAddress:
    from icalendar import vCalAddress, vText

    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = vText(person.name)
    return address


def _invited(guest: Attendee) -> vCalAddress:
    from icalendar import vText

    address = _address(guest)
    said = next((word for word, answer in ANSWERS.items() if answer == guest.answer), "NEEDS-ACTION")
    address.params["PARTSTAT"] = vText(said)
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    if said == "NEEDS-ACTION":
        address.params["RSVP"] = vText("TRUE")
    return address


def _appointment(component: Any, each_one: bool) -> Appointment:
    start, zone, all_day = _moment(component["DTSTART"].dt)
    end = component.get("DTEND")
    if end is not None:
        ends = _moment(end.dt)[0]
    elif component.get("DURATION") is not None:
        ends = start + component["DURATION"].dt
    else:
        ends = start + (timedelta(days=1) if all_day else timedelta(0))
    uid = str(component.get("UID", ""))[:200]
    if not uid:
        raise ValueError("no uid")
    repeated = each_one and ("RRULE" in component or "RECURRENCE-ID" in component or "RDATE" in component)
    return Appointment(
        uid=f"{uid}/{start:%Y%m%dT%H%M%SZ}" if repeated else uid, starts_at=start, ends_at=max(start, ends),
        title=_text(component, "SUMMARY", 300), sequence=max(0, min(int(component.get("SEQUENCE", 0)), 2**31 - 1)),
        place=_text(component, "LOCATION", 300), description=_text(component, "DESCRIPTION", 20_000), zone=zone,
        all_day=all_day, cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
        organiser=_person(component.get("ORGANIZER")),
        attendees=[person for each in _listed(component.get("ATTENDEE")) if (person := _person(each))][:200],
    )  # fmt: skip


def _moment(value: date | datetime) -> tuple[datetime, str, bool]:
    """(the moment in UTC, zone, whether it is a whole day). A time without a zone is taken as UTC."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time.min, UTC), "UTC", True
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC), _zone_name(aware.tzinfo), False


def _zone_name(zone: tzinfo | None) -> str:
    name = str(getattr(zone, "key", None) or getattr(zone, "zone", None) or "UTC")
    return name if _zone(name) is not UTC else "UTC"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name and name != "UTC" else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _text(component: Any, key: str, longest: int) -> str:
    value = component.get(key)
    value = value[0] if isinstance(value, list) and value else value
    return "" if value is None else str(value).replace("\x00", "").strip()[:longest]


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _person(value: Any) -> Attendee | None:
    if value is None:
        return None
    address = str(value).removeprefix("mailto:").removeprefix("MAILTO:").strip().lower()[:254]
    parameters = getattr(value, "params", {})
    address = str(parameters.get("EMAIL", address)).strip().lower()[:254] if "@" not in address else address
    if "@" not in address:
        return None
    said = ANSWERS.get(str(parameters.get("PARTSTAT", "")).upper(), "waiting")
    return Attendee(address, str(parameters.get("CN", "")).strip('"')[:300], said)

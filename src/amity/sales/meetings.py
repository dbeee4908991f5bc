"""Meetings: made, changed and called off with invitations to the guests, taken from files and calendars, undone.

A meeting's state is one document; every change sets a whole one and keeps the one before. What guests were told cannot
be untold, so an undo tells them again: another time, or that it is called off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id, read_id
from amity.people import api as people
from amity.sales import notes_facts
from amity.sales.models import Guest, Meeting
from amity.sales.notes_subjects import about, check, in_sight

SET = "meetings.set"
PERMISSION = "tasks.edit"
MAX_GUESTS, LONGEST = 100, timedelta(days=60)
_TEXTS = ("uid", "source", "title", "place", "description", "zone")
_SAID = ("title", "place", "description", "zone")
_TIMES = ("starts_at", "ends_at", "cancelled_at")
_IDS = ("person_id", "company_id", "deal_id", "organiser_id")
_TELLING = ("title", "place", "description", "starts_at", "ends_at", "all_day")
State = dict[str, Any]
_tellers: list[Callable[..., None]] = []


@dataclass(frozen=True, slots=True)
class GuestView:
    """Somebody who is asked; ``answer`` of `Guest.Answer`."""

    email: str
    name: str
    person_id: UUID | None
    staff_id: UUID | None
    answer: str
    answered_at: datetime | None

    @property
    def answer_label(self) -> str:
        return str(Guest.Answer(self.answer).label)


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting as pages and the API see it; times in UTC, ``zone`` is where they are told."""

    id: UUID
    uid: str
    sequence: int
    source: str
    title: str
    place: str
    description: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    zone: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    organiser_id: UUID | None
    cancelled_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        return self.title or _("Meeting")

    @property
    def past(self) -> bool:
        return self.ends_at < clock.now()

    @property
    def own(self) -> bool:
        return self.source == Meeting.Source.OWN


FIELDS = tuple(MeetingView.__dataclass_fields__)


def on_change(tell: Callable[..., None]) -> None:
    """Say who tells guests of a change, in its transaction (`meetings_mail.tell_guests`); called in apps.py."""
    _tellers[:] = [tell]


def meetings_of(principal: access.Principal, kind: str, ids: Sequence[UUID], limit: int = 20) -> list[MeetingView]:
    """Meetings about a record that the reader was shown, the latest first. 1 query."""
    rows = Meeting.objects.filter(in_sight(principal), **{f"{kind}_id__in": list(ids)}).order_by("-starts_at", "-id")
    return [MeetingView(**row) for row in rows.values(*FIELDS)[:limit]]


def diary(staff_id: UUID | None, since: datetime, until: datetime, limit: int = 500) -> list[MeetingView]:
    """Meetings that a staff member made or is asked to, by time. 1 query."""
    who = staff_id or UUID(int=0)
    theirs = Q(organiser_id=who) | Q(pk__in=Guest.objects.filter(staff_id=who).values("meeting_id"))
    rows = Meeting.objects.filter(theirs, ends_at__gte=since, starts_at__lt=until).order_by("starts_at", "id")
    return [MeetingView(**row) for row in rows.values(*FIELDS)[:limit]]


def get_meeting(principal: access.Principal, meeting_id: UUID) -> MeetingView:
    """The meeting, if it is the principal's or about a record that they see; raises `NotFound`. At most 3 queries."""
    row = Meeting.objects.filter(pk=meeting_id).values(*FIELDS).first()
    if row is None:
        raise _gone()
    view = MeetingView(**row)
    _allowed(principal, view)
    return view


def guests_of(meeting_ids: Sequence[UUID]) -> dict[UUID, list[GuestView]]:
    """Guests of meetings that the caller was shown. 1 query."""
    found: dict[UUID, list[GuestView]] = {}
    rows = Guest.objects.filter(meeting_id__in=list(meeting_ids) or [UUID(int=0)]).order_by("id")
    for row in rows.values("meeting_id", *GuestView.__dataclass_fields__):
        found.setdefault(row.pop("meeting_id"), []).append(GuestView(**row))
    return found


def add_meeting(
    principal: access.Principal, kind: str, record_id: UUID, values: Mapping[str, Any], emails: Sequence[str]
) -> tuple[UUID, UUID]:
    """A meeting about a record; everybody in ``emails`` is invited: (its id, undo group).

    ``values``: title, place, description, starts_at, ends_at (aware), zone. Raises `Refused` for times that are none.
    """
    access.require(principal, PERMISSION)
    subject, meeting_id = about(principal, kind, record_id), new_id()
    state: State = {
        "uid": f"{uuid4()}@amity", "source": "own", "all_day": False, "cancelled_at": None,
        "organiser_id": undo.plain(principal.staff_id), **{name: undo.plain(pk) for name, pk in subject.ids.items()},
    }  # fmt: skip
    state |= _checked(values) | {"guests": guests(principal, emails)}
    return meeting_id, put(principal, meeting_id, state)


def change_meeting(
    principal: access.Principal, meeting_id: UUID, values: Mapping[str, Any], emails: Sequence[str]
) -> UUID:
    """Another time, place, text or other guests; who was asked is told. Returns the undo group."""
    view = get_meeting(principal, meeting_id)
    if not view.own:
        raise Refused("meeting_elsewhere", _("This meeting was made elsewhere: change it in its own calendar."), 409)
    state = state_of(Meeting.objects.get(pk=meeting_id))
    known = {each["email"]: each for each in state["guests"]}
    state |= _checked(values) | {"guests": [known.get(each["email"], each) for each in guests(principal, emails)]}
    return put(principal, meeting_id, state)


def cancel_meeting(principal: access.Principal, meeting_id: UUID) -> UUID:
    """Call it off; who was asked is told. Returns the undo group."""
    view = get_meeting(principal, meeting_id)
    if view.cancelled_at:
        raise Refused("meeting_off", _("This meeting was called off already."), 409)
    state = state_of(Meeting.objects.get(pk=meeting_id)) | {"cancelled_at": clock.now().isoformat()}
    return put(principal, meeting_id, state)


def put(principal: access.Principal, meeting_id: UUID, state: State, group: UUID | None = None) -> UUID:
    """Set a meeting's state; returns the undo group."""
    return undo.perform(principal, SET, {"ids": [str(meeting_id)], "state": state}, group)


def set_one(principal: access.Principal, args: dict[str, Any]) -> Any:
    """`undo` handler: the new state, after the one before."""
    access.require(principal, PERMISSION)
    meeting = Meeting.objects.select_for_update().filter(pk=args["ids"][0]).first()
    if meeting is not None:
        _allowed(principal, meeting)
    before = state_of(meeting) if meeting else None
    _apply(principal, UUID(args["ids"][0]), meeting, args["state"])
    verb = "create" if before is None else "cancel" if args["state"]["cancelled_at"] else "change"
    access.record(principal, verb, "meeting", args["ids"][0])
    return before


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: the state before, unless somebody changed it since; a new one is called off and gone."""
    meeting = Meeting.objects.select_for_update().filter(pk=args["ids"][0]).first()
    if meeting is not None and _same(state_of(meeting), args["state"]):
        if before is None:
            _apply(principal, meeting.pk, meeting, {**args["state"], "cancelled_at": clock.now().isoformat()})
            meeting.delete()
        else:
            _apply(principal, meeting.pk, meeting, before)
    access.record(principal, "undo", "meeting", args["ids"][0])


def state_of(meeting: Meeting) -> State:
    """A meeting and its guests as one document."""
    told = {name: undo.plain(getattr(meeting, name)) for name in (*_TEXTS, *_TIMES, *_IDS, "all_day")}
    guests = [
        {
            "email": each.email, "name": each.name, "person_id": undo.plain(each.person_id),
            "staff_id": undo.plain(each.staff_id), "answer": each.answer,
        }
        for each in meeting.guests.order_by("id")
    ]  # fmt: skip
    return told | {"guests": guests}


def guests(principal: access.Principal, emails: Sequence[str]) -> list[dict[str, Any]]:
    """Who is behind these addresses: staff, people in sight, or only an address. 2 queries per address."""
    found: dict[str, dict[str, Any]] = {}
    staff = {each.email.lower(): each for each in access.members(limit=500) if each.email}
    for typed in emails:
        email = typed.strip().lower()[:254]
        if not email or email in found:
            continue
        if "@" not in email or any(c.isspace() for c in email):
            raise Refused("bad_address", _("“{text}” is not an e-mail address.").format(text=typed.strip()[:60]))
        member = staff.get(email)
        known = [] if member else people.lookalikes(principal, email, "")
        person_id, name = known[0] if known else (None, member.name if member else "")
        found[email] = {
            "email": email, "name": name, "person_id": undo.plain(person_id), "answer": "waiting",
            "staff_id": str(member.id) if member else None,
        }  # fmt: skip
    if len(found) > MAX_GUESTS:
        raise Refused("too_many_guests", _("A meeting has at most 100 guests."))
    return list(found.values())


def words_of(fact_ids: Sequence[UUID], principal: access.Principal) -> dict[UUID, tuple[str, str]]:
    """Meetings behind facts of the log, as their name and text. 1 query."""
    rows = Meeting.objects.filter(in_sight(principal), fact_id__in=list(fact_ids))
    told = rows.values_list("fact_id", "title", "place", "description")
    words = ((pk, title or _("Meeting"), (place, text)) for pk, title, place, text in told)
    return {pk: (title, "\n".join(filter(None, rest))) for pk, title, rest in words if pk}


def _apply(principal: access.Principal, meeting_id: UUID, row: Meeting | None, state: State) -> None:
    before = state_of(row) if row else None
    meeting = row or Meeting(pk=meeting_id, sequence=-1)
    for name in (*_TEXTS, "all_day"):
        setattr(meeting, name, state[name])
    for name in _TIMES:
        value = state[name]
        setattr(meeting, name, parse_datetime(value) if isinstance(value, str) else value)
    for name in _IDS:
        setattr(meeting, name, read_id(state[name]) if state[name] else None)
    told_anew = before is None or any(before[name] != state[name] for name in (*_TELLING, "cancelled_at"))
    meeting.sequence += 1 if told_anew else 0
    meeting.updated_at = clock.now()
    notes_facts.take_back([meeting.fact_id])
    meeting.fact_id = None
    if not meeting.cancelled_at:
        ids = {name: getattr(meeting, name) for name in _IDS[:3]}
        meeting.fact_id = notes_facts.tell(
            "meeting", ids, meeting.organiser_id, meeting.starts_at, {"meeting": str(meeting.pk)}
        )
    meeting.save()
    was = {each["email"] for each in before["guests"]} if before else set()
    _set_guests(meeting, state["guests"])
    if meeting.source == Meeting.Source.OWN:
        for tell in _tellers:
            tell(principal, meeting, gone=[] if before is None else before["guests"], old=was, all_again=told_anew)
    for kind in ("person", "company", "deal"):
        live.tell(kind, [pk for pk in (getattr(meeting, f"{kind}_id"),) if pk])


def _set_guests(meeting: Meeting, wanted: Sequence[Mapping[str, Any]]) -> None:
    meeting.guests.exclude(email__in=[each["email"] for each in wanted]).delete()
    known = {each.email: each for each in meeting.guests.all()}
    for each in wanted:
        guest = known.get(each["email"]) or Guest(meeting=meeting, email=each["email"])
        guest.name, guest.answer = each["name"], each["answer"]
        guest.person_id, guest.staff_id = read_id(each["person_id"]), read_id(each["staff_id"])
        guest.save()


def _checked(values: Mapping[str, Any]) -> State:
    told = {name: str(values.get(name) or "").replace("\x00", "").strip() for name in _SAID}
    told["zone"] = told["zone"] or "UTC"
    try:
        zone = ZoneInfo(told["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused("meeting_zone", _("Unknown field: %(name)s") % {"name": "zone"}) from error
    start, end = (at if at.tzinfo else at.replace(tzinfo=zone) for at in (values["starts_at"], values["ends_at"]))
    if not timedelta(0) < end - start <= LONGEST:
        raise Refused("meeting_times", _("A meeting ends after it began, within 60 days."))
    limits = {"title": 300, "place": 300, "description": 20_000, "zone": 60}
    cut = {name: value[: limits[name]] for name, value in told.items()}
    return {**cut, "starts_at": start.isoformat(), "ends_at": end.isoformat()}


def _same(one: State, other: State) -> bool:
    """Whether two states are the same; what guests answered does not count."""

    def told(state: State) -> Any:
        times = {name: parse_datetime(state[name]) if state[name] else None for name in _TIMES}
        return {**state, **times, "guests": sorted(each["email"] for each in state["guests"])}

    return bool(told(one) == told(other))


def _allowed(principal: access.Principal, row: Any) -> None:
    if row.organiser_id == principal.staff_id and principal.staff_id is not None:
        return
    if Guest.objects.filter(meeting_id=row.id, staff_id=principal.staff_id or UUID(int=0)).exists():
        return
    try:
        check(principal, row)
    except NotFound as error:
        raise _gone() from error


def _gone() -> NotFound:
    return NotFound(_("This meeting is not here, or not about a record that you see."))

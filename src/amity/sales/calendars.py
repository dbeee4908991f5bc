"""Keeping a staff member's own calendar in step, both ways (CalDAV).

Meetings made here are put there; appointments there with people we know appear here. A meeting of ours that was moved
there is moved here too, and its guests are told; one that was deleted there is put there again: it is called off here.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, sealing
from amity.base.errors import NotFound, Refused
from amity.engines import api as engines
from amity.people import api as people
from amity.sales import meetings, meetings_mail
from amity.sales.models import CalendarAccount, CalendarItem, Meeting

log = logging.getLogger(__name__)
BACK, AHEAD = timedelta(days=30), timedelta(days=400)


def account_of(principal: access.Principal) -> CalendarAccount | None:
    """The principal's own calendar. 1 query."""
    return CalendarAccount.objects.filter(staff_id=access.own_id(principal)).first()


def connect(principal: access.Principal, url: str, user: str, password: str) -> None:
    """Connect a calendar, once it answered; `Refused` says in words what does not work. The password is sealed."""
    access.require(principal, meetings.PERMISSION)
    address = url.strip()
    if engines.check_url(address, settings.CONFIG.webhook_allow_private):
        raise Refused("bad_calendar_url", _("Give a full https:// address without user name and password."))
    _asked(engines.DavCalendar(address, user.strip(), password, settings.CONFIG.webhook_allow_private).mark)
    with transaction.atomic():
        values: dict[str, Any] = {
            "url": address[:500],
            "user": user.strip()[:254],
            "secret": sealing.seal(password),
            "error": "",
        }
        values |= {"mark": "", "synced_at": None}
        others = CalendarAccount.objects.filter(staff_id=access.own_id(principal)).exclude(url=address[:500])
        CalendarItem.objects.filter(account__in=others).delete()  # what another calendar lacks was not deleted there
        CalendarAccount.objects.update_or_create(staff_id=access.own_id(principal), defaults=values)
        access.record(principal, "connect", "calendar", access.own_id(principal))


def disconnect(principal: access.Principal) -> None:
    """Let go of it; what is in either calendar stays."""
    with transaction.atomic():
        CalendarAccount.objects.filter(staff_id=access.own_id(principal)).delete()
        access.record(principal, "disconnect", "calendar", access.own_id(principal))


def sync_now(principal: access.Principal) -> str:
    """Sync the principal's calendar; says in words what came of it."""
    account = account_of(principal)
    if account is None:
        raise NotFound(_("No calendar is connected."))
    error = sync(account)
    if error:
        raise Refused("calendar_failed", error)
    return _("In step")


def sync_all() -> int:
    """Sync every calendar, one after the other; how many went well."""
    return sum(_went_well(account) for account in CalendarAccount.objects.order_by("synced_at")[:500])


def _went_well(account: CalendarAccount) -> bool:
    """Sync one; whatever a server answers, the calendars after it have their turn."""
    try:
        return not sync(account)
    except Exception:
        log.exception("calendar.failed", extra={"account": str(account.pk)})
        return False


def sync(account: CalendarAccount) -> str:
    """Bring one calendar in step; what went wrong, in words, empty when nothing did. Safe to run twice."""
    try:
        principal = access.principal_by_id(account.staff_id)
        private = settings.CONFIG.webhook_allow_private
        secret = sealing.unseal(account.secret)
        error = _asked(_Run(account, principal, engines.DavCalendar(account.url, account.user, secret, private)))
    except Refused as refused:
        error = refused.message
    done = {"error": (error or "")[:300]} | ({} if error else {"synced_at": clock.now()})
    CalendarAccount.objects.filter(pk=account.pk).update(**done)
    return error or ""


class _Run:
    """One round: push ours, pull theirs. The network is never inside a transaction."""

    def __init__(self, account: CalendarAccount, principal: access.Principal, calendar: engines.DavCalendar) -> None:
        self.account, self.principal, self.calendar = account, principal, calendar
        now = clock.now()
        self.since, self.until = now - BACK, now + AHEAD

    def __call__(self) -> str:
        there = self.calendar.etags(self.since, self.until)
        items = {item.href: item for item in self.account.items.all()}
        changed = [href for href, etag in there.items() if href not in items or items[href].etag != etag]
        for item in self.calendar.read(changed):
            self._pull(item, items.get(item.href))
        for href in set(items) - set(there):
            self._gone(items[href])
        for view in meetings.diary(self.account.staff_id, self.since, self.until):
            if view.own and view.organiser_id == self.account.staff_id:
                self._push(view)
        return ""

    def _pull(self, found: engines.DavItem, known: CalendarItem | None) -> None:
        try:
            read = engines.read_calendar(found.content).appointments
        except engines.BadCalendar:
            read = ()
        meeting_id, told = None, ""
        if read:
            own = Meeting.objects.filter(organiser_id=self.account.staff_id, uid=read[0].uid, source="own").first()
            if own is not None:
                meeting_id, told = own.pk, self._moved(own, read[0], known)
            else:
                meeting_id = self._taken(found.content, read[0])
        values = {"meeting_id": meeting_id, "etag": found.etag[:300], "told": told}
        CalendarItem.objects.update_or_create(account=self.account, href=found.href, defaults=values)

    def _moved(self, own: Meeting, there: engines.Appointment, known: CalendarItem | None) -> str:
        """Ours was changed there: its time, place and title hold. Returns what stands there now."""
        view = meetings.get_meeting(self.principal, own.pk)
        same = (view.starts_at, view.ends_at, view.place, view.title) == (
            there.starts_at, there.ends_at, there.place, there.title,
        )  # fmt: skip
        if not same and known is not None and not view.cancelled_at and not there.cancelled:
            emails = [each.email for each in meetings.guests_of([own.pk]).get(own.pk, [])]
            values = {name: getattr(there, name) for name in ("title", "place", "starts_at", "ends_at")}
            values |= {"description": view.description, "zone": view.zone}
            meetings.change_meeting(self.principal, own.pk, values, emails)
            view = meetings.get_meeting(self.principal, own.pk)
        return _digest(view) if same or known is not None else ""

    def _taken(self, content: bytes, first: engines.Appointment) -> UUID | None:
        """An appointment of theirs: taken when somebody is asked whom we know. The first one's meeting."""
        asked = [each.email for each in (*first.attendees, *([first.organiser] if first.organiser else []))]
        if not any(people.lookalikes(self.principal, email, "") for email in asked[:50]):
            return None
        try:
            every = engines.read_calendar(content, self.since, self.until).appointments
        except engines.BadCalendar:
            every = (first,)
        for each in every[:200]:
            with transaction.atomic():
                meetings_mail.take_one(self.principal, each, False, "calendar")
        rows = Meeting.objects.filter(organiser_id=self.account.staff_id, uid__startswith=first.uid, source="calendar")
        return rows.values_list("pk", flat=True).first()

    def _gone(self, item: CalendarItem) -> None:
        """Deleted there: theirs is called off here; ours will be put there again. Out of the window: let be."""
        row = item.meeting
        if row is None or (row.ends_at >= self.since and row.starts_at < self.until):
            if row is not None and row.source == "calendar" and not row.cancelled_at:
                meetings.put(self.principal, row.pk, meetings.state_of(row) | {"cancelled_at": clock.now().isoformat()})
            item.delete()

    def _push(self, view: meetings.MeetingView) -> None:
        item = CalendarItem.objects.filter(account=self.account, meeting_id=view.id).first()
        digest = _digest(view)
        if view.cancelled_at:
            if item is not None:
                self.calendar.delete(item.href)
                item.delete()
            return
        if item is not None and item.told == digest:
            return
        href = item.href if item else self.calendar.path_of(f"{view.id}.ics")
        content = engines.write_calendar([_without_guests(view)], "", view.updated_at)
        try:
            etag = self.calendar.write(href, content, item.etag if item else "")
        except engines.DavProblem as problem:
            if problem.code != "conflict":
                raise
            return  # changed there since it was read: the next round reads it first
        values = {"meeting_id": view.id, "etag": etag[:300], "told": digest}
        CalendarItem.objects.update_or_create(account=self.account, href=href, defaults=values)


def _without_guests(view: meetings.MeetingView) -> engines.Appointment:
    """Ours as it stands in our own calendar: guests were invited already, and a server must not do so again."""
    return replace(meetings_mail.appointment(view), organiser=None, attendees=())


def _digest(view: meetings.MeetingView) -> str:
    told: list[str | datetime] = [view.title, view.place, view.description, view.starts_at, view.ends_at, view.zone]
    return hashlib.sha256("\x1f".join(map(str, told)).encode()).hexdigest()


def _asked(ask: object) -> str:
    """The answer, or a refusal in words."""
    try:
        return str(ask())  # type: ignore[operator]
    except engines.DavProblem as problem:
        words = {
            "unreachable": _("The calendar server cannot be reached: {detail}."),
            "sign_in": _("The calendar server does not accept this user and password."),
            "not_found": _("There is nothing at this address."),
            "not_calendar": _("This address is not a calendar. Copy the address of one calendar, not of the account."),
        }
        told = words.get(problem.code, _("The calendar server answered {detail}."))
        raise Refused("calendar_failed", told.format(detail=problem.detail)) from problem

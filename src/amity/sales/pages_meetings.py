"""Pages of meetings: the diary, making and changing, calling off, files in and out, the private feed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.people import api as people
from amity.sales import calendar_feeds, calendars, meetings, meetings_mail
from amity.sales.meetings_forms import meeting_form
from amity.sales.notes_subjects import About, about

_BACK, _AHEAD = timedelta(days=30), timedelta(days=3_650)


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """The reader's own meetings, and how calendars come and go. 8 queries, however many there are."""
    access.require(request.principal, meetings.PERMISSION)
    now = clock.now()
    found = meetings.diary(request.principal.staff_id, now - _BACK, now + _AHEAD, 300)
    guests = meetings.guests_of([each.id for each in found])
    rows = [(each, guests.get(each.id, [])) for each in found]
    context = {
        "coming": [row for row in rows if not row[0].past],
        "past": [row for row in reversed(rows) if row[0].past],
        "feed": calendar_feeds.link_of(request.principal),
        "account": calendars.account_of(request.principal),
    }
    return page(request, "sales/meetings.html", context)


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """A meeting about a record. Undo in the toast calls it off."""
    access.require(request.principal, meetings.PERMISSION)
    subject = about(request.principal, kind, record_id)
    form = meeting_form(request.POST or None, None, [], _email_of(subject))
    if request.method == "POST" and form.is_valid():
        try:
            made, group = meetings.add_meeting(
                request.principal, kind, record_id, form.values(), form.addresses()
            )  # fmt: skip
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Meeting made"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("meeting", args=[made]))
    return page(request, "sales/meeting_form.html", {"form": form, "subject": subject, "record": None})


@require_http_methods(["GET", "POST"])
def show(request: access.StaffRequest, meeting_id: UUID) -> HttpResponse:
    """A meeting with its guests and their answers; changed here. Undo in the toast."""
    access.require(request.principal, meetings.PERMISSION)
    view = meetings.get_meeting(request.principal, meeting_id)
    guests = meetings.guests_of([meeting_id]).get(meeting_id, [])
    form = meeting_form(request.POST or None, view, guests)
    if request.method == "POST" and form.is_valid():
        try:
            group = meetings.change_meeting(request.principal, meeting_id, form.values(), form.addresses())
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("meeting", args=[meeting_id]))
    names = people.names([view.person_id], request.principal)
    context = {"form": form, "record": view, "guests": guests, "person": names.get(view.person_id or UUID(int=0))}
    return page(request, "sales/meeting_form.html", context)


@require_POST
def cancel(request: access.StaffRequest, meeting_id: UUID) -> HttpResponse:
    """Call a meeting off. Undo in the toast."""
    access.require(request.principal, meetings.PERMISSION)
    group = meetings.cancel_meeting(request.principal, meeting_id)
    toast(request, _("Called off"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("meeting", args=[meeting_id]))


@require_GET
def download(request: access.StaffRequest, meeting_id: UUID) -> HttpResponse:
    """The meeting as a calendar file."""
    access.require(request.principal, meetings.PERMISSION)
    return _calendar(meetings_mail.file_of(meetings.get_meeting(request.principal, meeting_id)), "meeting.ics")


@require_POST
def take_in(request: access.StaffRequest) -> HttpResponse:
    """A calendar file or an answer, uploaded or pasted. Undo in the toast."""
    access.require(request.principal, meetings.PERMISSION)
    given = request.FILES.get("file")
    content = given.read(3 * 1024**2) if given else request.POST.get("text", "")[:2_000_000].encode()
    try:
        count, answers, group = meetings_mail.take_in(request.principal, content)
    except Refused as error:
        toast(request, error.message, level=40)
        return HttpResponseRedirect(reverse("meetings"))
    told = [ngettext("{n} meeting taken in", "{n} meetings taken in", count).format(n=count)] if not answers else []
    told += [ngettext("{n} answer noted", "{n} answers noted", answers).format(n=answers)] if answers else []
    toast(request, ", ".join(told), undo=reverse("undo", args=[group]) if group else "")
    return HttpResponseRedirect(reverse("meetings"))


@require_POST
def feed_door(request: access.StaffRequest) -> HttpResponse:
    """Open the private address, give it another one, or close it."""
    access.require(request.principal, meetings.PERMISSION)
    if "close" in request.POST:
        calendar_feeds.close_feed(request.principal)
    else:
        calendar_feeds.open_feed(request.principal)
    return HttpResponseRedirect(reverse("meetings") + "#feed")


@require_POST
def connect(request: access.StaffRequest) -> HttpResponse:
    """Connect a CalDAV calendar, sync it now, or let go of it."""
    access.require(request.principal, meetings.PERMISSION)
    post = request.POST
    try:
        if "disconnect" in post:
            calendars.disconnect(request.principal)
        elif "sync" in post:
            toast(request, calendars.sync_now(request.principal))
        else:
            calendars.connect(request.principal, post.get("url", ""), post.get("user", ""), post.get("password", ""))
            toast(request, _("Calendar connected"))
    except Refused as error:
        toast(request, error.message, level=40)
    return HttpResponseRedirect(reverse("meetings") + "#caldav")


@never_cache
@require_GET
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The private feed: whoever has the address reads it."""
    response = _calendar(calendar_feeds.feed(secret), "amity.ics")
    response["X-Robots-Tag"] = "noindex"
    return response


def _email_of(subject: About) -> str:
    return people.get_person(access.SYSTEM, subject.person_id).email if subject.person_id else ""


def _calendar(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

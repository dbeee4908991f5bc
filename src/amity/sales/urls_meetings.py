"""URLs of meetings and calendars. Those under ``answers/`` are open: who has the address may use it."""

from django.urls import URLPattern, path

from amity.sales import pages_meetings
from amity.sales.urls_notes import RECORDS

urlpatterns: list[URLPattern] = [
    *(
        path(f"{plural}/<uuid:record_id>/meetings/new", pages_meetings.new, {"kind": kind}, name=f"{kind}_meeting_new")
        for kind, plural in RECORDS
    ),
    path("meetings/", pages_meetings.index, name="meetings"),
    path("meetings/<uuid:meeting_id>/", pages_meetings.show, name="meeting"),
    path("meetings/<uuid:meeting_id>/cancellation", pages_meetings.cancel, name="meeting_cancellation"),
    path("meetings/<uuid:meeting_id>/meeting.ics", pages_meetings.download, name="meeting_file"),
    path("meetings/files/", pages_meetings.take_in, name="meeting_files"),
    path("meetings/feed", pages_meetings.feed_door, name="calendar_feed_door"),
    path("meetings/calendar", pages_meetings.connect, name="calendar_account"),
    path("answers/calendars/<str:secret>.ics", pages_meetings.feed, name="calendar_feed"),
]

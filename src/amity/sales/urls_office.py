"""URLs of the sales office: notes, tasks, meetings, quotes, catalogue."""

from django.urls import URLPattern

from amity.sales import urls_meetings, urls_notes, urls_quotes

urlpatterns: list[URLPattern] = [*urls_notes.urlpatterns, *urls_quotes.urlpatterns, *urls_meetings.urlpatterns]

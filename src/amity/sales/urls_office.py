"""URLs of the sales office: notes, tasks, meetings, quotes, catalogue."""

from django.urls import URLPattern

from amity.sales import urls_catalogue, urls_meetings, urls_notes, urls_quotes, urls_tasks

urlpatterns: list[URLPattern] = [
    *urls_notes.urlpatterns,
    *urls_quotes.urlpatterns,
    *urls_meetings.urlpatterns,
    *urls_tasks.urlpatterns,
    *urls_catalogue.urlpatterns,
]

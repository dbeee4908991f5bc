"""URLs of the sales office: notes, tasks, meetings, quotes, catalogue."""

from django.urls import URLPattern

from amity.sales import urls_notes

urlpatterns: list[URLPattern] = [*urls_notes.urlpatterns]

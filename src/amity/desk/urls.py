"""URLs of room `desk`."""

from django.urls import URLPattern

from amity.desk.urls_understanding import urlpatterns as understanding

urlpatterns: list[URLPattern] = [
    *understanding,
]

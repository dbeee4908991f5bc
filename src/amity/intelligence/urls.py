"""URLs of room `intelligence`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""URLs of room `access`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

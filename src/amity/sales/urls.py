"""URLs of room `sales`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

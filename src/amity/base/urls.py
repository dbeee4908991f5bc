"""URLs of room `base`."""

from django.urls import path

from amity.base import appearance

urlpatterns = [path("theme", appearance.set_theme, name="theme")]

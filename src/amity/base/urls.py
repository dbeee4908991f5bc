"""URLs of room `base`."""

from django.conf import settings
from django.urls import path

from amity.base import appearance, gallery

urlpatterns = [path("theme", appearance.set_theme, name="theme")]
if settings.DEBUG:
    urlpatterns.append(path("gallery", gallery.page, name="gallery"))

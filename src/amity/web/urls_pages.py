"""Pages that are composed of several rooms."""

from django.urls import path

from amity.web import health, home

urlpatterns = [
    path("", home.page, name="home"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

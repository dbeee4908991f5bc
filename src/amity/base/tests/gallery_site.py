"""A site of one page, the gallery, so that a browser can look at the kit without data or sign-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from amity.base import gallery

MIDDLEWARE = [
    "amity.web.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "amity.base.pages.ToastHeader",
    "amity.base.tests.gallery_site.SignedIn",
]


@dataclass
class Everybody:
    name: str = "Константин Константинопольский"

    def may(self, permission: str) -> bool:
        return True


class SignedIn:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.principal = Everybody()  # type: ignore[attr-defined]
        return self.get_response(request)


def search(request: HttpRequest) -> HttpResponse:
    return HttpResponse('<div data-group>People</div><a href="/gallery#anna">Anna Kowalska</a>')


urlpatterns = [
    path("", gallery.page, name="home"),
    path("gallery", gallery.page, name="gallery"),
    path("search", search, name="search"),
    path("", include("amity.base.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]

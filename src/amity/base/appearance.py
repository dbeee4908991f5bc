"""The reader's theme: one cookie, read by the layout, so that no page flashes in the wrong colours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("auto", "light", "dark")
COOKIE = "amity_theme"
_YEAR_S = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """``auto`` (as the reader's system), ``light`` or ``dark``."""
    chosen = request.COOKIES.get(COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme for a year; back to the page it was asked from."""
    chosen = request.POST.get("theme", "auto")
    response = redirect(_back(request))
    response.set_cookie(
        COOKIE,
        chosen if chosen in THEMES else "auto",
        max_age=_YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if allowed else "/"

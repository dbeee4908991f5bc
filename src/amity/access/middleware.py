"""Everybody signs in, except at the few doors that are open on purpose; pages speak the reader's language and zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from amity.access import activity, second_factor
from amity.access.models import Staff
from amity.access.staff import principal_of, set_up_needed

_OPEN = (
    "/setup",
    "/in/",
    "/account/",
    "/static/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/i18n/",
    "/theme",
    "/preferences/",
    "/chat/",
    "/hooks/",  # providers of messengers and gateways, each proved by its signature
    "/rating/",
    "/portal/",
    "/answers/",  # quotes and calendars behind signed addresses
    "/help/",  # articles for everybody
    "/v1/",
    "/favicon.ico",
)
_BEFORE_ENROLMENT = ("/account/", "/static/", "/i18n/", "/theme", "/v1/")
Next = Callable[[HttpRequest], HttpResponse]


class StaffOnly:
    """Sets ``request.principal``; sends strangers to the sign-in page and a fresh installation to set-up."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        timezone.deactivate()
        if not request.user.is_authenticated:
            return self.get_response(request) if request.path.startswith(_OPEN) else _to_the_door(request)
        staff = request.user
        request.principal = principal_of(staff)  # type: ignore[attr-defined]
        _speak_as(staff)
        activity.note(request)
        if second_factor.overdue(staff) and not request.path.startswith(_BEFORE_ENROLMENT):
            return _go(request, reverse("mfa_index"))
        response = self.get_response(request)
        _remember_language(request, response, staff)
        return response


def _to_the_door(request: HttpRequest) -> HttpResponse:
    if set_up_needed():
        return _go(request, reverse("setup"))
    here = request.headers.get("HX-Current-URL") or request.get_full_path()
    return _go(request, redirect_to_login(here).url)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect that htmx follows as a whole page."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _speak_as(staff: Staff) -> None:
    if translation.check_for_language(staff.language):
        translation.activate(staff.language)
    try:
        timezone.activate(ZoneInfo(staff.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        timezone.deactivate()


def _remember_language(request: HttpRequest, response: HttpResponse, staff: Staff) -> None:
    """The language switch writes a cookie; a signed-in reader's choice also becomes the preference."""
    chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
    if request.method == "POST" and chosen and chosen.value and chosen.value != staff.language:
        Staff.objects.filter(pk=staff.pk).update(language=chosen.value)

"""Everybody signs in, except at the few doors that are open on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from amity.access.models import Staff
from amity.access.staff import principal_of, set_up_needed

_OPEN = ("/setup", "/in/", "/account/", "/static/", "/healthz", "/readyz", "/metrics", "/i18n/", "/v1/", "/favicon.ico")
Next = Callable[[HttpRequest], HttpResponse]


class StaffOnly:
    """Sets ``request.principal``; sends strangers to the sign-in page and a fresh installation to set-up."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            request.principal = principal_of(cast(Staff, request.user))  # type: ignore[attr-defined]
        elif not request.path.startswith(_OPEN):
            return redirect("setup") if set_up_needed() else redirect_to_login(request.get_full_path())
        return self.get_response(request)

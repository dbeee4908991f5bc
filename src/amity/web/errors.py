"""Pages for what went wrong: each says what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

CUSTOMERS = ("/portal/", "/rating/", "/help/", "/chat/")  # pages of people who have no account


def way_out(request: HttpRequest) -> dict[str, str]:
    """Where a page of errors leads: customers to their requests, since the start is the colleagues' sign-in."""
    customer = request.path_info.startswith(CUSTOMERS)
    return {"home": reverse("portal"), "home_label": _("Your requests")} if customer else {}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "base/error_400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "base/error_403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "base/error_404.html", way_out(request), status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "base/error_500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "base/error_csrf.html", way_out(request), status=403)

"""Pages of the portal. Links in letters change nothing by being opened: programs open them too."""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.desk import portal

COOKIE, ASKED = "amity_portal", "amity_portal_asked"
_METHODS = ["GET", "POST"]


def _page(view: Any) -> Any:
    """Never kept, never listed; the view is given who is signed in ("" for nobody)."""

    @never_cache
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = portal.address_of(request.COOKIES.get(COOKIE, ""))
        response: HttpResponse = view(request, address, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return shown


@require_http_methods(_METHODS)
@_page
def index(request: HttpRequest, address: str) -> HttpResponse:
    """One's requests, or the form that asks for the address."""
    if address:
        return render(request, "desk/portal_list.html", {"address": address, "requests": portal.requests(address)})
    if request.method != "POST":
        return render(request, "desk/portal_in.html", {})
    try:
        asked = portal.ask_for_code(request.POST.get("email", ""), client_of(request), (get_language() or "en")[:2])
    except Refused as refused:
        return render(request, "desk/portal_in.html", {"error": refused.message}, status=refused.status)
    response = HttpResponseRedirect(reverse("portal_code"))
    _set(response, ASKED, asked.sealed, portal.CODE_MINUTES * 60)
    return response


@require_http_methods(_METHODS)
@_page
def code(request: HttpRequest, address: str) -> HttpResponse:
    """The code of the letter."""
    asked = portal.read_asked(request.COOKIES.get(ASKED, ""))
    if asked is None or not asked.holds:
        return HttpResponseRedirect(reverse("portal"))
    if request.method == "POST":
        return _signed_in(request, asked, request.POST.get("code", ""))
    return render(request, "desk/portal_code.html", {"asked": asked.address, "minutes": portal.CODE_MINUTES})


@require_http_methods(_METHODS)
@_page
def link(request: HttpRequest, address: str, token: str) -> HttpResponse:
    """The link of the letter: a button signs in."""
    asked, typed = portal.read_link(token)
    if request.method == "POST":
        return _signed_in(request, asked, typed)
    return render(request, "desk/portal_link.html", {"asked": asked.address})


@require_http_methods(_METHODS)
@_page
def one(request: HttpRequest, address: str, conversation_id: UUID) -> HttpResponse:
    """One request; POST goes on with it."""
    if not address:
        return HttpResponseRedirect(reverse("portal"))
    error = ""
    if request.method == "POST":
        try:
            portal.write(address, conversation_id, request.POST.get("text", ""), request.POST.get("key", ""))
        except Refused as refused:
            if refused.status == 404:
                raise
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("portal_request", args=[conversation_id]))
    found, words = portal.request(address, conversation_id)
    context = {"request_": found, "words": words, "key": new_id().hex, "error": error, "address": address}
    return render(request, "desk/portal_request.html", context, status=422 if error else 200)


@require_http_methods(_METHODS)
@_page
def new(request: HttpRequest, address: str) -> HttpResponse:
    """A new request."""
    if not address:
        return HttpResponseRedirect(reverse("portal"))
    told = {name: request.POST.get(name, "") for name in ("subject", "text", "key")}
    error = ""
    if request.method == "POST":
        try:
            made = portal.open_request(address, told["subject"], told["text"], told["key"])
        except Refused as refused:
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("portal_request", args=[made]))
    context = {"told": told, "key": told["key"] or new_id().hex, "error": error, "address": address}
    return render(request, "desk/portal_new.html", context, status=422 if error else 200)


@require_POST
@_page
def leave(request: HttpRequest, address: str) -> HttpResponse:
    """Sign out."""
    response = HttpResponseRedirect(reverse("portal"))
    response.delete_cookie(COOKIE, path="/portal/")
    return response


def _signed_in(request: HttpRequest, asked: portal.Asked, typed: str) -> HttpResponse:
    try:
        session = portal.sign_in(asked, typed)
    except Refused as refused:
        context = {"asked": asked.address, "error": refused.message, "minutes": portal.CODE_MINUTES}
        return render(request, "desk/portal_code.html", context, status=refused.status)
    response = HttpResponseRedirect(reverse("portal"))
    _set(response, COOKIE, session, int(portal.SESSION.total_seconds()))
    response.delete_cookie(ASKED, path="/portal/")
    return response


def _set(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/portal/", httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def client_of(request: HttpRequest) -> str:
    """The network address that asks, seen through the proxies that the installation trusts."""
    told = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
    trusted = settings.CONFIG.trusted_proxies
    return told[-min(trusted, len(told))] if trusted and told else str(request.META.get("REMOTE_ADDR", ""))

"""The doors without a password: first set-up, invitation, and the operator's one-time sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from amity.access import limits, members
from amity.access.forms import EntryForm, SetUpForm
from amity.access.links import peek_link, spend_link
from amity.access.models import SignInLink, Staff
from amity.access.staff import set_up_needed
from amity.base.errors import Refused

_TRIES, _WINDOW_S = 30, 600


@require_GET
def setup(request: HttpRequest) -> HttpResponse:
    """Where a fresh installation sends everybody: the link stands in the terminal."""
    return render(request, "access/setup_wait.html") if set_up_needed() else redirect("home")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def setup_with_token(request: HttpRequest, token: str) -> HttpResponse:
    """Create the first administrator. Looking does not use the link up; saving does."""
    _slow_down(request)
    peek_link(token, "setup")
    form = SetUpForm(request.POST or None, initial=_guess())
    if request.method == "POST" and form.is_valid():
        staff = _entered(form, lambda entry: members.set_up_first(token, entry))
        if staff is not None:
            return sign_in(request, staff)
    return render(request, "access/setup.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """A one-time link: an invitation asks for an own password, the operator's link signs in at once."""
    _slow_down(request)
    link = peek_link(token, "invite", "demo")
    return _invitation(request, token, link) if link.purpose == "invite" else _at_once(request, token, link)


def sign_in(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Sign in as django-allauth does: second factor if there is one, session listed, then home."""
    record_authentication(request, staff, method="one_time_link", reauthenticated=True)
    return cast(HttpResponse, perform_login(request, Login(user=staff, email_verification="none")))


def _invitation(request: HttpRequest, token: str, link: SignInLink) -> HttpResponse:
    initial = _guess() | ({"name": link.staff.name} if link.staff else {})
    form = EntryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        staff = _entered(form, lambda entry: members.accept_invitation(token, entry))
        if staff is not None:
            return sign_in(request, staff)
    return render(
        request, "access/invitation.html", {"form": form, "staff": link.staff}, status=422 if form.errors else 200
    )


def _at_once(request: HttpRequest, token: str, link: SignInLink) -> HttpResponse:
    """One click, because programs that preview links would use the link up."""
    if request.method == "POST":
        staff = spend_link(token, "demo").staff
        return sign_in(request, staff) if staff else redirect("account_login")
    return render(request, "access/one_time.html", {"staff": link.staff})


def _entered(form: EntryForm, enter: Callable[[members.Entry], Staff]) -> Staff | None:
    """Let somebody in with what the form says; a refusal goes back to the field it is about."""
    said = form.cleaned_data
    entry = members.Entry(said["name"], said.get("email", ""), said["password"], said["language"], said["time_zone"])
    try:
        return enter(entry)
    except Refused as error:
        if error.code not in ("weak_password", "email_taken"):
            raise
        form.add_error("password" if error.code == "weak_password" else "email", error.message)
    return None


def _guess() -> dict[str, str]:
    return {"language": (get_language() or "en")[:2], "time_zone": settings.TIME_ZONE}


def _slow_down(request: HttpRequest) -> None:
    address = get_adapter(request).get_client_ip(request)
    limits.spend("one-time link", address or "unknown", _TRIES, _WINDOW_S)

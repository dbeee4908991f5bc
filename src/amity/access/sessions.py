"""Who is behind a session cookie, for programs that are no Django view."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from amity.access import second_factor
from amity.access.models import Staff
from amity.access.permissions import Principal
from amity.access.staff import principal_of


def principal_of_session(key: str) -> Principal | None:
    """The signed-in staff member of session ``key``; None: nobody, or somebody who must enrol a second factor first.

    3 to 4 queries.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    staff = auth.get_user(request)
    if not isinstance(staff, Staff) or not staff.is_active or second_factor.overdue(staff):
        return None
    return principal_of(staff)

"""A request as every page behind the door gets it."""

from __future__ import annotations

from django.http import HttpRequest

from amity.access.permissions import Principal


class StaffRequest(HttpRequest):
    """`StaffOnly` has put the actor on it."""

    principal: Principal

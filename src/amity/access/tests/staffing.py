"""People who work in the tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password

from amity.access.models import Staff, Team
from amity.access.permissions import Principal
from amity.access.staff import principal_of

PASSWORD = "a sentence is a good password"


@cache
def _hashed() -> str:
    return make_password(PASSWORD)


def hire(name: str = "Ada", role: str = "administrator", scope: str = "all", **more: Any) -> Staff:
    """A staff member who can sign in with `PASSWORD`."""
    staff = Staff(name=name, email=f"{name.lower()}@example.com", role=role, scope=scope, **more)
    staff.password = _hashed()
    staff.save()
    return staff


def actor(name: str = "Ada", role: str = "administrator", scope: str = "all", **more: Any) -> Principal:
    return principal_of(hire(name, role, scope, **more))


def team(name: str = "North", manager: Staff | None = None) -> Team:
    return Team.objects.create(name=name, manager=manager)

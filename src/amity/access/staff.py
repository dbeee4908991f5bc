"""Staff members: who they are as actors, one-time links, names in bulk."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access.models import SignInLink, Staff, Team
from amity.access.permissions import PERMISSIONS, Principal, Via
from amity.base import clock
from amity.base.errors import Refused


def principal_of(staff: Staff, via: Via = "session") -> Principal:
    """The actor behind a staff row. 1 query (teams managed)."""
    teams = set(Team.objects.filter(manager=staff).values_list("id", flat=True))
    if staff.team_id:
        teams.add(staff.team_id)
    return Principal(staff.id, staff.name, staff.role, staff.scope, frozenset(teams), via, PERMISSIONS[staff.role])


def set_up_needed() -> bool:
    """True until the first administrator exists who can sign in."""
    return not Staff.objects.filter(role="administrator", is_active=True).exclude(password="").exclude(password__startswith="!").exists()


def new_link(purpose: str, staff: Staff | None = None, hours: int = 24) -> str:
    """Make a one-time link token; only its SHA-256 is stored, so this is the only moment it can be read."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        purpose=purpose, staff=staff, token_hash=hash_token(token), expires_at=clock.now() + timedelta(hours=hours)
    )
    return token


def spend_link(token: str, purpose: str) -> SignInLink:
    """Use a one-time link up; raises ``Refused("link_spent")`` when unknown, used or expired."""
    with transaction.atomic():
        link = SignInLink.objects.select_for_update().filter(token_hash=hash_token(token), purpose=purpose).first()
        if link is None or link.used_at or link.expires_at < clock.now():
            raise Refused("link_spent", _("This link was used already or has expired. Make a new one with: amity link"), 410)
        link.used_at = clock.now()
        link.save(update_fields=["used_at"])
    return link


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Staff names by id. 1 query."""
    wanted = {i for i in ids if i}
    return dict(Staff.objects.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


def choices() -> list[tuple[UUID, str]]:
    """Everybody who can own a record, by name. 1 query."""
    return list(Staff.objects.filter(is_active=True).order_by("name").values_list("id", "name"))

"""One-time links: first-run set-up, invitation, the operator's way in. Only their SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access.models import SignInLink, Staff
from amity.base import clock
from amity.base.errors import Refused


def new_link(purpose: str, staff: Staff | None = None, hours: int = 24) -> str:
    """Make a one-time link token; this is the only moment it can be read."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        purpose=purpose, staff=staff, token_hash=hash_token(token), expires_at=clock.now() + timedelta(hours=hours)
    )
    return token


def peek_link(token: str, *purposes: str) -> SignInLink:
    """The live link behind ``token``, unspent. Raises ``Refused("link_spent")`` when there is none. 1 query."""
    return _live(
        SignInLink.objects.select_related("staff").filter(token_hash=hash_token(token), purpose__in=purposes).first()
    )


def spend_link(token: str, *purposes: str) -> SignInLink:
    """Use a one-time link up; of two who try at once one gets it. Raises like `peek_link`."""
    with transaction.atomic():
        rows = SignInLink.objects.select_for_update(of=("self",)).select_related("staff")
        link = _live(rows.filter(token_hash=hash_token(token), purpose__in=purposes).first())
        link.used_at = clock.now()
        link.save(update_fields=["used_at"])
    return link


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _live(link: SignInLink | None) -> SignInLink:
    gone = link is None or link.used_at is not None or link.expires_at < clock.now()
    if link is None or gone or (link.staff is not None and not link.staff.is_active):
        raise Refused(
            "link_spent", _("This link was used already or has expired. Make a new one with: amity link"), 410
        )
    return link

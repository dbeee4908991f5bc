"""The second factor (TOTP, passkeys): which roles need it, and until when it may wait.

A member of ``mfa_required_roles`` without one is told so at every sign-in and has ``mfa_grace_days`` (default 7)
from the first; after that every page leads to enrolment. With 0 days enrolment comes before anything else.
The last second factor of such a member cannot be taken off.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings

from amity.access.models import Staff
from amity.base import clock

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def required(staff: Staff) -> bool:
    return staff.role in settings.CONFIG.mfa_required_roles


def enrolled(staff: Staff) -> bool:
    """1 query."""
    return bool(Authenticator.objects.filter(user=staff, type__in=_FACTORS).exists())


def note_sign_in(staff: Staff) -> bool:
    """Start the grace at the first sign-in without a second factor. Returns whether one is still missing."""
    if not required(staff) or enrolled(staff):
        _set_due(staff, None)
        return False
    if staff.mfa_due_at is None:
        _set_due(staff, clock.now() + timedelta(days=settings.CONFIG.mfa_grace_days))
    return True


def overdue(staff: Staff) -> bool:
    """True when this member must enrol before anything else. No query while the grace lasts or nothing is due."""
    if staff.mfa_due_at is None or staff.mfa_due_at > clock.now() or not required(staff):
        return False
    if enrolled(staff):
        _set_due(staff, None)
        return False
    return True


def last_needed(authenticator: Authenticator) -> bool:
    """True when taking this one off would leave a member without the factor that the role requires."""
    if authenticator.type not in _FACTORS or not required(authenticator.user):
        return False
    others = Authenticator.objects.filter(user=authenticator.user, type__in=_FACTORS).exclude(pk=authenticator.pk)
    return not others.exists()


def _set_due(staff: Staff, due: datetime | None) -> None:
    if staff.mfa_due_at != due:
        Staff.objects.filter(pk=staff.pk).update(mfa_due_at=due)
        staff.mfa_due_at = due

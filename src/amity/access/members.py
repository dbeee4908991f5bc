"""Staff come, change and go. Each change and its audit line share one transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from amity.access import audit, second_factor
from amity.access.links import new_link, spend_link
from amity.access.models import Role, RowScope, Staff
from amity.access.permissions import PERMISSIONS, Principal, own_id, require
from amity.access.staff import principal_of, set_up_needed
from amity.base import clock
from amity.base.errors import NotFound, Refused

INVITATION_HOURS = 7 * 24


@dataclass(frozen=True, slots=True)
class Terms:
    """What an administrator decides about a staff member."""

    name: str
    email: str | None
    role: str
    scope: str
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person who enters for the first time says about themself."""

    name: str
    email: str
    password: str
    language: str = "en"
    time_zone: str = "UTC"


def set_up_first(token: str, entry: Entry) -> Staff:
    """Create the first administrator and use the set-up link up, both or neither.

    Raises ``Refused``: ``link_spent``, ``already_set_up``, ``weak_password``.
    """
    with transaction.atomic():
        spend_link(token, "setup")
        if not set_up_needed():
            raise Refused("already_set_up", _("Amity is set up already. Sign in, or make a link with: amity link"), 409)
        staff = Staff(role=Role.ADMINISTRATOR, scope=RowScope.ALL)
        _enter(staff, entry)
        audit.record(principal_of(staff), "set_up", "staff", staff.id)
    return staff


def accept_invitation(token: str, entry: Entry) -> Staff:
    """Set the invited member's own password and preferences; the e-mail stays as invited. Raises as `set_up_first`."""
    with transaction.atomic():
        link = spend_link(token, "invite")
        if link.staff is None:
            raise NotFound(_("There is no such staff member."))
        staff = link.staff
        _enter(staff, Entry(entry.name, staff.email or entry.email, entry.password, entry.language, entry.time_zone))
        audit.record(principal_of(staff), "invitation_accepted", "staff", staff.id)
    return staff


def invite(principal: Principal, terms: Terms) -> tuple[UUID, str]:
    """Add a member and return (id, one-time token of the invitation, valid 7 days)."""
    require(principal, "staff.manage")
    _check(terms)
    with transaction.atomic():
        staff = Staff(
            name=terms.name, email=_mail(terms.email), role=terms.role, scope=terms.scope, team_id=terms.team_id
        )
        staff.set_unusable_password()
        _save(staff)
        token = new_link("invite", staff, INVITATION_HOURS)
        audit.record(principal, "invited", "staff", staff.id, {"role": terms.role, "scope": terms.scope})
    return staff.id, token


def invite_again(principal: Principal, staff_id: UUID) -> str:
    """A new one-time token for a member who cannot sign in (never entered, or lost everything)."""
    require(principal, "staff.manage")
    with transaction.atomic():
        staff = _locked(staff_id)
        if not staff.email:
            raise Refused("no_email", _("Give this staff member an e-mail address first."), 422)
        staff.signinlink_set.filter(used_at=None).update(used_at=clock.now())
        audit.record(principal, "invited", "staff", staff.id)
        return new_link("invite", staff, INVITATION_HOURS)


def change(principal: Principal, staff_id: UUID, terms: Terms) -> None:
    """Give a member other terms. The last administrator stays one."""
    require(principal, "staff.manage")
    _check(terms)
    with transaction.atomic():
        staff = _locked(staff_id)
        if staff.role == Role.ADMINISTRATOR and terms.role != Role.ADMINISTRATOR:
            _keep_an_administrator(staff)
        before = (staff.role, staff.scope, staff.team_id)
        staff.name, staff.email = terms.name, _mail(terms.email)
        staff.role, staff.scope, staff.team_id = terms.role, terms.scope, terms.team_id
        _save(staff)
        EmailAddress.objects.filter(user=staff).exclude(email=staff.email or "").delete()
        if before[0] != staff.role:
            second_factor.note_sign_in(staff)
        audit.record(principal, "changed", "staff", staff.id, _difference(before, staff))


def deactivate(principal: Principal, staff_id: UUID) -> None:
    """Close the account: sessions and links end now, tokens stop working; records keep their owner."""
    require(principal, "staff.manage")
    with transaction.atomic():
        staff = _locked(staff_id)
        if staff.id == principal.staff_id:
            raise Refused("own_account", _("You cannot deactivate your own account. Ask another administrator."), 409)
        if staff.role == Role.ADMINISTRATOR:
            _keep_an_administrator(staff)
        Staff.objects.filter(pk=staff.pk).update(is_active=False)
        end_sessions(staff)
        audit.record(principal, "deactivated", "staff", staff.id)


def reactivate(principal: Principal, staff_id: UUID) -> None:
    """Open a closed account again, as it was; the member signs in anew."""
    require(principal, "staff.manage")
    with transaction.atomic():
        staff = _locked(staff_id)
        Staff.objects.filter(pk=staff.pk).update(is_active=True)
        audit.record(principal, "reactivated", "staff", staff.id)


def change_profile(principal: Principal, name: str, language: str, time_zone: str) -> None:
    """A member's own name and preferences."""
    with transaction.atomic():
        Staff.objects.filter(pk=own_id(principal)).update(name=name, language=language, time_zone=time_zone)
        audit.record(principal, "profile_changed", "staff", own_id(principal))


def end_sessions(staff: Staff) -> None:
    """Sign a member out everywhere."""
    keys = list(UserSession.objects.filter(user=staff).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=staff).delete()


def _enter(staff: Staff, entry: Entry) -> None:
    staff.name, staff.email = entry.name, _mail(entry.email)
    staff.language, staff.time_zone = entry.language, entry.time_zone
    check_password(entry.password, staff)
    staff.set_password(entry.password)
    _save(staff)


def check_password(password: str, staff: Staff) -> None:
    """Raise ``Refused("weak_password")`` with every reason."""
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise Refused("weak_password", " ".join(error.messages)) from error


def _check(terms: Terms) -> None:
    if terms.role not in PERMISSIONS or terms.scope not in RowScope.values:
        raise Refused("bad_role", _("Choose one of the listed roles and scopes."))
    if not terms.name.strip():
        raise Refused("no_name", _("Give the staff member a name."))


def _save(staff: Staff) -> None:
    try:
        with transaction.atomic():
            staff.save()
    except IntegrityError as error:
        raise Refused("email_taken", _("Somebody with this e-mail address is here already."), 409) from error


def _locked(staff_id: UUID) -> Staff:
    staff = Staff.objects.select_for_update().filter(pk=staff_id).first()
    if staff is None:
        raise NotFound(_("There is no such staff member."))
    return staff


def _keep_an_administrator(staff: Staff) -> None:
    """Lock all administrators, so that two who remove each other cannot both succeed."""
    rows = Staff.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).order_by("id")
    if not [other for other in rows if other.pk != staff.pk and other.has_usable_password() and other.password]:
        raise Refused("last_administrator", _("Somebody must stay administrator. Make another one first."), 409)


def _mail(email: str | None) -> str | None:
    return email.strip().lower() if email and email.strip() else None


def _difference(before: tuple[str, str, UUID | None], staff: Staff) -> dict[str, list[str]]:
    after = (staff.role, staff.scope, staff.team_id)
    named = zip(("role", "scope", "team"), before, after, strict=True)
    return {name: [str(old), str(new)] for name, old, new in named if old != new}


def demo_administrator(name: str, email: str, time_zone: str = "UTC") -> None:
    """The sample company's administrator, made once; enters by one-time link only (a random password nobody knows)."""
    with transaction.atomic():
        if not set_up_needed():
            return
        staff = Staff(name=name, email=email, role=Role.ADMINISTRATOR, scope=RowScope.ALL, time_zone=time_zone)
        staff.set_password(secrets.token_urlsafe(48))
        staff.save(force_insert=True)
        audit.record(principal_of(staff, "cli"), "set_up", "staff", staff.id)

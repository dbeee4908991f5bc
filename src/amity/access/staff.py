"""Staff members: who they are as actors, names in bulk, and who is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from amity.access.models import Role, RowScope, Staff, Team
from amity.access.permissions import PERMISSIONS, Principal, Via
from amity.base.errors import NotFound


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member as lists show one. ``can_sign_in`` is false until an invitation was accepted."""

    id: UUID
    name: str
    email: str | None
    role: str
    scope: str
    team_id: UUID | None
    team_name: str
    is_active: bool
    can_sign_in: bool
    last_login: datetime | None

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label)

    @property
    def scope_label(self) -> str:
        return str(RowScope(self.scope).label)


def principal_of(staff: Staff, via: Via = "session") -> Principal:
    """The actor behind a staff row. 1 query (teams managed)."""
    teams = set(Team.objects.filter(manager=staff).values_list("id", flat=True))
    if staff.team_id:
        teams.add(staff.team_id)
    return Principal(staff.id, staff.name, staff.role, staff.scope, frozenset(teams), via, PERMISSIONS[staff.role])


def principal_by_id(staff_id: UUID, via: Via = "job") -> Principal:
    """The actor with this id, for jobs that act in somebody's name; raises ``NotFound`` when gone. 2 queries."""
    staff = Staff.objects.filter(pk=staff_id, is_active=True).first()
    if staff is None:
        raise NotFound(_("This staff member is no longer here."))
    return principal_of(staff, via)


def set_up_needed() -> bool:
    """True until the first administrator exists who can sign in."""
    return not _administrators().exists()


def first_administrator() -> Staff | None:
    """The longest-serving administrator who can sign in. 1 query."""
    return _administrators().order_by("created_at", "id").first()


def names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Staff names by id. 1 query."""
    wanted = {i for i in ids if i}
    return dict(Staff.objects.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


def choices() -> list[tuple[UUID, str]]:
    """Everybody who can own a record, by name. 1 query."""
    return list(Staff.objects.filter(is_active=True).order_by("name").values_list("id", "name"))


def members(search: str = "", after: str = "", limit: int = 100) -> list[Member]:
    """Staff by name, active or not, at most ``limit`` (<= 500), after the cursor ``name\\x1fid``. 1 query."""
    rows = Staff.objects.select_related("team").order_by("name", "id")
    if search:
        rows = rows.filter(name__icontains=search) | rows.filter(email__icontains=search)
    if after:
        name, _sep, last = after.partition("\x1f")
        rows = rows.filter(name__gt=name) | rows.filter(name=name, id__gt=last)
    return [_member(staff) for staff in rows[: min(limit, 500)]]


def member(staff_id: UUID) -> Member:
    """One staff member; raises ``NotFound``. 1 query."""
    staff = Staff.objects.select_related("team").filter(pk=staff_id).first()
    if staff is None:
        raise NotFound(_("There is no such staff member."))
    return _member(staff)


def _member(staff: Staff) -> Member:
    return Member(
        staff.id, staff.name, staff.email, staff.role, staff.scope, staff.team_id,
        staff.team.name if staff.team else "", staff.is_active, _may_sign_in(staff), staff.last_login,
    )  # fmt: skip


def _may_sign_in(staff: Staff) -> bool:
    return staff.is_active and bool(staff.password) and staff.has_usable_password()


def _administrators() -> QuerySet[Staff]:
    active = Staff.objects.filter(role="administrator", is_active=True)
    return active.exclude(password="").exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)

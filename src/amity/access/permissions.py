"""Who may do what: one table of permissions per role, one row-scope rule. Pages, API, jobs and assistants ask here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from amity.base.errors import Forbidden

Via = Literal["session", "token", "job", "cli"]

_DESK = {"desk.view", "desk.reply"}
_READ = {"people.view", "deals.view", "models.view", "readiness.view", "jobs.view", "segments.view"}
_WORK = _READ | {"people.edit", "deals.edit", "tasks.edit", "settings.view"}
_STEWARD = _WORK | {"imports.run", "people.export", "deals.export", "people.bulk", "deals.bulk"}
_LEAD_DESK = _DESK | {"desk.manage", "knowledge.edit", "channels.manage", "complaints.decide"}
_LEAD_SALES = {"segments.manage", "models.train", "models.decide", "jobs.manage", "views.share", "deals.assign"}
_MANAGER = _STEWARD | _LEAD_DESK | _LEAD_SALES
PERMISSIONS: dict[str, frozenset[str]] = {
    "administrator": frozenset(
        _MANAGER
        | {"staff.manage", "tokens.manage", "webhooks.manage", "audit.view", "privacy.manage", "consent.manage"}
        | {"outgoing.manage", "duplicates.decide"}
    ),
    "manager": frozenset(_MANAGER),
    "salesperson": frozenset(_WORK | _DESK | {"people.bulk", "deals.bulk"}),
    "agent": frozenset((_WORK | _DESK | {"knowledge.edit"}) - {"models.view", "jobs.view"}),
    "marketer": frozenset(_WORK | {"people.export", "people.bulk", "segments.manage", "consent.manage"}),
    "steward": frozenset(
        _STEWARD | {"jobs.manage", "models.decide", "segments.manage", "consent.manage", "duplicates.decide"}
    ),
    "privacy": frozenset(
        _READ
        | {"people.edit", "tasks.edit", "people.export", "settings.view", "audit.view", "consent.manage"}
        | {"privacy.manage"}
    ),
    "analyst": frozenset(_READ | {"people.export", "deals.export", "models.train", "settings.view", "segments.manage"}),
}
ALL_PERMISSIONS = frozenset().union(*PERMISSIONS.values())


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody (or something) that acts: who, in which role, seeing whose rows, by which door."""

    staff_id: UUID | None
    name: str
    role: str
    scope: str  # own, team, all
    team_ids: frozenset[UUID] = frozenset()
    via: Via = "session"
    permissions: frozenset[str] = field(default_factory=frozenset)

    def may(self, permission: str) -> bool:
        return permission in self.permissions


SYSTEM = Principal(None, "Amity", "administrator", "all", via="job", permissions=ALL_PERMISSIONS)


def own_id(principal: Principal) -> UUID:
    """The staff member behind ``principal``; raises ``Forbidden`` for the system itself."""
    if principal.staff_id is None:
        raise Forbidden(_("Only a signed-in staff member can do this."))
    return principal.staff_id


def require(principal: Principal, permission: str) -> None:
    """Raise ``Forbidden`` unless ``principal`` holds ``permission``."""
    if permission and not principal.may(permission):
        raise Forbidden(
            _("You have no right to do this. Ask an administrator for the permission “{permission}”.").format(
                permission=permission
            )
        )


def require_any(principal: Principal, permissions: Iterable[str]) -> None:
    """Raise ``Forbidden`` unless ``principal`` holds one of ``permissions``."""
    wanted = tuple(permissions)
    if not any(map(principal.may, wanted)):
        require(principal, wanted[0])


def rows_of(principal: Principal, owner: str = "owner_id", team: str = "team_id") -> Q:
    """The row-scope rule as a filter on columns ``owner`` and ``team``: own, team (own included), or all rows."""
    if principal.scope == "all":
        return Q()
    mine = Q(**{owner: principal.staff_id})
    if principal.scope == "team" and principal.team_ids:
        return mine | Q(**{f"{team}__in": principal.team_ids})
    return mine


def sees(principal: Principal, owner_id: UUID | None, team_id: UUID | None) -> bool:
    """`rows_of` for one row already in hand."""
    if principal.scope == "all":
        return True
    if principal.staff_id is not None and owner_id == principal.staff_id:
        return True
    return principal.scope == "team" and team_id is not None and team_id in principal.team_ids

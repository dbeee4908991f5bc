"""Teams: who belongs together, and who leads them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from amity.access import audit
from amity.access.models import Staff, Team
from amity.access.permissions import Principal, require
from amity.base.errors import NotFound, Refused


@dataclass(frozen=True, slots=True)
class TeamView:
    id: UUID
    name: str
    manager_id: UUID | None
    manager_name: str
    members: int


def teams(limit: int = 500) -> list[TeamView]:
    """All teams by name, with how many active members. 1 query."""
    rows = Team.objects.select_related("manager").annotate(size=Count("members", filter=Q(members__is_active=True)))
    return [
        TeamView(team.id, team.name, team.manager_id, team.manager.name if team.manager else "", team.size)
        for team in rows.order_by("name")[:limit]
    ]


def team_choices() -> list[tuple[UUID, str]]:
    """Teams by name. 1 query."""
    return list(Team.objects.order_by("name").values_list("id", "name"))


def save_team(principal: Principal, name: str, manager_id: UUID | None, team_id: UUID | None = None) -> UUID:
    """Create a team, or rename it and give it another manager."""
    require(principal, "staff.manage")
    if manager_id and not Staff.objects.filter(pk=manager_id, is_active=True).exists():
        raise NotFound(_("There is no such staff member."))
    with transaction.atomic():
        team = Team() if team_id is None else _locked(team_id)
        team.name, team.manager_id = name.strip(), manager_id
        _save(team)
        audit.record(principal, "changed" if team_id else "created", "team", team.id)
    return team.id


def delete_team(principal: Principal, team_id: UUID) -> None:
    """Take a team away; it must be empty, so that nobody loses sight of records by surprise."""
    require(principal, "staff.manage")
    with transaction.atomic():
        team = _locked(team_id)
        if team.members.exists():
            raise Refused("team_not_empty", _("Move the members of this team elsewhere first."), 409)
        team.delete()
        audit.record(principal, "deleted", "team", team_id)


def _locked(team_id: UUID) -> Team:
    team = Team.objects.select_for_update().filter(pk=team_id).first()
    if team is None:
        raise NotFound(_("There is no such team."))
    return team


def _save(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise Refused("name_taken", _("There is a team of this name already."), 409) from error

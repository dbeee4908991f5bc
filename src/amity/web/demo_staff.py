"""The demo's colleagues as they are in the sample: role, rows, language, time zone, and who leads which team.

An import makes everybody a salesperson who sees their own rows: a file must not say who may do what.
"""

from __future__ import annotations

from amity.access import api as access
from amity.web.sample import catalogue

HOME = "Europe/Berlin"
ZONES = {"pl": "Europe/Warsaw", "en": "Europe/London", "ru": "Europe/Moscow"}
SCOPES = {"administrator": "all", "manager": "team", "salesperson": "own", "agent": "all", "marketer": "all"}
LEADERS = ("administrator", "manager")


def make() -> int:
    """Give the sample's colleagues their terms; how many. Safe to repeat; those whom nobody imported are left out."""
    known = {each.email: each for each in catalogue.STAFF}
    teams = {name: team_id for team_id, name in access.team_choices()}
    found = [(each, known[each.email]) for each in access.members() if each.email in known]
    for now, wanted in found:
        team = teams.get(wanted.team)
        terms = access.Terms(now.name, now.email, wanted.role, SCOPES[wanted.role], team)
        access.change(access.SYSTEM, now.id, terms)
        zone = ZONES.get(wanted.language, HOME)
        access.change_profile(access.principal_by_id(now.id), now.name, wanted.language, zone)
        if team and wanted.role in LEADERS:
            access.save_team(access.SYSTEM, wanted.team, now.id, team)
    return len(found)
